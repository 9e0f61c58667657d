"""That somebody was erased on request: the receipt, which names nobody."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .jobs import Job
from .people import User


class Erasure(models.Model):
    """One row is the erasing of one person; `receipt` says what was erased, `sha256` is of its canonical JSON.

    `pseudonym` is what the account is called since. `ordered_by` is the identifier of the administrator's account,
    empty for the operator of this machine. While it is under way, `receipt` is empty.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, models.PROTECT, related_name="erasure")
    job = models.OneToOneField(Job, models.PROTECT, related_name="erasure")
    pseudonym = models.CharField(_("pseudonym"), max_length=60)
    ordered_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(_("ordered"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("erased"), null=True, blank=True)
    receipt = models.JSONField(default=dict, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    class Meta:
        verbose_name = _("erasure of a person")
        verbose_name_plural = _("erasures of persons")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.pseudonym
