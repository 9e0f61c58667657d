"""Rows that the database wrote as JSON, by the text they lie on: values are made of them where somebody asks for them.

An export reads a million rows. To make values of each only to write them again costs more than all else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Row = dict[str, Any]
Values = tuple[bytes, ...]


class Written:
    """The rows of one kind on one text, in their order, in canonical JSON."""

    __slots__ = ("_count", "_json", "_rows")

    def __init__(self, count: int = 0, json: bytes = b"") -> None:
        self._count = count
        self._json = json
        self._rows: list[Row] | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> list[Row]:
        """Return the rows as values; what is changed in them is written as well."""
        if self._rows is None:
            self._rows = orjson.loads(b"[%b]" % self._json)
        return self._rows

    def as_json(self) -> orjson.Fragment:
        """Return the rows for orjson to put in as they are."""
        return orjson.Fragment(b"[%b]" % self._json if self._rows is None else orjson.dumps(self._rows))


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows of one kind are written: SQL over `columns`, which name the values of a queryset, the text's id first.

    `json` gives a row, `order` the order on one text. `also` are further texts of each row with what joins those of
    one text. `once` are expressions that several others name, so that they are worked out once.
    """

    columns: Sequence[str]
    json: str
    order: Sequence[str]
    also: Sequence[tuple[str, str]] = ()
    once: Sequence[tuple[str, str]] = ()


def written(rows: QuerySet[Any], shape: Shape) -> Iterator[tuple[int, int, Values]]:
    """Yield each text's id, its number of rows, and joined: their JSON, and what else was asked for; one query."""
    try:
        inner, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return
    named = ", ".join(map(_name, shape.columns))
    text = _name(shape.columns[0])
    listed = ", ".join(("*", *(f"{expression} AS {_name(name)}" for name, expression in shape.once)))
    order = ", ".join((text, *shape.order))
    found = f"WITH found ({named}) AS ({inner}), complete AS (SELECT {listed} FROM found"  # noqa: S608 -- own names
    values = (shape.json, *(expression for expression, _separator in shape.also))
    separators = (",", *(separator for _expression, separator in shape.also))
    if connection.vendor == "postgresql":  # aggregates take the rows as the sorted part gives them
        joined = ", ".join(f"string_agg({value}, '{by}')" for value, by in zip(values, separators, strict=True))
        sql = f"{found} ORDER BY {order}) SELECT {text}, count(*), {joined} FROM complete GROUP BY {text}"  # noqa: S608
        for version, count, *texts in fetched(sql, parameters):
            yield int(version), int(count), tuple(texts)
    else:
        sql = f"{found}) SELECT {text}, {', '.join(values)} FROM complete ORDER BY {order}"  # noqa: S608
        yield from _joined_here(sql, parameters, separators)


def _joined_here(sql: str, parameters: Sequence[Any], separators: Sequence[str]) -> Iterator[tuple[int, int, Values]]:
    """Join row by row: SQLite promises no order inside of its aggregates."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for version, rows in groupby(cursor.fetchall(), itemgetter(0)):
            _versions, *columns = zip(*rows, strict=True)
            texts = (by.join(column) for by, column in zip(separators, columns, strict=True))
            yield version, len(_versions), tuple(text.encode() for text in texts)


def fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[bytes, ...]]:
    """Return the rows of a query on PostgreSQL as the texts that the server sent; nothing may be null.

    All is received before Python has its turn again. The driver's own way takes it back for every 16 kB, waits for
    other threads each time, and lets the server wait as well.
    """
    from psycopg import ClientCursor, OperationalError
    from psycopg.errors import error_from_result
    from psycopg.pq import ConnStatus, ExecStatus

    connection.ensure_connection()
    with connection.wrap_database_errors:
        statement = ClientCursor(connection.connection).mogrify(sql, parameters)
        server = connection.connection.pgconn
        found = server.exec_(statement.encode())
        if server.status != ConnStatus.OK:  # it went away, which says nothing of the statement
            raise OperationalError(found.error_message.decode(errors="replace"))
        if found.status != ExecStatus.TUPLES_OK:
            raise error_from_result(found)
    value, columns = found.get_value, range(found.nfields)
    return [tuple([value(row, column) for column in columns]) for row in range(found.ntuples)]


def as_texts(rows: QuerySet[Any]) -> list[tuple[bytes, ...]]:
    """Return the values of a queryset as texts in UTF-8; nothing may be null."""
    if connection.vendor == "postgresql":
        return fetched(*rows.order_by().query.sql_with_params())
    return [tuple([str(value).encode() for value in row]) for row in rows.order_by()]


def _name(column: str) -> str:
    return f'"{column}"'
