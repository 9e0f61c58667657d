"""Bringing files in: one page that stores them and starts the job."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from annotations.access import Act, visible_to
from annotations.errors import TooMany, WorkbenchError
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
                form.named(),
                format=form.cleaned_data["format"] or None,
                on_conflict=form.cleaned_data["on_conflict"],
                on_duplicate=form.cleaned_data["on_duplicate"],
                defaults=form.defaults(),
            )
            return redirect("annotations:job", member.project.slug, job.uuid)
        except TooMany:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "publishers": visible_to(member, Publisher.objects.all()).order_by("name")[:500],
        "most_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "import.html", member, context, status=422 if form.errors else 200)
