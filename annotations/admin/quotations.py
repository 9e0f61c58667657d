"""Speakers, attributions, places of quotations that were decided about, and rules about words. To be looked at.

All of it is changed on pages, by acts; rows come through `visible_to`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.models import (
    Attribution,
    AttributionRevision,
    AuditEvent,
    BoilerplateRuling,
    QuotationDecision,
    QuotationDecisionRevision,
    Speaker,
    SpeakerRevision,
    Spelling,
)

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import ProjectFilter, WithdrawnFilter
from .judgements import EARLIER, HEAD, LONG_OF_VERSION, SHORT, JudgementAdmin, RevisionInline
from .sight import Sight


class SpeakerRevisionInline(RevisionInline):
    """The earlier states of a speaker."""

    model = SpeakerRevision
    fields = ("version_number", "replaced_by", "replaced_at", "name", "note", "merged_into")
    fk_name = "speaker"


@admin.register(Speaker)
class SpeakerAdmin(WorkbenchAdmin):
    """Who is quoted."""

    list_display = ("name", "merged_into", "project", "version_number", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("merged_into", "project")
    search_fields = ("name",)
    ordering = ("name", "id")
    fields = ("key", "project", "name", "note", "merged_into", "version_number", "created_at")
    readonly_fields = fields
    inlines = (SpeakerRevisionInline,)
    audit_type = "speaker"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: where work is blind, speakers are seen through attributions."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", "merged_into__note", "project__description")


class AttributionRevisionInline(RevisionInline):
    """The earlier states of an attribution."""

    model = AttributionRevision
    fields = (*EARLIER, "speaker_name", "cue", "cue_start", "cue_end", "mode", "voice", "voice_name", "note")


@admin.register(Attribution)
class AttributionAdmin(JudgementAdmin):
    """Who says what."""

    list_display = ("shown_speaker", "mode", "voice", "article", "project", "created_by", "updated_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "mode", "voice")
    list_select_related = ("created_by", "version__article", "project")
    search_fields = ("speaker_name", "cue", "created_by__pseudonym")
    fields = (
        *(*HEAD, "annotation", "quote", "article", "speaker_name", "speaker", "cue", "cue_start", "cue_end"),
        *("mode", "voice", "voice_name", "note"),
    )
    readonly_fields = fields
    inlines = (AttributionRevisionInline,)
    audit_type = "attribution"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", *LONG_OF_VERSION, "project__description")

    @admin.display(description=_("speaker"), ordering="speaker_name")
    def shown_speaker(self, row: Attribution) -> str:
        """Name the speaker as it is written there."""
        return row.speaker_name[:SHORT] or "–"

    @admin.display(description=_("quotation"))
    def quote(self, row: Attribution) -> str:
        """Show what is said."""
        return row.annotation.quote

    @admin.display(description=_("article"))
    def article(self, row: Attribution) -> str:
        """Name the article and its text."""
        return f"{row.version.article.title[:SHORT]} · {row.version.n}"


class QuotationDecisionRevisionInline(ReadOnlyInline):
    """What the member decided before."""

    model = QuotationDecisionRevision
    fields = ("version_number", "state", "note", "decided_at", "replaced_at")
    verbose_name_plural = _("Earlier states")
    ordering = ("-version_number",)


@admin.register(QuotationDecision)
class QuotationDecisionAdmin(WorkbenchAdmin):
    """What members decided about where quotations stand."""

    list_display = ("quotation", "state", "place", "decided_by", "decided_at", "version_number", "project")
    list_filter = (ProjectFilter, "state")
    list_select_related = (
        "match__quotation",
        "match__version__article",
        "match__capture__source",
        "decided_by",
        "project",
    )
    search_fields = ("match__quotation__quote", "decided_by__pseudonym")
    ordering = ("-id",)
    fields = (
        *("project", "quotation", "place", "words", "state", "note", "decided_by", "decided_at", "version_number"),
    )
    readonly_fields = fields
    inlines = (QuotationDecisionRevisionInline,)
    audit_type = "quotation"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        long = ("match__version__text", "match__version__article__metadata", "match__version__article__candidates")
        return rows.defer("note", *long, "match__capture__text", "project__description")

    def acts_on(self, sight: Sight, obj: QuotationDecision) -> QuerySet[AuditEvent]:
        """Return the acts on the quotation."""
        return super().acts_on(sight, obj.match.quotation)

    @admin.display(description=_("quotation"))
    def quotation(self, row: QuotationDecision) -> str:
        """Show how the quotation begins."""
        return row.match.quotation.quote[:SHORT] or "–"

    @admin.display(description=_("stands in"))
    def place(self, row: QuotationDecision) -> str:
        """Name the article or the source."""
        match = row.match
        where = match.version.article.title[:SHORT] if match.version else str(match.capture and match.capture.source)
        return f"{where} · {match.start}–{match.end}"

    @admin.display(description=_("words"))
    def words(self, row: QuotationDecision) -> str:
        """Show the words that stand there."""
        where = row.match.version or row.match.capture
        return where.text[row.match.start : row.match.end] if where else "–"


class OfProjectAdmin(WorkbenchAdmin):
    """Rules of a project, which all its members know."""

    list_filter: ClassVar[Any] = (ProjectFilter,)
    ordering = ("-id",)

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Show those of the projects that can be looked at."""
        return sight.inside(rows, "project")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("project__description")


@admin.register(Spelling)
class SpellingAdmin(OfProjectAdmin):
    """Words that count as one."""

    list_display = ("listed", "project", "version_number", "created_at", "withdrawn_at")
    list_filter = (ProjectFilter, WithdrawnFilter)
    list_select_related = ("project",)
    fields = ("key", "project", "listed", "version_number", "created_at", "withdrawn_at")
    readonly_fields = fields
    audit_type = "spelling"
    audit_key = "key"

    @admin.display(description=_("spellings"))
    def listed(self, row: Spelling) -> str:
        """List the words."""
        return str(row)


@admin.register(BoilerplateRuling)
class BoilerplateAdmin(OfProjectAdmin):
    """What was said of boilerplate."""

    list_display = ("words", "is_boilerplate", "project", "decided_by", "decided_at", "version_number")
    list_filter = (ProjectFilter, "is_boilerplate")
    list_select_related = ("project", "decided_by")
    search_fields = ("quote",)
    fields = ("project", "quote", "is_boilerplate", "decided_by", "decided_at", "version_number")
    readonly_fields = fields
    audit_type = "boilerplate"
    audit_key = "hash"

    @admin.display(description=_("words"))
    def words(self, row: BoilerplateRuling) -> str:
        """Show how the words begin."""
        return row.quote[:SHORT]
