"""Asking for an export, and watching jobs: progress, problems, results."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.access import Act
from annotations.access.jobs import find_job, find_result, may_steer, visible_jobs
from annotations.errors import Forbidden, NotThere, TooMany, WorkbenchError
from annotations.exporters.exporting import counts_of
from annotations.exporters.losses import FEATURES
from annotations.jobs.cleaning import SPOOL_KEPT_FOR
from annotations.jobs.progress import pace_sentence, percent_of
from annotations.jobs.starting import start_export, start_once, start_tried_import, start_undo
from annotations.jobs.steering import cancel_job, continue_job, offers
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Job, JobFile, Membership
from annotations.search.saved_filters import filters_of, find_saved, saved_filters

from .articles import read_filters
from .doors import page, project_page
from .downloads import result_reply
from .forms.exports import ExportForm
from .forms.fields import put_refusal
from .once import request_of

SHOWN_PROBLEMS = 200
SHOWN_FILES = 8
LISTED_JOBS = 100
STEERS: dict[str, Callable[[Membership, Job], Job]] = {"cancel": cancel_job, "continue": continue_job}
STARTS: dict[str, Callable[..., Job]] = {"undo": start_undo, "import": start_tried_import}
"""These make a job of their own, and one only however often the form is sent."""


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.EXPORT)
def export(request: HttpRequest, member: Membership) -> HttpResponse:
    """Start an export of the articles that match the filter in the address; go to the job's page."""
    filters, _sentences = read_filters(request, member)
    form = ExportForm(request.POST or None, saved=saved_filters(member))
    if request.method == "POST" and form.is_valid():
        try:
            scope = filters_of(find_saved(member, form.chosen_filter), member) if form.chosen_filter else filters
            start = partial(start_export, member, filters=scope.as_params(), **form.values())
            job = start_once(member, request_of(request), start)
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
    """List the latest jobs a person may see, newest first; a request by htmx gets the table alone.

    Looks at sources are many, and each shows on the page of its source.
    """
    listed = visible_jobs(member).exclude(kind=Job.Kind.FETCH, parameters__has_key="source")
    jobs = list(_with_files(listed)[:LISTED_JOBS])
    is_waiting = any(not job.has_ended for job in jobs)
    rows = [{"job": job, "percent": percent_of(job), "pace": pace_sentence(job)} for job in jobs]
    context = {"rows": rows, "no_worker": is_waiting and not a_worker_is_alive(), "is_waiting": is_waiting}
    return page(request, "_jobs_table.html" if is_by_htmx(request) else "jobs.html", member, context)


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
        "losses": _losses(found),
        "snapshot_at": parse_datetime(found.parameters.get("manifest", {}).get("snapshot_at", "")),
        "percent": percent_of(found),
        "pace": pace_sentence(found),
        "offers": offers(found) if may_steer(member, found) else (),
        "undone_by": found.undone_by.order_by("-pk").first(),
        "form_key": uuid4(),
        "led_to": _led_to(found, member),
        "spool_kept_days": SPOOL_KEPT_FOR.days,
    }
    return page(request, "_job_progress.html" if is_by_htmx(request) else "job.html", member, context)


def _led_to(job: Job, member: Membership) -> str:
    """Return where what was fetched can be looked at."""
    if job.parameters.get("import"):
        return reverse("annotations:job", args=[member.project.slug, job.parameters["import"]])
    if job.kind == Job.Kind.FETCH and job.parameters.get("source"):
        return reverse("annotations:source", args=[member.project.slug, job.parameters["source"]])
    return ""


def _with_files(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Name the first file that each job reads and count the further ones; an undoing has those of its import."""
    of_job = JobFile.objects.filter(job=Coalesce(OuterRef("undoes"), OuterRef("pk")))
    counted = of_job.order_by().values("job").annotate(n=Count("pk") - 1).values("n")
    first = of_job.order_by("pk").values("name")[:1]
    return jobs.annotate(first_file=Subquery(first), n_more_files=Subquery(counted))


def is_by_htmx(request: HttpRequest) -> bool:
    """Tell whether only the part that changes is asked for."""
    return bool(getattr(request, "htmx", False))


@require_POST
@project_page(Act.SEE_JOBS)
def job_act(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponse:
    """Cancel a job, let it go on, undo it, or import what it tried; go to the job that does it."""
    found = find_job(member, job)
    name = request.POST.get("act", "")
    try:
        if name in STEERS:
            found = STEERS[name](member, found)
        elif name in STARTS:
            found = start_once(member, request_of(request), partial(STARTS[name], member, found))
        else:
            raise NotThere("act_not_found", _("There is no such act on a job."))
    except (Forbidden, NotThere):
        raise
    except WorkbenchError as refusal:  # it ended, or somebody else was quicker: the page shows how things stand
        messages.error(request, refusal.message)
    return redirect("annotations:job", member.project.slug, found.uuid)


@require_safe
@project_page(Act.EXPORT)
def job_result(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponseBase:
    """Send the file of an export, never to be opened in our pages."""
    return result_reply(find_result(member, job))


def _losses(job: Job) -> list[tuple[str, int]]:
    """Return what an export's format could not carry, in words, the largest first."""
    if job.kind != Job.Kind.EXPORT or not job.result:
        return []
    left_out = counts_of(job).get("left_out", {})
    named = [(str(FEATURES.get(feature, feature)), count) for feature, count in left_out.items() if count]
    return sorted(named, key=lambda item: (-item[1], item[0]))
