"""Articles sent by programs: one by its external id, or many in one request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act
from annotations.access.requests import Request as RequestOnce
from annotations.api import shapes
from annotations.api.encoding import JsonlParser, LinesParser, RowsParser
from annotations.api.job_json import job_json
from annotations.api.problems import MOST_PROBLEMS
from annotations.api.representations import article_detail
from annotations.errors import NotThere
from annotations.importers import limits
from annotations.importers.direct import (
    BYTES_AT_ONCE,
    ROWS_AT_ONCE,
    Rejected,
    add_rows,
    items_of,
    put_article,
    request_of_rows,
    start_rows,
)
from annotations.jobs.starting import ON_CONFLICT
from annotations.models import Article, Assignment

from .base import ProjectView

EXTERNAL_ID = OpenApiParameter("external_id", OpenApiTypes.STR, required=True, description="As the article states it.")
BASE_REVISION = OpenApiParameter(
    "base_revision", OpenApiTypes.INT, description="Replace also what is known of the article, if it has this revision."
)
CONFLICT = OpenApiParameter(
    "on_conflict",
    OpenApiTypes.STR,
    enum=ON_CONFLICT,
    description="Where an article has another text; skip unless told.",
)


class ArticleByExternalId(ProjectView):
    """One article, by the id that its maker gave it."""

    tag = "articles"
    acts = {"GET": Act.VIEW, "PUT": Act.ADD_ARTICLES}
    parameters = frozenset({"external_id"})
    unsafe_parameters = frozenset({"external_id", "base_revision"})
    takes_key = True

    @extend_schema(parameters=[EXTERNAL_ID], responses=shapes.ArticleShape)
    def get(self, request: Request, slug: str) -> Response:
        """Give the article of this external id, with its present text."""
        rows = Article.objects.select_related("publisher", "current_version")
        found = rows.filter(project_id=self.membership.project_id, external_id=self._id()).first()
        if found is None:
            raise NotThere("article_not_found", _("There is no such article in this project."))
        own = Assignment.objects.filter(version_id=found.current_version_id, annotator=self.membership).first()
        return Response(article_detail(found, found.current_version, own, self.membership))

    @extend_schema(
        parameters=[EXTERNAL_ID, BASE_REVISION],
        request=shapes.SentArticleShape,
        responses={200: shapes.PutResultShape, 201: shapes.PutResultShape},
    )
    def put(self, request: Request, slug: str) -> Response:
        """Add the article, or give it this text as a new version; the fields are those of an import.

        The same text again changes nothing. What is known of the article (title, publisher, date, address, language)
        is then replaced only with base_revision; else each difference is listed under problems.
        """
        external_id, revision = self._id(), self._base_revision()
        if not isinstance(request.data, dict):
            raise ValidationError({"non_field_errors": _("Send one article as an object.")}, code="not_an_object")
        key = self.sent_key()
        query = urlencode(sorted(request.query_params.items()))
        once = RequestOnce.of(key, "PUT", request.path, query, request.data) if key else None
        try:
            reply = put_article(external_id, request.data, by=self.membership, base_revision=revision, request=once)
        except Rejected as refusal:
            return Response({"problems": _problems(refusal)}, status=422)
        return Response(reply, status=201 if reply["status"] == "created" else 200)

    def _id(self) -> str:
        given = self.request.query_params.get("external_id", "").strip()
        if not given or len(given) > limits.EXTERNAL_ID_LENGTH or "\x00" in given:
            message = _("Name the article: ?external_id=, with at most %(most)s characters.")
            most = {"most": limits.EXTERNAL_ID_LENGTH}
            raise ValidationError({"external_id": message % most}, code="external_id")
        return given

    def _base_revision(self) -> int | None:
        given = self.request.query_params.get("base_revision")
        if given is None:
            return None
        if not (given.isascii() and given.isdecimal() and len(given) < 10):
            raise ValidationError({"base_revision": _("Send the revision of the article as a number.")}, code="invalid")
        return int(given)


class ArticleRows(ProjectView):
    """Many articles in one request."""

    tag = "articles"
    acts = {"POST": Act.ADD_ARTICLES}
    parser_classes = (RowsParser, LinesParser, JsonlParser)
    unsafe_parameters = frozenset({"on_conflict"})
    takes_key = True

    @extend_schema(
        parameters=[CONFLICT],
        request={
            "application/json": shapes.SentArticleShape(many=True),
            "application/x-ndjson": OpenApiTypes.BINARY,
            "application/jsonl": OpenApiTypes.BINARY,
        },
        responses={200: shapes.RowResultsShape, 202: shapes.JobShape},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Import a JSON list of articles, or one a line, with one result a row.

        Up to 500 rows and 2 MiB are done when the reply comes (200); larger requests become a job (202). Either is an
        import: the fields, the checks and the answers to conflicts are those of a file.
        """
        on_conflict, key = self._on_conflict(), self.sent_key()
        sent: Any = request.data
        if not hasattr(sent, "stream"):
            raise ValidationError({"non_field_errors": _("Send a list of articles.")}, code="empty")
        head = _read(sent.stream, BYTES_AT_ONCE + 1)
        if len(head) <= BYTES_AT_ONCE:
            items = items_of(head, is_lines=sent.is_lines)
            if not items:
                raise ValidationError({"non_field_errors": _("Send a list of articles.")}, code="empty")
            if len(items) <= ROWS_AT_ONCE:
                once = request_of_rows(key, head, is_lines=sent.is_lines, on_conflict=on_conflict)
                return Response(add_rows(items, by=self.membership, on_conflict=on_conflict, request=once))
        job = start_rows(
            head, sent.stream, is_lines=sent.is_lines, by=self.membership, on_conflict=on_conflict, key=key
        )
        return Response(job_json(job), status=202)

    def _on_conflict(self) -> str:
        given = self.request.query_params.get("on_conflict", "skip")
        if given not in ON_CONFLICT:
            message = _("“%(given)s” is no answer to conflicts. Choose one of: %(all)s.")
            values = {"given": given[:40], "all": ", ".join(ON_CONFLICT)}
            raise ValidationError({"on_conflict": message % values}, code="on_conflict_unknown")
        return given


def _read(stream: Any, most: int) -> bytes:
    """Read up to so many bytes; a request's stream may give fewer than it is asked for."""
    parts, size = [], 0
    while size < most and (part := stream.read(most - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _problems(refusal: Rejected) -> list[dict[str, Any]]:
    return [
        {"code": refusal.code, "message": each.message, "field": each.field or None}
        for each in refusal.problems[:MOST_PROBLEMS]
    ]
