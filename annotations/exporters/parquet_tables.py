"""The columns of the Parquet tables, once: for Arrow, for Hugging Face's features, for its card, and for the values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

TIME, JSON = "time", "json"
"""Kinds of column besides Arrow's own names: a time in UTC, and an object written as JSON."""
Kind = str | list[Any] | dict[str, Any]
_HISTORY: dict[str, Kind] = {"version": "int32", "created_at": TIME, "updated_at": TIME}
_JUDGEMENT: dict[str, Kind] = {"annotator": "string", "layer": "string", "note": "string", "attributes": JSON}
_PLACE: dict[str, Kind] = {"start": "int32", "end": "int32"}
_SPAN: dict[str, Kind] = {
    "key": "string",
    **_PLACE,
    "quote": "string",
    "prefix": "string",
    "suffix": "string",
    "label": "string",
    **_JUDGEMENT,
    "confidence": "float64",
    "fragments": [{"n": "int32", **_PLACE, "quote": "string"}],
    **_HISTORY,
}
DOCUMENTS: dict[str, Kind] = {
    "external_id": "string",
    "title": "string",
    "publisher": "string",
    "published_at": "string",
    "posted_at": "string",
    "url": "string",
    "language": "string",
    "direction": "string",
    "text": "string",
    "text_sha256": "string",
    "metadata": JSON,
    "regions": [{"kind": "string", **_PLACE, "publisher": "string", "url": "string"}],
    "links": [{**_PLACE, "url": "string"}],
    "sentences": [_PLACE],
    "annotations": [_SPAN],
    "article_labels": [
        {"key": "string", "label": "string", **_JUDGEMENT, "confidence": "float64", **_HISTORY},
    ],
}
TABLES: dict[str, dict[str, Kind]] = {
    "relations": {
        "article": "string",
        "key": "string",
        "from": "string",
        "to": "string",
        "label": "string",
        **_JUDGEMENT,
        **_HISTORY,
    },
    "sources": {"url": "string", "canonical_url": "string", "title": "string", "publisher": "string"},
    "claims": {
        "key": "string",
        "text": "string",
        "claimant": "string",
        "claim_date": "string",
        **dict.fromkeys(("claim_type", "check_worthiness", "evidence_cutoff"), "string"),
        "metadata": JSON,
        "mentions": [{"key": "string", "annotation": "string", "stance": "string", "annotator": "string", **_HISTORY}],
        "annotator": "string",
        **_HISTORY,
    },
    "evidence": {
        "claim": "string",
        "set": "int32",
        "key": "string",
        "stance": "string",
        "url": "string",
        "title": "string",
        "quote": "string",
        "note": "string",
        "question": "string",
        "passage": {"article": "string", **_PLACE},
        "metadata": JSON,
        "annotator": "string",
        **_HISTORY,
    },
    "verdicts": {
        "claim": "string",
        "key": "string",
        "value": "string",
        "scale": "int32",
        "rationale": "string",
        "evidence_sets": ["int32"],
        "merged_sets": JSON,
        "supersedes": "string",
        "published_at": TIME,
        "correction_note": "string",
        "annotator": "string",
        **_HISTORY,
    },
}


def arrow_schema(name: str, columns: Mapping[str, Kind]) -> pa.Schema:
    """Return the schema of a table, with its name and its features in the metadata."""
    import pyarrow as pa

    features = {"info": {"features": {column: _feature(kind) for column, kind in columns.items()}}}
    metadata = {b"claim_workbench": name.encode(), b"huggingface": orjson.dumps(features)}
    return pa.schema([(column, _arrow(kind)) for column, kind in columns.items()], metadata=metadata)


def _arrow(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, list):
        return pa.list_(_arrow(kind[0]))
    if isinstance(kind, dict):
        return pa.struct([(name, _arrow(each)) for name, each in kind.items()])
    if kind == TIME:
        return pa.timestamp("us", tz="UTC")
    return pa.string() if kind == JSON else pa.type_for_alias(kind)


def _dtype(kind: str) -> str:
    return {TIME: "timestamp[us, tz=UTC]", JSON: "string"}.get(kind, kind)


def _feature(kind: Kind) -> Any:
    if isinstance(kind, list):
        return [_feature(kind[0])]
    if isinstance(kind, dict):
        return {name: _feature(each) for name, each in kind.items()}
    return {"dtype": _dtype(kind), "_type": "Value"}


def card_features(columns: Mapping[str, Kind], indent: str = "  ") -> list[str]:
    """Return the lines of YAML that tell the columns in a card."""
    lines: list[str] = []
    for name, kind in columns.items():
        lines.append(f"{indent}- name: {name}")
        if isinstance(kind, list) and isinstance(kind[0], str):
            lines.append(f"{indent}  list: {_dtype(kind[0])}")
        elif isinstance(kind, list):
            lines += [f"{indent}  list:", *card_features(kind[0], f"{indent}  ")]
        elif isinstance(kind, dict):
            lines += [f"{indent}  struct:", *card_features(kind, f"{indent}  ")]
        else:
            lines.append(f"{indent}  dtype: {_dtype(kind)}")
    return lines


def value_of(kind: Kind, value: Any) -> Any:
    """Return a value of a record as its column holds it."""
    if value is None:
        return None
    if isinstance(kind, list):
        return [value_of(kind[0], each) for each in value]
    if isinstance(kind, dict):
        given = value if isinstance(value, Mapping) else dict(zip(kind, value, strict=True))
        return {name: value_of(each, given.get(name)) for name, each in kind.items()}
    if kind == TIME:
        return datetime.fromisoformat(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if kind == JSON else value
