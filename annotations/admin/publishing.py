"""What readers are shown: the pages of claims with their editions, and the links by which somebody looks before.

Pages are published and withdrawn on the page of the claim, where the reason is asked for. Links are revoked here too.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from annotations.errors import WorkbenchError
from annotations.models import AuditEvent, Edition, PreviewLink, Publication
from annotations.workflow.publishing import revoke_preview

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import EndedFilter, ProjectFilter, RevokedFilter
from .judgements import SHORT, begun
from .sight import Sight, sight_of


class EditionInline(ReadOnlyInline):
    """What a page said from one moment on, and why it changed."""

    model = Edition
    fields = ("n", "kind", "note", "created_by", "created_at")
    ordering = ("-n",)
    verbose_name_plural = _("Editions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the copies of what readers were shown out."""
        return super().get_queryset(request).select_related("created_by").defer("contents")


class OfClaimAdmin(WorkbenchAdmin):
    """Rows that belong to a claim, shown to those who may know of the work on claims."""

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: where work is blind, that a claim has a page tells of others' work."""
        return sight.judgements(rows)

    def acts_on(self, sight: Sight, obj: Any) -> QuerySet[AuditEvent]:
        """Return the acts on its claim: there stands who published, who made a link, and who revoked it."""
        rows = AuditEvent.objects.filter(project_id=obj.project_id, object_type="claim", object_key=str(obj.claim.key))
        return sight.records(rows, "project").select_related("actor", "text")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch the beginning of the claim only."""
        return rows.annotate(claim_start=Left("claim__text", SHORT)).defer("project__description")

    @admin.display(description=_("claim"), ordering="claim__text")
    def short_claim(self, row: Any) -> str:
        """Show how the claim begins."""
        return begun(row.claim_start)

    @admin.display(description=_("claim"))
    def of_claim(self, row: Any) -> str:
        """Link to the claim, here and on the page where it is worked on."""
        here = reverse("admin:annotations_claim_change", args=[row.claim_id])
        desk = reverse("annotations:claim", args=[row.project.slug, row.claim.key])
        return format_html(
            '<a href="{}" dir="auto">{}</a> · <a href="{}">{}</a>', here, row.claim.text, desk, _("work on it")
        )


@admin.register(Publication)
class PublicationAdmin(OfClaimAdmin):
    """Pages of claims at their permanent addresses."""

    list_display = ("short_claim", "state", "edition", "project", "created_at", "changed_at")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("project",)
    search_fields = ("claim__text", "uuid")
    ordering = ("-id",)
    fields = ("of_claim", "address", "state", "edition", "created_at", "changed_at", "project", "uuid")
    readonly_fields = fields
    inlines = (EditionInline,)

    @admin.display(description=_("address"))
    def address(self, page: Publication) -> str:
        """Link to what readers see."""
        address = reverse("annotations:published_claim", args=[page.uuid])
        return format_html('<a href="{0}">{0}</a>', address)


@admin.register(PreviewLink)
class PreviewLinkAdmin(OfClaimAdmin):
    """Links that show a page before it is published. Their secrets are nowhere; they are made on the claim's page."""

    list_display = (
        "shown_name",
        "short_claim",
        "works",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "project",
    )
    list_filter = (ProjectFilter, RevokedFilter, EndedFilter)
    list_select_related = ("project", "created_by")
    search_fields = ("name", "claim__text", "created_by__pseudonym")
    ordering = ("-id",)
    actions = ("revoke",)
    fields = (
        "shown_name",
        "of_claim",
        "works",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "project",
        "uuid",
    )
    readonly_fields = fields

    @admin.display(description=_("for whom"), ordering="name")
    def shown_name(self, link: PreviewLink) -> str:
        """Name for whom it was made."""
        return link.name or str(_("without a name"))

    @admin.display(description=pgettext_lazy("of a link", "works"), boolean=True)
    def works(self, link: PreviewLink) -> bool:
        """Tell whether it leads anywhere still."""
        return link.revoked_at is None and link.expires_at > timezone.now()

    @admin.action(description=_("Revoke at once"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[PreviewLink]) -> None:
        """End the links chosen."""
        done = 0
        for link in queryset.filter(revoked_at__isnull=True).select_related("project"):
            try:
                revoke_preview(link.uuid, by=sight_of(request).part_in(link.project))
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(request, ngettext("%d link is revoked.", "%d links are revoked.", done) % done)
