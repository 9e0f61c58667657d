"""Questions that are asked at every request, with their SQL written once.

The ORM takes ten times as long to write such a query as the database to answer it. So the text is
kept, with a gap for each value, and what makes a model of a row with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


class Given(Value):
    """A gap in a query, for a value that is known only when the question is asked."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(name, output_field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Leave the gap itself among the parameters."""
        return "%s", [self]


class ReadyQuery(Generic[M]):
    """A query for rows of a model, with gaps made by `Given`.

    `build` returns the queryset; it is called once, at the first question, when all models are loaded. Where it
    locks rows, Django checks at that time only that there is a transaction: ask inside one.
    """

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self._build = build
        self._written: _Written[M] | None = None

    def first(self, **values: Any) -> M | None:
        """Return the first row for these values; 1 query. `build` limits the rows where there may be many."""
        return next(iter(self.all(**values)), None)

    def all(self, **values: Any) -> list[M]:
        """Return the rows for these values; 1 query."""
        if self._written is None:
            self._written = _Written(self._build())
        return self._written.ask(values)


class _Written(Generic[M]):
    """The SQL of a queryset, and how its columns become a model."""

    def __init__(self, rows: QuerySet[M]) -> None:
        compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self.params = compiler.as_sql()
        select, info = compiler.select, compiler.klass_info
        self.converters = compiler.get_converters([column for column, *_rest in select])
        columns = info["select_fields"]
        self.own = slice(columns[0], columns[-1] + 1)
        self.names = [column.target.attname for column, *_rest in select[self.own]]
        self.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map or {}
        self.model = rows.model

    def ask(self, values: dict[str, Any]) -> list[M]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [_filled(param, values) for param in self.params])
            return [self._model_of(self._converted(row)) for row in cursor.fetchall()]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        found = list(row)
        for place, (converters, expression) in self.converters.items():
            for convert in converters:
                found[place] = convert(found[place], expression, connection)
        return found

    def _model_of(self, row: list[Any]) -> M:
        found = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.own])
        for each in self.related:
            each.populate(row, found)
        for name, place in self.annotations.items():
            setattr(found, name, row[place])
        return found


def _filled(param: Any, values: dict[str, Any]) -> Any:
    if isinstance(param, Given):
        return param.output_field.get_db_prep_value(values[param.value], connection)
    return param
