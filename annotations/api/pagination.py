"""Lists page by page: `{"results", "next", "previous"}`, with cursors that are opaque and hold no row numbers."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

M = TypeVar("M", bound=Model)
USUAL, MOST = 50, 200
PARAMETERS = frozenset({"cursor", "limit"})


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: after, or before, the row of a UUID."""

    uuid: UUID
    is_before: bool = False

    def __str__(self) -> str:
        """Write it as clients see it."""
        return base64.urlsafe_b64encode(bytes([self.is_before]) + self.uuid.bytes).decode().rstrip("=")


def limit_of(request: Request) -> int:
    """Return how many rows the client wants, at most MOST."""
    return number_of(request, "limit", usual=USUAL, least=1, most=MOST)


def number_of(request: Request, name: str, *, usual: int, most: int, least: int = 0) -> int:
    """Return a whole number of the query, or the usual one where it is not given."""
    raw = request.query_params.get(name, str(usual))
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= len(str(most)) and least <= int(raw) <= most):
        message = _("%(name)s: “%(value)s” is not a number from %(least)s to %(most)s.")
        values = {"name": name, "value": raw[:40], "least": least, "most": most}
        raise ValidationError({name: message % values}, code=name)
    return int(raw)


def cursor_of(request: Request) -> Cursor | None:
    """Return the place the client wants to go on from."""
    raw = request.query_params.get("cursor", "")
    if not raw:
        return None
    try:
        value = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        if len(value) != 17 or value[0] > 1:
            raise ValueError
        return Cursor(UUID(bytes=value[1:]), bool(value[0]))
    except (ValueError, binascii.Error):
        raise unknown_cursor() from None


def unknown_cursor(name: str = "cursor") -> ValidationError:
    """Build the refusal of a cursor that no list has given."""
    return ValidationError({name: _("This cursor is unknown here. Begin without one.")}, code="cursor")


def page_of(rows: QuerySet[M], request: Request, *, order: str, name: str = "uuid") -> tuple[list[M], str | None]:
    """Return a page of rows and the cursor of the next; 1 or 2 queries.

    `order` names a unique column of ours, `name` that of the rows' UUID.
    """
    column, size, cursor = order.removeprefix("-"), limit_of(request), cursor_of(request)
    rows = rows.order_by(order)
    if cursor is not None:
        place = rows.filter(**{name: cursor.uuid}).values_list(column, flat=True).first()
        if place is None or cursor.is_before:
            raise unknown_cursor()
        rows = rows.filter(**{f"{column}__{'lt' if order.startswith('-') else 'gt'}": place})
    found = list(rows[: size + 1])
    has_more = len(found) > size
    return found[:size], str(Cursor(getattr(found[size - 1], name))) if has_more else None


def reply(results: list[Any], next: str | None, previous: str | None = None) -> dict[str, Any]:
    """Build the body of a page."""
    return {"results": results, "next": next, "previous": previous}
