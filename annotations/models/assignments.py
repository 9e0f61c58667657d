"""Which version is given to whom, and how far they are."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import ArticleVersion
from .constraints import check, made_by_job, one_of, unique
from .projects import Membership, Project


class Assignment(models.Model):
    """One row is one article version given to one membership."""

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

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="assignments")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="assignments")
    annotator = models.ForeignKey(Membership, models.PROTECT, related_name="assignments")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    state_number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    seconds_spent = models.PositiveIntegerField(default=0)
    created_by_job = made_by_job()

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
            ),
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
        indexes = [models.Index(fields=["annotator", "state"], name="assignment_by_annotator")]

    @property
    def is_writable(self) -> bool:
        """Tell whether its annotator may still work on it."""
        return self.state in self.WRITABLE
