"""Judgements that are not one label on one span: links between two annotations, and labels on a whole article."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, one_of, unique
from .judgements import Annotation, Judgement, Revision
from .present import PresentManager, past_round
from .projects import Label

LAYERS = ["annotator", "gold", "imported"]


class Relation(Judgement):
    """One row is a typed link from one annotation to another on the same text."""

    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="relations")
    length = models.PositiveIntegerField()
    label = models.ForeignKey(Label, models.PROTECT, related_name="relations")
    layer = models.CharField(max_length=10, choices=Annotation.Layer, default=Annotation.Layer.ANNOTATOR)
    from_annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="relations_from")
    to_annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="relations_to")
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_by_job = models.ForeignKey(
        "annotations.Job",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    past_round = past_round()

    objects = PresentManager["Relation"]()
    every = models.Manager["Relation"]()

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ["version_id", "id"]
        constraints = [
            unique("relation_key", "project", "key", message="A relation has this key already."),
            unique("relation_in_project", "id", "project", message="One row a relation."),
            one_of("relation_layer", "layer", LAYERS),
            check("relation_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="relation_by_stored")]

    def __str__(self) -> str:
        return str(self.key)


class ArticleLabel(Judgement):
    """One row is one label on the whole text of a version by one membership."""

    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="article_labels")
    length = models.PositiveIntegerField()
    label = models.ForeignKey(Label, models.PROTECT, related_name="article_labels")
    layer = models.CharField(max_length=10, choices=Annotation.Layer, default=Annotation.Layer.ANNOTATOR)
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    created_by_job = models.ForeignKey(
        "annotations.Job",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    past_round = past_round()

    objects = PresentManager["ArticleLabel"]()
    every = models.Manager["ArticleLabel"]()

    class Meta:
        verbose_name = _("label on an article")
        verbose_name_plural = _("labels on articles")
        ordering = ["version_id", "id"]
        constraints = [
            unique("article_label_key", "project", "key", message="A label on an article has this key already."),
            unique("article_label_in_project", "id", "project", message="One row a label on an article."),
            unique(
                "article_label_once",
                "version",
                "label",
                "created_by",
                "layer",
                message=_("This article has this label from this person already."),
                condition=Q(withdrawn_at__isnull=True, past_round__isnull=True),
            ),
            one_of("article_label_layer", "layer", LAYERS),
            check(
                "article_label_confidence",
                Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                "Confidence lies between 0 and 1.",
            ),
            check("article_label_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="article_label_by_stored")]

    def __str__(self) -> str:
        return str(self.key)


class RelationRevision(Revision):
    """One row is a superseded state of a relation."""

    relation = models.ForeignKey(Relation, models.PROTECT, related_name="revisions")
    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    label_set_version = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["relation_id", "version_number"]
        constraints = [
            unique(
                "relation_revision_number",
                "relation",
                "version_number",
                message="This state of the relation is kept already.",
            )
        ]


class ArticleLabelRevision(Revision):
    """One row is a superseded state of a label on an article."""

    article_label = models.ForeignKey(ArticleLabel, models.PROTECT, related_name="revisions")
    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    label_set_version = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["article_label_id", "version_number"]
        constraints = [
            unique(
                "article_label_revision_number",
                "article_label",
                "version_number",
                message="This state of the label is kept already.",
            )
        ]
