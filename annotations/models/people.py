"""Who can log in and by what, and what slows down somebody who guesses."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .constraints import check, unique


class User(AbstractUser):
    """One row is a person who can log in."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    display_name = models.CharField(_("name shown to colleagues"), max_length=150, blank=True)
    language = models.CharField(_("interface language"), max_length=16, blank=True)
    shortcuts = models.JSONField(_("own keys on the article page"), default=dict, blank=True, editable=False)
    reading = models.JSONField(_("how articles are set and folded"), default=dict, blank=True, editable=False)
    wants_digest = models.BooleanField(_("daily mail of what is new in the inbox"), default=True, db_default=True)
    digested_at = models.DateTimeField(null=True, blank=True, editable=False)
    session_round = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    erasure_asked_at = models.DateTimeField(_("asked to be erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def get_full_name(self) -> str:
        """Return the name colleagues see."""
        return self.display_name or super().get_full_name() or self.get_username()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie sessions to the password and to `session_round`: counting that up ends all of them."""
        found: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return found if not self.session_round else f"{found}.{self.session_round}"


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

    def __str__(self) -> str:
        return self.subject


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


class SecondFactor(models.Model):
    """One row is the app of a person that shows codes. Its secret is sealed; no step is taken twice.

    It counts from `confirmed_at` on: until a first code was right, nobody is asked for one.
    """

    user = models.OneToOneField("annotations.User", models.CASCADE, related_name="second_factor")
    sealed_secret = models.BinaryField(max_length=200, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("in use since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        ordering = ["user_id"]

    def __str__(self) -> str:
        return self.user.get_username()


class RecoveryCode(models.Model):
    """One row is a code that a person kept for the day their app is lost; only its digest is kept, it works once."""

    user = models.ForeignKey("annotations.User", models.CASCADE, related_name="recovery_codes", db_index=False)
    digest = models.BinaryField(max_length=32, editable=False)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [unique("recovery_code_of_user", "user", "digest", message="This person has this code already.")]


class ExternalIdentity(models.Model):
    """One row says that whom a provider calls by this subject is this person. Names and addresses bind nothing."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("annotations.User", models.CASCADE, related_name="external_identities")
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    name = models.CharField(_("name there"), max_length=254, blank=True)
    linked_at = models.DateTimeField(_("linked"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("identity at a provider")
        verbose_name_plural = _("identities at providers")
        ordering = ["user_id", "id"]
        constraints = [
            unique(
                "external_identity_subject",
                "issuer",
                "subject",
                message=_("This identity is linked to an account already."),
            ),
            unique(
                "external_identity_of_user",
                "user",
                "issuer",
                message=_("This account is linked to an identity there already."),
            ),
            check(
                "external_identity_given", ~Q(issuer="") & ~Q(subject=""), "An identity has an issuer and a subject."
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.subject
