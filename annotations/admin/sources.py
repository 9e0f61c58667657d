"""What was captured of sources, and the looks at them: to be read, as evidence points at them and states follow."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from annotations.models import Capture, SourceCheck

from .base import WorkbenchAdmin, as_digest, as_link
from .filters import ProjectFilter
from .sight import Sight


@admin.register(Capture)
class CaptureAdmin(WorkbenchAdmin):
    """What sources looked like."""

    list_display = ("source", "how", "fetched_at", "status", "media_type", "size", "length", "project")
    list_filter = (ProjectFilter, "how")
    list_select_related = ("source", "project")
    search_fields = ("source__canonical_url", "title")
    ordering = ("-id",)
    fields = (
        *("source", "how", "fetched_at", "final", "status", "media_type", "size", "digest", "requested_by"),
        *("title", "publisher_name", "author", "published_at", "language", "archive", "extractor", "length"),
        *("text_digest", "withheld_at", "wording", "project", "uuid"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: where work is blind, that a page was captured tells of it."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer("text", "project__description")

    @admin.display(description=_("final address"))
    def final(self, capture: Capture) -> str:
        """Link to where the page came from."""
        return as_link(capture.final_url) if capture.final_url else "–"

    @admin.display(description=_("address in an archive"))
    def archive(self, capture: Capture) -> str:
        """Link to the archive."""
        return as_link(capture.archive_url) if capture.archive_url else "–"

    @admin.display(description=_("SHA-256 of the file"))
    def digest(self, capture: Capture) -> str:
        """Show the digest of the bytes."""
        return as_digest(capture.sha256)

    @admin.display(description=_("SHA-256 of the text"))
    def text_digest(self, capture: Capture) -> str:
        """Show the digest of the text."""
        return as_digest(capture.text_sha256)

    @admin.display(description=_("text"))
    def wording(self, capture: Capture) -> str:
        """Show the text, line by line as it is stored."""
        return format_html('<pre class="reading" dir="auto">{}</pre>', capture.text)


@admin.register(SourceCheck)
class SourceCheckAdmin(WorkbenchAdmin):
    """Looks at sources, with what came of them."""

    list_display = ("source", "outcome", "status", "checked_at", "requested_by", "project")
    list_filter = (ProjectFilter, "outcome")
    list_select_related = ("source", "requested_by", "project")
    search_fields = ("source__canonical_url",)
    ordering = ("-id",)
    fields = (
        *("source", "outcome", "status", "final_url", "led_on", "capture", "note", "requested_by", "job"),
        *("checked_at", "project", "uuid"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: a look tells who cited the page."""
        return sight.judgements(rows)

    @admin.display(description=_("led on"))
    def led_on(self, look: SourceCheck) -> str:
        """List the addresses that led on."""
        return " → ".join(f"{hop.get('url', '')} ({hop.get('status', '')})" for hop in look.hops) or "–"
