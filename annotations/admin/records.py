"""The record of acts, read-only, with the text that belongs to each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from annotations.models import AuditEvent, User

from .base import WorkbenchAdmin, as_json
from .filters import ObjectTypeFilter, ProjectFilter
from .sight import Sight


@admin.register(AuditEvent)
class AuditEventAdmin(WorkbenchAdmin):
    """Who did what, when, to which object."""

    list_display = ("created_at", "verb", "project", "actor", "object_type", "object_key")
    list_filter = (ProjectFilter, ObjectTypeFilter, "created_at")
    list_select_related = ("project", "actor")
    search_fields = ("=object_key", "=request_id", "^verb", "=actor__pseudonym")
    ordering = ("-id",)
    fields = (
        *("created_at", "verb", "project", "actor", "account", "object_type", "object_key"),
        *("before_shown", "after_shown", "text_shown", "request_id", "uuid"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Hide what tells of others' work."""
        return sight.records(rows, "project")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out what no list shows."""
        return rows.defer("before", "after", "project__description")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the digest of the request, which only the replay needs."""
        return super().get_queryset(request).defer("request_digest")

    @admin.display(description=_("account"))
    def account(self, event: AuditEvent) -> str:
        """Name the account of an act outside any project."""
        found = User.objects.filter(uuid=event.user_uuid).first() if event.user_uuid else None
        return found.get_username() if found else "–"

    @admin.display(description=_("before"))
    def before_shown(self, event: AuditEvent) -> str:
        """Show the values before."""
        return as_json(event.before)

    @admin.display(description=_("after"))
    def after_shown(self, event: AuditEvent) -> str:
        """Show the values after."""
        return as_json(event.after)

    @admin.display(description=_("text"))
    def text_shown(self, event: AuditEvent) -> str:
        """Show free and personal text, unless it was erased."""
        try:
            return as_json(event.text.values)
        except ObjectDoesNotExist:
            return "–"
