"""How times and judgements are written in records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, TextField
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from annotations.models import Article

T = TypeVar("T")
JUDGEMENT = ("created_by__pseudonym", "version_number", "created_at", "updated_at", "withdrawn_at")
"""The columns that every judgement has, as `judgement` writes them."""


def judgement(row: Iterable[Any]) -> dict[str, Any]:
    """Write what every judgement has."""
    annotator, version, created_at, updated_at, withdrawn_at = row
    return {
        "annotator": annotator,
        "version": version,
        "created_at": moment(created_at),
        "updated_at": moment(updated_at),
        "withdrawn_at": moment(withdrawn_at),
    }


def moment(value: datetime | None) -> str | None:
    """Write a time in UTC with microseconds and Z.

    >>> moment(datetime(2024, 3, 18, 8, 14, 52, tzinfo=UTC))
    '2024-03-18T08:14:52.000000Z'
    """
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def dated(value: datetime | None, precision: str) -> str | None:
    """Write a date as precisely as it is known."""
    if value is None:
        return None
    return date.isoformat(value.astimezone(UTC).date()) if precision == Article.Precision.DAY else moment(value)


# Values as the database itself writes them: an export reads a million rows, and making objects of their times, keys and
# objects only to write them again costs more than all else.


def as_written(column: str) -> Cast:
    """Ask for a column's value as text, as the database itself writes it."""
    return Cast(column, TextField())


class _Hexadecimal(Func):
    """Bytes as text, two small digits each."""

    template = "encode(%(expressions)s, 'hex')"
    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="lower(hex(%(expressions)s))", **context)


def in_hexadecimal(column: str) -> Func:
    """Ask for bytes as text, two small digits each."""
    return _Hexadecimal(F(column))


def object_written(text: str | bytes) -> dict[str, Any]:
    """Read an object that a database wrote as JSON, its keys in order; most are empty."""
    return {} if text in ("{}", b"{}") else in_key_order(orjson.loads(text))


def in_key_order(value: T) -> T:
    """Put the keys in order of what is only carried (metadata, attributes), so that the same rows give the same bytes.

    >>> in_key_order({"b": {"d": 1, "c": 2}, "a": []})
    {'a': [], 'b': {'c': 2, 'd': 1}}
    """
    return cast(T, orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))) if value else value
