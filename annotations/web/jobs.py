"""Asking for an export, and watching jobs: progress, problems, results."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from annotations.access import Act
from annotations.access.jobs import find_job, find_result, visible_jobs
from annotations.errors import TooMany, WorkbenchError
from annotations.jobs.starting import start_export
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Membership

from .articles import read_filters
from .doors import page, project_page
from .downloads import result_reply
from .forms.exports import ExportForm
from .forms.fields import put_refusal

SHOWN_PROBLEMS = 200
SHOWN_FILES = 8
LISTED_JOBS = 100


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EXPORT)
def export(request: HttpRequest, member: Membership) -> HttpResponse:
    """Start an export of the articles that match the filter in the address; go to the job's page."""
    filters, _sentences = read_filters(request, member)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = start_export(member, filters=filters.as_params(), **form.values())
            return redirect("annotations:job", member.project.slug, job.uuid)
        except TooMany:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "filters": filters,
        "query": filters.as_query(),
        "total": filters.articles(member).count(),
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "export.html", member, context, status=422 if form.errors else 200)


@require_safe
@project_page(Act.SEE_JOBS)
def job_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the latest jobs a person may see, newest first."""
    jobs = list(visible_jobs(member).select_related("requested_by")[:LISTED_JOBS])
    is_waiting = any(not job.has_ended for job in jobs)
    context = {"jobs": jobs, "no_worker": is_waiting and not a_worker_is_alive(), "is_waiting": is_waiting}
    return page(request, "jobs.html", member, context)


@require_safe
@project_page(Act.SEE_JOBS)
def job_page(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponse:
    """Show one job; a request by htmx gets its progress alone, which the page asks for each second."""
    found = find_job(member, job)
    files = list(found.files.all()[: SHOWN_FILES + 1])
    context = {
        "job": found,
        "no_worker": not found.has_ended and not a_worker_is_alive(),
        "problems": found.problems.all()[:SHOWN_PROBLEMS],
        "problem_count": found.problems.count(),
        "files": files[:SHOWN_FILES],
        "has_more_files": len(files) > SHOWN_FILES,
        "sha256": bytes(found.result_sha256).hex() if found.result_sha256 else "",
        "percent": min(100, round(100 * found.done / found.total)) if found.total else None,
    }
    is_part = bool(getattr(request, "htmx", False))
    return page(request, "_job_progress.html" if is_part else "job.html", member, context)


@require_safe
@project_page(Act.EXPORT)
def job_result(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponseBase:
    """Send the file of an export, never to be opened in our pages."""
    return result_reply(find_result(member, job))
