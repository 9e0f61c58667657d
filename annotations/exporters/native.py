"""The native format: JSON Lines with everything the project holds, or the same as one JSON object.

Canonical: the same rows give the same bytes, whatever the database. Nothing volatile stands in it. The contract
is `docs/native-format.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from .corpus import Corpus, Row


def write_lines(corpus: Corpus, write: Callable[[bytes], None]) -> None:
    """Write one JSON object a line."""
    write(_dump(corpus.header()) + b"\n")
    for record in _records(corpus):
        write(_dump(record) + b"\n")


def write_object(corpus: Corpus, write: Callable[[bytes], None]) -> None:
    """Write one JSON object: the header's fields, then the lists articles, sources and claims."""
    write(_dump(corpus.header())[:-1])
    for name, records in (("articles", corpus.articles()), ("sources", corpus.sources()), ("claims", corpus.claims())):
        write(b",\n" + _dump(name) + b":[\n")
        for n, record in enumerate(records):
            write((b",\n" if n else b"") + _dump(record))
        write(b"]")
    write(b"}\n")


def _records(corpus: Corpus) -> Iterator[Row]:
    yield from corpus.articles()
    yield from corpus.sources()
    yield from corpus.claims()


def _dump(value: Any) -> bytes:
    """Write compact JSON. Objects that are only carried (metadata, attributes) have their keys sorted."""
    return orjson.dumps(_sorted_inside(value) if isinstance(value, dict) else value)


def _sorted_inside(record: Row) -> Row:
    if "metadata" in record:
        record = record | {"metadata": _by_key(record["metadata"])}
    for annotation in record.get("annotations", ()):
        if annotation["attributes"]:
            annotation["attributes"] = _by_key(annotation["attributes"])
    return record


def _by_key(value: Any) -> Any:
    return orjson.Fragment(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
