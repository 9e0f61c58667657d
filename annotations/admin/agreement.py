"""Rounds and runs of agreement, to be looked at; they are opened and started by page and by API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from annotations.agreement.running import questions_of_run
from annotations.models import AgreementRun, Round

from .base import WorkbenchAdmin, as_json
from .filters import ProjectFilter
from .sight import Sight


@admin.register(AgreementRun)
class AgreementRunAdmin(WorkbenchAdmin):
    """What was measured when, by which code, and what was left out; the figures are on the run's own page."""

    list_display = ("created_at", "project", "state", "n_compared", "requested_by", "code_version")
    list_filter = (ProjectFilter,)
    list_select_related = ("project", "requested_by", "job")
    search_fields = ("=uuid", "requested_by__pseudonym")
    fields = (
        *(
            "project",
            "state",
            "figures_link",
            "requested_by",
            "round",
            "label_set",
            "options_shown",
            "seed",
            "code_version",
        ),
        *("questions_shown", "n_texts", "n_compared", "n_with_gold", "left_out_shown"),
        *("created_at", "measured_at", "uuid"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Hide what tells of others' work."""
        return sight.records(rows, "project")

    @admin.display(description=_("state"))
    def state(self, run: AgreementRun) -> str:
        """Say how its job stands."""
        return str(run.job.get_state_display())

    @admin.display(description=_("figures"))
    def figures_link(self, run: AgreementRun) -> str:
        """Lead to the page of the run, which members of the project may open."""
        address = reverse("annotations:agreement_run", args=[run.project.slug, run.uuid])
        return format_html('<a href="{}">{}</a>', address, run.uuid)

    @admin.display(description=_("options"))
    def options_shown(self, run: AgreementRun) -> str:
        """Show what narrowed the run."""
        return as_json(run.options)

    @admin.display(description=_("questions about articles"))
    def questions_shown(self, run: AgreementRun) -> str:
        """Name what was asked of each article."""
        return ", ".join(question.key for question in questions_of_run(run))

    @admin.display(description=_("left out"))
    def left_out_shown(self, run: AgreementRun) -> str:
        """Show what was left out."""
        return as_json(run.left_out)


@admin.register(Round)
class RoundAdmin(WorkbenchAdmin):
    """What a round fixes, and whether it is open; it is opened and closed on its page."""

    list_display = ("name", "project", "kind", "number", "n_articles", "opened_at", "closed_at")
    list_filter = (ProjectFilter, "kind")
    list_select_related = ("project",)
    search_fields = ("=uuid", "name")
    fields = (
        *("project", "number", "name", "kind", "label_set", "guidelines", "annotators_per_article", "takes_new"),
        *("repeats", "n_articles", "created_by", "opened_at", "closed_at", "uuid"),
    )
    readonly_fields = fields

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Show those of the projects whose records may be seen."""
        return sight.records(rows, "project")
