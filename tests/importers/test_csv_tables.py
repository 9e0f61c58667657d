"""Tables of spans, claims and the like: alone, beside their articles, and exported and read again."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importers.records import ImportedRecord, Record
from annotations.models import Annotation, Claim, EvidenceItem
from tests.conftest import BASE_DIR
from tests.corpora import empty_project, exported, imported
from tests.exporters.made_corpus import ALPHABET, DAY, annotation, article, judgement, told, written
from tests.exporters.made_corpus import articles as made_articles
from tests.exporters.test_native import filled
from tests.factories import article as stored_article
from tests.factories import project
from tests.importers.inputs import articles, problems, records, upload

SAMPLE = BASE_DIR / "fixtures" / "samples" / "csv"
FORMULAS = st.sampled_from(["=1+1", "@a", "\tx", "\u3000＝a", ' "-a', "'=a", "x;=a\n-b", "-", "'"])


def tables(name: str, *rows: dict, claims: tuple[dict, ...] = ()) -> dict[str, str]:
    data, _lost = written(name, *rows, claims=claims)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {member: archive.read(member).decode() for member in archive.namelist()}


def read_again(name: str, *rows: dict, claims: tuple[dict, ...] = ()) -> list[Record]:
    return records("export.zip", written(name, *rows, claims=claims)[0])


def apart(found: list[Record]) -> list[tuple[str, dict]]:
    return [(each.kind, each.data) for each in found if isinstance(each, ImportedRecord)]


# In


def test_spans_beside_their_articles_go_with_them() -> None:
    from annotations.importers.formats import read_inputs

    found = list(read_inputs([SAMPLE]))

    assert problems(found) == []
    first, second = articles(found)
    assert [(each["quote"], each["label_name"], each["annotator"]) for each in first.annotations] == [
        ("Fourteen mayors", "Number", "Ada"),
        ("until March 20", "Date", "Ada"),
        ("lake three metres lower 🌊", "Claim", "Ben"),
    ]
    for each in (first, second):
        for row in each.annotations:
            assert each.text[row["start"] : row["end"]] == row["quote"]
    assert second.annotations[0]["note"] == "the wire has fourteen"
    assert first.metadata == {"desk": "valley"}


def test_a_table_of_spans_alone_gives_annotations_for_articles_of_the_project() -> None:
    found = records("mine.csv", "document,begin,end,exact,category,comment\na-1,0,4,Rain,Claim,why\na-2,,,Snow,Date,\n")

    assert problems(found) == []
    assert apart(found) == [
        (
            "annotation",
            {"article": "a-1", "start": 0, "end": 4, "quote": "Rain", "label_name": "Claim", "note": "why"},
        ),
        ("annotation", {"article": "a-2", "quote": "Snow", "label_name": "Date"}),
    ]


def test_columns_of_spans_are_renamed_by_a_map_and_unknown_ones_reported() -> None:
    names = {"Artikel": "article_url", "Zitat": "quote", "Klasse": "label"}

    found = records("a.csv", "Artikel;Zitat;Klasse;Farbe\nhttps://a.example;Regen;Zahl;rot\n", names=names)

    assert apart(found) == [
        ("annotation", {"article_url": "https://a.example", "quote": "Regen", "label_name": "Zahl"})
    ]
    assert [(each.value, each.is_rejection) for each in problems(found)] == [("Farbe", False)]


def test_a_row_of_spans_that_is_none_is_named_and_its_neighbour_stands() -> None:
    found = records("a.csv", "article,start,end,label\na,one,4,Claim\na,0,4,Claim\n")

    assert len(apart(found)) == 1
    assert [(each.line, each.leaves_out) for each in problems(found)] == [(2, "annotations")]


def test_words_that_stand_twice_or_nowhere_are_named() -> None:
    files = [
        upload("articles.csv", "external_id,text\na,Rain and rain and rain\n"),
        upload("spans.csv", "article,quote,label\na,rain,Claim\na,snow,Claim\na,Rain and,Claim\nb,x,Claim\n"),
    ]
    from annotations.importers.formats import read_inputs

    found = list(read_inputs(files, find=lambda name: next((each for each in files if each.name == name), None)))

    [only] = articles(found)
    assert [each["quote"] for each in only.annotations] == ["Rain and"]
    assert [(each.file, each.line) for each in problems(found)] == [("spans.csv", 2), ("spans.csv", 3)]
    assert apart(found) == [("annotation", {"article": "b", "quote": "x", "label_name": "Claim"})]


def test_offsets_count_code_points_of_the_file_whatever_its_line_ends() -> None:
    text = "🌊 a\r\n\r\ne\u0301 Regen"
    start = text.index("Regen")
    files = [
        upload("articles.csv", f'external_id,text\r\na,"{text}"\r\n'),
        upload("spans.csv", f"article,start,end,quote,label\r\na,{start},{start + 5},Regen,Claim\r\n"),
    ]
    from annotations.importers.formats import read_inputs

    found = list(read_inputs(files, find=lambda name: next((each for each in files if each.name == name), None)))

    [only] = articles(found)
    assert [only.text[row["start"] : row["end"]] for row in only.annotations] == ["Regen"]
    assert problems(found) == []


# Out


def test_what_a_spreadsheet_could_run_is_neutralised_and_the_row_says_where() -> None:
    text = "Rain. =HYPERLINK()"
    spans = [annotation(text, 1, 6, 18, note="+1; -2")]

    found = tables("csv", article(text, "@evil", title="=cmd", annotations=spans))

    [row] = csv.DictReader(io.StringIO(found["articles.csv"], newline=""))
    assert (row["external_id"], row["title"], row["neutralised"]) == ("'@evil", "'=cmd", "external_id title")
    [row] = csv.DictReader(io.StringIO(found["spans.csv"], newline=""))
    assert (row["quote"], row["note"], row["neutralised"]) == ("'=HYPERLINK()", "'+1;' -2", "article quote note")


@pytest.mark.parametrize("name", ["csv", "tsv"])
@given(st.lists(st.one_of(FORMULAS, st.text(ALPHABET)), min_size=4, max_size=4))
def test_every_value_comes_back_and_no_field_is_a_formula(name: str, values: list[str]) -> None:
    title, note, words, more = values
    text = f"{words} Rain {more}".replace("\r", "")
    start = text.index("Rain")
    spans = [annotation(text, 1, start, start + 4, note=note, attributes={"a": more})]
    row = article(text, title=title, metadata={"x": words}, annotations=spans)

    for table in tables(name, row).values():
        for separator in ",;" if name == "csv" else "\t":
            for fields in csv.reader(io.StringIO(table, newline=""), delimiter=separator):
                assert not [
                    each
                    for each in fields
                    if each.lstrip(" \u3000\"'“")[:1] in set("=+-@＝\t\r") and not each.startswith("'")
                ]

    [again] = articles(read_again(name, row))
    assert again.text == text
    assert again.title == (" ".join(title.split()) or again.title)
    assert again.metadata == {"x": words}
    [span] = again.annotations
    assert (span.get("note", ""), span["attributes"], span["quote"]) == (note, {"a": more}, "Rain")


@pytest.mark.parametrize("name", ["csv", "tsv"])
@given(made_articles())
def test_what_is_exported_comes_back(name: str, rows: list[dict]) -> None:
    found = read_again(name, *rows)

    assert problems(found) == []
    again = {each.external_id: each for each in articles(found)}
    for row in rows:
        read = again[row["external_id"]]
        lists = ("annotations", "relations", "article_labels")
        assert read.text == row["text"]
        assert told({kind: list(getattr(read, kind)) for kind in lists}) == told(row)
        for kind in lists:
            assert {each["key"] for each in getattr(read, kind)} == {each["key"] for each in row.get(kind, ())}


def test_claims_come_back_with_mentions_evidence_and_verdicts() -> None:
    item = judgement(5, url="https://s.example", title="S", stance="supports", quote="=4 %", note="", question="Who?")
    item["passage"] = {"article": "a-1", "start": 0, "end": 4}
    claim = judgement(4, text="@The price rose", claimant="", claim_date="2024-03-01") | {
        "type": "claim",
        "mentions": [judgement(6, annotation="x", stance="asserts")],
        "evidence_sets": [{"n": 1, "items": [item]}, {"n": 3, "items": []}],
        "verdicts": [judgement(7, value="true", rationale="-")],
        "metadata": {"a": [1]},
    }
    expected = json.loads(json.dumps(claim))

    [(kind, data)] = apart(read_again("csv", claims=(claim,)))

    assert kind == "claim"
    for name in ("key", "text", "claim_date", "mentions", "verdicts", "metadata", "annotator", "created_at"):
        assert data[name] == expected[name], name
    [found] = data["evidence_sets"]
    assert found["n"] == 1
    dropped = ("withdrawn_at", "layer", "attributes", "note", "value")
    assert found["items"] == [{name: value for name, value in item.items() if name not in dropped}]


def test_evidence_without_its_claims_is_a_problem() -> None:
    found = records("evidence.csv", f"claim,set,stance,url,created_at\nx,1,supports,https://a.example,{DAY}\n")

    assert [each.is_rejection for each in problems(found)] == [True]


# With a database


@pytest.mark.django_db
def test_an_export_read_into_an_empty_project_gives_the_same_tables() -> None:
    mia, _ada, _ben = filled()
    first = exported(mia, format="csv")
    copy = empty_project("copy")

    job = imported(None, {"export.zip": first}, project=copy)

    assert job.state == "done", list(job.problems.values())
    assert Annotation.objects.filter(project=copy).count() == 3
    assert Claim.objects.filter(project=copy).count() == EvidenceItem.objects.filter(project=copy).count() == 1
    assert exported(None, project=copy, format="csv") == first


@pytest.mark.django_db
def test_spans_alone_are_put_onto_the_articles_of_the_project() -> None:
    mia = project()
    stored_article(mia, "Der Preis stieg um 4 %.", external_id="a-1")

    job = imported(mia, {"spans.csv": b"article,quote,label,annotator\na-1,Preis,Claim,Rosa\na-1,Schnee,Claim,Rosa\n"})

    [made] = Annotation.objects.filter(project=mia.project)
    assert (made.quote, made.start) == ("Preis", 4)
    assert [each.line for each in job.problems.all()] == [3]
