"""What waits in the inboxes of members, apart from mentions, which are rows of their own."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import one_of, unique
from .projects import Membership, Project


class Notice(models.Model):
    """One row tells a member of one thing, named by its key; what it says is looked up when it is read.

    Told of the same thing again, the row is new again: an inbox never has one thing twice.
    """

    class Kind(models.TextChoices):
        RETURNED = "returned", _("work given back")
        CLAIM = "claim", _("claim given to you")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(Membership, models.PROTECT, related_name="notices", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    object_key = models.UUIDField()
    told_at = models.DateTimeField(_("told"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["member_id", "-told_at"]
        constraints = [
            unique("notice_once", "member", "kind", "object_key", message="This member is told of it already."),
            one_of("notice_kind", "kind", ["returned", "claim"]),
        ]
        indexes = [models.Index(fields=["member", "told_at"], name="notice_by_time")]

    def __str__(self) -> str:
        return self.kind
