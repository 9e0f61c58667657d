"""SQL that writes a row as JSON: the bytes that orjson would write, on either database.

A value is a run of terms whose texts are joined. The two databases differ in few functions; all else is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection


class Fixed(str):
    """A term that stands in the JSON as it is; every other one is an expression of SQL that gives a text."""


Terms = tuple[str, ...]
Member = tuple[str, Terms] | tuple[str, Terms, str]
"""The name of a value in an object, the value, and the condition in SQL under which it is there at all."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a database has of its own; braces stand for a column. `joined` joins two or more texts, separated so."""

    text_as_json: str
    dashed_key: str
    moment: str
    day: str
    joined: tuple[str, str, str]
    collation: str

    def text(self, column: str) -> Terms:
        """Write any text, with quotes and escapes."""
        return (self.text_as_json.format(column),)

    def note(self, column: str) -> Terms:
        """Write any text that is nearly always empty: looking costs less than escaping nothing."""
        return (f"""CASE WHEN {column} = '' THEN '""' ELSE {self.text_as_json.format(column)} END""",)

    def key(self, column: str) -> Terms:
        """Write a UUID."""
        return plain(self.dashed_key.format(column))

    def instant(self, column: str) -> Terms:
        """Write a time in UTC with microseconds and Z."""
        return plain(self.moment.format(column))

    def dated(self, column: str, precision: str) -> Terms:
        """Write a time as precisely as it is known: the day alone, or as an instant."""
        instant = self.moment.format(column)
        return plain(f"CASE {precision} WHEN 'day' THEN {self.day.format(column)} ELSE {instant} END")

    def unless_null(self, column: str, value: Terms) -> Terms:
        """Write a value, or null where a column is."""
        return (f"CASE WHEN {column} IS NULL THEN 'null' ELSE {self.join(value)} END",)

    def unless_empty(self, column: str, value: Terms) -> Terms:
        """Write a value, or null where a column is empty."""
        return (f"CASE WHEN {column} = '' THEN 'null' ELSE {self.join(value)} END",)

    def object(self, *members: Member) -> str:
        """Write an object, its members in this order; the first has no condition."""
        return self.join([Fixed("{"), *self._members(members), Fixed("}")])

    def object_begun(self, *members: Member) -> str:
        """Write the beginning of an object, whose last value is yet to come."""
        return self.join([Fixed("{"), *self._members(members)])

    def members(self, *members: Member) -> str:
        """Write members of an object alone."""
        return self.join(self._members(members))

    def _members(self, members: Iterable[Member]) -> Iterator[str]:
        for n, (name, value, *conditions) in enumerate(members):
            member = (Fixed(f'{"," if n else ""}"{name}":'), *value)
            for condition in conditions:
                member = (f"CASE WHEN {condition} THEN {self.join(member)} ELSE '' END",)
            yield from member

    def by_code_points(self, column: str) -> str:
        """Order texts by their code points, whatever the database's own order is."""
        return f'{column} COLLATE "{self.collation}"'

    def join(self, terms: Iterable[str]) -> str:
        """Return SQL that joins the terms to one text."""
        before, between, after = self.joined
        return f"{before}{between.join(_merged(terms))}{after}"


def number(column: str) -> Terms:
    """Write a whole number."""
    return (column,)


def plain(expression: str) -> Terms:
    """Write a text that has nothing to be escaped: a key of a list, a name that was looked at."""
    return (Fixed('"'), expression, Fixed('"'))


def always(json: str) -> Terms:
    """Write the same for every row."""
    return (Fixed(json),)


def _merged(terms: Iterable[str]) -> list[str]:
    """Make one string of what stands as it is side by side, and quote it for SQL."""
    found: list[str] = []
    waiting = ""
    for term in terms:
        if isinstance(term, Fixed):
            waiting += term
            continue
        found += [_quoted(waiting)] if waiting else []
        found.append(term)
        waiting = ""
    return found + ([_quoted(waiting)] if waiting else [])


def _quoted(json: str) -> str:
    return "'" + json.replace("'", "''") + "'"


POSTGRESQL = Dialect(
    text_as_json="to_json({})",
    dashed_key="{}",
    moment="""to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    day="to_char({}, 'YYYY-MM-DD')",
    joined=("concat(", ", ", ")"),
    collation="C",
)
SQLITE = Dialect(
    text_as_json="json_quote({})",
    dashed_key=" || '-' || ".join(
        f"substr({{0}}, {at}, {n})" for at, n in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    ),
    moment=(
        "substr({0}, 1, 10) || 'T' || substr({0}, 12, 8) || '.' || substr(substr({0}, 21) || '000000', 1, 6) || 'Z'"
    ),
    day="substr({}, 1, 10)",
    joined=("(", " || ", ")"),
    collation="BINARY",
)


def dialect() -> Dialect:
    """Return the dialect of the database at hand."""
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE
