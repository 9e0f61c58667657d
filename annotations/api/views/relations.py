"""Relations between annotations and labels on whole articles: list, make, change, withdraw, restore."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.representations import article_label_json, article_labels_of, relation_json, relations_of
from annotations.api.serializers import Based, LabelChangeInput, NewArticleLabelInput, NewRelationInput
from annotations.models import Article, Membership
from annotations.workflow.relating import (
    LabelChange,
    NewArticleLabel,
    NewRelation,
    change_article_label,
    change_relation,
    label_article,
    relate,
    restore_article_label,
    restore_relation,
    withdraw_article_label,
    withdraw_relation,
)

from .base import JudgementView, ProjectView, find_article, read
from .changes import RelationChanges


class ArticleRelated(ProjectView):
    """The relations and the labels of an article's current version."""

    tag = "judgements"

    @extend_schema(responses=shapes.RelatedShape)
    def get(self, request: Request, slug: str, uuid: UUID) -> Response:
        """List what one may see: relations between annotations, and labels on the whole text. Not paged."""
        return Response(related_json(find_article(self.membership, uuid), self.membership))


def related_json(article: Article, by: Membership) -> dict[str, Any]:
    """Return the relations and the labels of the present text that the membership may see; 2 queries."""
    version = article.current_version
    if version is None:
        return {"relations": [], "article_labels": []}
    return {"relations": relations_of(version, by), "article_labels": article_labels_of(version, by)}


class ArticleLabels(JudgementView):
    """The labels on a whole article."""

    acts: ClassVar = {"POST": JudgementView.acts["POST"]}

    @extend_schema(request=NewArticleLabelInput, responses={201: shapes.ArticleLabelShape})
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Put a label on the whole text; each label once."""
        sent = read(NewArticleLabelInput, request)
        new = NewArticleLabel(
            key=sent["key"],
            version=sent["version_uuid"],
            article=uuid,
            label=sent["label"],
            note=sent["note"],
            attributes=sent.get("attributes"),
        )
        made = label_article(new, by=self.membership, request=self.request_once())
        return Response(article_label_json(made, self.membership), status=201)


class Relations(JudgementView, RelationChanges):
    """The relations of a project."""

    @extend_schema(request=NewRelationInput, responses={201: shapes.RelationShape})
    def post(self, request: Request, slug: str) -> Response:
        """Link one annotation to another on the same text."""
        sent = read(NewRelationInput, request)
        new = NewRelation(
            key=sent["key"],
            from_annotation=sent["from"],
            to_annotation=sent["to"],
            label=sent["label"],
            note=sent["note"],
            attributes=sent.get("attributes"),
        )
        made = relate(new, by=self.membership, request=self.request_once())
        return Response(relation_json(made, self.membership), status=201)


class RelationView(JudgementView):
    """What the acts on one relation share."""

    acts: ClassVar = {"POST": JudgementView.acts["POST"], "PATCH": JudgementView.acts["PATCH"]}
    represented: ClassVar[Any] = staticmethod(relation_json)

    def _carry_out(self, act: Any, key: UUID, base_version: int, *parts: Any) -> Response:
        row = act(key, *parts, by=self.membership, base_version=base_version, request=self.request_once())
        return Response(self.represented(row, self.membership))

    def _change(self, act: Any, request: Request, key: UUID) -> Response:
        sent = read(LabelChangeInput, request)
        base_version = sent.pop("base_version")
        return self._carry_out(act, key, base_version, LabelChange(**sent))

    def _move(self, act: Any, request: Request, key: UUID) -> Response:
        return self._carry_out(act, key, read(Based, request)["base_version"])


class RelationDetail(RelationView):
    """One relation."""

    @extend_schema(request=LabelChangeInput, responses=shapes.RelationShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own relation; its ends stay."""
        return self._change(change_relation, request, key)


class RelationWithdrawal(RelationView):
    """Taking a relation back."""

    @extend_schema(request=Based, responses=shapes.RelationShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own relation; it can be restored."""
        return self._move(withdraw_relation, request, key)


class RelationRestoration(RelationView):
    """Bringing a relation back."""

    @extend_schema(request=Based, responses=shapes.RelationShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Bring one's own withdrawn relation back."""
        return self._move(restore_relation, request, key)


class ArticleLabelView(RelationView):
    """What the acts on one label share."""

    represented = staticmethod(article_label_json)


class ArticleLabelDetail(ArticleLabelView):
    """One label on a whole article."""

    @extend_schema(request=LabelChangeInput, responses=shapes.ArticleLabelShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own label on an article."""
        return self._change(change_article_label, request, key)


class ArticleLabelWithdrawal(ArticleLabelView):
    """Taking a label off an article."""

    @extend_schema(request=Based, responses=shapes.ArticleLabelShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own label; it can be restored."""
        return self._move(withdraw_article_label, request, key)


class ArticleLabelRestoration(ArticleLabelView):
    """Putting a label back."""

    @extend_schema(request=Based, responses=shapes.ArticleLabelShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Bring one's own withdrawn label back."""
        return self._move(restore_article_label, request, key)
