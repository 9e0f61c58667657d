"""Assignments: one's next article, handing it in, skipping it, taking it back, and the time it took."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.representations import Json, assignment_json, round_of, utc
from annotations.api.serializers import GivingBackInput, Nothing, SkipInput, SubmissionInput, TimeInput
from annotations.models import Assignment
from annotations.workflow.assigning import reopen, submit, version_of
from annotations.workflow.queueing import take_next
from annotations.workflow.skipping import counts_by_reason, give_back, reasons_of, skip, skipped_in
from annotations.workflow.submit_checks import WARNING, missing_on
from annotations.workflow.timing import DayOfVisit, report_time, time_by_day

from .base import JudgementView, ProjectView, find_article, read

LONGEST_PERIOD = timedelta(days=31)


class NextArticle(JudgementView):
    """The queue."""

    @extend_schema(request=None, responses=shapes.NextArticleShape)
    def post(self, request: Request, slug: str) -> Response:
        """Get one's next article: what is open for oneself, else one from the queue, which is kept for oneself.

        Both are null where there is none. Never gives an article to more people than the project wants.
        """
        read(Nothing, request)
        found = take_next(by=self.membership, request=self.request_once())
        article = str(found.version.article.uuid) if found else None
        return Response({"article": article, "assignment": assignment_json(found)})


class Submission(JudgementView):
    """Handing one's work on an article in."""

    @extend_schema(request=SubmissionInput, responses={200: shapes.OwnAssignmentShape, 422: shapes.IncompleteShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Submit one's work on the current version. Doing so twice is no error.

        Answers 422 with everything that the project's rules miss: `submit_incomplete` where one of them is an error,
        `submit_warnings` where all may be set aside by sending `sets_warnings_aside`.
        """
        sent = read(SubmissionInput, request)
        article, once = find_article(self.membership, uuid), self.request_once()
        assignment = submit(article, by=self.membership, request=once, **sent)
        return Response({"assignment": assignment_json(assignment)})


class SubmissionCheck(ProjectView):
    """What is missing before an article can be handed in."""

    tag = "judgements"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW}

    @extend_schema(responses=shapes.MissingShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what one's own work lacks by the project's rules, errors first, at most 50. Changes nothing."""
        article = find_article(self.membership, uuid)
        missing = missing_on(version_of(article), by=self.membership)
        can_be_set_aside = all(each.level == WARNING for each in missing)
        return Response({"missing": [asdict(each) for each in missing], "can_be_set_aside": can_be_set_aside})


class Reopening(JudgementView):
    """Taking a submission back."""

    @extend_schema(request=None, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Reopen what one submitted or skipped. Doing so twice is no error."""
        read(Nothing, request)
        assignment = reopen(find_article(self.membership, uuid), by=self.membership, request=self.request_once())
        return Response({"assignment": assignment_json(assignment)})


class Skipping(JudgementView):
    """Putting an article aside."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "POST": Act.ANNOTATE}

    @extend_schema(responses=shapes.ReasonsShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the reasons that the project lets one choose from."""
        find_article(self.membership, uuid)
        return Response({"reasons": reasons_of(self.membership.project)})

    @extend_schema(request=SkipInput, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Skip an article, with a reason of the project's list, a note, or both. Its place goes to somebody else."""
        sent = read(SkipInput, request)
        article, once = find_article(self.membership, uuid), self.request_once()
        assignment = skip(article, sent["reason"], sent["note"], by=self.membership, request=once)
        return Response({"assignment": assignment_json(assignment)})


class SkippedList(ProjectView):
    """What people skipped, for those who see all work."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_ALL_WORK}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.SkippedPageShape, parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List what was skipped and why, what was assigned last first, with counts by reason."""
        project = self.membership.project
        found, following = page_of(skipped_in(project), request, order="-pk")
        counts = [{"reason": reason, "count": count} for reason, count in counts_by_reason(project)]
        return Response(reply([skipped_json(row) for row in found], following) | {"counts": counts})


class GivingBack(ProjectView):
    """Giving a skipped article back."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=GivingBackInput, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str) -> Response:
        """Give a skipped article back to who skipped it, as if given by hand. Doing so twice is no error."""
        assignment = read(GivingBackInput, request)["assignment"]
        row = give_back(assignment, by=self.membership, request=self.request_if_keyed())
        return Response({"assignment": assignment_json(row)})


class TimeReport(ProjectView):
    """Time on task and the lease: what the article page sends every minute that somebody works on it."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=TimeInput, responses=shapes.KeptShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say how many seconds a visit has counted on each day so far, and keep one's place.

        Send sums, not differences: the same or an older report changes nothing. Null where one has no assignment.
        """
        sent = read(TimeInput, request)
        days = [DayOfVisit(**each) for each in sent["days"]]
        article = find_article(self.membership, uuid)
        assignment = report_time(article, sent["visit"], days, by=self.membership)
        return Response({"assignment": assignment_json(assignment), "round": round_of(article)})


class TimeList(ProjectView):
    """Who spent how much time."""

    tag = "articles"
    parameters = frozenset({"from", "to"})

    @extend_schema(responses=shapes.TimesShape, parameters=shapes.DAYS)
    def get(self, request: Request, slug: str) -> Response:
        """Give seconds by day, person and article, for one month at most: one's own, for managers everybody's."""
        first, last = days_of(request)
        rows = time_by_day(self.membership).filter(day__gte=first, day__lte=last)
        names = ("day", "annotator", "article", "seconds")
        return Response({"results": [dict(zip(names, row, strict=True)) for row in rows]})


def skipped_json(row: Assignment) -> Json:
    """Represent a skipped assignment, for those who see all work."""
    return {
        "uuid": str(row.uuid),
        "article": str(row.version.article.uuid),
        "title": row.version.article.title,
        "annotator": row.annotator.pseudonym,
        "reason": row.skip_reason,
        "note": row.skip_note,
        "skipped_at": utc(row.skipped_at),
    }


def days_of(request: Request) -> tuple[date, date]:
    """Read the first and the last day that are asked for; the last 31 days where none is."""
    found = {}
    for name in ("from", "to"):
        try:
            found[name] = date.fromisoformat(request.query_params[name]) if name in request.query_params else None
        except ValueError:
            message = _("%(name)s: “%(value)s” is not a date. Write YYYY-MM-DD.")
            values = {"name": name, "value": request.query_params[name][:40]}
            raise ValidationError({name: message % values}, code="filter_value") from None
    last = found["to"] or timezone.now().date() + timedelta(days=1)
    first = found["from"] or last - LONGEST_PERIOD
    if not first <= last <= first + LONGEST_PERIOD:
        raise ValidationError({"from": _("Ask for at most 31 days.")}, code="filter_value")
    return first, last
