"""Time on task: what a visit to the article page counted so far, kept once for each visit and day.

The page counts; here it is kept. A visit sends its sum, never a difference, so that a report which comes twice, late or
in another order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, has_role_for, require
from annotations.errors import Refused
from annotations.models import Article, Assignment, Membership, TimeSpent

from .queueing import keep_place

LONGEST_DAY = 86_400
MOST_DAYS = 8
OLDEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DayOfVisit:
    """How many seconds a visit has counted on one day so far."""

    day: date
    seconds: int


@transaction.atomic
def report_time(article: Article, visit: UUID, days: Iterable[DayOfVisit], *, by: Membership) -> Assignment | None:
    """Keep what a visit counted, and the person's place; None where they have no assignment. About 6 queries.

    Looking at an article opens none: who has annotated nothing and was given nothing has no time on it.
    """
    require(by, Act.ANNOTATE)
    reported = _checked(list(days))
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("version", "project")
    assignment = rows.defer("version__text").filter(version_id=article.current_version_id, annotator=by).first()
    if assignment is None:
        return None
    stored = {row.day: row for row in TimeSpent.objects.filter(assignment=assignment, visit=visit)}
    for each in reported:
        new = TimeSpent(project_id=by.project_id, assignment=assignment, visit=visit, day=each.day)
        row = stored.setdefault(each.day, new)
        more = each.seconds - row.seconds
        if more > 0:
            row.seconds = each.seconds
            row.save()
            Assignment.objects.filter(pk=assignment.pk).update(seconds_spent=F("seconds_spent") + more)
            assignment.seconds_spent += more
    return keep_place(assignment, by=by)


def _checked(days: list[DayOfVisit]) -> list[DayOfVisit]:
    today = timezone.now().date()
    for each in days:
        if not 0 <= each.seconds <= LONGEST_DAY:
            raise Refused("seconds_invalid", _("A day has at most 86,400 seconds."), field="days")
        if not today - OLDEST <= each.day <= today + timedelta(days=1):
            raise Refused("day_invalid", _("Time is taken for the last 31 days."), field="days")
    if len(days) > MOST_DAYS:
        raise Refused("days_too_many", _("Give at most 8 days at once."), field="days")
    return days


def time_visible_to(by: Membership) -> QuerySet[TimeSpent]:
    """Return the times of a project: everybody's for who assigns work, else one's own."""
    rows = TimeSpent.objects.filter(project_id=by.project_id)
    return rows if has_role_for(by, Act.ASSIGN) else rows.filter(assignment__annotator=by)


def time_by_day(by: Membership) -> QuerySet[TimeSpent, tuple[date, str, str, int]]:
    """Return (day, pseudonym, article, seconds) in this order, added up over visits; 1 query."""
    rows = time_visible_to(by).order_by("day", "assignment__annotator__pseudonym", "assignment__version__article__uuid")
    names = ("day", "assignment__annotator__pseudonym", "assignment__version__article__uuid")
    return rows.values_list(*names).annotate(total=Sum("seconds"))
