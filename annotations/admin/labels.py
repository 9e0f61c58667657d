"""Label sets. A change of labels is always a new version, made by the one act the pages use too.

To change the newest version in place while nobody has used it would need a second rule, and a race between
the change and an annotator who uses a label at that moment. A version costs a few rows, and an export then says
exactly which scheme was in force.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.errors import WorkbenchError
from annotations.models import Label, LabelSet, Membership
from annotations.web.forms.labels import LabelFormSet, MergeForm, rows_of
from annotations.web.labels import what_merging_does
from annotations.workflow.labels import retired_labels
from annotations.workflow.merging_labels import LabelMerge, MergeCount, count_label_merge, start_merging_labels
from annotations.workflow.projects import current_label_set, revise_label_set

from .base import WorkbenchAdmin
from .filters import ProjectFilter
from .sight import Sight, sight_of

SPARE_ROWS = 3


@admin.register(LabelSet)
class LabelSetAdmin(WorkbenchAdmin):
    """The versions of each project's labels; the newest can be revised."""

    list_display = ("name", "project", "version", "label_count", "created_at")
    list_filter = (ProjectFilter,)
    list_select_related = ("project",)
    search_fields = ("name", "project__name")
    audit_type, audit_key = "label_set", "version"

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Count the labels."""
        return rows.annotate(n_labels=Count("labels")).defer("project__description")

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Bring the project along."""
        return super().rows(sight, rows).select_related("project")

    @admin.display(description=gettext_lazy("labels"), ordering="n_labels")
    def label_count(self, label_set: Any) -> int:
        """Say how many labels it has."""
        return int(label_set.n_labels)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the labels of a version; the newest comes as a form."""
        label_set = self.get_object(request, object_id)
        if label_set is None:
            raise Http404
        if not self.has_view_permission(request, label_set):
            raise PermissionDenied
        labels = list(label_set.labels.select_related("parent").order_by("position", "id"))
        newest = current_label_set(label_set.project)
        is_newest = newest is not None and newest.pk == label_set.pk
        merges = "merge" in request.POST
        rows = request.POST if request.method == "POST" and not merges else None
        choices = {"parents": [(label.key, label.name) for label in labels]}
        formset = (
            LabelFormSet(rows, prefix="labels", initial=rows_of(labels, 0), form_kwargs=choices) if is_newest else None
        )
        if formset is not None:
            formset.extra = SPARE_ROWS
            _name_fields(formset)
        refusal, merging = "", None
        if formset is not None:
            retired = retired_labels(label_set.project, labels, {})
            merging = MergeForm(request.POST if merges else None, labels=labels, retired=retired)
        count: MergeCount | None = None
        if merging is not None and merges:
            if merging.is_valid():
                try:
                    by = sight_of(request).part_in(label_set.project)
                    if request.POST["merge"] == "start":
                        return self._merge(request, label_set, merging.merge(), by)
                    count = count_label_merge(merging.merge(), by=by)
                except WorkbenchError as error:
                    merging.put_refusal(error)
        elif request.method == "POST":
            if formset is None:
                self.message_user(request, _("There is a newer version by now. Change that one."), messages.WARNING)
                return HttpResponseRedirect(request.path)
            if formset.is_valid():
                try:
                    return self._revise(request, label_set, formset, labels)
                except WorkbenchError as error:
                    refusal = error.message
        context = {
            **self.admin_site.each_context(request),
            "title": _("Labels of %(project)s, version %(version)s")
            % {"project": label_set.project.name, "version": label_set.version},
            "opts": self.opts,
            "original": label_set,
            "labels": labels,
            "formset": formset,
            "refusal": refusal,
            "newest": newest,
            "merging": merging,
            "said": what_merging_does(count) if count else [],
            **(extra_context or {}),
        }
        status = 422 if request.method == "POST" and count is None else 200
        return TemplateResponse(request, "admin/annotations/labelset/change_form.html", context, status=status)

    def _merge(self, request: HttpRequest, label_set: LabelSet, merge: LabelMerge, by: Membership) -> HttpResponse:
        job = start_merging_labels(merge, by=by, base_version=label_set.version)
        self.message_done(request, _("The labels are being merged; the job says how far it is, and can be undone."))
        return HttpResponseRedirect(reverse("admin:annotations_job_change", args=[job.pk]))

    def _revise(self, request: HttpRequest, label_set: LabelSet, formset: Any, labels: list[Label]) -> HttpResponse:
        if not formset.has_changed():
            self.message_done(request, _("Nothing was changed."))
            return HttpResponseRedirect(request.path)
        stored = {label.key: label for label in labels}
        by = sight_of(request).part_in(label_set.project)
        made = revise_label_set(formset.new_labels(stored), by=by, base_version=label_set.version)
        self.message_done(request, _("Version %(version)s of the labels is in force.") % {"version": made.version})
        return HttpResponseRedirect(reverse("admin:annotations_labelset_change", args=[made.pk]))


def _name_fields(formset: Any) -> None:
    """Name each field of the table for screen readers: what it is, and of which row."""
    for n, row in enumerate(formset.forms, start=1):
        for field in row.visible_fields():
            field.field.widget.attrs["aria-label"] = f"{field.label}, {n}"
