"""Rows that the database wrote as JSON, by the text they lie on: values are made of them where somebody asks for them.

An export reads a million rows. To make values of each only to write them again costs more than all else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from annotations.models.among import Ids, in_gap

T = TypeVar("T")
Row = dict[str, Any]


def rows_of(json: bytes) -> list[Row]:
    """Make values of rows as the database writes them: JSON, with commas between them."""
    return cast(list[Row], orjson.loads(b"[%b]" % json))


def json_of(rows: list[Row]) -> bytes:
    """Write rows as the database does."""
    return orjson.dumps(rows)[1:-1]


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


@dataclass(frozen=True, slots=True)
class Question:
    """A query whose rows have an id and texts, none of them null; `separators` join what SQL leaves to be joined.

    It is compiled once an export, with a gap for the ids: for every batch anew it took a fifth of all of Python's time.
    """

    before: str
    key: str
    texts: tuple[str, ...]
    after: str
    parameters: Sequence[Any]
    separators: tuple[str, ...] = ()

    def sql(self, *more: str) -> str:
        """Return the statement, with further columns."""
        return f"{self.before} SELECT {', '.join((self.key, *self.texts, *more))} {self.after}"


Answer = dict[int, tuple[bytes, ...]]
"""Texts in UTF-8, by id."""
Asking = Generator[tuple[Question | None, Ids], Answer, T]
"""What asks one question about some ids, is sent the answer, and returns what it makes of it."""


def each_row(rows: QuerySet[Any], columns: Sequence[str], texts: Sequence[str]) -> Question | None:
    """Ask for texts of each row: `columns` name the values of a queryset, the id first; texts are SQL over them."""
    try:
        inner, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return None
    found = f"WITH found ({', '.join(map(_name, columns))}) AS ({inner})"
    return Question(found, _name(columns[0]), tuple(texts), "FROM found", parameters)


def written(rows: QuerySet[Any], shape: Shape) -> Question | None:
    """Ask for what lies on each text: the JSON of its rows, joined, and what else was asked for."""
    try:
        inner, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return None
    named = ", ".join(map(_name, shape.columns))
    text = _name(shape.columns[0])
    listed = ", ".join(("*", *(f"{expression} AS {_name(name)}" for name, expression in shape.once)))
    order = f"ORDER BY {', '.join((text, *shape.order))}"
    found = f"WITH found ({named}) AS ({inner}), complete AS (SELECT {listed} FROM found"  # noqa: S608 -- own names
    values = (shape.json, *(expression for expression, _separator in shape.also))
    separators = (",", *(separator for _expression, separator in shape.also))
    if connection.vendor == "postgresql":  # aggregates take the rows as the sorted part gives them
        joined = tuple(f"string_agg({value}, '{by}')" for value, by in zip(values, separators, strict=True))
        return Question(f"{found} {order})", text, joined, f"FROM complete GROUP BY {text}", parameters)
    return Question(f"{found})", text, values, f"FROM complete {order}", parameters, separators)


def together(*asking: Asking[Any]) -> tuple[Any, ...]:
    """Have several ask at once, and return what each makes of its answer: one statement on PostgreSQL.

    Who answers has to be given Python's turn after each statement, and others are in the midst of their work.
    """
    made: dict[int, Any] = {}
    asked: dict[int, tuple[Question | None, Ids]] = {}
    for n, each in enumerate(asking):
        try:
            asked[n] = next(each)
        except StopIteration as end:  # it has nothing to ask
            made[n] = end.value
    answers = _answers({n: (question, ids) for n, (question, ids) in asked.items() if question is not None})
    for n in asked:
        try:
            asking[n].send(answers.get(n, {}))
        except StopIteration as end:
            made[n] = end.value
    return tuple(made[n] for n in range(len(asking)))


def _answers(asked: dict[int, tuple[Question, Ids]]) -> dict[int, Answer]:
    if asked and connection.vendor == "postgresql":
        return _answered_at_once(asked)
    return {n: _answered_here(question, ids) for n, (question, ids) in asked.items()}


def _answered_at_once(asked: dict[int, tuple[Question, Ids]]) -> dict[int, Answer]:
    """Ask by one statement, whose rows have the number of their question last."""
    width = max(len(question.texts) for question, _ids in asked.values())
    arms: list[str] = []
    parameters: list[Any] = []
    for n, (question, ids) in asked.items():
        arms.append(f"({question.sql(*['NULL::text'] * (width - len(question.texts)), str(n))})")
        parameters += in_gap(ids, question.parameters, "postgresql")
    result = result_of(" UNION ALL ".join(arms), parameters)
    answers: dict[int, Answer] = {n: {} for n in asked}
    columns = {
        str(n).encode(): (answers[n], range(1, len(question.texts) + 1)) for n, (question, _ids) in asked.items()
    }
    value, last = result.get_value, width + 1
    for row in range(result.ntuples):
        answer, texts = columns[value(row, last)]
        answer[int(value(row, 0))] = tuple([value(row, column) for column in texts])
    return answers


def _answered_here(question: Question, ids: Ids) -> Answer:
    """Join row by row where the question says so: SQLite promises no order inside of its aggregates."""
    with connection.cursor() as cursor:
        cursor.execute(question.sql(), in_gap(ids, question.parameters, connection.vendor))
        if not question.separators:
            return {pk: tuple([text.encode() for text in texts]) for pk, *texts in cursor.fetchall()}
        return dict(_joined(cursor.fetchall(), question.separators))


def _joined(found: Iterable[tuple[Any, ...]], separators: tuple[str, ...]) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    for version, rows in groupby(found, itemgetter(0)):
        _versions, *columns = zip(*rows, strict=True)
        yield version, tuple([by.join(texts).encode() for by, texts in zip(separators, columns, strict=True)])


def result_of(sql: str, parameters: Sequence[Any]) -> Any:
    """Return the result of a query on PostgreSQL as the texts that the server sent.

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
    return found


def _name(column: str) -> str:
    return f'"{column}"'
