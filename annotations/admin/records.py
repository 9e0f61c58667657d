"""The record of acts, read-only, with the text that belongs to each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from annotations.models import AuditEvent, AuditSeal
from annotations.web.acts import Told, tell
from annotations.workflow.sealing import checkpoint

from .base import WorkbenchAdmin, as_json
from .filters import ObjectTypeFilter, ProjectFilter
from .sight import Sight

TOLD = ("when", "who", "act", "changes")
SHOWN = ("before_shown", "after_shown", "text_shown")


@admin.register(AuditEvent)
class AuditEventAdmin(WorkbenchAdmin):
    """Who did what, when, to which object."""

    list_display = ("when", "who", "act", "changes", "via", "project")
    list_display_links = ("when", "act")
    list_filter = (ProjectFilter, ObjectTypeFilter, "via", "created_at")
    list_select_related = ("project", "actor", "acting_for", "text")
    search_fields = ("=object_key", "=request_id", "^verb", "=actor__pseudonym")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("when", "who", "acting_for", "act", "changes", "via", "project", "sealed")}),
        (
            _("As stored"),
            {"fields": ("verb", "object_type", "object_key", *SHOWN, "request_id", "uuid"), "classes": ("collapse",)},
        ),
    )
    readonly_fields = (
        *("project", "acting_for", "via", "verb", "object_type", "object_key", "request_id", "uuid", "sealed"),
        *(*TOLD, *SHOWN),
    )

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Hide what tells of others' work."""
        return sight.records(rows, "project")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out what no list shows."""
        return rows.defer("project__description")

    def page_rows(self, rows: list[Any]) -> list[Any]:
        """Put the acts of a page into words together."""
        for act in tell(rows):
            act.event.told = act  # type: ignore[attr-defined]
        return rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the digest of the request, which only the replay needs."""
        return super().get_queryset(request).defer("request_digest")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say above the list where the chain over all acts ends."""
        found = checkpoint()
        said = str(_("Checkpoint: %(hash)s") % {"hash": found.hex} if found.sealed_at else _("Nothing is sealed yet."))
        return super().changelist_view(request, {"subtitle": said} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say above the act who did what."""
        event = self.get_object(request, object_id)
        subtitle = {"subtitle": f"{_told(event).who} {_told(event).sentence}"} if event else {}
        return super().change_view(request, object_id, form_url, subtitle | (extra_context or {}))

    @admin.display(description=_("when (UTC)"), ordering="created_at")
    def when(self, event: AuditEvent) -> str:
        """Show the time to the second: acts follow one another fast."""
        return event.created_at.strftime("%Y-%m-%d %H:%M:%S")

    @admin.display(description=_("who"))
    def who(self, event: AuditEvent) -> str:
        """Name who did it: in a project by pseudonym."""
        return _told(event).who

    @admin.display(description=_("act"))
    def act(self, event: AuditEvent) -> str:
        """Say what was done."""
        return _told(event).sentence

    @admin.display(description=_("what changed"))
    def changes(self, event: AuditEvent) -> str:
        """List the values that were set."""
        return render_to_string("annotations/_act_changes.html", {"changes": _told(event).changes})

    @admin.display(description=_("sealed (UTC)"))
    def sealed(self, event: AuditEvent) -> str:
        """Say when the act was sealed, and by which hash."""
        seal = AuditSeal.objects.filter(event_id=event.pk).first()
        return f"{seal.sealed_at:%Y-%m-%d %H:%M:%S} · {seal}" if seal else str(_("not yet"))

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


def _told(event: Any) -> Told:
    """Return the act in words, put so by the list it stands in or now."""
    told: Told = getattr(event, "told", None) or tell([event])[0]
    event.told = told
    return told
