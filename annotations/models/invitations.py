"""Links by which people come into a project."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import check, one_of
from .projects import Membership, Project


class Invitation(models.Model):
    """One row is a link that gives a part in a project, so many times and so long; only its digest is kept.

    `memo` says for whom it is meant: a name or an e-mail. It binds nobody: whoever has the link may take it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Membership.Role, default=Membership.Role.ANNOTATOR)
    memo = models.CharField(_("for whom"), max_length=254, blank=True)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    most_uses = models.PositiveIntegerField(_("how many people"), default=1)
    use_count = models.PositiveIntegerField(_("taken"), default=0, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["project_id", "-id"]
        constraints = [
            one_of("invitation_role", "role", Membership.Role.values),
            check(
                "invitation_uses",
                Q(use_count__lte=F("most_uses")),
                "An invitation is taken no more often than it says.",
            ),
            check("invitation_for_somebody", Q(most_uses__gte=1), "An invitation is for one person at least."),
        ]

    def __str__(self) -> str:
        return self.memo or str(self.uuid)
