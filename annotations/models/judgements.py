"""What people decide about a text: annotations with their fragments, zones, and every state they had before."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion, Publisher, Region
from .constraints import check, one_of, quote_fits, span_bounds, unique, web_address
from .present import PresentManager, past_round
from .projects import Label, Membership, Project


class Judgement(models.Model):
    """What every judgement has: a client-made key, an owner, a version to check against, and a withdrawal.

    `key` is made by the client, so that a repeated request finds the row it made.
    `version_number` counts the states of the row; the earlier ones are its revisions. `updated_at` may come from a
    file; `stored_at` says when this database last took the row in, by which programs ask for what is new.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    version_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.key)


class Annotation(Judgement):
    """One row is one label on one span by one membership.

    `start`, `end`: code points, half-open, in the version's text; `quote == text[start:end]`.
    With fragments they are the envelope, gaps included.
    """

    class Layer(models.TextChoices):
        ANNOTATOR = "annotator", _("annotator")
        GOLD = "gold", _("gold")
        IMPORTED = "imported", _("imported")

    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="annotations")
    length = models.PositiveIntegerField()
    label = models.ForeignKey(Label, models.PROTECT, related_name="annotations")
    layer = models.CharField(max_length=10, choices=Layer, default=Layer.ANNOTATOR)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    prefix = models.CharField(max_length=32, blank=True)
    suffix = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    created_by_job = models.ForeignKey(
        "annotations.Job",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,  # a check for each of a million imported rows buys nothing: jobs are never deleted
        db_index=False,
    )
    past_round = past_round()

    objects = PresentManager["Annotation"]()
    every = models.Manager["Annotation"]()

    class Meta:
        verbose_name = _("annotation")
        verbose_name_plural = _("annotations")
        ordering = ["version_id", "start", "end", "id"]
        constraints = [
            unique("annotation_key", "project", "key", message="An annotation has this key already."),
            unique("annotation_in_project", "id", "project", message="One row an annotation."),
            unique("annotation_in_version", "id", "version", "length", message="One row an annotation."),
            span_bounds("annotation_span"),
            quote_fits("annotation_quote_length"),
            one_of("annotation_layer", "layer", ["annotator", "gold", "imported"]),
            check(
                "annotation_confidence",
                Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                "Confidence lies between 0 and 1.",
            ),
            check("annotation_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [
            models.Index(fields=["version", "created_by"], name="annotation_by_owner"),
            models.Index(fields=["project", "stored_at", "id"], name="annotation_by_stored"),
        ]

    def __str__(self) -> str:
        return self.quote[:80]


class Fragment(models.Model):
    """One row is a part of a discontinuous annotation, numbered from 0 in text order."""

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="fragments")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    length = models.PositiveIntegerField()
    n = models.PositiveSmallIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()

    class Meta:
        ordering = ["annotation_id", "n"]
        constraints = [
            unique("fragment_n", "annotation", "n", message="The annotation has this fragment already."),
            span_bounds("fragment_span"),
            quote_fits("fragment_quote_length"),
        ]


class Revision(models.Model):
    """What every superseded state records: its number, who replaced it, and when."""

    version_number = models.PositiveIntegerField()
    replaced_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(default=timezone.now)
    after_reveal = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.version_number)


class AnnotationRevision(Revision):
    """One row is a superseded state of an annotation, with all its values."""

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="revisions")
    label = models.ForeignKey(Label, models.PROTECT, related_name="+")
    label_set_version = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    note = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    fragments = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("superseded state of an annotation")
        verbose_name_plural = _("superseded states of annotations")
        ordering = ["annotation_id", "version_number"]
        constraints = [
            unique(
                "annotation_revision_number",
                "annotation",
                "version_number",
                message="This state of the annotation is kept already.",
            )
        ]


class RegionRevision(Revision):
    """One row is a superseded state of a zone, with all its values."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="revisions")
    kind = models.CharField(max_length=20, choices=Region.Kind)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    publisher = models.ForeignKey(Publisher, models.PROTECT, null=True, blank=True, related_name="+")
    url = models.URLField(max_length=2000, blank=True)

    class Meta:
        verbose_name = _("superseded state of a zone")
        verbose_name_plural = _("superseded states of zones")
        ordering = ["region_id", "version_number"]
        constraints = [
            unique(
                "region_revision_number",
                "region",
                "version_number",
                message="This state of the zone is kept already.",
            ),
            web_address("region_revision_url_scheme", may_be_empty=True),
        ]
