"""How differences between annotators were settled: the text that is settled, each ruling, and what gold came from."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .claims import ClaimMention, EvidenceItem
from .constraints import check, made_by_job, one_of, unique
from .judgements import Annotation, Judgement
from .present import PresentManager, past_round
from .projects import Membership, Project
from .relations import ArticleLabel, Relation


class Adjudication(models.Model):
    """One row is one text whose annotators' differences a reviewer began to settle, or has settled."""

    class State(models.TextChoices):
        OPEN = "open", _("under review")
        FINISHED = "finished", _("adjudicated")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="adjudications", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    state_number = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    created_by_job = made_by_job()
    past_round = past_round()

    objects = PresentManager["Adjudication"]()
    every = models.Manager["Adjudication"]()

    class Meta:
        verbose_name = _("adjudication")
        verbose_name_plural = _("adjudications")
        ordering = ["project_id", "id"]
        constraints = [
            unique("adjudication_of_text", "version", message="One row a text.", condition=Q(past_round__isnull=True)),
            one_of("adjudication_state", "state", ["open", "finished"]),
            check(
                "adjudication_finished",
                Q(state="open") | Q(finished_at__isnull=False, finished_by__isnull=False),
                "A finished adjudication says when and by whom.",
            ),
        ]
        indexes = [models.Index(fields=["project", "state"], name="adjudication_by_state")]

    def __str__(self) -> str:
        return str(self.uuid)


class ReviewOpening(models.Model):
    """One row is when a reviewer last opened the review of a text on which there was work they had not seen.

    From then on its annotators do not take their work back by themselves.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)

    class Meta:
        verbose_name = _("opening of a review")
        verbose_name_plural = _("openings of reviews")
        ordering = ["project_id", "id"]
        constraints = [unique("review_opening_once", "version", "member", message="One row a text and reviewer.")]


class Ruling(Judgement):
    """One row is how one unit of a text was settled, by whom. A later ruling withdraws it; nothing else is changed.

    With the outcome "noted" it settles nothing, and only says what was remarked.
    """

    class Outcome(models.TextChoices):
        AGREED = "agreed", _("taken over, as all agree")
        CHOSEN = "chosen", _("one version chosen")
        EDITED = "edited", _("chosen with changes")
        MERGED = "merged", _("merged")
        APART = "apart", _("kept apart")
        REJECTED = "rejected", _("rejected")
        NOTED = "noted", _("only noted")

    class ErrorCategory(models.TextChoices):
        NONE = "", _("none given")
        BOUNDARY = "boundary", _("wrong boundaries")
        LABEL = "label", _("wrong label")
        MISSED = "missed", _("overlooked")
        SUPERFLUOUS = "superfluous", _("should not be marked")
        MISREAD = "misread", _("text misunderstood")
        OTHER = "other", _("something else")

    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    chosen = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    error_category = models.CharField(_("kind of error"), max_length=12, choices=ErrorCategory, blank=True)
    guideline_unclear = models.BooleanField(_("the guidelines are unclear here"), default=False)
    note = models.TextField(_("comment"), blank=True)
    created_by_job = made_by_job()

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        ordering = ["project_id", "id"]
        constraints = [
            unique("ruling_key", "project", "key", message="A ruling has this key already."),
            unique("ruling_in_project", "id", "project", message="One row a ruling."),
            one_of("ruling_outcome", "outcome", ["agreed", "chosen", "edited", "merged", "apart", "rejected", "noted"]),
            one_of(
                "ruling_error_category",
                "error_category",
                ["", "boundary", "label", "missed", "superfluous", "misread", "other"],
            ),
            check("ruling_version_positive", Q(version_number__gte=1), "Versions count from 1."),
        ]


_COLUMNS = {
    "span": ("annotation", "gold"),
    "article_label": ("article_label", "gold_article_label"),
    "relation": ("relation", "gold_relation"),
    "claim": ("mention", "gold_mention"),
    "evidence": ("evidence", "gold_evidence"),
}


def _of_one_kind() -> Q:
    """Match rows that name one kind; only evidence says in which text's review it was."""
    fits = Q()
    for kind, (looked_at, became) in _COLUMNS.items():
        others = [column for pair in _COLUMNS.values() for column in pair if column not in (looked_at, became)]
        absent = {f"{column}__isnull": True for column in others}
        fits |= Q(**absent, **{f"{looked_at}__isnull": False, "version__isnull": kind != "evidence"})
    return fits


