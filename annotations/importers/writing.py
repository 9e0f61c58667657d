"""Rows into tables, many at a time: binary COPY on PostgreSQL, long INSERTs on SQLite. Knows columns, not meanings.

Whoever writes here does what `save()` would have done: every column is named, a test compares them with the models.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, models, transaction

ROWS_IN_A_STATEMENT = 100
"""On SQLite; more gain next to nothing."""
GROWTH = 4
"""Statistics are made anew when an import has written so many times the rows that they know of."""
SMALL = 64 * 1024
"""Bytes of a table that can be gone through without harm."""
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """A model's table with its columns in the order in which rows give their values; the first is the id.

    UUIDs are given as their 16 bytes, everything else as the ORM takes it.
    """

    model: type[models.Model]
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the table's name, quoted."""
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def column_list(self) -> str:
        """Return the names of the columns as SQL lists them."""
        return ", ".join(connection.ops.quote_name(str(field.column)) for field in self.fields())

    def fields(self) -> list[models.Field[Any, Any]]:
        """Return the model's fields in the order of the columns."""
        by_column = {field.attname: field for field in self.model._meta.concrete_fields}
        return [by_column[column] for column in self.columns]


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Return ids that nobody else will be given, so that rows can name one another before they are written; one query.

    On SQLite the caller's transaction holds the write lock: the ids after the last one are free.
    """
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "pg_get_serial_sequence(%s, 'id')"
            cursor.execute(f"SELECT nextval({sequence}) FROM generate_series(1, %s)", [f'"{table}"', count])  # noqa: S608 -- no value in it
            return [number for (number,) in cursor.fetchall()]
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0] or 0
        return list(range(last + 1, last + 1 + count))


def new_key() -> bytes:
    """Return the bytes of a UUID that begins with the time in ms (RFC 9562, version 7), without an object around them.

    Rows written together then lie together in the index. Random ones change a page each, which SQLite writes to its
    log and back again.
    """
    drawn = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return (drawn & ~_VERSION_AND_VARIANT | _VERSION_7).to_bytes(16, "big")


_VERSION_AND_VARIANT = 0xF000 << 64 | 0xC000 << 48
_VERSION_7 = 0x7000 << 64 | 0x8000 << 48


def insert(table: Table, rows: Rows) -> None:
    """Write rows. Raises Django's `IntegrityError` and `DataError` as the ORM does."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        _copy(table, rows)
    else:
        _insert_many(table, rows)


def insert_new(table: Table, rows: Rows) -> set[int]:
    """Write rows, but pass over those that another transaction wrote in the meantime; return the ids of the written.

    COPY cannot pass over anything; it is tried first, since nobody is in the way but for a moment's race.
    On SQLite nobody can be: there is one writer.
    """
    if connection.vendor != "postgresql":
        insert(table, rows)
        return {row[0] for row in rows}
    try:
        with transaction.atomic():
            insert(table, rows)
    except IntegrityError as error:
        if not _is_conflict(error):
            raise
        return _insert_around_conflicts(table, rows)
    return {row[0] for row in rows}


def refresh_statistics(tables: Iterable[Table], rows_written: int) -> None:
    """Let PostgreSQL look at tables again that have grown far beyond what it knows of them; outside a transaction.

    The plans of its foreign key checks are made once in a connection. Made while a table is empty, they go through all
    rows of the project for every row that is written, and the import's cost grows with the square of its size.
    """
    if connection.vendor != "postgresql":
        return
    names = [table.model._meta.db_table for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(reltuples) FROM pg_class WHERE oid = ANY(%s::regclass[])", [names])
        if cursor.fetchone()[0] * GROWTH < rows_written:
            cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, names))}")


def refresh_statistics_of_grown(models_of: Iterable[type[models.Model]]) -> None:
    """Let PostgreSQL look again at those tables that have grown far beyond what it knows of them, at their size alone.

    Rows that many tables point at are deleted by plans made once in a connection, too: where a table is taken for
    empty, each row that goes costs a walk through all rows of the project in it.
    """
    if connection.vendor != "postgresql":
        return
    names = [model._meta.db_table for model in models_of]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND pg_relation_size(oid) > %s"
            " AND pg_relation_size(oid) > %s * relpages * current_setting('block_size')::bigint",
            [names, SMALL, GROWTH],
        )
        grown = sorted(name for (name,) in cursor.fetchall())
        if grown:
            cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, grown))}")


