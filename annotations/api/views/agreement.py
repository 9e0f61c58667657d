"""Runs of agreement: start one, read its figures, its texts, and two people's spans side by side."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.agreement.results import (
    answer_json,
    find_figure,
    find_run,
    hardest_answers,
    hardest_texts,
    open_text,
    opened_json,
    pair_numbered,
    question_of,
    run_json,
    runs_of,
    text_json,
    whole_json,
)
from annotations.agreement.running import start_measuring
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, page_of, reply
from annotations.api.serializers import AgreementInput
from annotations.errors import NotThere
from annotations.jobs.starting import start_once

from .base import ProjectView, read, uuid_in


class AgreementRuns(ProjectView):
    """Agreement that was measured."""

    tag = "agreement"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AGREEMENT}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.AgreementRunShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the runs, the newest first."""
        runs, following = page_of(runs_of(self.membership), request, order="-pk")
        return Response(reply([run_json(run) for run in runs], following))


class AgreementStart(ProjectView):
    """Measuring agreement."""

    tag = "agreement"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.MEASURE_AGREEMENT}
    takes_key = True

    @extend_schema(request=AgreementInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start measuring the agreement on the spans that were handed in; the job says how far it is."""
        sent = read(AgreementInput, request)
        of_round = sent.pop("round", None)
        start = partial(start_measuring, self.membership, of_round=of_round, **sent)
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


class AgreementRunDetail(ProjectView):
    """One run."""

    tag = "agreement"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AGREEMENT}

    @extend_schema(responses=shapes.AgreementWholeShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Return a run with all its figures, each with its interval and the matrix behind it."""
        return Response(whole_json(find_run(self.membership, uuid)))


class AgreementTexts(ProjectView):
    """The texts of a run."""

    tag = "agreement"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AGREEMENT}
    parameters = PARAMETERS | {"figure"}

    @extend_schema(
        responses=shapes.page(shapes.AgreementTextShape),
        parameters=[
            *shapes.PAGING,
            OpenApiParameter("figure", UUID, description="Only what this figure of the run rests on, in its order."),
        ],
    )
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the texts that several people handed in, those with the least agreement first.

        Those of a question about articles come with what was answered.
        """
        run, named = find_run(self.membership, uuid), uuid_in(request.query_params, "figure")
        of = find_figure(run, named) if named else None
        question = question_of(of) if of is not None else None
        size, cursor = limit_of(request), cursor_of(request)
        start = min(cursor.uuid.int, 10**9) if cursor else 0
        found: list[dict[str, Any]]
        if of is not None and question is not None:
            answers = hardest_answers(run, of)[start : start + size + 1]
            found = [answer_json(run, question, row) for row in answers]
        else:
            found = [text_json(row) for row in hardest_texts(run, of=of)[start : start + size + 1]]
        following = str(Cursor(UUID(int=start + size))) if len(found) > size else None
        return Response(reply(found[:size], following))


class AgreementTextDetail(ProjectView):
    """One text of a run."""

    tag = "agreement"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AGREEMENT}
    parameters = frozenset({"pair"})

    @extend_schema(
        responses=shapes.AgreementOpenedShape,
        parameters=[
            OpenApiParameter("pair", str, description="Two places in the run's people, or g for gold: 0-1, 0-g.")
        ],
    )
    def get(self, request: Request, slug: str, uuid: UUID, article: UUID) -> Response:
        """Return the spans of two people side by side as they are now, and whether they changed since the run.

        What they answered to questions about the article is there as it was measured.
        """
        run, sent = find_run(self.membership, uuid), request.query_params.get("pair", "")
        pair = pair_numbered(sent) if sent else None
        if sent and pair is None:
            raise NotThere("agreement_pair_not_found", _("These two were not compared on this text."))
        return Response(opened_json(run, open_text(run, article, pair)))
