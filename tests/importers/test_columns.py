"""The columns of files: what each format offers to be mapped, what it becomes unasked, and what a map makes of it."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotations.importers import limits
from annotations.importers.formats import READERS
from annotations.importers.preview import Preview, preview_of
from tests.exporters.made_corpus import annotation, article, written
from tests.importers.inputs import articles, records, upload

TEXT = "📈 Der Preis stieg."
TASK = {"id": 4, "data": {"comment_body": TEXT, "n": 3}, "annotations": []}
TWO = {"data": {"one": TEXT, "two": "Ulm"}, "annotations": []}


def parquet(**columns: list[Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def doc_bin(**user_data: object) -> bytes:
    import spacy
    from spacy.tokens import Doc, DocBin

    documents = DocBin(store_user_data=True)
    document = Doc(spacy.blank("xx").vocab, words=["Rain", "in", "Ulm"])
    document.user_data.update(user_data)
    documents.add(document)
    return documents.to_bytes()


def looked_at(name: str, data: bytes, **names: str) -> Preview:
    return preview_of([upload(name, data)], names=names, find=lambda _name: None)


def becoming(found: Preview) -> dict[str, str]:
    return {name: column.becomes for name, column in found.columns.items()}


SPANS = [[{"start": 0, "end": 1, "label": "X"}]]
OFFERED: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "native": ("a.jsonl", json.dumps({"id": 1, "body": TEXT}).encode(), {"id": "external_id", "body": "text"}),
    "csv": ("a.csv", b"id,words\n1,Rain\n", {"id": "external_id", "words": ""}),
    "doccano": ("a.jsonl", json.dumps({"text": TEXT, "label": ["X"]}).encode(), {"text": "text", "label": ""}),
    "label-studio": ("a.json", json.dumps([TASK]).encode(), {"comment_body": "text", "n": ""}),
    "spacy": ("a.spacy", doc_bin(headline="Rain", desk="Ulm"), {"headline": "title", "desk": ""}),
    "spacy, pairs": ("a.json", json.dumps([[TEXT, {"entities": []}]]).encode(), {"text": "text", "entities": ""}),
    "parquet": (
        "a.parquet",
        parquet(id=[1], content=[TEXT], body=["x"], spans=SPANS),
        {"id": "external_id", "content": "text", "body": ""},
    ),
    "parquet, no rows": ("a.parquet", parquet(words=pa.array([], pa.string())), {"words": ""}),
}


@pytest.mark.parametrize("case", OFFERED)
def test_a_file_offers_its_columns_and_says_what_each_becomes(case: str) -> None:
    name, data, expected = OFFERED[case]

    assert becoming(looked_at(name, data)) == expected


def test_every_format_that_takes_a_map_offers_columns() -> None:
    assert {name.partition(",")[0] for name in OFFERED} == {each.name for each in READERS.values() if each.columns}


@pytest.mark.parametrize(
    ("name", "data", "names", "title"),
    [
        ("a.parquet", parquet(words=[TEXT], top=["Preis"]), {"words": "text", "top": "title"}, "Preis"),
        ("a.json", json.dumps([TWO]).encode(), {"one": "text", "two": "title"}, "Ulm"),
        ("a.spacy", doc_bin(headline="Rain", desk="Ulm"), {"desk": "title"}, "Ulm"),
        ("a.spacy", doc_bin(headline="Rain"), {"headline": "title"}, "Rain"),
    ],
)
def test_a_map_given_for_these_columns_holds(name: str, data: bytes, names: dict[str, str], title: str) -> None:
    found = looked_at(name, data, **names)

    assert found.problems == []
    assert [row.title for row in found.rows] == [title]


def test_the_words_of_a_document_stay_its_text_whatever_the_map_says() -> None:
    [row] = looked_at("a.spacy", doc_bin(desk="Ulm"), desk="text").rows

    assert row.beginning == "Rain in Ulm "


def test_our_own_tables_offer_no_columns_but_those_of_articles() -> None:
    rows = [article(TEXT, annotations=[annotation(TEXT, 1, 2, 5)])]

    found = looked_at("export.zip", written("parquet", *rows)[0])

    assert becoming(found)["external_id"] == "external_id"
    assert not found.columns.keys() & {"annotations", "sentences", "article_labels"}


def test_a_table_that_is_read_twice_is_not_beyond_the_limit_of_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    data = parquet(text=[TEXT])
    monkeypatch.setattr(limits, "TOTAL_BYTES", len(data) * 3 // 2)

    found = looked_at("a.parquet", data)

    assert (len(found.rows), found.problems) == (1, [])


# What a look leaves to the import


def test_of_a_long_file_only_the_beginning_is_looked_at_and_columns_and_first_rows_are_there() -> None:
    line = json.dumps({"id": 1, "text": "x" * 300_000}) + "\n"

    found = looked_at("a.jsonl", (line * 40).encode())

    assert (len(found.rows), found.has_more, found.problems) == (3, True, [])
    assert becoming(found) == {"id": "external_id", "text": "text"}


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.jsonl", "a.csv"])
def test_an_article_too_long_for_a_look_is_left_to_the_import_and_that_is_said(name: str) -> None:
    text = "Rain " * 300_000
    made = {"a.jsonl": json.dumps({"text": text}), "a.csv": f'text\n"{text}"\n'}.get(name, text)

    found = looked_at(name, made.encode())

    assert found.rows == []
    assert [each.message for each in found.problems] == [
        "More than 1 MiB of this file is not looked at here. The import reads all of it."
    ]


def test_a_table_whose_rows_stand_in_large_pieces_offers_its_columns_and_is_left_to_the_import() -> None:
    rows = ["Rain " * 2_000_000 + str(n) for n in range(4)]
    data = parquet(text=rows)

    found = looked_at("a.parquet", data)

    assert becoming(found) == {"text": "text"}
    assert found.rows == []
    assert "32 MiB" in found.problems[0].message
    assert len(articles(records("a.parquet", data))) == 4


def test_each_article_of_one_line_is_a_row() -> None:
    rows = [{"id": n, "text": TEXT} for n in range(12)]

    found = looked_at("a.json", json.dumps(rows).encode())

    assert len(found.rows) == 10


@given(st.sampled_from(sorted(OFFERED)), st.integers(0, 10**6), st.binary(max_size=4))
@example("parquet", 126, b"\x80")  # a string that is no UTF-8
def test_a_damaged_file_offers_what_can_be_read(case: str, place: int, put: bytes) -> None:
    name, data, _expected = OFFERED[case]
    at = place % len(data)

    looked_at(name, data[:at] + put + data[at + len(put) :])