def found_by_key(sql: str, project_id: int, keys: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """Run a query that compares a project's id and a list of UUIDs, `{project}` and `{keys}`; one parameter holds all.

    UUIDs are given as bytes, and the first column of the rows is one.
    """
    listed = list(keys)
    if not listed:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            whole = "{" + ",".join(map(bytes.hex, listed)) + "}"
            cursor.execute(sql.format(project="%s", keys="= ANY(%s::uuid[])"), [project_id, whole])
            return [(row[0].bytes, *row[1:]) for row in cursor.fetchall()]
        whole = json.dumps([*map(bytes.hex, listed)])
        cursor.execute(sql.format(project="%s", keys="IN (SELECT value FROM json_each(%s))"), [project_id, whole])
        return [(bytes.fromhex(row[0]), *row[1:]) for row in cursor.fetchall()]


# PostgreSQL


def _copy(table: Table, rows: Rows) -> None:
    from psycopg import Cursor
    from psycopg.types.json import set_json_dumps

    statement = f"COPY {table.name} ({table.column_list}) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        set_json_dumps(orjson.dumps, cursor)
        with cursor.copy(statement) as copy:
            copy.set_types(_types(table))
            for row in rows:
                copy.write_row(row)


def _insert_around_conflicts(table: Table, rows: Rows) -> set[int]:
    """Write what is not there yet. An array for each column keeps it one statement, whatever the number of rows."""
    from psycopg import Cursor

    kinds = [_base_type(field) for field in table.fields()]
    columns = [_as_array(kind, column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    statement = (
        f"INSERT INTO {table.name} ({table.column_list}) SELECT * FROM unnest({arrays}) "  # noqa: S608 -- names of our own
        "ON CONFLICT DO NOTHING RETURNING id"
    )
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, columns)
        return {number for (number,) in cursor.fetchall()}


def _as_array(kind: str, column: Iterable[Any]) -> list[Any]:
    from psycopg.types.json import Jsonb

    if kind == "jsonb":
        return [Jsonb(value) for value in column]
    return [UUID(bytes=value) for value in column] if kind == "uuid" else list(column)


def _is_conflict(error: IntegrityError) -> bool:
    from psycopg.errors import UniqueViolation

    return isinstance(error.__cause__, UniqueViolation)


def _types(table: Table) -> list[str]:
    """Return as what the values are sent: binary COPY takes a value only in its column's own form.

    For a UUID this is 16 bytes, and a million objects around them need not be made.
    """
    return ["bytea" if kind == "uuid" else kind for kind in map(_base_type, table.fields())]


def _base_type(field: models.Field[Any, Any]) -> str:
    return _POSTGRESQL_TYPES[(field.db_type(connection) or "").partition("(")[0]]


_POSTGRESQL_TYPES = {
    "bigint": "int8",
    "integer": "int4",
    "smallint": "int2",
    "uuid": "uuid",
    "text": "text",
    "varchar": "text",
    "bytea": "bytea",
    "jsonb": "jsonb",
    "boolean": "bool",
    "double precision": "float8",
    "timestamp with time zone": "timestamptz",
}


# SQLite


def _insert_many(table: Table, rows: Rows) -> None:
    """Write rows, many in one statement: it costs SQLite a third of what a statement for each row does."""
    converters = [
        (number, _SQLITE_FORMS[field.get_internal_type()])
        for number, field in enumerate(table.fields())
        if field.get_internal_type() in _SQLITE_FORMS
    ]
    connection.ensure_connection()
    raw = connection.connection
    most = min(ROWS_IN_A_STATEMENT, raw.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER) // len(table.columns))
    marks = f"({', '.join('?' * len(table.columns))})"
    statement = f"INSERT INTO {table.name} ({table.column_list}) VALUES "  # noqa: S608 -- names of our own
    values = _converted(rows, converters)
    with connection.wrap_database_errors:
        while some := list(islice(values, most)):
            raw.execute(statement + ", ".join([marks] * len(some)), list(chain.from_iterable(some)))


def _converted(rows: Rows, converters: list[tuple[int, Callable[[Any], Any]]]) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row)
        for number, convert in converters:
            if values[number] is not None:
                values[number] = convert(values[number])
        yield values


@lru_cache(maxsize=16)  # an import writes one moment into nearly all of its rows
def _sqlite_moment(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ")[: -len("+00:00")]


def _sqlite_json(value: Any) -> str:
    return "{}" if value == {} else json.dumps(value)


_SQLITE_FORMS: dict[str, Callable[[Any], Any]] = {
    "DateTimeField": _sqlite_moment,
    "UUIDField": bytes.hex,
    "JSONField": _sqlite_json,
}
"""How SQLite keeps what it has no type for, as Django's fields write it."""
