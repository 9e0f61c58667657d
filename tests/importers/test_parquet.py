"""Parquet: its layout, what comes back of it, tables of others, and files that are none."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from annotations.errors import Refused
from annotations.importers.formats import read_inputs
from annotations.importers.records import CorpusHeader, ImportedRecord, Record
from annotations.models import Annotation, Claim, EvidenceItem
from tests.corpora import empty_project, exported, imported
from tests.exporters.made_corpus import DAY, annotation, article, judgement, told, written
from tests.exporters.made_corpus import articles as made_articles
from tests.exporters.test_native import filled
from tests.importers.inputs import SHARED, articles, only_problem, problems, records

DATA = SHARED / "data" / "parquet"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data (parquet) are not on this machine")


def table(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def members(*rows: dict, claims: tuple[dict, ...] = ()) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(written("parquet", *rows, claims=claims)[0])) as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def read_again(*rows: dict, claims: tuple[dict, ...] = ()) -> list[Record]:
    return records("export.zip", written("parquet", *rows, claims=claims)[0])


def apart(found: list[Record]) -> list[ImportedRecord]:
    return [each for each in found if isinstance(each, ImportedRecord)]


# Tables of others


def test_a_table_with_a_text_column_gives_an_article_a_row() -> None:
    data = table(
        id=[7, 8],
        content=["Rain 🌊\r\n\r\ne\u0301", "Snow"],
        day=[datetime(2024, 3, 1, tzinfo=UTC), None],
        blob=[b"\xff\x00a", None],
    )

    found = records("any.name", data)

    assert problems(found) == []
    first, second = articles(found)
    assert (first.external_id, first.text) == ("7", "Rain 🌊\n\ne\u0301")
    assert first.metadata == {"day": "2024-03-01T00:00:00.000000Z", "blob": "\\xff\\x00a"}
    assert (second.external_id, second.line) == ("8", 2)


def test_a_text_column_is_named_by_a_map() -> None:
    found = records("a.parquet", table(Inhalt=["Regen"], text=["3"]), names={"Inhalt": "text"})

    [only] = articles(found)
    assert (only.text, only.metadata) == ("Regen", {"text": "3"})


def test_spans_of_others_are_read_with_the_names_of_their_labels() -> None:
    text = "🌊\r\nRain in Ulm"
    start = text.index("Ulm")
    spans = [[{"start": start, "end": start + 3, "label": 1, "colour": "red"}], [{"start": 0, "end": 99, "label": 0}]]
    features = {"spans": [{"label": {"_type": "ClassLabel", "names": ["PER", "LOC"]}}]}
    made = pa.table({"text": [text, "Rain"], "spans": spans})
    made = made.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(made, out)

    found = records("a.parquet", out.getvalue())

    first, _second = articles(found)
    [row] = first.annotations
    assert (row["quote"], row["label_name"], row["attributes"]) == ("Ulm", "LOC", {"colour": "red"})
    assert first.text[row["start"] : row["end"]] == "Ulm"
    assert [(each.line, each.is_rejection) for each in problems(found)] == [(2, False)]


@needs_data
@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("alltypes_plain", 8, 11),
        ("alltypes_plain.snappy", 2, 11),
        ("binary", 12, 1),
        ("list_columns", 3, 2),
        ("nulls.snappy", 8, 1),
    ],
)
def test_the_samples_are_refused_by_name_and_their_rows_come_by_a_map(name: str, rows: int, columns: int) -> None:
    path = DATA / f"{name}.parquet"
    file = pq.ParquetFile(path)
    found = list(read_inputs([path]))

    assert (file.metadata.num_rows, len(file.schema_arrow.names)) == (rows, columns)
    assert articles(found) == []
    [problem] = problems(found)
    assert problem.file == path.name
    assert all(column in problem.message for column in file.schema_arrow.names)
    if name.startswith("alltypes"):
        found = list(read_inputs([path], names={"date_string_col": "text", "string_col": "title"}))
        assert len(articles(found)) == rows


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + b"\x00" * 50, b"PAR1 nonsense PAR1", table(text=["Rain"])[:-9]])
def test_a_damaged_file_is_one_problem(data: bytes) -> None:
    assert only_problem("a.parquet", data).is_rejection


def said_to_be_text(*values: bytes) -> pa.Array:
    made = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(made), made.buffers())


def test_a_text_that_is_no_utf_8_is_refused_alone() -> None:
    found = records(
        "a.parquet", table(id=["1", "2", "3"], text=said_to_be_text(b"Rain in Ulm.", b"Rain \xff", b"Sun in Ulm."))
    )

    assert [article.text for article in articles(found)] == ["Rain in Ulm.", "Sun in Ulm."]
    assert [problem.line for problem in problems(found)] == [2]


def test_text_within_a_list_that_is_no_utf_8_is_named_by_its_rows() -> None:
    words = pa.ListArray.from_arrays(pa.array([0, 1, 2]), said_to_be_text(b"wet", b"\xff"))

    assert "Rows 1 to 2" in only_problem("a.parquet", table(text=["Rain in Ulm.", "Sun in Ulm."], words=words)).message


def test_a_file_that_unpacks_beyond_measure_is_refused() -> None:
    out = io.BytesIO()
    made = pa.table({"text": ["a" * 200_000_000]})
    pq.write_table(made, out, compression="zstd", use_dictionary=False, write_statistics=False)

    assert "bomb" in only_problem("a.parquet", out.getvalue()).message


def test_a_row_without_a_text_is_rejected_and_its_neighbour_stands() -> None:
    found = records("a.parquet", table(text=["Rain", None, "Snow"], id=["a", "b", "c"]))

    assert [each.external_id for each in articles(found)] == ["a", "c"]
    assert [(each.line, each.field) for each in problems(found)] == [(2, "text")]


# Our own


def test_the_layout_is_hugging_faces_with_a_card_and_a_manifest() -> None:
    text = "Rain in Ulm"
    rows = [
        article(text, "a", language="en-GB", split="test", annotations=[annotation(text, 1, 0, 4)]),
        article(text, "b", language="de"),
    ]

    found = members(*rows)

    assert list(found) == [
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        *(f"tables/{name}.parquet" for name in ("relations", "sources", "claims", "evidence", "verdicts")),
        "README.md",
        "manifest.json",
    ]
    card = found["README.md"].decode()
    assert card.startswith('---\npretty_name: "River"\nlanguage:\n- de\n- en\n')
    assert "  - split: test\n    path: data/test-00000-of-00001.parquet\n" in card
    assert "  - name: annotations\n    list:\n    - name: key\n      dtype: string\n" in card
    manifest = json.loads(found["manifest.json"])
    for path, facts in manifest["files"].items():
        assert facts["sha256"] == hashlib.sha256(found[path]).hexdigest()
        assert facts["rows"] == pq.ParquetFile(io.BytesIO(found[path])).metadata.num_rows
    assert manifest["header"]["project"]["slug"] == "river"


def test_times_are_in_utc_and_features_are_declared() -> None:
    text = "Rain in Ulm"
    found = members(article(text, annotations=[annotation(text, 1, 0, 4)]))

    read = pq.read_table(io.BytesIO(found["data/train-00000-of-00001.parquet"]))

    [[span]] = read.column("annotations").to_pylist()
    assert span["created_at"] == datetime.fromisoformat(DAY)
    features = json.loads(read.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["annotations"][0]["start"] == {"dtype": "int32", "_type": "Value"}
    assert set(features) == set(read.column_names)


@settings(deadline=None, max_examples=40)
@given(made_articles())
def test_what_is_exported_comes_back(rows: list[dict]) -> None:
    expected = {row["external_id"]: (row["text"], told(row)) for row in rows}
    keys = {each["key"] for row in rows for each in row["annotations"]}

    found = read_again(*rows)

    assert [each.file for each in problems(found)] == ["export.zip/README.md"]
    links: dict[str, list[dict]] = {}
    for each in apart(found):
        assert each.kind == "judgements"
        links.setdefault(each.data["article"], []).extend(each.data["relations"])
    for read in articles(found):
        back = {"annotations": list(read.annotations), "article_labels": list(read.article_labels)}
        back["relations"] = links.get(read.external_id, [])
        assert (read.text, told(back)) == expected[read.external_id]
        for row in read.annotations:
            assert read.text[row["start"] : row["end"]] == row["quote"]
    assert {row["key"] for read in articles(found) for row in read.annotations} == keys


def test_all_that_is_known_of_an_article_comes_back() -> None:
    text = "Rain in Ulm 🌊"
    parts = [{"n": 1, "start": 0, "end": 4, "quote": "Rain"}, {"n": 2, "start": 8, "end": 11, "quote": "Ulm"}]
    span = annotation(text, 1, 0, 11, note="n\r", attributes={"a": [1]}, layer="gold", confidence=0.25, fragments=parts)
    facts: dict[str, Any] = {"title": "T", "publisher": "P", "metadata": {"m": {"x": [1]}}, "sentences": [[0, 13]]}
    row = article(text, annotations=[span], **facts)
    row["regions"] = [{"kind": "excerpt", "start": 0, "end": 4, "publisher": None}]
    row["links"] = [{"start": 0, "end": 4, "url": "https://a.example/"}]
    expected = json.loads(json.dumps(span))

    found = read_again(row)

    [again] = articles(found)
    [back] = again.annotations
    for name in expected.keys() - {"label", "prefix", "suffix", "withdrawn_at"}:
        assert back[name] == expected[name], name
    assert (again.title, again.publisher, again.metadata) == ("T", "P", {"m": {"x": [1]}})
    assert (again.sentences, again.published_at) == (((0, 13),), None)
    assert [(zone.kind, zone.start, zone.end) for zone in again.zones] == [("excerpt", 0, 4)]
    assert [(link.start, link.url) for link in again.links] == [(0, "https://a.example/")]
    assert [each.data["project"]["slug"] for each in found if isinstance(each, CorpusHeader)] == ["river"]


def test_claims_come_back_with_evidence_and_verdicts() -> None:
    item = judgement(5, url="https://s.example", title="S", stance="supports", quote="4 %", question="Who?")
    item["passage"] = {"article": "a-1", "start": 0, "end": 4}
    verdict = judgement(7, value="true", scale=1, rationale="r", evidence_sets=[1], published_at=DAY)
    verdict["merged_sets"] = [{"claim": verdict["key"], "n": 2}]
    claim = judgement(4, text="The price rose", claimant="", claim_date="2024-03-01") | {
        "type": "claim",
        "mentions": [judgement(6, annotation="x", stance="asserts")],
        "evidence_sets": [{"n": 1, "items": [item]}],
        "verdicts": [verdict],
        "metadata": {"a": [1]},
    }
    expected = json.loads(json.dumps(claim))

    found = read_again(claims=(claim,))

    assert [each.file for each in problems(found)] == ["export.zip/README.md"]
    [record] = apart(found)
    for name in ("key", "text", "claimant", "claim_date", "metadata", "annotator", "created_at", "version"):
        assert record.data[name] == expected[name], name
    dropped = ("withdrawn_at", "layer", "attributes", "note")
    for stated, back in (
        (item, record.data["evidence_sets"][0]["items"][0]),
        (verdict, record.data["verdicts"][0]),
        (expected["mentions"][0], record.data["mentions"][0]),
    ):
        assert {name: value for name, value in back.items() if name != "note"} == {
            name: value for name, value in stated.items() if name not in dropped
        }


def test_the_same_rows_give_the_same_bytes() -> None:
    assert written("parquet", article("Rain")) == written("parquet", article("Rain"))


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    data = table(text=["Rain"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    assert "claim-workbench[parquet]" in only_problem("a.parquet", data).message
    with pytest.raises(Refused, match="parquet"):
        written("parquet", article("Rain"))


@pytest.mark.django_db
def test_an_export_read_into_an_empty_project_gives_the_same_rows() -> None:
    mia, _ada, _ben = filled()
    first = exported(mia, format="parquet")
    copy = empty_project("copy")

    job = imported(None, {"export.zip": first}, project=copy)

    assert [each.file for each in job.problems.all()] == ["export.zip/README.md"]
    assert Annotation.objects.filter(project=copy).count() == 3
    assert Claim.objects.filter(project=copy).count() == EvidenceItem.objects.filter(project=copy).count() == 1
    again = exported(None, project=copy, format="parquet")
    assert rows_of(again) == rows_of(first)


def rows_of(export: bytes) -> dict[str, list[dict]]:
    with zipfile.ZipFile(io.BytesIO(export)) as read:
        names = [name for name in read.namelist() if name.endswith(".parquet")]
        return {name: pq.read_table(io.BytesIO(read.read(name))).to_pylist() for name in names}
