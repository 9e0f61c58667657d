"""One's own assignment: get the next article, hand it in, take it back."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.representations import assignment_json
from annotations.api.serializers import Nothing
from annotations.workflow.assigning import reopen, submit
from annotations.workflow.queueing import take_next

from .base import JudgementView, find_article, read


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

    move: ClassVar[Any] = staticmethod(submit)

    @extend_schema(request=None, responses=shapes.OwnAssignmentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Submit one's work on the current version, or reopen it. Doing so twice is no error."""
        read(Nothing, request)
        article = find_article(self.membership, uuid)
        assignment = self.move(article, by=self.membership, request=self.request_once())
        return Response({"assignment": assignment_json(assignment)})


class Reopening(Submission):
    """Taking a submission back."""

    move = staticmethod(reopen)
