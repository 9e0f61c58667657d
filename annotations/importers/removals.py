"""Noting rows that are about to be taken away, so that programs which keep up with the work learn of it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Model, Q, QuerySet, Value
from django.utils import timezone

from annotations.access.visibility import is_handed_in
from annotations.models import Article, Comment, CommentThread, Membership, Region, Relation, RemovedRow, Suggestion
from annotations.models.removals import KIND_OF

NAMED_BY = ("project_id", "kind", "key")
WHO_AND_WHEN = ("owner_id", "was_handed_in", "stored_at")
"""These change where a row goes for the second time: it was imported again in between."""


def note_removed(rows: QuerySet[Any]) -> None:
    """Note these rows as removed, with who could see them, without fetching any; 1 query.

    Assignments still have to be there: they say what was handed in.
    """
    key, owner, was_handed_in = _told_of(rows.model)
    noted = rows.order_by().values_list(
        "project_id", Value(KIND_OF[rows.model]), F(key), owner, was_handed_in, Value(timezone.now())
    )
    select, params = noted.query.sql_with_params()
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in WHO_AND_WHEN)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(RemovedRow._meta.db_table)} ({_listed(NAMED_BY + WHO_AND_WHEN)}) {select} "
            f"ON CONFLICT ({_listed(NAMED_BY)}) DO UPDATE SET {changes}",
            params,
        )


def _told_of(model: type[Model]) -> tuple[str, Any, Any]:
    """Return the column of the key, and what says who could see a row."""
    nobody, never = Value(None, output_field=Membership._meta.pk), Value(False)
    if model in (Article, Region):
        return "uuid", nobody, never
    if model is Suggestion:
        return "key", F("offered_to_id"), never
    if model in (Comment, CommentThread):  # told to those alone who see everybody's work
        return "key", F("created_by_id"), never
    if model is Relation:  # it was seen with both its ends
        ends = (is_handed_in(f"{end}__created_by_id") for end in ("from_annotation", "to_annotation"))
        seen = Q(is_handed_in(), *(Q(end) for end in ends))
        return "key", F("created_by_id"), ExpressionWrapper(seen, BooleanField())
    return "key", F("created_by_id"), is_handed_in()


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(map(connection.ops.quote_name, columns))
