"""Guidelines: a change is a new wording, and the earlier ones stay."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from annotations.models import GuidelinesVersion
from annotations.web.forms.projects import GuidelinesForm as WordingForm
from annotations.workflow.projects import current_guidelines, publish_guidelines

from .base import ActForm, WorkbenchAdmin
from .filters import ProjectFilter, number
from .sight import Sight, sight_of


class GuidelinesForm(WordingForm, ActForm):
    """A new wording for a project."""

    class Meta:
        model = GuidelinesVersion
        fields = ["project", "text"]


@admin.register(GuidelinesVersion)
class GuidelinesAdmin(WorkbenchAdmin):
    """The wordings of the guidelines; a change is a new wording, earlier ones stay."""

    form = GuidelinesForm
    list_display = ("project", "version", "created_by", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("project", "created_by")
    audit_type, audit_key = "guidelines", "version"
    fields = ("project", "text")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the texts out."""
        return rows.defer("text", "project__description")

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Bring the project along: a wording is named by it."""
        return super().rows(sight, rows).select_related("project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let whoever sees a project write for it."""
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show a stored wording with its circumstances."""
        return ("project", "version", "wording", "created_by", "created_at") if obj else ("project", "text")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep stored wordings."""
        return ("project", "version", "wording", "created_by", "created_at") if obj else ()

    @admin.display(description=gettext_lazy("guidelines"))
    def wording(self, guidelines: GuidelinesVersion) -> str:
        """Show the text as it was written."""
        return format_html('<pre class="reading" dir="auto">{}</pre>', guidelines.text)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the wording in force."""
        initial = super().get_changeform_initial_data(request)
        asked = number(initial.get("project"))
        project = None if asked is None else sight_of(request).projects().filter(pk=asked).first()
        current = current_guidelines(project) if project else None
        return {"project": project.pk if project else None, "text": current.text if current else ""}

    def save_model(self, request: HttpRequest, obj: GuidelinesVersion, form: Any, change: bool) -> None:
        """Publish the wording."""
        made = publish_guidelines(form.cleaned_data["text"], by=sight_of(request).part_in(obj.project))
        obj.pk, obj.version = made.pk, made.version
