"""How files would be read: their formats and columns, and the first records, before anything is imported.

Reads no more than the first records need; a text is shown by its beginning. A look happens while somebody waits for a
page: what would take much memory is left to the import.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from . import limits
from .columns import Column
from .fields import FIELDS
from .formats import READERS, Format, captured_file, format_of, read_input
from .opening import Budget, Find, InputFile, Upload, is_binary, open_inputs
from .records import FileRefused, ImportedArticle, Problem

MOST_ROWS = 10
MOST_FILES = 10
MOST_PROBLEMS = 50
MOST_COLUMNS = 60
MOST_RECORDS = 200
BEGINNING = 240
BYTES_LOOKED_AT = limits.MIB
"""Of each file; a format may make a hundred times as much of it in memory."""
BUFFER = 64 * 1024
WHOLE_BYTES = 32 * limits.MIB
"""What a file may unpack to whose format has to be held in memory as a whole."""

_ENOUGH = "look"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """An article as it would be read."""

    file: str
    line: int | None
    title: str
    beginning: str
    length: int
    publisher: str
    published: str
    language: str
    n_annotations: int
    problems: list[str]


@dataclass(slots=True)
class Preview:
    """What a first look at files finds."""

    formats: dict[str, str] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    rows: list[PreviewRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_others: int = 0
    has_more: bool = False

    @property
    def takes_names(self) -> bool:
        """Tell whether any of the files has columns that can be mapped."""
        return bool(self.columns)


def preview_of(
    uploads: Iterable[Upload], *, format_name: str | None = None, names: Mapping[str, str] | None = None, find: Find
) -> Preview:
    """Look at the first records of the first files."""
    found = Preview()
    budget = iter(range(MOST_RECORDS))
    twice = Budget(2 * limits.TOTAL_BYTES)  # for their columns and for their records
    for number, source in enumerate(open_inputs(uploads, find, twice)):
        if number >= MOST_FILES or len(found.rows) >= MOST_ROWS:
            found.has_more = True
            break
        if isinstance(source, Problem):
            _note(found, source)
            continue
        if captured_file(source) is None:
            _look_at(source, found, format_name, names or {}, budget)
    return found


def _look_at(
    source: InputFile, found: Preview, format_name: str | None, names: Mapping[str, str], budget: Iterator[int]
) -> None:
    name = format_name or format_of(source)
    source = _to_look_at(source)
    found.formats[source.name] = str(READERS[name].title) if name in READERS else name
    if name in READERS and len(found.columns) < MOST_COLUMNS:
        for column in islice(_columns(source, READERS[name]), MOST_COLUMNS - len(found.columns)):
            found.columns.setdefault(column.name, column)
    articles: list[tuple[ImportedArticle, list[str]]] = []
    for record in read_input(source, name, names):
        if next(budget, None) is None:
            found.has_more = True
            break
        if isinstance(record, ImportedArticle):
            if len(found.rows) + len(articles) >= MOST_ROWS:
                found.has_more = True
                break
            articles.append((record, []))
        elif isinstance(record, Problem) and record.field == _ENOUGH and articles:
            found.has_more = True
        elif isinstance(record, Problem):
            _note(found, record)
            if articles and articles[-1][0].line == record.line:  # its remarks follow an article
                articles[-1][1].append(record.message)
        else:
            found.n_others += 1
    found.rows += [_row(article, remarks) for article, remarks in articles]


def _columns(source: InputFile, read_as: Format) -> list[Column]:
    if read_as.columns is None or (is_binary(source.head) and not read_as.is_binary):
        return []
    try:
        return read_as.columns(source)
    except FileRefused:
        return []  # the reader says why


class _Beginning(io.RawIOBase):
    """The beginning of a stream. Raises FileRefused behind it, which readers pass on as a problem of this field."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = BYTES_LOOKED_AT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(min(len(view), self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            message = _("More than %(size)s MiB of this file is not looked at here. The import reads all of it.")
            raise FileRefused(message % {"size": BYTES_LOOKED_AT // limits.MIB}, field=_ENOUGH)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _to_look_at(source: InputFile) -> InputFile:
    """Return a file of which only the beginning is read, or a binary one that may unpack to little."""
    if is_binary(source.head):
        return replace(source, whole_bytes=WHOLE_BYTES)

    def opened() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Beginning(source.open()), BUFFER))

    def beside(name: str) -> InputFile | None:
        other = source.beside(name)
        return _to_look_at(other) if other else None

    return replace(source, open=opened, beside=beside)


def _note(found: Preview, problem: Problem) -> None:
    if len(found.problems) < MOST_PROBLEMS:
        found.problems.append(problem)


def _row(article: ImportedArticle, problems: list[str]) -> PreviewRow:
    return PreviewRow(
        article.file,
        article.line,
        article.title,
        article.text[:BEGINNING] + ("…" if len(article.text) > BEGINNING else ""),
        len(article.text),
        article.publisher or "",
        _written(article.published_at),
        article.language or "",
        len(article.annotations),
        problems,
    )


def _written(moment: date | datetime | None) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else moment.isoformat()


def field_names() -> dict[str, str]:
    """Return the fields that a column can be mapped to, with the words a person reads."""
    words = {
        "external_id": _("external id"),
        "title": _("title"),
        "text": _("text"),
        "publisher": _("publisher"),
        "published_at": _("published"),
        "posted_at": _("posted"),
        "url": _("address"),
        "language": _("language"),
        "direction": _("direction of writing"),
        "metadata": _("further metadata (JSON)"),
        "regions": _("zones (JSON)"),
        "links": _("links (JSON)"),
        "annotations": _("annotations (JSON)"),
    }
    return {name: words.get(name, name) for name in FIELDS}
