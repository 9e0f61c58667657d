"""Reviews: the texts that wait, one text's units, rulings on them, finishing, and giving work back."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply
from annotations.api.representations import Json, assignment_json
from annotations.api.review_json import review_json, ruling_json, waiting_json
from annotations.api.serializers import Based, NewRulingInput, Nothing, ReturnInput
from annotations.models import Article
from annotations.workflow.adjudicating import (
    GoldSpan,
    NewRuling,
    finish,
    reopen_adjudication,
    settle,
    take_over,
    undo_take_over,
    withdraw_ruling,
)
from annotations.workflow.gold_claims import GoldClaim
from annotations.workflow.gold_labels import GoldLabel
from annotations.workflow.returning import return_work
from annotations.workflow.reviewing import note_opened, review_of, text_to_review
from annotations.workflow.waiting import articles_of, waiting

from .base import JudgementView, ProjectView, find_article, read, span_of


class ReviewView(JudgementView):
    """What the acts of a review share: each carries a key of its own, so that repeating it is harmless."""

    tag = "reviews"
    acts: ClassVar = {"GET": Act.SEE_REVIEWS, "POST": Act.ADJUDICATE}

    def whole(self, article: Article) -> Json:
        """Represent the text as it is now."""
        found = find_article(self.membership, article.uuid)
        return review_json(review_of(text_to_review(found)), found)


class ReviewQueue(ProjectView):
    """The texts that wait for a review."""

    tag = "reviews"
    acts: ClassVar = {"GET": Act.SEE_REVIEWS}
    parameters = PARAMETERS | {"finished"}

    @extend_schema(
        responses=shapes.page(shapes.WaitingShape),
        parameters=[*shapes.PAGING, OpenApiParameter("finished", bool, description="Also those that are adjudicated.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the texts that two or more people handed in, those on which they differ most first."""
        queue = waiting(self.membership.project, with_finished=request.query_params.get("finished") in ("1", "true"))
        size, cursor = limit_of(request), cursor_of(request)
        start = min(cursor.uuid.int, 10**9) if cursor else 0
        found = queue.between(start, start + size + 1)
        shown = found[:size]
        articles = articles_of(shown)
        following = str(Cursor(UUID(int=start + size))) if len(found) > size else None
        rows = [waiting_json(row, articles[row.version_id]) for row in shown if row.version_id in articles]
        return Response(reply(rows, following))


class ArticleReview(ProjectView):
    """One text under review."""

    tag = "reviews"
    acts: ClassVar = {"GET": Act.SEE_REVIEWS}

    @extend_schema(responses=shapes.ReviewShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give the units of the present text: what all agree on, what differs, and how each is settled."""
        article = find_article(self.membership, uuid)
        version = text_to_review(article)
        note_opened(version, by=self.membership)
        return Response(review_json(review_of(version), article))


class Rulings(ReviewView):
    """Settling one unit."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=NewRulingInput, responses={201: shapes.RulingShape, 409: shapes.ConflictShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Choose one person's version of a unit, edit or merge it, keep it apart, reject it, or only note something.

        `replaces` is the key of the ruling on it that one saw, null where there was none: whoever settles what
        somebody else has settled in the meantime gets 409 with that ruling.
        """
        sent = read(NewRulingInput, request)
        ruling = settle(
            find_article(self.membership, uuid), new_ruling(sent), by=self.membership, request=self.request_once()
        )
        return Response(ruling_json(ruling), status=201)


class RulingWithdrawal(ReviewView):
    """Taking a ruling back."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=Based, responses=shapes.RulingShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Take a ruling back; the gold that came from it is withdrawn. Doing so twice is no error."""
        base_version = read(Based, request)["base_version"]
        ruling = withdraw_ruling(key, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(ruling_json(ruling))


class TakingOver(ReviewView):
    """Taking over what agrees."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=None, responses=shapes.SettledShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Make gold of all that the annotators have alike, as one act; `count` says how many units that settled."""
        read(Nothing, request)
        return self._counted(take_over, uuid)

    def _counted(self, act: Any, uuid: UUID) -> Response:
        article = find_article(self.membership, uuid)
        count = act(article, by=self.membership, request=self.request_once())
        return Response({"count": count, "review": self.whole(article)})


class UndoingTakeOver(TakingOver):
    """Undoing that."""

    @extend_schema(request=None, responses=shapes.SettledShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Withdraw the gold that was taken over because all agreed."""
        read(Nothing, request)
        return self._counted(undo_take_over, uuid)


class ReviewFinishing(ReviewView):
    """Finishing a review."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=None, responses=shapes.ReviewShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Mark the text as adjudicated, once all is settled. What was handed in is accepted."""
        read(Nothing, request)
        article = find_article(self.membership, uuid)
        finish(article, by=self.membership, request=self.request_once())
        return Response(self.whole(article))


class ReviewReopening(ReviewView):
    """Reopening a review."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=None, responses=shapes.ReviewShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Let an adjudicated text be settled differently; its gold stays until it is."""
        read(Nothing, request)
        article = find_article(self.membership, uuid)
        reopen_adjudication(article, by=self.membership, request=self.request_once())
        return Response(self.whole(article))


class WorkReturning(ReviewView):
    """Giving work back."""

    acts: ClassVar = {"POST": Act.ADJUDICATE}

    @extend_schema(request=ReturnInput, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give handed-in work back to its annotator, with a note that they are shown on the article's page."""
        note = read(ReturnInput, request)["note"]
        assignment = return_work(uuid, note, by=self.membership, request=self.request_once())
        return Response({"assignment": assignment_json(assignment)})


def new_ruling(sent: dict[str, Any]) -> NewRuling:
    """Build a ruling from checked values."""
    place = sent["span"]
    span = GoldSpan(span_of(place), place["label"], place.get("quote")) if place else None
    given = GoldLabel(**sent["given"]) if sent["given"] else None
    claim = GoldClaim(**sent["claim"]) if sent["claim"] else None
    names = ("key", "unit", "outcome", "person", "stance", "error_category", "guideline_unclear", "note", "replaces")
    return NewRuling(span=span, given=given, claim=claim, **{name: sent[name] for name in names})
