"""Bringing files in: one page that stores them and starts the job."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from annotations.access import Act, visible_to
from annotations.errors import WorkbenchError
from annotations.jobs.starting import start_import
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Membership, Publisher

from .doors import page, project_page
from .forms.fields import put_refusal
from .forms.uploads import ImportForm


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ADD_ARTICLES)
def import_files(request: HttpRequest, member: Membership) -> HttpResponse:
    """Take files, start their import, and go to the job's page."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = start_import(
                member,
                _named(request, form),
                format=form.cleaned_data["format"] or None,
                on_conflict=form.cleaned_data["on_conflict"],
                defaults=form.defaults(),
            )
            return redirect("annotations:job", member.project.slug, job.uuid)
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "publishers": visible_to(member, Publisher.objects.all()).order_by("name")[:500],
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "import.html", member, context, status=422 if form.errors else 200)


def _named(request: HttpRequest, form: ImportForm) -> list[tuple[str, BinaryIO]]:
    """Name the files. Django drops the folder from the name of a file; the page's script sends it beside."""
    folder = form.cleaned_data["folder"]
    paths = _paths(request.POST.get("folder_paths", ""))
    names = paths if len(paths) == len(folder) else [str(file.name) for file in folder]
    pairs: list[tuple[str, UploadedFile]] = [(str(file.name), file) for file in form.cleaned_data["uploads"]]
    pairs += zip(names, folder, strict=True)
    return [(name, cast(BinaryIO, file)) for name, file in pairs]


def _paths(raw: str) -> list[str]:
    """Read the list of paths; anything but plain relative paths is dropped."""
    try:
        found = json.loads(raw or "[]")
    except ValueError:
        return []
    if not isinstance(found, list) or not all(isinstance(path, str) and _is_plain(path) for path in found):
        return []
    return found


def _is_plain(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and len(path) <= 500 and ".." not in parts and not path.startswith("/")
