"""Articles: list, add, read, set what is known of one or many, give them to people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.access import Act, hide_outlets, sees_all_work, visible_to
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, page_of, reply, unknown_cursor
from annotations.api.representations import Json, article_detail, article_head, assignment_json, version_json
from annotations.api.serializers import (
    ArticleChangeInput,
    BulkAssignInput,
    BulkMetadataInput,
    MergeInput,
    NewArticleInput,
    Nothing,
)
from annotations.errors import NotThere, Refused
from annotations.jobs.starting import parse_date
from annotations.models import Article, Assignment, Membership
from annotations.search.article_filters import FIELDS, ArticleFilters, article_page, find_place
from annotations.web.articles import ArticleRow, article_rows
from annotations.workflow.articles import MetadataChange, NewArticle, add_article, edit_article, set_metadata
from annotations.workflow.assigning import assign
from annotations.workflow.merging import merge_articles, split_articles

from .base import ProjectView, read


class ArticleList(ProjectView):
    """The articles of a project."""

    tag = "articles"
    acts = {"GET": Act.VIEW, "POST": Act.ADD_ARTICLES}
    parameters = PARAMETERS | frozenset(FIELDS)

    @extend_schema(responses=shapes.page(shapes.ArticleRowShape), parameters=shapes.PAGING + shapes.FILTERS)
    def get(self, request: Request, slug: str) -> Response:
        """List the articles that match, without their texts."""
        asked = {name: value for name, value in request.query_params.dict().items() if name in FIELDS}
        filters, by = read_filters(asked, self.membership), self.membership
        cursor = cursor_of(request)
        if cursor is not None and find_place(by, str(cursor.uuid)) is None:
            raise unknown_cursor()
        place = {"before" if cursor.is_before else "after": str(cursor.uuid)} if cursor else {}
        rows = filters.articles(by).select_related("publisher", "current_version")
        rows = rows.defer("metadata", "candidates", "current_version__text")
        found = article_page(filters, by, rows=rows, size=limit_of(request), **place)
        hide_outlets(by, found.articles)
        results = [_row_json(row, by) for row in article_rows(found.articles, by)]
        following = str(Cursor(found.next)) if found.next else None
        return Response(reply(results, following, str(Cursor(found.previous, True)) if found.previous else None))

    @extend_schema(request=NewArticleInput, responses={201: shapes.ArticleShape})
    def post(self, request: Request, slug: str) -> Response:
        """Freeze a text as a new article."""
        sent = read(NewArticleInput, request)
        sent["published_at"] = _date(sent.get("published_at"))
        article = add_article(NewArticle(**sent), by=self.membership)
        return Response(article_detail(article, article.current_version, None, self.membership), status=201)


class ArticleView(ProjectView):
    """What the views of one article share."""

    tag = "articles"
    acts = {"GET": Act.VIEW, "PATCH": Act.EDIT_ARTICLES, "POST": Act.EDIT_ARTICLES}

    def _find(self, uuid: UUID, field: str = "") -> Article:
        rows = Article.objects.select_related("publisher", "current_version")
        found = rows.filter(project_id=self.membership.project_id, uuid=uuid).first()
        if found is None:
            raise NotThere("article_not_found", _("There is no such article in this project."), field=field)
        return found

    def _detail(self, article: Article) -> Json:
        own = Assignment.objects.filter(version_id=article.current_version_id, annotator=self.membership).first()
        return article_detail(article, article.current_version, own, self.membership)


class ArticleDetail(ArticleView):
    """One article."""

    @extend_schema(responses=shapes.ArticleShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give an article with its present text, zones, links and one's own assignment."""
        return Response(self._detail(self._find(uuid)))

    @extend_schema(request=ArticleChangeInput, responses=shapes.ArticleShape)
    def patch(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Set what is known of an article; 409 where somebody changed it in the meantime."""
        sent = read(ArticleChangeInput, request)
        base_revision = sent.pop("base_revision")
        edit_article(self._find(uuid), _change(sent), by=self.membership, base_revision=base_revision)
        return Response(self._detail(self._find(uuid)))


class ArticleMerge(ArticleView):
    """Merging an article into another."""

    @extend_schema(request=MergeInput, responses=shapes.ArticleShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Merge an article into another and give the one kept; judgements of an equal text move to it."""
        keep = self._find(read(MergeInput, request)["into"], field="into")
        merge_articles(keep, self._find(uuid), by=self.membership)
        return Response(self._detail(self._find(keep.uuid)))


class ArticleSplit(ArticleView):
    """Undoing a merge."""

    @extend_schema(request=Nothing, responses=shapes.ArticleShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Part an article from the one it was merged into; not where judgements moved."""
        read(Nothing, request)
        split_articles(self._find(uuid), by=self.membership)
        return Response(self._detail(self._find(uuid)))


class ArticleMetadata(ProjectView):
    """Setting what is known of many articles."""

    tag = "articles"
    acts = {"POST": Act.EDIT_ARTICLES}
    takes_key = True

    @extend_schema(request=BulkMetadataInput, responses=shapes.ChangedShape)
    def post(self, request: Request, slug: str) -> Response:
        """Set publisher, date or language of chosen articles, or of all that match filters; say how many that changed.

        Setting the same again changes nothing; with the key of the first time it is answered as then.
        """
        sent, by = read(BulkMetadataInput, request), self.membership
        change, once = _change(sent["changes"]), self.request_if_keyed()
        return Response({"changed": set_metadata(chosen(sent, by), change, by=by, request=once)})


class ArticleAssignment(ProjectView):
    """Giving many articles to people."""

    tag = "articles"
    acts = {"POST": Act.ASSIGN}
    takes_key = True

    @extend_schema(request=BulkAssignInput, responses=shapes.AssignedShape)
    def post(self, request: Request, slug: str) -> Response:
        """Give chosen articles, or all that match filters, to members; who has one already keeps it.

        Giving them again changes nothing; with the key of the first time it is answered as then.
        """
        sent, by = read(BulkAssignInput, request), self.membership
        people = list(Membership.objects.filter(project_id=by.project_id, uuid__in=sent["annotators"]))
        if len(people) != len(set(sent["annotators"])):
            raise NotThere("member_not_found", _("There is no such member in this project."), field="annotators")
        articles = chosen(sent, by).only("pk", "current_version_id")
        return Response(
            {
                "created": assign(
                    articles, people, by=by, request=self.request_if_keyed(), goes_beyond=sent["goes_beyond"]
                )
            }
        )


class AssignmentList(ProjectView):
    """Who has which article."""

    tag = "articles"
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.AssignmentRowShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List one's own assignments; those of everybody for people who see all work."""
        rows = visible_to(self.membership, Assignment.objects.select_related("version__article", "annotator"))
        found, following = page_of(rows.defer("version__text"), request, order="pk")
        return Response(reply([_assignment_row(row) for row in found], following))


def read_filters(asked: dict[str, str], by: Membership) -> ArticleFilters:
    """Read filters; what is unknown or not allowed is a bad request."""
    try:
        filters = ArticleFilters.parse(asked)
        filters.articles(by)
    except Refused as refusal:
        raise ValidationError({refusal.field: refusal.message}, code=refusal.code) from None
    return filters


def chosen(sent: dict[str, Any], by: Membership) -> QuerySet[Article]:
    """Return the articles that a bulk act names; raise `NotThere` where one is not in the project."""
    if "filters" in sent:
        return read_filters(sent["filters"], by).articles(by)
    wanted = set(sent["articles"])
    rows = Article.objects.filter(project_id=by.project_id, uuid__in=wanted)
    if rows.count() != len(wanted):
        raise NotThere("article_not_found", _("There is no such article in this project."), field="articles")
    return rows


def _change(sent: dict[str, Any]) -> MetadataChange:
    values = dict(sent)
    clears = "published_at" in values and not values["published_at"]
    values["published_at"] = _date(values.get("published_at"))
    return MetadataChange(clears_published_at=clears, **values)


def _date(raw: str | None) -> datetime | date | None:
    return parse_date(raw) if raw else None


def _row_json(row: ArticleRow, by: Membership) -> Json:
    version = row.article.current_version
    return {
        **article_head(row.article),
        "version": version_json(version) if version else None,
        "my_state": row.my_state or None,
        "states": dict(row.states) if sees_all_work(by) else None,
        "annotation_count": row.annotation_count,
    }


def _assignment_row(assignment: Assignment) -> Json:
    return {
        "uuid": str(assignment.uuid),
        "article": str(assignment.version.article.uuid),
        "version": str(assignment.version.uuid),
        "annotator": assignment.annotator.pseudonym,
        "assignment": assignment_json(assignment),
    }
