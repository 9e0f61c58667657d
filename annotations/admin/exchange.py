"""The pages of the admin that start an import or an export; the jobs are the same that the other pages start."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from annotations.errors import TooMany, WorkbenchError
from annotations.jobs.starting import start_export, start_import, start_once
from annotations.jobs.waiting import keep_upload
from annotations.models import Job, Membership, Project
from annotations.web.forms.exports import ExportForm
from annotations.web.forms.fields import put_refusal
from annotations.web.forms.uploads import ImportForm
from annotations.web.once import request_of

from .sight import Sight, sight_of

MOST_PROJECTS = 50


class ImportIntoForm(ImportForm):
    """An import with the project it goes into."""

    project = forms.ModelChoiceField(label=gettext_lazy("Project"), queryset=Project.objects.none())
    is_trial = forms.BooleanField(
        label=gettext_lazy("Dry run"), required=False, help_text=gettext_lazy("Say what would happen, change nothing.")
    )
    field_order = (
        *("project", "uploads", "folder", "format", "on_conflict", "on_duplicate"),
        *("publisher", "published_at", "language"),
        "is_trial",
    )

    def __init__(self, *args: Any, sight: Sight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = sight.projects()  # type: ignore[attr-defined]
        self.fields["uploads"].help_text = _("Files, .zip or .gz.")
        for name in ("publisher", "published_at", "language"):
            self.fields[name].help_text = _("For articles that state none.")


class ExportProjectsForm(ExportForm):
    """An export of whole projects, one file each."""

    projects = forms.ModelMultipleChoiceField(label=gettext_lazy("Projects"), queryset=Project.objects.none())
    field_order = ("projects", "format", "texts")

    def __init__(self, *args: Any, sight: Sight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["projects"].queryset = sight.projects()  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Take files for a project and start their import."""
    sight, refusal = _sight_with_projects(request), None
    initial = {"project": request.GET.get("project")}
    form = ImportIntoForm(request.POST or None, request.FILES or None, sight=sight, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if "look" in request.POST:
                upload = keep_upload(sight.part_in(data["project"]), form.named())
                return redirect("annotations:import_preview", data["project"].slug, upload.uuid)
            part = sight.part_in(data["project"])
            start = partial(
                start_import,
                part,
                form.named(),
                format=data["format"] or None,
                on_conflict=data["on_conflict"],
                on_duplicate=data["on_duplicate"],
                defaults=form.defaults(),
                is_trial=data["is_trial"],
            )
            job = start_once(part, request_of(request), start)
        except WorkbenchError as error:
            refusal = error
            put_refusal(form, refusal)
        else:
            messages.success(request, _("The import has started. This page shows how far it is."))
            return HttpResponseRedirect(job_address(job))
    return _form_page(request, form, title=_("Import articles"), button=_("Start the import"), refusal=refusal)


@require_http_methods(["GET", "HEAD", "POST"])
def export_page(request: HttpRequest) -> HttpResponse:
    """Ask how to export projects and start one job for each."""
    sight, refusal = _sight_with_projects(request), None
    initial = {"projects": request.GET.getlist("project")[:MOST_PROJECTS]}
    form = ExportProjectsForm(request.POST or None, sight=sight, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            parts = [sight.part_in(project) for project in form.cleaned_data["projects"]]
            once = request_of(request)
            jobs = [start_once(part, once, partial(start_export, part, **form.values())) for part in parts]
        except WorkbenchError as error:
            refusal = error
            put_refusal(form, refusal)
        else:
            return after_export(request, jobs)
    return _form_page(request, form, title=_("Export projects"), button=_("Start the export"), refusal=refusal)


def export_articles(request: HttpRequest, part: Membership, uuids: list[str], form: ExportForm) -> Job:
    """Start an export of the articles named."""
    filters = {"articles_named": ",".join(uuids)} if uuids else {}
    return start_once(part, request_of(request), partial(start_export, part, filters=filters, **form.values()))


def after_export(request: HttpRequest, jobs: list[Job]) -> HttpResponse:
    """Go to where the result will be."""
    sentence = ngettext("%d export has started.", "%d exports have started.", len(jobs)) % len(jobs)
    messages.success(request, sentence)
    address = job_address(jobs[0]) if len(jobs) == 1 else reverse("admin:annotations_job_changelist")
    return HttpResponseRedirect(address)


def job_address(job: Job) -> str:
    """Return the page of a job in the admin."""
    return reverse("admin:annotations_job_change", args=[job.pk])


def _sight_with_projects(request: HttpRequest) -> Sight:
    sight = sight_of(request)
    if sight.is_empty:
        raise PermissionDenied
    return sight


def _form_page(
    request: HttpRequest, form: forms.Form, *, title: str, button: str, refusal: WorkbenchError | None = None
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "button": button,
        "opts": Project._meta,
        "is_multipart": form.is_multipart(),
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
    }
    status = 422 if form.errors else 200
    response = TemplateResponse(request, "admin/form_page.html", context, status=status)
    if isinstance(refusal, TooMany):
        response.status_code = 429
        response["Retry-After"] = str(refusal.seconds)
    return response
