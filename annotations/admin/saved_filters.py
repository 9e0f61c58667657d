"""The filters that people keep, to be looked at: they are their owners' to make and to remove."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from annotations.models import SavedFilter

from .base import WorkbenchAdmin, as_json
from .filters import ProjectFilter
from .sight import Sight


@admin.register(SavedFilter)
class SavedFilterAdmin(WorkbenchAdmin):
    """Who keeps which filter of the article list."""

    list_display = ("name", "owner", "project", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("project", "owner")
    search_fields = ("name", "owner__pseudonym")
    fields = ("name", "owner", "project", "filter_shown", "uuid", "created_at")
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Hide what tells of others' work."""
        return sight.records(rows, "project")

    @admin.display(description=_("filter"))
    def filter_shown(self, saved: SavedFilter) -> str:
        """Show the parameters."""
        return as_json(saved.filters)
