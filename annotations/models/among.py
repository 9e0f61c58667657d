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
_ARRAYS: dict[type, str] = {str: "text[]", bytes: "bytea[]"}


@dataclass(frozen=True)
class Many(Generic[T]):
    """Values to be asked for by `among` as they are: Django looks at each of a list's, once for every query."""

    values: list[T]


@dataclass(frozen=True)
class Run:
    """All whole numbers from the first to the last: an index is read from end to end, and not entered for each."""

    first: int
    last: int


Ids = Many[int] | Run


def run_or_many(ids: Sequence[int]) -> Ids:
    """Return different ids as a run where they are one, in whatever order.

    >>> run_or_many([3, 2, 4]), run_or_many([3, 5])
    (Run(first=2, last=4), Many(values=[3, 5]))
    """
    first, last = min(ids, default=1), max(ids, default=0)
    return Run(first, last) if ids and last - first + 1 == len(ids) else Many(list(ids))


# A query about ids that are given later is compiled with a gap for them. No row has such ids.

GAP = Many([-(2**63)])
RUN_OF_GAP = Run(-(2**63), 1 - 2**63)


def gap_for(ids: Ids) -> Ids:
    """Return what a query is compiled with that is to be asked about ids like these."""
    return RUN_OF_GAP if isinstance(ids, Run) else GAP


def in_gap(ids: Ids, parameters: Sequence[Any], vendor: str) -> list[Any]:
    """Return the parameters of a query that was compiled with a gap, with these ids in it."""
    if isinstance(ids, Run):
        given: dict[Any, Any] = {RUN_OF_GAP.first: ids.first, RUN_OF_GAP.last: ids.last}
    else:
        given = {_ids_as_parameter(GAP.values, vendor): _ids_as_parameter(ids.values, vendor)}
    return [given.get(parameter, parameter) for parameter in parameters]


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

    def get_prep_lookup(self) -> list[Any] | Run:
        """Return the values as a list, or as a run."""
        if isinstance(self.rhs, Run):
            return self.rhs
        return self.rhs.values if isinstance(self.rhs, Many) else list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compare with an array, or on SQLite, which has none, with the values of a list in JSON."""
        column, given = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Run):
            return f"{column} BETWEEN %s AND %s", (*given, self.rhs.first, self.rhs.last)
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
