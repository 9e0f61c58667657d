"""Files that were sent and wait for their sender to say what becomes of them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .articles import RawFile
from .projects import Membership, Project


class WaitingUpload(models.Model):
    """One row is a set of files that somebody looks at before importing them; gone when started, or after a day."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    sent_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("waiting upload")
        verbose_name_plural = _("waiting uploads")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.uuid)


class WaitingFile(models.Model):
    """One row is a file of a waiting upload, with the name the person gave it."""

    upload = models.ForeignKey(WaitingUpload, models.CASCADE, related_name="files")
    raw_file = models.ForeignKey(RawFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=500)

    class Meta:
        ordering = ["upload_id", "id"]
