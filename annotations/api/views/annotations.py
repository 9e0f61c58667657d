"""Annotations: list what one may see on an article, make, change, withdraw, restore."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.pagination import number_of
from annotations.api.representations import MOST_ANNOTATIONS, annotation_json, represent, revision_json, work_of
from annotations.api.serializers import LARGEST, AnnotationChangeInput, Based, NewAnnotationInput
from annotations.workflow.annotating import (
    AnnotationChange,
    NewAnnotation,
    annotate,
    annotation_rows,
    change_annotation,
    restore_annotation,
    withdraw_annotation,
)
from annotations.workflow.judging import find_visible
from annotations.workflow.parts import Part

from .base import JudgementView, ProjectView, find_article, read, span_of


class ArticleAnnotations(JudgementView):
    """The annotations and claims of an article's current version."""

    parameters = frozenset({"from", "most", "brief"})

    @extend_schema(responses=shapes.WORK, parameters=shapes.STRETCH)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what one may see: annotations in text order, about 20,000 at once, with the claims they express.

        With `brief=1` each annotation comes without its words and times, and without what is as usual: no note, no
        attributes, no confidence, an annotator's, somebody else's, not withdrawn, of one piece.
        """
        version = find_article(self.membership, uuid).current_version
        start = number_of(request, "from", usual=0, most=LARGEST)
        most = number_of(request, "most", usual=MOST_ANNOTATIONS, most=MOST_ANNOTATIONS, least=1)
        if version is None:
            return Response({"results": [], "claims": [], "next": None})
        brief = number_of(request, "brief", usual=0, most=1) == 1
        work = work_of(version, self.membership, start=start, most=most, brief=brief)
        return Response({"results": work.pop("annotations"), **work})

    @extend_schema(request=NewAnnotationInput, responses={201: shapes.AnnotationShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Put one label on one span. `quote` must be what stands there: `text[start:end]`, in code points."""
        sent = read(NewAnnotationInput, request)
        new = NewAnnotation(
            key=sent["key"],
            version=sent["version_uuid"],
            article=uuid,
            text_sha256=sent["text_sha256"],
            span=span_of(sent),
            quote=sent["quote"],
            label=sent["label"],
            note=sent["note"],
            attributes=sent.get("attributes"),
            parts=_parts_of(sent["fragments"]),
        )
        annotation = annotate(new, by=self.membership, request=self.request_once())
        parts = annotation.fragments.order_by("n") if new.parts else ()
        return Response(annotation_json(annotation, self.membership, fragments=parts), status=201)


class AnnotationDetail(JudgementView):
    """One annotation."""

    @extend_schema(request=AnnotationChangeInput, responses=shapes.AnnotationShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own annotation; 409 with the present one where it was changed in the meantime."""
        sent = read(AnnotationChangeInput, request)
        change = AnnotationChange(
            label=sent.get("label"),
            span=span_of(sent) if "start" in sent else None,
            quote=sent.get("quote"),
            note=sent.get("note"),
            attributes=sent.get("attributes"),
            parts=_parts_of(sent["fragments"]) if "fragments" in sent else None,
        )
        annotation = change_annotation(
            key, change, by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(represent(annotation, self.membership))


class AnnotationWithdrawal(JudgementView):
    """Taking an annotation back."""

    move: ClassVar[Any] = staticmethod(withdraw_annotation)

    @extend_schema(request=Based, responses=shapes.AnnotationShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own annotation; it stays in the history and can be restored."""
        return self._move(request, key)

    def _move(self, request: Request, key: UUID) -> Response:
        base_version = read(Based, request)["base_version"]
        annotation = self.move(key, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(represent(annotation, self.membership))


class AnnotationRestoration(AnnotationWithdrawal):
    """Bringing an annotation back."""

    move = staticmethod(restore_annotation)

    @extend_schema(request=Based, responses=shapes.AnnotationShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Bring one's own withdrawn annotation back."""
        return self._move(request, key)


class AnnotationHistory(ProjectView):
    """The states an annotation had."""

    tag = "judgements"

    @extend_schema(responses=shapes.HistoryShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give an annotation as it is, and every state it had before, the oldest first."""
        annotation = find_visible(annotation_rows(), by=self.membership, key=key)
        revisions = annotation.revisions.select_related("label", "replaced_by").order_by("version_number")
        states = [revision_json(revision) for revision in revisions]
        return Response({"annotation": represent(annotation, self.membership), "results": states})


def _parts_of(sent: list[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(span_of(part), part["quote"]) for part in sent)
