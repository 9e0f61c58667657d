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
    if isinstance(value, dict):
        _SORTED[value["type"]](value)
    return orjson.dumps(value)


def _sort_header(header: Row) -> None:
    label_set, scale = header["label_set"] or {}, header["verdict_scale"] or {}
    for label in (*label_set.get("labels", ()), *label_set.get("former_labels", ())):
        _sort(label, "attributes")
    for each in (*scale.get("values", ()), *scale.get("former_values", ())):
        _sort(each, "maps")


def _sort_article(article: Row) -> None:
    _sort(article, "metadata")
    for text in (article, *article.get("earlier_versions", ())):
        for name in ("annotations", "relations", "article_labels", "suggestions"):
            for each in text.get(name, ()):
                _sort(each, "attributes")
                for state in each.get("revisions", ()):
                    _sort(state, "attributes")


def _sort_claim(claim: Row) -> None:
    _sort(claim, "metadata")
    for group in claim["evidence_sets"]:
        for item in group["items"]:
            _sort(item, "metadata")


_SORTED: dict[str, Callable[[Row], None]] = {
    "corpus": _sort_header,
    "article": _sort_article,
    "source": lambda source: None,
    "claim": _sort_claim,
}


def _sort(row: Row, name: str) -> None:
    if row.get(name):
        row[name] = _by_key(row[name])


def _by_key(value: Any) -> Any:
    return orjson.Fragment(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
