"""spaCy's files: Prodigy's lines, pairs, DocBin in and out, and what does not fit whole tokens."""

from __future__ import annotations

import io
import json
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from annotations.errors import Refused
from annotations.importers.formats import read_inputs
from tests.conftest import BASE_DIR
from tests.exporters.made_corpus import annotation, article, judgement, told, written
from tests.exporters.made_corpus import articles as made_articles
from tests.importers.inputs import SHARED, articles, only_problem, problems, records

SAMPLE = (BASE_DIR / "fixtures" / "samples" / "prodigy.jsonl").read_bytes()
DATA = SHARED / "data" / "spacy-prodigy"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data (spacy-prodigy) are not on this machine")


def hold(found: list) -> None:
    for each in articles(found):
        for row in each.annotations:
            assert each.text[row["start"] : row["end"]] == row["quote"]


# Prodigy's lines and pairs


def test_spans_of_a_line_are_annotations_of_its_annotator() -> None:
    found = records("a.jsonl", SAMPLE)

    first, second = articles(found)
    assert [(row["quote"], row["label_name"], row["annotator"]) for row in first.annotations] == [
        ("Anela Krivan", "PERSON", "river-ada"),
        ("by March 20", "DATE", "river-ada"),
    ]
    assert first.annotations[0]["confidence"] == 0.75
    assert first.annotations[0]["attributes"] == {"source": "by hand"}
    assert first.metadata["meta"] == {"desk": "valley"}
    assert (second.text, second.annotations) == ("Nobody answered.", ())
    assert [(each.line, each.field, each.value) for each in problems(found)] == [(2, "answer", "reject")]


def test_a_text_that_two_people_labelled_is_one_article() -> None:
    lines = [{"text": "Rain", "spans": [{"start": 0, "end": 4, "label": "X"}], "_annotator_id": who} for who in "ab"]

    [only] = articles(records("a.jsonl", "\n".join(map(json.dumps, lines))))

    assert [row["annotator"] for row in only.annotations] == ["a", "b"]


def test_relations_are_found_by_the_spans_they_name() -> None:
    head, child = {"start": 0, "end": 3, "label": "PER"}, {"start": 9, "end": 14, "label": "PER"}
    line = {"text": "Ada says Rosa.", "spans": [head, child | {"end": 13}], "answer": "accept"}
    line["relations"] = [{"head": 0, "child": 2, "head_span": head, "child_span": child | {"end": 13}, "label": "says"}]

    [only] = articles(records("a.jsonl", json.dumps(line)))

    [link] = only.relations
    assert [link["from"], link["to"]] == [row["key"] for row in only.annotations]


@pytest.mark.parametrize(
    "span", [{"start": 0, "end": 99}, {"start": "0", "end": 4}, {"start": 0, "end": 4, "text": "Snow"}, 7]
)
def test_a_span_that_does_not_fit_is_named_and_the_text_stands(span: object) -> None:
    span = span | {"label": "X"} if isinstance(span, dict) else span

    found = records("a.jsonl", json.dumps({"text": "Rain", "answer": "accept", "spans": [span]}))

    assert articles(found)[0].annotations == ()
    assert [each.is_rejection for each in problems(found)] == [False]


def test_offsets_hold_through_line_ends_emoji_and_marks() -> None:
    text = "🌊\r\ne\u0301 Rain"
    start = text.index("Rain")
    pair = [text, {"entities": [[start, start + 4, "X"]], "cats": {"WEATHER": 1.0, "SPORT": 0.0, "NEWS": 0.75}}]

    found = records("a.json", json.dumps([pair]))

    [only] = articles(found)
    assert [row["quote"] for row in only.annotations] == ["Rain"]
    assert [(row["label_name"], row.get("confidence")) for row in only.article_labels] == [
        ("WEATHER", None),
        ("NEWS", 0.75),
    ]
    hold(found)


@needs_data
def test_the_samples_give_the_counts_of_their_note() -> None:
    lines = list(read_inputs([DATA / "emerson_annotated_text.jsonl"]))
    demo = list(read_inputs([DATA / "ner_tweets_demo" / "demo.jsonl"]))
    pairs = list(read_inputs([DATA / "spancat_demo" / "train.json", DATA / "spancat_demo" / "dev.json"]))
    documents = list(read_inputs([DATA / "ner_tweets_demo" / "demo.spacy"]))

    assert (len(articles(lines)), sum(len(each.annotations) for each in articles(lines))) == (30, 30)
    assert (len(articles(demo)), sum(len(each.annotations) for each in articles(demo))) == (1, 1)
    assert [len(each.annotations) for each in articles(pairs)] == [1, 2, 1, 1, 1]
    assert [(row["quote"], row["label_name"]) for each in articles(documents) for row in each.annotations] == [
        ("Ed Sheeran", "PERSON")
    ]
    for found in (lines, demo, pairs, documents):
        assert problems(found) == []
        hold(found)


