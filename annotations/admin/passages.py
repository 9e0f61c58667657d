"""Shared passages, and what members decided about them. To be looked at; rows come through `visible_to`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.models import AuditEvent, QuoteDecision, QuoteDecisionRevision, QuoteLink

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import ProjectFilter
from .judgements import SHORT
from .sight import Sight

LONG = ("text", "article__metadata", "article__candidates")


def _long(path: str = "") -> tuple[str, ...]:
    sides = tuple(f"{path}{side}_version__{name}" for side in ("from", "to") for name in LONG)
    return (*sides, f"{path}to_capture__text")


def _between(link: QuoteLink) -> str:
    if link.to_version is not None:
        other = link.to_version.article.title
    else:
        assert link.to_capture is not None
        other = link.to_capture.name
    return f"{link.from_version.article.title[:SHORT]} → {other[:SHORT]}"


@admin.register(QuoteLink)
class QuoteLinkAdmin(WorkbenchAdmin):
    """Passages that stand in two articles, or in one and in a capture."""

    list_display = ("between", "relation", "direction", "ground", "n_words", "found_by", "made_by", "project")
    list_filter = (ProjectFilter, "relation", "direction")
    list_select_related = (
        *("from_version__article", "to_version__article", "to_capture__source", "made_by", "project"),
    )
    search_fields = (
        *("from_version__article__title", "to_version__article__title", "to_capture__title", "made_by__pseudonym"),
        "to_capture__source__canonical_url",
    )
    ordering = ("-id",)
    fields = (
        *("key", "project", "between", "one", "from_start", "from_end", "other", "to_start", "to_end", "runs"),
        *("n_words", "score", "relation", "direction", "ground", "found_by", "made_by", "created_at"),
    )
    readonly_fields = fields
    audit_type = "passage"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule: who linked passages by hand is told where everybody's work is."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("parts", *_long(), "project__description")

    @admin.display(description=_("articles"))
    def between(self, link: QuoteLink) -> str:
        """Name the articles."""
        return _between(link)

    @admin.display(description=_("first passage"))
    def one(self, link: QuoteLink) -> str:
        """Show the words in the first text."""
        return link.from_version.text[link.from_start : link.from_end]

    @admin.display(description=_("second passage"))
    def other(self, link: QuoteLink) -> str:
        """Show the words in the second text."""
        held = link.to_version or link.to_capture
        assert held is not None
        return held.text[link.to_start : link.to_end]

    @admin.display(description=_("runs"))
    def runs(self, link: QuoteLink) -> str:
        """Show the offsets of the parts."""
        return "; ".join(f"{a}–{b} → {c}–{d}" for a, b, c, d in link.parts) or "–"


class QuoteDecisionRevisionInline(ReadOnlyInline):
    """What the member decided before."""

    model = QuoteDecisionRevision
    fields = ("version_number", "state", "relation", "direction", "note", "decided_at", "replaced_at")
    verbose_name_plural = _("Earlier states")
    ordering = ("-version_number",)


@admin.register(QuoteDecision)
class QuoteDecisionAdmin(WorkbenchAdmin):
    """What members decided about shared passages."""

    list_display = (
        "between",
        "state",
        "relation",
        "direction",
        "decided_by",
        "decided_at",
        "version_number",
        "project",
    )
    list_filter = (ProjectFilter, "state")
    list_select_related = (
        *("link__from_version__article", "link__to_version__article", "link__to_capture__source", "decided_by"),
        "project",
    )
    search_fields = (
        *("link__from_version__article__title", "link__to_version__article__title", "decided_by__pseudonym"),
        *("link__to_capture__title", "link__to_capture__source__canonical_url"),
    )
    ordering = ("-id",)
    fields = (
        *("project", "link", "between", "state", "relation", "direction", "note", "decided_by", "decided_at"),
        "version_number",
    )
    readonly_fields = fields
    inlines = (QuoteDecisionRevisionInline,)
    audit_type = "passage"
    audit_key = "key"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", "link__parts", *_long("link__"), "project__description")

    def acts_on(self, sight: Sight, obj: QuoteDecision) -> QuerySet[AuditEvent]:
        """Return the acts on the shared passage."""
        return super().acts_on(sight, obj.link)

    @admin.display(description=_("articles"))
    def between(self, decision: QuoteDecision) -> str:
        """Name the articles."""
        return _between(decision.link)
