"""What a program keeps up with: annotations, relations, labels on articles, suggestions and articles, as stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import F, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import hide_outlets
from annotations.api import shapes
from annotations.api.changes import PARAMETERS, changes_of
from annotations.api.representations import (
    Json,
    annotation_json,
    article_head,
    article_label_json,
    region_json,
    relation_json,
    suggestion_json,
    utc,
    version_json,
)
from annotations.models import Annotation, Article, ArticleLabel, Fragment, Membership, Region, Relation, Suggestion
from annotations.workflow.suggesting import suggestion_rows
from annotations.workflow.zoning import zone_rows

from .base import ProjectView


class ChangesView(ProjectView):
    """A list by the time of storing."""

    parameters = PARAMETERS
    of: ClassVar[Callable[[], QuerySet[Any]]]
    key: ClassVar[str] = "key"

    def _reply(self, request: Request) -> Response:
        found = changes_of(type(self).of(), request, self.membership, name=self.key)
        self.prepare(found.rows)
        results = [self.represent(row, self.membership) for row in found.rows]
        removed = [{"key": str(row.key), "removed_at": utc(row.stored_at)} for row in found.removed]
        answer = {"removed": removed, "results": results, "changed_since": found.cursor, "has_more": found.has_more}
        return Response(answer)

    def prepare(self, rows: list[Any]) -> None:
        """Make the rows of a page ready to be represented."""

    @staticmethod
    def represent(row: Any, by: Membership) -> Json:
        """Return the JSON of a row."""
        raise NotImplementedError


def _with_text(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Read what names the text as columns: two objects less a row."""
    return rows.annotate(
        of_article=F("version__article__uuid"), of_n=F("version__n"), of_sha256=F("version__text_sha256")
    )


def _of_text(row: Any) -> Json:
    """Name the text that offsets count in."""
    return {
        "article": str(row.of_article),
        "article_version": row.of_n,
        "text_sha256": bytes(row.of_sha256).hex(),
    }


def _judgements(model: type[Any]) -> QuerySet[Any]:
    return _with_text(model._base_manager.annotate(annotator=F("created_by__pseudonym")))


class AnnotationChanges(ChangesView):
    """The annotations of a project."""

    tag = "judgements"
    of = staticmethod(
        lambda: (
            _judgements(Annotation)
            .annotate(label_key=F("label__key"))
            .prefetch_related(Prefetch("fragments", Fragment.objects.order_by("n")))
        )
    )

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.AnnotationInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the annotations one may see, on all texts, withdrawn ones too; with changed_since those stored later.

        A row may come twice; the one with the higher version is the present one.
        """
        return self._reply(request)

    @staticmethod
    def represent(row: Annotation, by: Membership) -> Json:
        """Return an annotation with its text."""
        return annotation_json(row, by, fragments=row.fragments.all()) | _of_text(row)


class RelationChanges(ChangesView):
    """The relations of a project."""

    tag = "judgements"
    of = staticmethod(lambda: _judgements(Relation).select_related("label", "from_annotation", "to_annotation"))

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.RelationInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the relations one may see, withdrawn ones too; with changed_since those stored later."""
        return self._reply(request)

    @staticmethod
    def represent(row: Relation, by: Membership) -> Json:
        """Return a relation with its text."""
        return relation_json(row, by) | _of_text(row)


class ArticleLabelChanges(ChangesView):
    """The labels on whole articles."""

    tag = "judgements"
    of = staticmethod(lambda: _judgements(ArticleLabel).select_related("label"))

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.ArticleLabelInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the labels on articles one may see, withdrawn ones too; with changed_since those stored later."""
        return self._reply(request)

    @staticmethod
    def represent(row: ArticleLabel, by: Membership) -> Json:
        """Return a label with its text."""
        return article_label_json(row, by) | _of_text(row)


class SuggestionChanges(ChangesView):
    """What machines and imports propose."""

    tag = "judgements"
    of = staticmethod(lambda: _with_text(suggestion_rows()))

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.SuggestionShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the suggestions one may see; with changed_since those that were added later. Decisions add no row."""
        return self._reply(request)

    @staticmethod
    def represent(row: Suggestion, by: Membership) -> Json:
        """Return a suggestion with its text."""
        return suggestion_json(row, by, row.decisions.all()) | _of_text(row)


class ZoneChanges(ChangesView):
    """The zones of a project."""

    tag = "articles"
    key = "uuid"
    of = staticmethod(lambda: _with_text(zone_rows()))

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.RegionInProjectShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the zones of all texts, removed ones too; with changed_since those stored later."""
        return self._reply(request)

    @staticmethod
    def represent(row: Region, by: Membership) -> Json:
        """Return a zone with its text."""
        return region_json(row, by) | _of_text(row)


class ArticleChanges(ChangesView):
    """The articles of a project."""

    tag = "articles"
    key = "uuid"
    of = staticmethod(
        lambda: (
            Article.objects.annotate(merged_into_uuid=F("merged_into__uuid"))
            .select_related("publisher", "current_version")
            .defer("metadata", "candidates", "current_version__text")
        )
    )

    @extend_schema(parameters=shapes.CHANGES, responses=shapes.changes(shapes.ChangedArticleShape))
    def get(self, request: Request, slug: str) -> Response:
        """List the articles without their texts; with changed_since those that are new or have changed.

        A merged article is among them, and names the one it was merged into; parted again it names none.
        """
        return self._reply(request)

    def prepare(self, rows: list[Any]) -> None:
        """Hide what the project keeps from the reader."""
        hide_outlets(self.membership, rows)

    @staticmethod
    def represent(row: Any, by: Membership) -> Json:
        """Return what is known of an article, what it was merged into, and what identifies its text."""
        version, kept = row.current_version, row.merged_into_uuid
        of_lists = {"merged_into": str(kept) if kept else None, "version": version_json(version) if version else None}
        return article_head(row) | of_lists
