"""Phases of a project's work, what each fixes, and the counters of the work in them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import check, one_of, unique
from .projects import GuidelinesVersion, LabelSet, Membership, Project


class Round(models.Model):
    """One row is a phase of a project's work, with the label set and the guidelines that hold in it.

    An article is in one round at a time, which its row names; where it names none, it is in the round that `takes_new`
    articles, which every project has from the first assignment on. That one follows the project: its newest labels and
    guidelines, and its number of annotators. A later round takes articles out of earlier ones; the work that stood on
    them then belongs to the earlier round for good (`past_round`), and stays as it is.
    """

    class Kind(models.TextChoices):
        PILOT = "pilot", _("pilot")
        CALIBRATION = "calibration", _("calibration against known gold")
        MAIN = "main", _("main round")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.MAIN)
    name = models.CharField(_("name"), max_length=100)
    label_set = models.ForeignKey(LabelSet, models.PROTECT, null=True, blank=True, related_name="+")
    guidelines = models.ForeignKey(GuidelinesVersion, models.PROTECT, null=True, blank=True, related_name="+")
    annotators_per_article = models.PositiveSmallIntegerField(_("annotators per article"), null=True, blank=True)
    takes_new = models.BooleanField(default=False, editable=False)
    repeats = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="repeated_by")
    n_articles = models.PositiveIntegerField(_("articles"), default=0)
    created_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        ordering = ["project_id", "number"]
        constraints = [
            unique("round_number", "project", "number", message=_("The project has a round of this number.")),
            unique("round_in_project", "id", "project", message="One row a round."),
            unique(
                "round_takes_new",
                "project",
                message="One round of a project takes what is new.",
                condition=Q(takes_new=True),
            ),
            one_of("round_kind", "kind", ["pilot", "calibration", "main"]),
            check(
                "round_annotators",
                Q(takes_new=True) | Q(annotators_per_article__gte=1),
                "An article needs at least one annotator.",
            ),
            check("round_closed", Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), "Closed after opened."),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether the queue serves it."""
        return self.closed_at is None


class WorkCount(models.Model):
    """One row is how many assignments of one person have one state in one round.

    The database keeps it by triggers (`models.counters`), so that no act can forget it; `rebuild_counters` counts anew.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="work_counts", db_index=False)
    annotator = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=10)
    n = models.IntegerField(_("assignments"), default=0)

    class Meta:
        verbose_name = _("counter of work")
        verbose_name_plural = _("counters of work")
        ordering = ["project_id", "round_id", "annotator_id", "state"]
        constraints = [
            unique("work_count_once", "round", "annotator", "state", message="One row a counter."),
        ]
        indexes = [models.Index(fields=["project", "round"], name="work_count_by_project")]