class RulingSource(models.Model):
    """One row is one judgement that a ruling looked at, in the state it had, and the gold one that came from it.

    It is an annotation, a relation, a label on the article, a mention of a claim or a piece of evidence; gold is of the
    same kind. `annotation_version` is the state's number, whatever kind it is of; that of a mention counts the states
    of its claim too. `version` is the text in whose review a piece of evidence was settled: it lies on none itself.
    """

    COLUMNS: ClassVar = _COLUMNS
    """For each kind of unit, where it names what was looked at and what became of it."""
    TEXTS: ClassVar = {
        "span": "annotation__version",
        "article_label": "article_label__version",
        "relation": "relation__version",
        "claim": "mention__annotation__version",
        "evidence": "version",
    }
    """For each kind of unit, the text that it was settled on."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="sources", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, null=True, blank=True, related_name="+")
    annotation = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="ruling_sources")
    relation = models.ForeignKey(Relation, models.PROTECT, null=True, blank=True, related_name="ruling_sources")
    article_label = models.ForeignKey(
        ArticleLabel, models.PROTECT, null=True, blank=True, related_name="ruling_sources"
    )
    mention = models.ForeignKey(ClaimMention, models.PROTECT, null=True, blank=True, related_name="ruling_sources")
    evidence = models.ForeignKey(EvidenceItem, models.PROTECT, null=True, blank=True, related_name="ruling_sources")
    annotation_version = models.PositiveIntegerField()
    gold = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="origins")
    gold_relation = models.ForeignKey(Relation, models.PROTECT, null=True, blank=True, related_name="origins")
    gold_article_label = models.ForeignKey(ArticleLabel, models.PROTECT, null=True, blank=True, related_name="origins")
    gold_mention = models.ForeignKey(ClaimMention, models.PROTECT, null=True, blank=True, related_name="origins")
    gold_evidence = models.ForeignKey(EvidenceItem, models.PROTECT, null=True, blank=True, related_name="origins")

    class Meta:
        verbose_name = _("source of a ruling")
        verbose_name_plural = _("sources of rulings")
        ordering = ["ruling_id", "id"]
        constraints = [
            unique("ruling_source_once", "ruling", "annotation", message="A ruling looks at it once."),
            unique("ruling_source_relation_once", "ruling", "relation", message="A ruling looks at it once."),
            unique("ruling_source_article_label_once", "ruling", "article_label", message="A ruling looks at it once."),
            unique("ruling_source_mention_once", "ruling", "mention", message="A ruling looks at it once."),
            unique("ruling_source_evidence_once", "ruling", "evidence", message="A ruling looks at it once."),
            check(
                "ruling_source_of_one_kind",
                _of_one_kind(),
                "A ruling looks at judgements of one kind, and gold is of that kind.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.annotation_version)


class ReviewCount(models.Model):
    """One row is how much those differ who handed in a text: what the list of texts that wait is ordered by.

    `n_missing` counts what somebody has and another has not, of every kind; `n_given` what everybody has in all.
    A row that `is_stale` is counted anew by whoever reads the list.
    """

    version = models.OneToOneField(ArticleVersion, models.PROTECT, related_name="review_count")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    n_people = models.PositiveIntegerField(default=0)
    n_given = models.PositiveIntegerField(default=0)
    n_missing = models.PositiveIntegerField(default=0)
    is_stale = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("count of differences")
        verbose_name_plural = _("counts of differences")
        ordering = ["version_id"]
        indexes = [
            models.Index("project", models.F("n_missing").desc(), name="review_count_by_missing"),
            models.Index(fields=["project"], name="review_count_stale", condition=Q(is_stale=True)),
        ]
