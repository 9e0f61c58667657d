"""What readers are shown of claims: pages at permanent addresses, their editions, and links to look at one before."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .claims import Claim
from .constraints import check, one_of, unique
from .projects import Membership, Project


class Publication(models.Model):
    """One row is the page of a claim for readers: `uuid` is its address, which stays, `edition` the newest edition.

    Where it was withdrawn, the address says so.
    """

    class State(models.TextChoices):
        STANDS = "stands", pgettext_lazy("state of a page", "published")
        WITHDRAWN = "withdrawn", pgettext_lazy("state of a page", "withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="publications")
    claim = models.OneToOneField(Claim, models.PROTECT, related_name="publication")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.STANDS)
    edition = models.PositiveIntegerField(_("edition"), default=1)
    created_at = models.DateTimeField(_("published"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("published page")
        verbose_name_plural = _("published pages")
        ordering = ["-created_at", "-id"]
        constraints = [
            unique("publication_in_project", "id", "project", message="One row a page."),
            one_of("publication_state", "state", ["stands", "withdrawn"]),
        ]
        indexes = [models.Index(fields=["project", "state", "created_at", "id"], name="publication_in_order")]

    def __str__(self) -> str:
        return f"{self.uuid}"


class Edition(models.Model):
    """One row is what a page says from one moment on, and why it says something else than before. None is changed.

    `contents` is a copy of what readers are shown, so that nothing changes before their eyes without an act; it is
    empty where the page was withdrawn.
    """

    class Kind(models.TextChoices):
        PUBLISHED = "published", pgettext_lazy("kind of an edition", "published")
        CORRECTED = "corrected", pgettext_lazy("kind of an edition", "corrected")
        WITHDRAWN = "withdrawn", pgettext_lazy("kind of an edition", "withdrawn")
        RESTORED = "restored", pgettext_lazy("kind of an edition", "published again")

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="editions")
    n = models.PositiveIntegerField(_("edition"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    note = models.TextField(_("note for readers"), blank=True)
    contents = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["publication_id", "n"]
        constraints = [
            unique("edition_n", "publication", "n", message="The page has this edition already."),
            one_of("edition_kind", "kind", ["published", "corrected", "withdrawn", "restored"]),
            check(
                "edition_says_why",
                Q(kind="published") | Q(kind="restored") | ~Q(note=""),
                "A correction, and a withdrawal, says why.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.n)


class PreviewLink(models.Model):
    """One row is a link by which somebody outside looks at a claim's page before it is published.

    Only the digest of its secret is kept; it ends by itself, or is revoked.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="preview_links")
    name = models.CharField(_("for whom"), max_length=100, blank=True)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name or f"{self.uuid}"
