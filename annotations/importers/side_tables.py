"""Rows of tables that stand beside another table: kept in a temporary file, taken by the row that they belong to.

In whatever order a spreadsheet program left the rows, memory does not grow with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

import orjson

from annotations.importers.opening import InputFile


@dataclass(frozen=True, slots=True)
class SideRow:
    """A row of a table beside: its cells by our names, the file and line it stands in."""

    cells: dict[str, Any]
    file: str
    line: int


class SideTable:
    """The rows of one table by their owner."""

    def __init__(self, rows: Iterable[tuple[str, SideRow]]) -> None:
        self._rows = sqlite3.connect("")  # an empty name is a temporary file that only this connection sees
        self._rows.execute("CREATE TABLE rows (owner TEXT, n INTEGER PRIMARY KEY, file TEXT, line INTEGER, cells BLOB)")
        values = ((owner, row.file, row.line, orjson.dumps(row.cells)) for owner, row in rows)
        self._rows.executemany("INSERT INTO rows (owner, file, line, cells) VALUES (?, ?, ?, ?)", values)
        self._rows.execute("CREATE INDEX by_owner ON rows (owner)")

    def __enter__(self) -> SideTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    def take(self, owner: str) -> list[SideRow]:
        """Return the rows of one owner, in the order of the file; they are not given again."""
        found = list(self._select("WHERE owner = ? ORDER BY n", (owner,)))
        if found:
            self._rows.execute("DELETE FROM rows WHERE owner = ?", (owner,))
        return found

    def left(self) -> Iterator[SideRow]:
        """Yield the rows that nobody took."""
        yield from self._select("ORDER BY n", ())

    def _select(self, clause: str, values: tuple[str, ...]) -> Iterator[SideRow]:
        for file, line, cells in self._rows.execute(f"SELECT file, line, cells FROM rows {clause}", values):  # noqa: S608
            yield SideRow(orjson.loads(cells), file, line)


def beside(source: InputFile, name: str) -> InputFile | None:
    """Return the file of this name in the folder of another one."""
    return source.beside(PurePosixPath(source.path).with_name(name).as_posix())
