"""What an exported file says when it is read again, the work of several annotators put together."""

from __future__ import annotations

from typing import Any

from annotations.importers.attaching import JUDGEMENTS
from annotations.importers.records import ImportedArticle, ImportedRecord, Problem, Record
from tests.exporters.made_corpus import told

Row = dict[str, Any]


def articles_told(found: list[Record]) -> dict[str, set[tuple[Any, ...]]]:
    """Return what was read of each article; judgements that came apart are put with their article."""
    rows: dict[str, Row] = {}
    for record in found:
        if isinstance(record, ImportedArticle):
            rows[record.external_id] = {
                "annotations": [*record.annotations],
                "relations": [*record.relations],
                "article_labels": [*record.article_labels],
            }
    for record in found:
        if isinstance(record, ImportedRecord) and record.kind == JUDGEMENTS:
            for name, listed in rows[record.data["article"]].items():
                listed += record.data.get(name, ())
    return {external_id: told(row) for external_id, row in rows.items()}


def graph(found: ImportedArticle) -> set[tuple[Any, ...]]:
    """Return all that an article's judgements say, with annotations named by their places."""
    places = {row["key"]: (row["start"], row["end"], row["label_name"]) for row in found.annotations}
    spans = {
        (
            *places[row["key"]],
            row.get("annotator", ""),
            row.get("note", ""),
            _frozen(row.get("attributes")),
            _parts(row),
        )
        for row in found.annotations
    }
    links = {
        (places[row["from"]], places[row["to"]], row["label_name"], row.get("note", ""), _frozen(row.get("attributes")))
        for row in found.relations
    }
    return spans | links


def _frozen(value: Any) -> str:
    return repr(sorted((value or {}).items()))


def _parts(row: Row) -> tuple[tuple[int, int], ...]:
    return tuple((each["start"], each["end"]) for each in row.get("fragments", ()))


def no_offset_is_wrong(found: list[Record]) -> bool:
    """Say whether every span holds its quote, and no problem speaks of offsets."""
    quoted = all(
        record.text[row["start"] : row["end"]] == row["quote"]
        for record in found
        if isinstance(record, ImportedArticle)
        for row in record.annotations
    )
    return quoted and not any("offset" in each.message for each in found if isinstance(each, Problem))


def as_row(found: ImportedArticle) -> Row:
    """Return an imported article as a row of an export, its labels named by their names."""
    defaults: Row = {
        "annotator": "",
        "layer": "imported",
        "note": "",
        "attributes": {},
        "confidence": None,
        "created_at": "2024-03-18T08:14:52.000000Z",
        "updated_at": "2024-03-18T08:14:52.000000Z",
        "withdrawn_at": None,
        "version": 1,
    }

    def rows(name: str) -> list[Row]:
        return [defaults | row | {"label": row["label_name"]} for row in getattr(found, name)]

    return {
        "type": "article",
        "external_id": found.external_id,
        "title": found.title,
        "publisher": found.publisher,
        "published_at": None,
        "posted_at": None,
        "url": found.url,
        "language": found.language,
        "direction": found.direction,
        "metadata": found.metadata,
        "text": found.text,
        "version": 1,
        "regions": [],
        "links": [],
        "assignments": [],
        "annotations": rows("annotations"),
        "relations": rows("relations"),
        "article_labels": rows("article_labels"),
        "sentences": [list(span) for span in found.sentences],
    }
