"""Lists that a program keeps up with: all rows one may see, then what was stored since, withdrawals included.

No row is ever missed: it may be sent twice. A row gets `stored_at` before its transaction commits, so it can appear
behind a place that was read already. Therefore a reading ends at the moment before which nothing can appear any more,
and the next one begins there. Cursors are signed; they hold times and the key of a row the reader was given, and
nothing of anybody else's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core import signing
from django.db.models import DateTimeField, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from rest_framework.request import Request

from annotations.access import sees_all_work, visible_to
from annotations.models import Article, Assignment, Membership
from annotations.models.settling import settled_at

from .pagination import limit_of, unknown_cursor

M = TypeVar("M", bound=Model)
PARAMETERS = frozenset({"changed_since", "limit"})


@dataclass(frozen=True, slots=True)
class Since:
    """A place in a list of changes: rows stored from `start` on, after the row `key`; `settled` ends this reading.

    `at` is when that row was stored as it was sent: it may have changed since, and moved behind rows not yet read.
    """

    start: str | None = None
    key: str | None = None
    at: str | None = None
    settled: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes and where to go on."""

    rows: list[Any]
    cursor: str
    has_more: bool


def changes_of(rows: QuerySet[M], request: Request, by: Membership, *, name: str = "key") -> Changes:
    """Return the next rows that were stored, the longest stored first; `name` is the column of their UUID; 3 queries.

    A row may be seen when `visible_to` says so; where that depends on a submission, it counts as stored by then.
    """
    since, size = _since(request, rows.model, by), limit_of(request)
    settled = since.settled or settled_at().isoformat()
    seen = rows.filter(project_id=by.project_id) if issubclass(rows.model, Article) else visible_to(by, rows)
    timed: QuerySet[Any] = seen.annotate(moment=_moment(rows.model, by)).order_by("moment", "pk")
    found = list(_after(timed, since, name)[: size + 1])
    if len(found) > size:
        last = found[size - 1]
        following = Since(since.start, str(getattr(last, name)), last.moment.isoformat(), settled)
    else:
        following = Since(start=max(since.start or settled, settled))
    return Changes(found[:size], _signed(following, rows.model, by), len(found) > size)


def _after(rows: QuerySet[Any], since: Since, name: str) -> QuerySet[Any]:
    if since.key is not None and since.at is not None:
        at = datetime.fromisoformat(since.at)
        place = rows.filter(**{name: since.key}).order_by().values_list("pk", flat=True).first()
        return rows.filter(moment__gte=at).filter(Q(moment__gt=at) | Q(pk__gt=place or 0))
    return rows.filter(moment__gte=datetime.fromisoformat(since.start)) if since.start else rows


def _moment(model: type[Model], by: Membership) -> Any:
    names = {field.name for field in model._meta.get_fields()}
    if sees_all_work(by) or by.role != Membership.Role.VIEWER or not {"created_by", "version"} <= names:
        return F("stored_at")
    handed_in = Assignment.objects.filter(version=OuterRef("version"), annotator=OuterRef("created_by"))
    submitted = Subquery(handed_in.values("submitted_at")[:1], output_field=DateTimeField())
    return Greatest("stored_at", Coalesce(submitted, "stored_at"))


def _salt(model: type[Model], by: Membership) -> str:
    """Bind a cursor to its list and its reader, and to what the reader may see: a new role begins anew."""
    return f"annotations.api.changes.{model.__name__}.{by.uuid}.{by.role}.{by.project.visibility}"


def _signed(since: Since, model: type[Model], by: Membership) -> str:
    return signing.dumps(asdict(since), salt=_salt(model, by))


def _since(request: Request, model: type[Model], by: Membership) -> Since:
    raw = request.query_params.get("changed_since", "")
    if not raw:
        return Since()
    try:
        return Since(**signing.loads(raw, salt=_salt(model, by)))
    except signing.BadSignature:
        raise unknown_cursor("changed_since") from None
