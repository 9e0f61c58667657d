"""The record of acts: of a project, of an article, of a claim; where its chain ends; bringing back what was before."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import audit_json, checkpoint_json
from annotations.api.serializers import Based
from annotations.models import Article, AuditEvent, Claim
from annotations.search.act_filters import FIELDS, ActFilters
from annotations.workflow.histories import acts_on_article, acts_on_claim, hide_values, with_before
from annotations.workflow.judging import find_visible
from annotations.workflow.restoring import restore_before
from annotations.workflow.sealing import checkpoint

from .base import JudgementView, ProjectView, find_article, read

FILTERS = [
    OpenApiParameter("person", OpenApiTypes.UUID, description="Who acted: a membership."),
    OpenApiParameter("kind", OpenApiTypes.STR, description="What it was done to: annotation, article, claim …"),
    OpenApiParameter("verb", OpenApiTypes.STR, description="annotation.changed …"),
    OpenApiParameter("key", OpenApiTypes.STR, description="The key of what it was done to."),
    OpenApiParameter("via", OpenApiTypes.STR, enum=AuditEvent.Via.values, description="The door it came through."),
    OpenApiParameter("since", OpenApiTypes.DATE, description="The first day, in UTC."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="The last day, in UTC."),
]

PAGE = shapes.page(shapes.AuditShape)


class ActsView(ProjectView):
    """A list of acts, the newest first, narrowed by the one filter."""

    tag = "projects"
    parameters = PARAMETERS | set(FIELDS)

    def listed(self, request: Request, rows: QuerySet[AuditEvent], of: Article | None = None) -> Response:
        """Answer a page of acts; 3 or 4 queries, for an article one more."""
        asked = {name: value for name, value in request.query_params.items() if name in FIELDS}
        found = ActFilters.parse(asked).of(rows, self.membership).select_related("actor", "acting_for", "text")
        events, following = page_of(found, request, order="-pk")
        if of is not None:
            with_before(events, of)
        return Response(reply([audit_json(event) for event in hide_values(events, self.membership)], following))


class AuditList(ActsView):
    """The record of acts."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AUDIT}

    @extend_schema(responses=PAGE, parameters=[*shapes.PAGING, *FILTERS])
    def get(self, request: Request, slug: str) -> Response:
        """List the acts in the project, the newest first; for managers."""
        return self.listed(request, AuditEvent.objects.filter(project_id=self.membership.project_id))


class ArticleHistory(ActsView):
    """What happened to an article."""

    tag = "articles"

    @extend_schema(responses=PAGE, parameters=[*shapes.PAGING, *FILTERS])
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List the acts on an article and all that hangs on it, the newest first: those one may see."""
        article = find_article(self.membership, uuid)
        return self.listed(request, acts_on_article(article, self.membership), article)


class ClaimHistory(ActsView):
    """What happened to a claim."""

    tag = "judgements"

    @extend_schema(responses=PAGE, parameters=[*shapes.PAGING, *FILTERS])
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """List the acts on a claim, its mentions, evidence and verdicts, the newest first: those one may see."""
        claim = find_visible(Claim.objects.all(), by=self.membership, key=key)
        return self.listed(request, acts_on_claim(claim, self.membership))


class AuditCheckpoint(ProjectView):
    """Where the chain over the record of acts ends."""

    tag = "projects"
    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_AUDIT}

    @extend_schema(responses=shapes.CheckpointShape)
    def get(self, request: Request, slug: str) -> Response:
        """Give the hash of the last seal: kept somewhere else, it shows later whether the chain was cut."""
        return Response(checkpoint_json(checkpoint()))


class Restoring(JudgementView):
    """Bringing back what was there before an act."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.ANNOTATE}

    @extend_schema(request=Based, responses=shapes.RestoredShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Make what was there before an act current again, as a new state; who may change the thing may do this.

        For annotations, relations, labels on articles, claims, mentions, evidence, zones, and what is known of an
        article. `base_version` is the present `version_number` of the thing, of an article its `revision`; 409 where
        it was changed meanwhile.
        """
        base: dict[str, Any] = read(Based, request)
        done = restore_before(uuid, by=self.membership, base_version=base["base_version"], request=self.request_once())
        return Response({"object_type": done.kind, "object_key": str(done.key), "version_number": done.version})
