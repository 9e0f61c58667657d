"""What was withheld, on whose demand and why: to be read; nothing takes it back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.models import Withholding

from .base import WorkbenchAdmin, as_json
from .filters import ProjectFilter


@admin.register(Withholding)
class WithholdingAdmin(WorkbenchAdmin):
    """Withheld articles and captures."""

    list_display = ("article", "capture", "project", "demanded_by", "made_by", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("article", "capture__source", "project", "made_by")
    search_fields = ("article__title", "demanded_by")
    ordering = ("-id",)
    fields = (
        *("article", "capture", "project", "demanded_by", "reason", "made_by", "created_at", "counts_shown", "uuid"),
    )
    readonly_fields = fields

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out what no list shows."""
        return rows.defer("article__metadata", "article__candidates", "capture__text", "project__description")

    @admin.display(description=_("rows that lost words"))
    def counts_shown(self, row: Withholding) -> str:
        """Show how many rows of each kind lost words."""
        return as_json(row.counts)
