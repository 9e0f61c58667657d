"""Suggestions on an article, and what one decides about them."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.job_json import job_json
from annotations.api.representations import represent, suggestion_json
from annotations.api.serializers import DecisionsInput, SuggestingInput
from annotations.jobs.starting import start_once
from annotations.suggesters.proposing import start_suggesting
from annotations.workflow.suggesting import Decided, decide, suggestions_on

from .base import JudgementView, ProjectView, find_article, read, span_of

MOST_LISTED = 20_000


class ArticleSuggestions(ProjectView):
    """What is suggested on an article's current version."""

    tag = "judgements"

    @extend_schema(responses=shapes.SuggestionsShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what is suggested to oneself, decided or not, in the order of the text: at most 20,000. Not paged."""
        article, by = find_article(self.membership, uuid), self.membership
        if article.current_version is None:
            return Response({"results": []})
        rows = suggestions_on(article.current_version, by)[:MOST_LISTED]
        return Response({"results": [suggestion_json(row, by, row.decisions.all()) for row in rows]})


class SuggestionRun(ProjectView):
    """Suggestions by the built-in rules."""

    tag = "jobs"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.ADD_ARTICLES}
    takes_key = True

    @extend_schema(request=SuggestingInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start suggesting in all texts in English; the job says how far it is. What was suggested before stays.

        `labels` names the label of each kind: quotation, speaker, attribution_cue, number, date, place.
        """
        sent = read(SuggestingInput, request)
        start = partial(start_suggesting, self.membership, sent.get("labels"))
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)


class SuggestionDecisions(JudgementView):
    """Deciding about suggestions."""

    @extend_schema(request=DecisionsInput, responses=shapes.DecidedShape)
    def post(self, request: Request, slug: str) -> Response:
        """Accept, dismiss, or take back what one decided: about one suggestion, or at most 200, all or none.

        Accepting makes an annotation of one's own, with another label or on another span where these are named.
        Taking that back withdraws it. Nobody's decision changes what is suggested to others. Also answers 409 with
        `stale_version` where one decided in another window meanwhile.
        """
        sent, by = read(DecisionsInput, request), self.membership
        wishes = [_wish(each, sent["base_version"] or 0) for each in sent["decisions"]]
        rows, annotations = decide(wishes, by=by, request=self.request_once())
        return Response(
            {
                "results": [suggestion_json(row, by, row.decisions.all()) for row in rows],
                "annotations": [represent(annotation, by) for annotation in annotations],
            }
        )


def _wish(sent: dict[str, Any], base_version: int) -> Decided:
    return Decided(
        suggestion=sent["suggestion"],
        state=sent["state"],
        base_version=sent.get("base_version", base_version),
        annotation=sent.get("annotation"),
        label=sent.get("label"),
        span=span_of(sent) if "start" in sent else None,
        quote=sent.get("quote"),
    )
