"""All that the page of an article shows beside its text, in one reply instead of four."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act, allows, sees_all_work
from annotations.api import shapes
from annotations.api.live import live_of
from annotations.reuse.showing import passages_of
from annotations.workflow.presence import be_present, people_at

from .base import ProjectView, find_article
from .comments import talk_json
from .passages import passages_json
from .relations import related_json


class ArticleBeside(ProjectView):
    """What there is beside an article's text."""

    tag = "judgements"
    parameters = frozenset({"since", "tab"})

    @extend_schema(
        responses=shapes.BesideShape,
        parameters=[
            OpenApiParameter("since", OpenApiTypes.STR, description="From when to tell what changed."),
            OpenApiParameter("tab", OpenApiTypes.UUID, description="Key of the page, which counts as open then."),
        ],
    )
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give what related/, threads/, passages/, live/ and presence/ give, at once.

        `live` and `people` are null where others' work is hidden.
        """
        article, by = find_article(self.membership, uuid), self.membership
        found: dict[str, Any] = {
            "related": related_json(article, by),
            "talk": talk_json(article, by),
            "passages": passages_json(passages_of(article, by)),
            "live": None,
            "people": None,
        }
        if sees_all_work(by):
            tab = _tab_of(request)
            if tab is not None and allows(by, Act.FOLLOW):
                be_present(article, tab, by)
            found["live"] = live_of(article, by, request.query_params.get("since", ""))
            found["people"] = people_at(article, by)
        return Response(found)


def _tab_of(request: Request) -> UUID | None:
    sent = request.query_params.get("tab", "")
    return serializers.UUIDField().run_validation(sent) if sent else None
