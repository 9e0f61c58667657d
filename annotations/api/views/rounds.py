"""Rounds, giving by rule, passing on, how far a round is, and what the dashboard shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act
from annotations.agreement.dashboard import MOST_DAYS, Asked, charts, hours
from annotations.api import shapes
from annotations.api.representations import Json, assignment_json, utc
from annotations.api.serializers import GivingInput, Nothing, ReassignInput, RoundInput
from annotations.errors import NotThere
from annotations.models import Article, Membership, Round
from annotations.workflow.assigning import confirm_late
from annotations.workflow.giving import Rule, give_by_rule, preview_giving
from annotations.workflow.opening import NewRound, open_round, preview_round
from annotations.workflow.progress import (
    FILTERS,
    counts_of_round,
    counts_of_rounds,
    matrix_of,
    places_of_round,
)
from annotations.workflow.reassigning import reassign
from annotations.workflow.rounds import close_round, find_round, first_round, reopen_round

from .articles import chosen
from .assignments import days_of
from .base import ProjectView, read, uuid_in


def _query(name: str, description: str, kind: OpenApiTypes = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description)


class RoundList(ProjectView):
    """The rounds of a project."""

    tag = "rounds"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_ALL_WORK, "POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(responses=shapes.RoundsShape)
    def get(self, request: Request, slug: str) -> Response:
        """List the rounds in their order, each with how many assignments have which state."""
        counts = counts_of_rounds(self.membership.project)
        rows = Round.objects.filter(project_id=self.membership.project_id).order_by("number")
        rows = rows.select_related("label_set", "guidelines", "repeats", "project")
        return Response({"results": [round_json(row, counts.get(row.pk, {})) for row in rows]})

    @extend_schema(request=RoundInput, responses={200: shapes.OpenedRoundShape, 201: shapes.OpenedRoundShape})
    def post(self, request: Request, slug: str) -> Response:
        """Open a round: it takes the articles, and fixes the label set and the guidelines that are in force.

        What stood on them is kept with its round. Many articles are taken by a job. A preview answers 200.
        """
        sent, by = read(RoundInput, request), self.membership
        repeats = find_round(by, sent["repeats"]) if "repeats" in sent else None
        new = NewRound(sent["name"], sent["kind"], sent["annotators_per_article"], repeats)
        articles = Article.objects.none() if repeats else chosen(sent, by)
        if sent["preview"]:
            return Response({"would_take": asdict(preview_round(new, articles, by=by))})
        opened = open_round(new, articles, by=by, request=self.request_if_keyed())
        found = find_round(by, opened.round.uuid)
        job = str(opened.job.uuid) if opened.job else None
        return Response({"round": round_json(found, None), "job": job}, status=201)


class RoundClosing(ProjectView):
    """Closing a round."""

    tag = "rounds"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=None, responses=shapes.RoundShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Let the queue serve a round no more; what people have open stays theirs. Twice is no error."""
        read(Nothing, request)
        found = close_round(uuid, by=self.membership, request=self.request_if_keyed())
        return Response(round_json(found, None))


class RoundReopening(ProjectView):
    """Opening a closed round again."""

    tag = "rounds"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=None, responses=shapes.RoundShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Let the queue serve a closed round again. Twice is no error."""
        read(Nothing, request)
        found = reopen_round(uuid, by=self.membership, request=self.request_if_keyed())
        return Response(round_json(found, None))


class GivingByRule(ProjectView):
    """Giving articles by rule."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=GivingInput, responses=shapes.GivenShape)
    def post(self, request: Request, slug: str) -> Response:
        """Give chosen articles, or all that match, to people who take turns, in an order that the seed makes.

        No article gets more people than its round wants. Once more, it gives only what is missing.
        """
        sent, by = read(GivingInput, request), self.membership
        rule = Rule(sent["each"], tuple(_members(sent["annotators"], by)), sent["seed"])
        if sent["preview"]:
            return Response(asdict(preview_giving(rule, chosen(sent, by), by=by)))
        given = give_by_rule(rule, chosen(sent, by), by=by, request=self.request_if_keyed())
        return Response({"created": given.created, "job": str(given.job.uuid) if given.job else None})


class PassingOn(ProjectView):
    """Passing an article on."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=ReassignInput, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give what one person has not handed in to another, who begins anew and is never shown the first's drafts."""
        to = _members([read(ReassignInput, request)["to"]], self.membership)[0]
        second = reassign(uuid, to, by=self.membership, request=self.request_if_keyed())
        return Response({"assignment": assignment_json(second)})