# DocBin


def documents(name: str, *rows: dict) -> list:
    import spacy
    from spacy.tokens import DocBin

    found = []
    with zipfile.ZipFile(io.BytesIO(written(name, *rows)[0])) as archive:
        for member in archive.namelist():
            found += DocBin().from_bytes(archive.read(member)).get_docs(spacy.blank("xx").vocab)
    return found


def test_flat_spans_are_entities_and_overlapping_ones_a_group() -> None:
    text = "Anela Krivan wants the lake lowered"
    spans = [annotation(text, n, *place) for n, place in enumerate([(0, 12), (13, 27), (23, 35)])]
    row = article(text, annotations=spans, language="en", article_labels=[judgement(9, label="topic")])

    [document] = documents("spacy", row)

    assert [(each.text, each.label_) for each in document.ents] == [("Anela Krivan", "Claim")]
    assert [each.text for each in document.spans["sc"]] == ["wants the lake", "lake lowered"]
    assert document.cats == {"Weather": 1.0}
    assert document.user_data["claim_workbench"]["article"]["external_id"] == "a-1"


def test_spans_that_cut_a_token_are_counted_as_lost() -> None:
    text = "Rainfall"

    _data, lost = written("spacy", article(text, annotations=[annotation(text, 1, 0, 4), annotation(text, 2, 0, 8)]))

    assert lost == {"misaligned": 1}


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [article("Rain in Ulm", "a", annotations=[annotation("Rain in Ulm", 1, 0, 4)])]

    assert written("spacy", *rows) == written("spacy", *rows)


@settings(deadline=None, max_examples=40)
@given(made_articles())
def test_what_fits_whole_tokens_comes_back(rows: list[dict]) -> None:
    data, lost = written("spacy", *rows)

    found = records("export.zip", data)

    assert problems(found) == []
    hold(found)
    again = {each.external_id: each for each in articles(found)}
    n_lost = 0
    for row in rows:
        read = again[row["external_id"]]
        kinds = ("annotations", "relations", "article_labels")
        back = {kind: list(getattr(read, kind)) for kind in kinds}
        assert read.text == row["text"]
        keys = {each["key"] for each in back["annotations"]}
        n_lost += len(row["annotations"]) - len(keys)
        row["annotations"] = [each for each in row["annotations"] if each["key"] in keys]
        row["relations"] = [each for each in row.get("relations", ()) if {each["from"], each["to"]} <= keys]
        assert told(back) == told(row)
    assert n_lost == lost.get("misaligned", 0)


def test_all_that_is_known_of_an_annotation_comes_back() -> None:
    text = "Rain in Ulm 🌊"
    row = annotation(text, 1, 0, 4, note="n", attributes={"a": [1, {"b": "x"}]}, layer="gold", annotator="rosa")
    facts = {"title": "T", "publisher": "P", "published_at": "2024-03-11", "metadata": {"m": [1]}, "language": "de"}

    [again] = articles(records("e.zip", written("spacy", article(text, annotations=[row], **facts))[0]))

    [found] = again.annotations
    for name in ("key", "start", "end", "quote", "note", "attributes", "layer", "annotator", "created_at", "version"):
        assert found[name] == row[name], name
    assert (again.title, again.publisher, str(again.published_at), again.metadata) == (
        "T",
        "P",
        "2024-03-11",
        {"m": [1]},
    )


@pytest.mark.parametrize(
    "data",
    [
        b"x\x9c" + b"nonsense" * 9,
        zlib.compress(b"nonsense"),
        zlib.compress(b"\x81\xa5attrs\x90"),
        zlib.compress(b"\x00" * 300_000_000),
    ],
)
def test_a_damaged_or_swelling_file_is_one_problem(data: bytes) -> None:
    import gc

    assert only_problem("a.spacy", data).is_rejection
    assert gc.isenabled()


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    monkeypatch.setitem(sys.modules, "spacy.tokens", None)

    assert "claim-workbench[spacy]" in only_problem("a.spacy", zlib.compress(b"\x80")).message
    with pytest.raises(Refused, match="spacy"):
        written("spacy", article("Rain"))


def test_pairs_and_lines_are_known_by_their_beginning(tmp_path: Path) -> None:
    from annotations.importers.formats import format_of
    from annotations.importers.opening import InputFile, open_inputs
    from tests.importers.inputs import upload

    pairs = json.dumps([["Rain", {"entities": []}]])
    for name, data in (("a.jsonl", SAMPLE), ("a.json", pairs), ("a.spacy", zlib.compress(b"x"))):
        [source] = open_inputs([upload(name, data)])
        assert isinstance(source, InputFile)
        assert format_of(source) == "spacy"
