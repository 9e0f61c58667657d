"""What machines and imports propose: kept apart from judgements until a person accepts it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, one_of, quote_fits, span_bounds, unique
from .judgements import Annotation
from .present import PresentManager, past_round
from .projects import Label, Membership, Project


class Suggestion(models.Model):
    """One row is a proposed label on a span.

    `start`, `end`: code points, half-open, in the version's text; `quote == text[start:end]`. `suggested_by` names the
    model or tool with its version. With `offered_to` it is one membership's own matter, else everybody's. It is never
    used up: each member decides for themselves, and nobody's decision hides it from another.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="suggestions")
    length = models.PositiveIntegerField()
    label = models.ForeignKey(Label, models.PROTECT, related_name="suggestions")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    attributes = models.JSONField(default=dict, blank=True)
    suggested_by = models.CharField(_("suggested by"), max_length=200)
    score = models.FloatField(_("score"), null=True, blank=True)
    offered_to = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    #: when it was taken in; a decision does not move it, which would tell an annotator that somebody decided
    stored_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    created_by_job = models.ForeignKey(
        "annotations.Job",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["version_id", "start", "end", "id"]
        constraints = [
            unique("suggestion_in_project", "id", "project", message="One row a suggestion."),
            unique("suggestion_key", "project", "key", message="A suggestion has this key already."),
            span_bounds("suggestion_span"),
            quote_fits("suggestion_quote_length"),
            check("suggestion_says_by_what", ~Q(suggested_by=""), "A suggestion says which tool made it."),
        ]
        indexes = [models.Index(fields=["project", "stored_at", "id"], name="suggestion_by_stored")]

    def __str__(self) -> str:
        return self.quote[:80]


class SuggestionDecision(models.Model):
    """One row is what one member decided about one suggestion; no row, or `open`, is no decision yet.

    An accepted suggestion names the annotation it became. `version_number` counts the decisions, so that a stale tab is
    noticed; taking one back leaves the row, open again. `objects` are those that stand: in a round that takes an
    article again the person decides anew, and `every` has what they decided before.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    suggestion = models.ForeignKey(Suggestion, models.PROTECT, related_name="decisions", db_index=False)
    #: none where the file it came with does not say who decided
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State)
    version_number = models.PositiveIntegerField(default=1)
    decided_at = models.DateTimeField(default=timezone.now)
    annotation = models.ForeignKey(
        Annotation, models.PROTECT, null=True, blank=True, related_name="suggestion_decisions"
    )
    past_round = past_round()

    objects = PresentManager["SuggestionDecision"]()
    every = models.Manager["SuggestionDecision"]()

    class Meta:
        verbose_name = _("decision about a suggestion")
        verbose_name_plural = _("decisions about suggestions")
        constraints = [
            unique(
                "suggestion_decision_once",
                "suggestion",
                "decided_by",
                message="This person has decided about this suggestion already.",
                condition=Q(past_round__isnull=True),
            ),
            unique(
                "suggestion_decision_once_past",
                "suggestion",
                "decided_by",
                "past_round",
                message="One row a person, suggestion and past round.",
                condition=Q(past_round__isnull=False),
            ),
            one_of("suggestion_decision_state", "state", ["open", "accepted", "dismissed"]),
            check(
                "suggestion_decision_names_annotation",
                Q(state="accepted", annotation__isnull=False)
                | Q(state__in=["open", "dismissed"], annotation__isnull=True),
                "An accepted suggestion names its annotation, another one none.",
            ),
            check("suggestion_decision_version", Q(version_number__gte=1), "Versions count from 1."),
        ]
        indexes = [models.Index(fields=["project", "decided_by"], name="suggestion_decision_by")]
