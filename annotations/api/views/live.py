"""An article while others work on it: what changed since, and who has it open. For those who see everybody's work."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.live import live_of, require_live
from annotations.api.serializers import PresenceInput
from annotations.workflow.presence import be_present, leave, people_at

from .base import ProjectView, find_article, read


class ArticleLive(ProjectView):
    """What changed on an article."""

    tag = "live"
    parameters = frozenset({"since"})

    @extend_schema(
        responses=shapes.LiveShape,
        parameters=[OpenApiParameter("since", OpenApiTypes.STR, description="Of the last reply; else: from now on.")],
    )
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what was stored on the article since, withdrawn judgements too. A row may come twice; none is missed."""
        require_live(self.membership)
        article = find_article(self.membership, uuid)
        return Response(live_of(article, self.membership, request.query_params.get("since", "")))


class ArticlePresence(ProjectView):
    """Who has an article open."""

    tag = "live"
    acts: ClassVar = {"POST": Act.FOLLOW}

    @extend_schema(request=PresenceInput, responses=shapes.PresentShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say that a page of the article is open, or closes, and learn who else has it open. Ask twice a minute."""
        require_live(self.membership)
        sent, article = read(PresenceInput, request), find_article(self.membership, uuid)
        if sent["closes"]:
            leave(sent["tab"], self.membership)
        else:
            be_present(article, sent["tab"], self.membership)
        return Response({"people": people_at(article, self.membership)})
