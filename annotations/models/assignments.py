"""Which version is given to whom, and how far they are."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, made_by_job, one_of, unique
from .present import PresentManager, past_round
from .projects import Membership, Project
from .rounds import Round


class Assignment(models.Model):
    """One row is one article version given to one membership in one round.

    `objects` are those that stand; one whose `past_round` is set is closed for good, and `every` has it too. A place is
    kept for its annotator until `lease_until`, or for good where that is empty. Who skips it says why; who gives
    handed-in work back to its annotator says in `return_note` what is to be done. `submitted_at` is when it was last
    handed in, `reopened_at` when its annotator last took it back. `late_at` is when a lapsed one was handed in though
    its place had gone to somebody else: it takes no place and counts nowhere until a manager confirms it.
    `in_before_reveal` marks what was handed in when the project was revealed: that alone is compared afterwards.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SUBMITTED = "submitted", _("submitted")
        RETURNED = "returned", _("returned")
        ACCEPTED = "accepted", _("accepted")
        SKIPPED = "skipped", _("skipped")
        LAPSED = "lapsed", _("lapsed")

    #: states in which its annotator may work on it
    WRITABLE = (State.OPEN, State.RETURNED, State.LAPSED)
    #: states in which its annotator has given it out of their hands
    HANDED_IN = (State.SUBMITTED, State.ACCEPTED)
    #: states that take one of the article's places
    HOLDING = (State.OPEN, State.SUBMITTED, State.RETURNED, State.ACCEPTED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="assignments")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="assignments")
    annotator = models.ForeignKey(Membership, models.PROTECT, related_name="assignments")
    round = models.ForeignKey(Round, models.PROTECT, related_name="assignments", db_index=False)
    past_round = past_round()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    state_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(_("reopened"), null=True, blank=True)
    late_at = models.DateTimeField(_("handed in without a place"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    in_before_reveal = models.BooleanField(
        _("handed in before the reveal"), default=False, db_default=False, editable=False
    )
    seconds_spent = models.PositiveIntegerField(_("seconds spent"), default=0)
    skipped_at = models.DateTimeField(_("skipped at"), null=True, blank=True)
    skip_reason = models.CharField(_("reason for skipping"), max_length=200, blank=True)
    skip_note = models.TextField(_("words to the reason"), max_length=2000, blank=True)
    returned_at = models.DateTimeField(_("returned at"), null=True, blank=True)
    return_note = models.TextField(_("what the reviewer wrote"), max_length=2000, blank=True)
    created_by_job = made_by_job()

    objects = PresentManager["Assignment"]()
    every = models.Manager["Assignment"]()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["project_id", "id"]
        constraints = [
            unique(
                "assignment_once",
                "version",
                "annotator",
                message=_("This version is assigned to the person already."),
                condition=Q(past_round__isnull=True),
            ),
            unique(
                "assignment_once_past",
                "version",
                "annotator",
                "past_round",
                message="One row a person, text and past round.",
                condition=Q(past_round__isnull=False),
            ),
            check(
                "assignment_past_round",
                Q(past_round__isnull=True) | Q(past_round=F("round")),
                "Past work is work of its round.",
            ),
            unique("assignment_in_project", "id", "project", message="One row an assignment."),
            one_of(
                "assignment_state",
                "state",
                ["open", "submitted", "returned", "accepted", "skipped", "lapsed"],
            ),
            check(
                "assignment_submitted_at",
                ~Q(state="submitted") | Q(submitted_at__isnull=False),
                "A submitted assignment needs the time of its submission.",
            ),
        ]
        indexes = [
            models.Index(fields=["annotator", "state"], name="assignment_by_annotator"),
            models.Index(fields=["round", "state", "version", "annotator"], name="assignment_by_round"),
            models.Index(fields=["round", "annotator", "version"], name="assignment_of_round"),
            models.Index(
                fields=["project", "lease_until"],
                name="assignment_by_lease",
                condition=Q(state="open", lease_until__isnull=False),
            ),
            models.Index(
                fields=["project", "skipped_at"],
                name="assignment_skipped",
                condition=Q(state="skipped", skipped_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def is_writable(self) -> bool:
        """Tell whether its annotator may still work on it."""
        return self.state in self.WRITABLE and not self.is_late

    @property
    def is_late(self) -> bool:
        """Tell whether it was handed in without a place, and waits for a manager."""
        return self.state == self.State.LAPSED and self.late_at is not None


class TimeSpent(models.Model):
    """One row is the time that one visit to the article page took of one day, for one assignment.

    A visit sends how much it has counted so far, so that a report that comes twice or late changes nothing. `day` is
    the person's own date.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="times")
    visit = models.UUIDField()
    day = models.DateField(_("day"))
    seconds = models.PositiveIntegerField(_("seconds"), default=0)

    class Meta:
        verbose_name = _("time spent")
        verbose_name_plural = _("times spent")
        ordering = ["project_id", "day", "id"]
        constraints = [
            unique("time_spent_once", "assignment", "visit", "day", message="One row a visit and day."),
            check("time_spent_within_day", Q(seconds__lte=86_400), "A day has 86,400 seconds."),
        ]
        indexes = [models.Index(fields=["project", "day"], name="time_spent_by_day")]

    def __str__(self) -> str:
        return self.day.isoformat()
