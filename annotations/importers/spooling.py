"""Records on their way to the database: one JSON line each in a spool file, cut into chunks that can be read alone.

A format is read once, in one pass; after that any worker can do any chunk, and a chunk can be done again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import orjson

from .records import (
    ImportedArticle,
    ImportedLink,
    ImportedRecord,
    ImportedZone,
    Problem,
    RawPointer,
)

Spooled = ImportedArticle | ImportedRecord | Problem
ARTICLES, RECORDS, LAST = 1, 2, 4
"""The stages of chunks: articles first, then what refers to them, then what refers to that; 3 is that of a dry run.

Within a stage any worker takes any chunk: what a record names has to be of an earlier one.
"""
OF_THE_FIRST = frozenset({"source"})
"""Kinds of records that name nothing, and that claims, quotations and passages name."""
OF_THE_LAST = frozenset({"attribution", "citation", "quotation", "ruling"})
"""Kinds of records that name speakers, and what was said of claims."""
BYTES_IN_A_CHUNK = 8 * 1024 * 1024
FIRST_SHARE = 0.1
"""The first chunk is small: a person sees soon that it works, and the database learns what its tables hold."""
CODE_POINTS_AS_ONE_ARTICLE = 20_000
ANNOTATIONS_AS_ONE_ARTICLE = 10


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the spool: bytes `start` to `end`, with `count` records of one stage."""

    stage: int
    start: int
    end: int
    count: int


class Cutter:
    """Decides where one chunk ends and the next begins, from the stage, the weight and the bytes of each record."""

    def __init__(self, heaviest: float) -> None:
        self.parts: list[Part] = []
        self._heaviest = heaviest
        self._stage = ARTICLES
        self._start = self._end = self._count = 0
        self._weight = 0.0

    def add(self, record: Spooled, size: int) -> None:
        """Take the next record, which has `size` bytes in the spool."""
        stage = _stage_of(record)
        heaviest = self._heaviest if self.parts else self._heaviest * FIRST_SHARE
        is_full = self._weight >= heaviest or self._end - self._start + size > BYTES_IN_A_CHUNK
        if self._count and (is_full or stage != self._stage):
            self.cut()
        self._stage = stage
        self._end += size
        self._count += 1
        self._weight += weight_of(record)

    def cut(self) -> list[Part]:
        """End the present chunk; return all."""
        if self._count:
            self.parts.append(Part(self._stage, self._start, self._end, self._count))
        self._start, self._count, self._weight = self._end, 0, 0.0
        return self.parts


def _stage_of(record: Spooled) -> int:
    if not isinstance(record, ImportedRecord) or record.kind in OF_THE_FIRST:
        return ARTICLES
    return LAST if record.kind in OF_THE_LAST else RECORDS


def weight_of(record: Spooled) -> float:
    """Say how much work a record is, in articles of ordinary length."""
    if isinstance(record, Problem):
        return 0.1
    if isinstance(record, ImportedRecord):
        given = record.data.get("annotations")
        return 1 + (len(given) if isinstance(given, list) else 0) / ANNOTATIONS_AS_ONE_ARTICLE
    judgements = len(record.annotations) + len(record.relations) + len(record.suggestions) + len(record.article_labels)
    judgements += sum(len(thread["comments"]) for thread in record.threads) + len(record.rulings)
    earlier = sum(weight_of(each) for each in record.earlier_versions)
    return 1 + len(record.text) / CODE_POINTS_AS_ONE_ARTICLE + judgements / ANNOTATIONS_AS_ONE_ARTICLE + earlier


def to_line(record: Spooled) -> bytes:
    """Write a record as one line. Raises `ValueError` for what JSON in UTF-8 cannot hold (lone surrogates)."""
    try:
        return orjson.dumps({"is": _NAMES[type(record)], "record": record}, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:  # orjson says so of surrogates and of numbers beyond 64 bits
        raise ValueError(str(error)) from None


def from_line(line: bytes) -> Spooled:
    """Read a record back."""
    data = orjson.loads(line)
    values = data["record"]
    if data["is"] == "problem":
        return Problem(**values)
    if data["is"] == "record":
        return ImportedRecord(**values)
    return _article(values)


def read_part(spool: BinaryIO, start: int, end: int) -> Iterator[Spooled]:
    """Yield the records of one chunk, by its cursor."""
    spool.seek(start)
    while start < end:
        line = spool.readline()
        if not line:
            raise OSError("the spool file ends before its chunk")
        start += len(line)
        yield from_line(line)


_NAMES: dict[type, str] = {ImportedArticle: "article", ImportedRecord: "record", Problem: "problem"}
_LISTS = (
    *("annotations", "assignments", "relations", "article_labels", "suggestions", "threads"),
    *("adjudications", "rulings"),
)


def _article(values: dict[str, Any]) -> ImportedArticle:
    for name in _LISTS:
        values[name] = tuple(values[name])
    for name in ("published_at", "posted_at"):
        values[name] = _moment(values[name])
    values["links"] = tuple(ImportedLink(**link) for link in values["links"])
    values["zones"] = tuple(ImportedZone(**zone) for zone in values["zones"])
    values["sentences"] = tuple((start, end) for start, end in values["sentences"])
    values["earlier_versions"] = tuple(_article(each) for each in values["earlier_versions"])
    values["raw"] = RawPointer(**values["raw"]) if values["raw"] else None
    return ImportedArticle(**values)


def _moment(text: str | None) -> date | datetime | None:
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
