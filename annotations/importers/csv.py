"""Tables with our field names as column names: CSV with commas or semicolons, and tab-separated.

A table of articles is read here; what other tables hold is told by their columns, and is read by `csv_tables.py`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.columns import Column, columns_of
from annotations.importers.composing import raw_pointer
from annotations.importers.csv_tables import (
    TablesBeside,
    goes_with_another,
    kind_of,
    read_claims,
    read_other,
    restored,
    side_rows,
    unknown_columns,
)
from annotations.importers.decoding import Decoded, encoding_of
from annotations.importers.fields import ALIASES, FIELDS, Place, read_fields
from annotations.importers.json_items import BrokenJson, parse
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.text.cells import COLUMN

_JSON_COLUMNS = ("metadata", "regions", "links", "annotations")
"""Columns whose cells hold JSON."""
_UNSTATED = ("published_at", "posted_at")
"""Columns whose empty cells in a table of ours say that nothing was stated; dates are then not looked for."""
_UNDECODABLE = re.compile("[\udc80-\udcff]")
_LONGEST_HEADER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, its first line from 1, its bytes and where they start."""

    cells: dict[str, str]
    line: int
    start: int
    data: bytes


def read(source: InputFile, names: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Yield an article for each row. `names` maps column names to ours."""
    encoding, is_guess = encoding_of(source.head, is_whole=False)
    yield from Decoded("", encoding, is_guess).notice(source.name)
    names = names or {}
    rows = read_rows(source, encoding)
    first = next(rows, None)
    while isinstance(first, Problem):
        yield first
        first = next(rows, None)
    if first is None:
        return
    kind, columns = kind_of(first.cells, names)
    if kind == "articles":
        yield from _read_articles(chain([first], rows), source, names)
    elif not goes_with_another(kind, source):
        rows.close()
        yield from _read_others(kind, source, names, columns)


def columns(source: InputFile) -> list[Column]:
    """Return the columns of a table."""
    return columns_of(row.cells for row in read_rows(source) if isinstance(row, Row))


def _read_articles(rows: Iterable[Row | Problem], source: InputFile, names: Mapping[str, str]) -> Iterator[Record]:
    with ExitStack() as stack:
        tables = TablesBeside(source, read_rows, stack)
        for row in rows:
            if isinstance(row, Problem):
                yield row
            else:
                yield from _records(row, source, names, tables)
        yield from tables.left()


def _read_others(
    kind: str, source: InputFile, names: Mapping[str, str], columns: Mapping[str, str]
) -> Iterator[Record]:
    if kind == "index":
        message = _("Left out: the table lists texts that stand beside it.")
        yield Problem(source.name, None, "", "", message, is_rejection=False)
        return
    yield from unknown_columns(kind, columns, source)
    if kind == "claims":
        yield from read_claims(source, read_rows, names)
        return
    problems: list[Problem] = []
    for row in side_rows(read_rows(source), source, names, problems):
        place = Place(row.file, row.line, source.path)
        record = read_other(kind, row, place)
        yield from [record] if record else place.remarks
    yield from problems
    if kind == "evidence":
        message = _("Evidence is read together with its claims. Put the table claims.csv beside it.")
        yield Problem(source.name, None, "", "", message)


def read_rows(source: InputFile, encoding: str | None = None) -> Generator[Row | Problem]:
    """Yield the rows of a table, and a Problem for each that is broken."""
    encoding = encoding or encoding_of(source.head, is_whole=False)[0]
    with source.open() as stream:
        try:
            yield from _rows(_Lines(stream, encoding), source, encoding)
        except FileRefused as refusal:
            yield refusal.as_problem(source.name)


class _Lines:
    """The lines of a table for the csv module, with the bytes of the row that is being read."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        is_wide = encoding.startswith(("utf-16", "utf-32"))
        self._stream = _in_utf_8(stream, encoding) if is_wide else stream
        self._encoding = "utf-8" if is_wide else encoding.removesuffix("-sig")
        self._row: list[bytes] = []
        self._row_size = 0
        self.start = self.line = 0
        self._offset = 0

    def begin_row(self) -> None:
        self.start, self._row, self._row_size = self._offset, [], 0

    @property
    def data(self) -> bytes:
        return b"".join(self._row)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        data = self._stream.readline(limits.ARTICLE_BYTES + 1)
        if not data:
            raise StopIteration
        self.line += 1
        self._offset += len(data)
        self._row_size += len(data)
        if self._row_size > limits.ARTICLE_BYTES:
            message = _("This row is longer than %(size)s MiB. Is a quotation mark not closed?")
            sentence = message % {"size": limits.ARTICLE_BYTES // limits.MIB}
            raise FileRefused(limits.set_by("WORKBENCH_ARTICLE_MIB", sentence), line=self.line)
        self._row.append(data)
        if self.line == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            return data.decode(self._encoding, "surrogateescape")
        except UnicodeDecodeError as error:  # a byte of ASCII within a sign of several bytes
            message = _("The row holds bytes that are not %(encoding)s. Save the file as UTF-8.")
            sentence = message % {"encoding": self._encoding}
            raise FileRefused(sentence, field="encoding", line=self.line) from error


def _in_utf_8(stream: BinaryIO, encoding: str) -> BinaryIO:
    """Return a table in UTF-16 or UTF-32 as UTF-8; such a file is read whole."""
    data = stream.read(limits.ARTICLE_BYTES + 1)
    if len(data) > limits.ARTICLE_BYTES:
        message = _("A table of more than %(size)s MiB has to be UTF-8. Save it so.")
        sentence = limits.set_by("WORKBENCH_ARTICLE_MIB", message % {"size": limits.ARTICLE_BYTES // limits.MIB})
        raise FileRefused(sentence, field="encoding", value=encoding)
    try:
        return io.BytesIO(data.decode(encoding).encode("utf-8"))
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        message = _("The file is not what its byte-order mark says. Save it as UTF-8.")
        raise FileRefused(message, field="encoding", value=encoding) from error


def _rows(lines: _Lines, source: InputFile, encoding: str) -> Iterator[Row | Problem]:
    csv.field_size_limit(limits.ARTICLE_BYTES)
    reader = csv.reader(lines, delimiter=_delimiter(source.head, encoding), strict=True)
    header = _header(reader)
    while True:
        line = lines.line + 1
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = _("The row cannot be read: %(reason)s. Look at its quotation marks.") % {"reason": error}
            yield Problem(source.name, line, "", lines.data[:100].decode("utf-8", "replace"), message)
            continue
        if not any(cells):
            continue
        sentence = _wrong_row(cells, header, encoding)
        if sentence:
            yield Problem(source.name, line, "", ", ".join(cells)[:200], sentence)
        else:
            yield Row(dict(zip(header, cells, strict=True)), line, lines.start, lines.data)


def _delimiter(head: bytes, encoding: str) -> str:
    """Return the separator that the first line has most of, outside quotation marks."""
    first = head[:_LONGEST_HEADER].decode(encoding, "replace").lstrip("\ufeff\r\n").partition("\n")[0]
    outside = "".join(first.split('"')[::2])
    return max(",;\t|", key=outside.count)


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise FileRefused(_("The table has no row with the names of its columns."), line=1) from None
    except csv.Error as error:
        message = _("The row with the names of the columns cannot be read: %(reason)s.") % {"reason": error}
        raise FileRefused(message, line=1) from error
    if len(header) > limits.CSV_COLUMNS:
        message = _("The table has %(count)s columns; %(most)s are the most.")
        sentence = message % {"count": len(header), "most": limits.CSV_COLUMNS}
        raise FileRefused(limits.set_by("WORKBENCH_CSV_COLUMNS", sentence), line=1)
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice:
        raise FileRefused(_("Two columns have the same name. Rename one."), line=1, value=twice)
    return [name or f"column {number}" for number, name in enumerate(header, start=1)]


def _wrong_row(cells: list[str], header: list[str], encoding: str) -> str | None:
    if len(cells) != len(header):
        message = _(
            "The row has %(cells)s cells, the table has %(columns)s columns. Look at its separators and quotes."
        )
        return message % {"cells": len(cells), "columns": len(header)}
    if any(_UNDECODABLE.search(cell) for cell in cells):
        return _("The row holds bytes that are not %(encoding)s. Save the file as UTF-8.") % {"encoding": encoding}
    return None


def _records(row: Row, source: InputFile, names: Mapping[str, str], tables: TablesBeside) -> Iterator[Record]:
    place = Place(source.name, row.line, source.path, is_one_of_many=True)
    cells = restored(row.cells)
    given: dict[str, Any] = dict.fromkeys(_UNSTATED) if COLUMN in row.cells else {}
    for column, cell in cells.items():
        if cell.strip():
            given[column] = _json_cell(cell, column, place) if _ours(column, names) in _JSON_COLUMNS else cell
    raw = raw_pointer(source, row.data, row.start)
    for record in read_fields(given, place, raw, names):
        if isinstance(record, ImportedArticle):
            text = next((given[name] for name in given if _ours(name, names) == "text"), record.text)
            n_remarks = len(place.remarks)
            yield tables.onto(record, text, place)
            yield from place.remarks[n_remarks:]
        else:
            yield record


def _ours(column: str, names: Mapping[str, str]) -> str:
    return names.get(column) or (column if column in FIELDS else ALIASES.get(column, column))


def _json_cell(cell: str, field: str, place: Place) -> Any:
    try:
        return parse(cell.encode("utf-8", "surrogatepass"))
    except BrokenJson as broken:
        place.refuse(field, cell, broken.message)
        return None
