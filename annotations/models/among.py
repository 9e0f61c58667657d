"""The lookup `among`, which does what `in` does for a long list of values: one parameter, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler

T = TypeVar("T", int, str, bytes)
GAP = -(2**63)
"""Stands among ids for those that are given when the question is asked: see `Many.instead_of_gap`."""
_ARRAYS: dict[type, str] = {str: "text[]", bytes: "bytea[]"}


@dataclass(frozen=True)
class Many(Generic[T]):
    """Values to be asked for by `among` as they are: Django looks at each of a list's, once for every query."""

    values: list[T]

    def instead_of_gap(self, parameters: Sequence[Any], vendor: str) -> list[Any]:
        """Return a query's parameters with these ids where `Many([GAP])` was compiled into it."""
        gap, ids = _ids_as_parameter([GAP], vendor), _ids_as_parameter(self.values, vendor)
        return [ids if parameter == gap else parameter for parameter in parameters]


def _ids_as_parameter(ids: Sequence[Any], vendor: str) -> str:
    """Write whole numbers as an array, or as JSON: the driver takes its time for each item of a list."""
    return f"{{{','.join(map(str, ids))}}}" if vendor == "postgresql" else json.dumps(ids)


@Field.register_lookup
@ForeignObject.register_lookup
class Among(Lookup):
    """Tell whether a column has one of many values, which are whole numbers, strings or bytes.

    With a parameter for each of a thousand ids, as `in` has, Django and the driver take longer than the query itself.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        """Return the values as a list."""
        return self.rhs.values if isinstance(self.rhs, Many) else list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compare with an array, or on SQLite, which has none, with the values of a list in JSON."""
        column, given = self.process_lhs(compiler, connection)
        if not self.rhs:
            raise EmptyResultSet
        kind = type(self.rhs[0])
        if connection.vendor == "postgresql" and kind is int:
            return f"{column} = ANY(%s::bigint[])", (*given, _ids_as_parameter(self.rhs, connection.vendor))
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s::{_ARRAYS[kind]})", (*given, self.rhs)
        if kind is bytes:  # JSON has none
            return f"{column} IN ({', '.join(['%s'] * len(self.rhs))})", (*given, *self.rhs)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*given, json.dumps(self.rhs))  # noqa: S608 -- no value in it
