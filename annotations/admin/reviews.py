"""How differences were settled: the texts under review, each ruling with what it looked at and what gold came of it.

To be looked at: a ruling is made, and taken back, on the page of the review.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from annotations.models import Adjudication, Ruling, RulingSource

from .base import ReadOnlyInline, WorkbenchAdmin
from .filters import ProjectFilter, StateFilter, WithdrawnFilter
from .judgements import HEAD, LONG_OF_VERSION, SHORT, JudgementAdmin
from .sight import Sight


class SourceInline(ReadOnlyInline):
    """What a ruling looked at, and the gold that came from it."""

    model = RulingSource
    fields = ("looked_at", "annotation_version", "became")
    verbose_name_plural = _("What it looked at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring along what is named."""
        columns = [column for pair in RulingSource.COLUMNS.values() for column in pair]
        return super().get_queryset(request).select_related(*columns).order_by("pk")

    @admin.display(description=_("judgement"))
    def looked_at(self, source: RulingSource) -> str:
        """Link to what was looked at."""
        return _link(source, 0)

    @admin.display(description=_("gold"))
    def became(self, source: RulingSource) -> str:
        """Link to what became of it."""
        return _link(source, 1)


@admin.register(Ruling)
class RulingAdmin(JudgementAdmin):
    """How one unit of a text was settled."""

    list_display = ("outcome", "chosen", "error_category", "guideline_unclear", "project", "created_by", "created_at")
    list_filter = (ProjectFilter, WithdrawnFilter, "outcome", "error_category", "guideline_unclear")
    list_select_related = ("project", "created_by", "chosen")
    search_fields = ("note", "created_by__pseudonym", "chosen__pseudonym")
    fields = (*HEAD, "outcome", "chosen", "error_category", "guideline_unclear", "note")
    inlines = (SourceInline,)
    audit_type = ""

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what it looked at; a ruling has no earlier states."""
        return self.inlines if obj is not None else ()

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave long texts out."""
        return rows.defer("note", "project__description")


@admin.register(Adjudication)
class AdjudicationAdmin(WorkbenchAdmin):
    """Texts whose differences a reviewer began to settle, or has settled."""

    list_display = ("article", "state", "project", "created_by", "created_at", "finished_by", "finished_at")
    list_filter: ClassVar[Any] = (ProjectFilter, StateFilter)
    list_select_related = ("version__article", "project", "created_by", "finished_by")
    search_fields = ("version__article__title", "created_by__pseudonym", "finished_by__pseudonym")
    ordering = ("-id",)
    fields = (
        "project",
        "article",
        "state",
        "created_by",
        "created_at",
        "finished_by",
        "finished_at",
        "past_round",
        "uuid",
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Ask the one rule of who sees what."""
        return sight.judgements(rows)

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer(*LONG_OF_VERSION, "project__description")

    @admin.display(description=_("article"), ordering="version__article__title")
    def article(self, adjudication: Adjudication) -> str:
        """Lead to the page of the review."""
        article = adjudication.version.article
        address = reverse("annotations:review", args=[adjudication.project.slug, article.uuid])
        title = article.title[:SHORT] or str(article.uuid)
        return format_html('<a href="{}" dir="auto">{}</a> · {}', address, title, adjudication.version.n)


def _link(source: RulingSource, side: int) -> str:
    """Name one of the two rows of a source by its key, with a link where the admin has its kind."""
    for pair in RulingSource.COLUMNS.values():
        row = getattr(source, pair[side])
        if row is None:
            continue
        name = row._meta.model_name
        if not admin.site.is_registered(type(row)):
            return f"{row._meta.verbose_name} {row.key}"
        address = reverse(f"admin:annotations_{name}_change", args=[row.pk])
        return format_html('<a href="{}">{} {}</a>', address, row._meta.verbose_name, row.key)
    return "–"
