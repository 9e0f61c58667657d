"""Tables in a .zip: articles, spans, relations, labels on articles, sources, claims and evidence; CSV or TSV.

Every cell is in quotation marks, and one that a spreadsheet program could take for a formula is neutralised as
`annotations.text.cells` says; the last column names the cells of the row that were.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import IO, Any

import orjson

from annotations.text.cells import COLUMN, is_risky, neutralise

from .archive import Archive, archive
from .corpus import Corpus, Row
from .label_names import LabelNames

CARRIES = frozenset(
    [
        "annotations",
        "annotators",
        "layers",
        "fragments",
        "overlaps",
        "notes",
        "attributes",
        "confidence",
        "relations",
        "article_labels",
        "regions",
        "links",
        "metadata",
        "claims",
        "mentions",
        "evidence",
        "verdicts",
    ]
)
_JUDGEMENT = ("annotator", "layer", "note", "attributes")
_HISTORY = ("version", "created_at", "updated_at")
COLUMNS = {
    "articles": (
        *("external_id", "title", "publisher", "published_at", "posted_at", "url", "language", "direction", "text"),
        *("text_sha256", "metadata", "regions", "links"),
    ),
    "spans": (
        *("article", "start", "end", "quote", "label", *_JUDGEMENT, "confidence", "prefix", "suffix", "fragments"),
        *("key", *_HISTORY, "text_sha256"),
    ),
    "relations": ("article", "from", "to", "label", *_JUDGEMENT, "key", *_HISTORY),
    "labels": ("article", "label", *_JUDGEMENT, "confidence", "key", *_HISTORY),
    "sources": ("url", "canonical_url", "title", "publisher"),
    "claims": (
        *("key", "text", "claimant", "claim_date", "claim_type", "check_worthiness", "evidence_cutoff"),
        *("metadata", "mentions", "verdicts", "annotator"),
        *_HISTORY,
    ),
    "evidence": (
        *("claim", "set", "stance", "url", "title", "quote", "note", "question", "passage", "metadata", "key"),
        *("annotator", *_HISTORY),
    ),
}
"""The columns of each table; the last one is added by the writer."""
_LISTS = {"spans": "annotations", "relations": "relations", "labels": "article_labels"}
_IN_MEMORY = 1024 * 1024


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive of comma-separated tables."""
    _write(corpus, write_bytes, ",", "csv")


def write_tsv(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive of tab-separated tables."""
    _write(corpus, write_bytes, "\t", "tsv")


def _write(corpus: Corpus, write_bytes: Callable[[bytes], None], separator: str, suffix: str) -> None:
    """Tables that fill while another one is being written wait in scratch files."""
    names = LabelNames.of(corpus.header())
    with archive(write_bytes) as made, ExitStack() as stack:
        scratch = {name: stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)) for name in _LISTS}
        tables = {name: _Table(name, separator, file.write) for name, file in scratch.items()}
        with made.member(f"articles.{suffix}") as write_member:
            articles = _Table("articles", separator, write_member)
            for article in corpus.articles():
                articles.add(article)
                for name, kind in _LISTS.items():
                    for row in article.get(kind) or ():
                        tables[name].add(_of_article(row, article, names))
        for name, file in scratch.items():
            _copy(made, f"{name}.{suffix}", file)
        with made.member(f"sources.{suffix}") as write_member:
            _Table("sources", separator, write_member).add_all(corpus.sources())
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as waiting:
            evidence = _Table("evidence", separator, waiting.write)
            with made.member(f"claims.{suffix}") as write_member:
                claims = _Table("claims", separator, write_member)
                for claim in corpus.claims():
                    claims.add(claim)
                    evidence.add_all(_items(claim))
            _copy(made, f"evidence.{suffix}", waiting)


def _copy(made: Archive, path: str, file: IO[bytes]) -> None:
    file.seek(0)
    with made.member(path) as write_member:
        for part in iter(partial(file.read, _IN_MEMORY), b""):
            write_member(part)


def _of_article(row: Row, article: Row, names: LabelNames) -> Row:
    return {
        **row,
        "article": article["external_id"],
        "label": names[row["label"]],
        "text_sha256": article.get("text_sha256"),
    }


def _items(claim: Row) -> Iterator[Row]:
    for each in claim["evidence_sets"]:
        for item in each["items"]:
            yield {**item, "claim": claim["key"], "set": each["n"]}


class _Table:
    """One table: its head, and a line for each row."""

    def __init__(self, name: str, separator: str, write: Callable[[bytes], object]) -> None:
        self._columns = COLUMNS[name]
        self._write = write
        self._line = io.StringIO(newline="")
        self._csv = csv.writer(self._line, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
        self._put([*self._columns, COLUMN])

    def add_all(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        cells = [_cell(row.get(column)) for column in self._columns]
        risky = [n for n, cell in enumerate(cells) if is_risky(cell)]
        for n in risky:
            cells[n] = neutralise(cells[n])
        self._put([*cells, " ".join(self._columns[n] for n in risky)])

    def _put(self, cells: list[str]) -> None:
        self._csv.writerow(cells)
        self._write(self._line.getvalue().encode())
        self._line.seek(0)
        self._line.truncate()


def _cell(value: Any) -> str:
    """Write what is no string as JSON; what is not stated is empty, and so is an empty object."""
    if value is None or value == {}:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
