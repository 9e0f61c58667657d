"""Bringing files in: send them, look at how they would be read, say what becomes of them, start the job."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.access import Act, visible_to
from annotations.access.requests import Request
from annotations.errors import TooMany, WorkbenchError
from annotations.importers.preview import Preview, preview_of
from annotations.importers.stored import as_upload
from annotations.jobs.starting import start_import, start_once, started_before
from annotations.jobs.waiting import find_upload, forget_upload, keep_upload
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Job, Membership, Publisher, WaitingFile, WaitingUpload

from .doors import page, project_page
from .forms.fields import put_refusal
from .forms.uploads import ImportForm, PreviewForm
from .once import request_of

SHOWN_FILES = 20


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ADD_ARTICLES)
def import_files(request: HttpRequest, member: Membership) -> HttpResponse:
    """Take files; go on to a look at them, or start their import or a dry run of it at once."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            if "look" in request.POST:
                upload = keep_upload(member, form.named())
                return redirect("annotations:import_preview", member.project.slug, upload.uuid)
            start = partial(
                start_import,
                member,
                form.named(),
                format=form.cleaned_data["format"] or None,
                on_conflict=form.cleaned_data["on_conflict"],
                on_duplicate=form.cleaned_data["on_duplicate"],
                defaults=form.defaults(),
                is_trial="trial" in request.POST,
            )
            job = start_once(member, request_of(request), start)
            return redirect("annotations:job", member.project.slug, job.uuid)
        except TooMany:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "publishers": _publishers(member),
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "import.html", member, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ADD_ARTICLES)
def look_at(request: HttpRequest, member: Membership, *, upload: UUID) -> HttpResponse:
    """Show how stored files would be read, with the answers given so far; start their import, or forget them."""
    once = request_of(request)
    if (job := started_before(member, once)) is not None:  # then the files wait no more
        return redirect("annotations:job", member.project.slug, job.uuid)
    found = find_upload(member, upload)
    if "forget" in request.POST:
        forget_upload(found)
        messages.success(request, _("The files are forgotten; nothing was imported."))
        return redirect("annotations:import", member.project.slug)
    files = list(found.files.select_related("raw_file").order_by("pk"))
    form = PreviewForm(request.POST or None)
    answers = PreviewForm.answers_of(form)
    shown = _preview(found, files, answers)
    form.offer_columns(shown.columns.values())
    if request.method == "POST" and form.is_valid() and ("start" in request.POST or "try" in request.POST):
        try:
            job = start_once(member, once, partial(_start, member, files, form, is_trial="try" in request.POST))
            found.delete()
            return redirect("annotations:job", member.project.slug, job.uuid)
        except TooMany:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "upload": found,
        "files": files[:SHOWN_FILES],
        "n_more_files": max(0, len(files) - SHOWN_FILES),
        "form": form,
        "preview": shown,
        "publishers": _publishers(member),
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "import_preview.html", member, context, status=422 if form.errors else 200)


def _start(
    member: Membership, files: list[WaitingFile], form: PreviewForm, *, is_trial: bool, request: Request | None
) -> Job:
    return start_import(
        member,
        [(file.name, file.raw_file) for file in files],
        format=form.cleaned_data["format"] or None,
        on_conflict=form.cleaned_data["on_conflict"],
        on_duplicate=form.cleaned_data["on_duplicate"],
        defaults=form.defaults(),
        column_map=form.column_map(),
        is_trial=is_trial,
        request=request,
    )


def _preview(upload: WaitingUpload, files: list[WaitingFile], answers: tuple[str, dict[str, str]]) -> Preview:
    uploads = [as_upload(file.name, file.raw_file) for file in files]
    by_name = {each.name: each for each in uploads}
    format_name, names = answers
    return preview_of(uploads, format_name=format_name or None, names=names, find=by_name.get)


def _publishers(member: Membership) -> list[Publisher]:
    return list(visible_to(member, Publisher.objects.all()).order_by("name")[:500])
