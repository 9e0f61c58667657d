"""The record of acts, written in each act's own transaction."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import unique
from .projects import Membership, Project


class AuditEvent(models.Model):
    """One row is one act: who did what to which object, and the values before and after.

    `before` and `after` hold keys, offsets and states, never free or personal text: that lies in
    `AuditText`. `request_key` is the client's key of the request: one key, one act.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="audit_events")
    actor = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    user_uuid = models.UUIDField(null=True, blank=True)
    verb = models.CharField(_("act"), max_length=60)
    object_type = models.CharField(max_length=30)
    object_key = models.CharField(max_length=60)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    request_key = models.UUIDField(null=True, blank=True)
    request_digest = models.BinaryField(max_length=32, null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")
        ordering = ["-id"]
        constraints = [
            unique(
                "audit_event_request_key",
                "actor",
                "request_key",
                message="This request was carried out already.",
                condition=Q(request_key__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="audit_event_by_project"),
            models.Index(fields=["object_type", "object_key"], name="audit_event_by_object"),
        ]

    def __str__(self) -> str:
        return self.verb


class AuditText(models.Model):
    """One row is the free or personal text of an act, kept apart so that it can be erased."""

    event = models.OneToOneField(AuditEvent, models.CASCADE, related_name="text")
    values = models.JSONField(default=dict)
