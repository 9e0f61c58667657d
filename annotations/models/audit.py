"""The record of acts, written in each act's own transaction, and the chain of seals over what was committed."""

from __future__ import annotations

import os
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from workbench.request_id import current_door, current_request_id

from .constraints import unique
from .projects import Membership, Project

SALT_BYTES = 16


def new_salt() -> bytes:
    """Make the salt of one text: without it nobody can guess the text from its digest."""
    return os.urandom(SALT_BYTES)


class AuditEvent(models.Model):
    """One row is one act: who did what to which object, and the values before and after.

    `before` and `after` hold keys, offsets and states, never free or personal text: that lies in
    `AuditText`. `request_key` is the client's key of the request: one key, one act. `acting_for` is whose work it was
    where somebody else did it for them; `via` the door that it came through. Nobody changes or deletes a row: the
    database refuses it (`audit_guards`), and `AuditSeal` would show it. It stays when what it names is removed.
    """

    class Via(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("API")
        ADMIN = "admin", _("administration")
        JOB = "job", _("job")
        COMMAND = "command", _("command")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        Project, models.DO_NOTHING, null=True, blank=True, related_name="audit_events", db_constraint=False
    )
    actor = models.ForeignKey(
        Membership, models.DO_NOTHING, null=True, blank=True, related_name="+", db_constraint=False
    )
    acting_for = models.ForeignKey(
        Membership, models.DO_NOTHING, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
    user_uuid = models.UUIDField(null=True, blank=True)
    verb = models.CharField(_("act"), max_length=60)
    object_type = models.CharField(max_length=30)
    object_key = models.CharField(max_length=60)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    request_key = models.UUIDField(null=True, blank=True)
    request_digest = models.BinaryField(max_length=32, null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, default=current_request_id)
    via = models.CharField(_("came by"), max_length=10, choices=Via, blank=True, default=current_door)
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
    """One row is the free or personal text of an act, kept apart so that it can be erased.

    The seal of the act covers the SHA-256 of `salt` and `values`. Erasing takes both away; where the act was not sealed
    yet, `digest` keeps what its seal will cover.
    """

    event = models.OneToOneField(AuditEvent, models.CASCADE, related_name="text")
    values = models.JSONField(default=dict)
    salt = models.BinaryField(max_length=SALT_BYTES, default=new_salt)
    digest = models.BinaryField(max_length=32, null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)


class AuditArticle(models.Model):
    """One row says that an act on many articles was done to this one, and in `before` what was known of it then.

    It stands beside the act, which holds the count and the digest of its articles, so that the history of an article
    finds it. Articles are named by their ids alone: the row stays when the article is removed.
    """

    event = models.ForeignKey(
        AuditEvent, models.DO_NOTHING, related_name="articles", db_constraint=False, db_index=False
    )
    article = models.BigIntegerField()
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            unique("audit_article_once", "article", "event", message="The act names this article already."),
        ]


class AuditSeal(models.Model):
    """One row seals one act: `hash` covers the act, the digest of its text, and the seal before.

    Seals are numbered from 1 without a gap, in the order in which acts were sealed, which is not that of their ids:
    a transaction may commit after one that began later.
    """

    n = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, models.DO_NOTHING, related_name="seal", db_constraint=False)
    text_digest = models.BinaryField(max_length=32, null=True, blank=True)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("seal of an act")
        verbose_name_plural = _("seals of acts")
        ordering = ["-n"]

    def __str__(self) -> str:
        return bytes(self.hash).hex()


class AuditWaiting(models.Model):
    """One row says that an act is not sealed yet. The database writes it with the act, the sealer takes it away."""

    event = models.OneToOneField(
        AuditEvent, models.DO_NOTHING, primary_key=True, related_name="waiting", db_constraint=False
    )