class LateConfirmation(ProjectView):
    """Taking in what was handed in late."""

    tag = "articles"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=None, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Take in what was handed in after its place had gone to others: one more than the round wants.

        Doing so twice is no error.
        """
        read(Nothing, request)
        found = confirm_late(uuid, by=self.membership, request=self.request_if_keyed())
        return Response({"assignment": assignment_json(found)})


class Progress(ProjectView):
    """How far a round is."""

    tag = "rounds"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_ALL_WORK}
    parameters = frozenset({"round", "state", "person", "after"})

    @extend_schema(
        responses=shapes.ProgressShape,
        parameters=[
            _query("round", "UUID of a round; the first one where it is left out.", OpenApiTypes.UUID),
            _query("state", f"One of: {', '.join(FILTERS)}."),
            _query("person", "UUID of a member.", OpenApiTypes.UUID),
            _query("after", "From an earlier reply.", OpenApiTypes.UUID),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Give counts by person, and 50 articles with who has which in which state; at most 10 queries."""
        by, asked = self.membership, request.query_params
        stated = uuid_in(asked, "round")
        found = find_round(by, stated) if stated else first_round(by.project_id)
        state = asked.get("state", "")
        if state and state not in FILTERS:
            message = _("%(name)s: “%(value)s” is not known. Choose one of: %(all)s.")
            values = {"name": "state", "value": state[:40], "all": ", ".join(FILTERS)}
            raise ValidationError({"state": message % values}, code="filter_value")
        person = uuid_in(asked, "person")
        member = _members([person], by)[0] if person else None
        counts = counts_of_round(found)
        matrix = matrix_of(found, state=state, person=member, after=uuid_in(asked, "after"))
        people = {each.person.pk: each.person.pseudonym for each in counts}
        rows = [
            {
                "article": str(row.article.uuid),
                "title": row.article.title,
                "assignments": [
                    {
                        "assignment": str(cell.uuid),
                        "annotator": people.get(pk, ""),
                        "state": cell.state,
                        "submitted_at": utc(cell.submitted_at),
                        "is_past": cell.past_round_id is not None,
                    }
                    for pk, cell in row.cells.items()
                ],
            }
            for row in matrix.rows
        ]
        return Response(
            {
                "round": str(found.uuid),
                **places_of_round(found),
                "people": [{"annotator": each.person.pseudonym, "states": each.states} for each in counts],
                "results": rows,
                "next": str(matrix.next) if matrix.next else None,
            }
        )


class Dashboard(ProjectView):
    """What the dashboard shows."""

    tag = "rounds"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_ALL_WORK}
    parameters = frozenset({"from", "to", "person", "label", "round"})

    @extend_schema(
        responses=shapes.DashboardShape,
        parameters=[
            *shapes.DAYS,
            _query("person", "UUID of a member.", OpenApiTypes.UUID),
            _query("label", "Key of a label."),
            _query("round", "UUID of a round.", OpenApiTypes.UUID),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Give the rows of every chart, and seconds by day and person, for one month at most; at most 20 queries."""
        by = self.membership
        first, last = days_of(request)
        person, stated = uuid_in(request.query_params, "person"), uuid_in(request.query_params, "round")
        asked = Asked(
            by.project,
            max(first, last - timedelta(days=MOST_DAYS - 1)),
            last,
            _members([person], by)[0] if person else None,
            request.query_params.get("label", ""),
            find_round(by, stated) if stated else None,
        )
        names = ("name", "title", "about", "columns", "rows", "not_narrowed_by")
        found = [{name: getattr(each, name) for name in names} for each in charts(asked)]
        return Response({"charts": found, "hours": hours(asked)})


def round_json(found: Round, states: dict[str, int] | None) -> Json:
    """Represent a round; `states` says how many assignments have which state, None where that was not asked."""
    return {
        "uuid": str(found.uuid),
        "number": found.number,
        "kind": found.kind,
        "name": found.name,
        "takes_new": found.takes_new,
        "annotators_per_article": found.annotators_per_article or found.project.annotators_per_article,
        "label_set_version": found.label_set.version if found.label_set else None,
        "guidelines_version": found.guidelines.version if found.guidelines else None,
        "repeats": str(found.repeats.uuid) if found.repeats else None,
        "articles": found.n_articles,
        "states": states,
        "opened_at": utc(found.opened_at),
        "closed_at": utc(found.closed_at),
    }


def _members(uuids: list[Any], by: Membership) -> list[Membership]:
    """Find members of the project in the order in which they are named; raise `NotThere` for one that is none."""
    rows = {row.uuid: row for row in Membership.objects.filter(project_id=by.project_id, uuid__in=uuids)}
    if len(rows) != len(set(uuids)):
        raise NotThere("member_not_found", _("There is no such member in this project."), field="annotators")
    return [rows[uuid] for uuid in dict.fromkeys(uuids)]
