"""Who can log in, and what slows down somebody who guesses passwords."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import unique


class User(AbstractUser):
    """One row is a person who can log in."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = models.CharField(_("name shown to colleagues"), max_length=150, blank=True)
    language = models.CharField(_("interface language"), max_length=16, blank=True)
    shortcuts = models.JSONField(_("own keys on the article page"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def get_full_name(self) -> str:
        """Return the name colleagues see."""
        return self.display_name or super().get_full_name() or self.get_username()


class LoginThrottle(models.Model):
    """One row counts the failed log-ins of one account name or one address."""

    subject = models.CharField(max_length=8)
    digest = models.BinaryField(max_length=32)
    failures = models.PositiveIntegerField(default=0)
    waits_until = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("wait before log-in")
        verbose_name_plural = _("waits before log-in")
        constraints = [
            unique(
                "login_throttle_subject",
                "subject",
                "digest",
                message="This account or address is counted already.",
            )
        ]


class StartCounter(models.Model):
    """One row counts how often one person started imports, exports or fetches of late.

    `spent_until` moves on by one share of an hour with each start; it is never more than an hour ahead.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("import")
        EXPORT = "export", _("export")
        FETCH = "fetch", _("fetching of a page")

    user = models.ForeignKey("annotations.User", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    spent_until = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [unique("start_counter_of_user", "user", "kind", message="This person is counted already.")]


class ApiToken(models.Model):
    """One row is a key with which a person's program speaks to the API; only its digest is kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("annotations.User", models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    is_read_only = models.BooleanField(_("read only"), default=False)
    project = models.ForeignKey("annotations.Project", models.CASCADE, null=True, blank=True, related_name="api_tokens")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
