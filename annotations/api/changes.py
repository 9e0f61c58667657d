"""Lists that a program keeps up with: all rows one may see, then what was removed and what was stored since.

No row is ever missed: it may be sent twice. A row gets `stored_at` before its transaction commits, so it can appear
behind a place that was read already. Therefore a reading ends at the moment before which nothing can appear any more,
and the next one begins there. Cursors are signed; they hold times and the key of a row the reader was given, and
nothing of anybody else's. Removals are told for TOLD_FOR; a cursor older than that is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core import signing
from django.db.models import DateTimeField, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from annotations.access import sees_all_work, visible_to
from annotations.models import Article, Assignment, Membership, Relation, RemovedRow
from annotations.models.removals import KIND_OF, TOLD_FOR
from annotations.models.settling import settled_at

from .pagination import limit_of, unknown_cursor

M = TypeVar("M", bound=Model)
PARAMETERS = frozenset({"changed_since", "limit"})
GONE = "-"
"""Stands in a cursor before the key of a row that was removed."""
SHORTEST = timedelta(milliseconds=1)
"""What SQLite's own clock can tell apart."""


@dataclass(frozen=True, slots=True)
class Since:
    """A place in a list of changes: rows stored from `start` on, after the row `key`; `settled` ends this reading.

    `at` is when that row was stored as it was sent: it may have changed since, and moved behind rows not yet read.
    """

    start: str | None = None
    key: str | None = None
    at: str | None = None
    settled: str | None = None

    @property
    def is_among_removed(self) -> bool:
        """Tell whether the place lies among what was removed, which comes before the rows."""
        return self.key is not None and self.key.startswith(GONE)


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes and where to go on. What was removed comes first: it may be among the rows again."""

    removed: list[RemovedRow]
    rows: list[Any]
    cursor: str
    has_more: bool


def changes_of(rows: QuerySet[M], request: Request, by: Membership, *, name: str = "key") -> Changes:
    """Return the next rows that were stored, the longest stored first; `name` is the column of their UUID; 4 queries.

    Before them come those that were removed since; a first reading has no need of them. A row may be seen when
    `visible_to` says so; where that depends on a submission, it counts as stored by then.
    """
    since, size = _since(request, rows.model, by), limit_of(request)
    settled = since.settled or settled_at().isoformat()
    page: list[Any] = list(_removed(rows.model, since, by, name)[: size + 1])
    timed: QuerySet[Any] = _seen(rows, by).annotate(moment=_moment(rows.model, by)).order_by("moment", "pk")
    of_rows = Since(since.start) if since.is_among_removed else since
    page += _after(timed, of_rows, name)[: size + 1 - len(page)]
    has_more, page = len(page) > size, page[:size]
    if has_more:
        cursor = Since(since.start, *_place(page[-1], name), settled)
    else:
        cursor = Since(max(since.start or settled, settled))
    removed = [row for row in page if isinstance(row, RemovedRow)]
    return Changes(removed, page[len(removed) :], _signed(cursor, rows.model, by), has_more)


def _seen(rows: QuerySet[Any], by: Membership) -> QuerySet[Any]:
    return rows.filter(project_id=by.project_id) if issubclass(rows.model, Article) else visible_to(by, rows)


def _removed(model: type[Model], since: Since, by: Membership, name: str) -> QuerySet[Any]:
    """Return what this reader could see and was removed, unless it is there again, from a place of that list on."""
    noted = RemovedRow.objects.filter(kind=KIND_OF[model])
    if since.start is None or (since.key is not None and not since.is_among_removed):
        return noted.none()
    there_again = _seen(model._base_manager.filter(**{name: OuterRef("key")}), by)
    told = visible_to(by, noted).filter(~Exists(there_again)).annotate(moment=F("stored_at")).order_by("moment", "pk")
    return _after(told, replace(since, key=since.key.removeprefix(GONE) if since.key else None), "key")


def _place(row: Any, name: str) -> tuple[str, str]:
    """Name the row at which a page ends, and when it was stored."""
    key = f"{GONE}{row.key}" if isinstance(row, RemovedRow) else str(getattr(row, name))
    return key, row.moment.isoformat()


def _after(rows: QuerySet[Any], since: Since, name: str) -> QuerySet[Any]:
    if since.key is None or since.at is None:
        return rows.filter(moment__gte=datetime.fromisoformat(since.start)) if since.start else rows
    at: Any = datetime.fromisoformat(since.at)
    pk, moment = rows.filter(**{name: since.key}).order_by().values_list("pk", "moment").first() or (0, None)
    if moment == at:  # where it was: compared in the database, which on SQLite keeps times as texts of two lengths
        at = Subquery(rows.filter(pk=pk).order_by().values("moment"))
        return rows.filter(moment__gte=at).filter(Q(moment__gt=at) | Q(pk__gt=pk))
    return rows.filter(moment__gte=at - SHORTEST).filter(Q(moment__gt=at) | Q(pk__gt=pk))


def _moment(model: type[Model], by: Membership) -> Any:
    names = {field.name for field in model._meta.get_fields()}
    if sees_all_work(by) or by.role != Membership.Role.VIEWER or not {"created_by", "version"} <= names:
        return F("stored_at")
    owners = ["created_by"]
    if issubclass(model, Relation):  # it is seen with the later of its ends
        owners += ["from_annotation__created_by", "to_annotation__created_by"]
    return Greatest("stored_at", *(Coalesce(_submitted_by(owner), "stored_at") for owner in owners))


def _submitted_by(owner: str) -> Subquery:
    """Say when the work of the member that a column names was handed in on the row's text."""
    handed_in = Assignment.objects.filter(version=OuterRef("version"), annotator=OuterRef(owner))
    return Subquery(handed_in.values("submitted_at")[:1], output_field=DateTimeField())


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
        since = Since(**signing.loads(raw, salt=_salt(model, by)))
    except signing.BadSignature:
        raise unknown_cursor("changed_since") from None
    if since.start is not None and datetime.fromisoformat(since.start) < timezone.now() - TOLD_FOR:
        message = _("This cursor is older than %(days)s days: what was removed since is no longer known. Begin anew.")
        raise ValidationError({"changed_since": message % {"days": TOLD_FOR.days}}, code="cursor_too_old")
    return since
