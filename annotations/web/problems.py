"""The problems of a job: all of them, by severity, file and field, page by page, or as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.access import Act
from annotations.access.jobs import find_job
from annotations.models import Job, JobProblem, Membership
from annotations.text.cells import neutralise

from .doors import page, project_page

PAGE_SIZE = 100
MOST_CHOICES = 200
FILTERS = ("severity", "file", "field")
COLUMNS = ("severity", "file", "line", "field", "value", "message")


@require_safe
@project_page(Act.SEE_JOBS)
def problem_list(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponse:
    """Show the problems that match, a page at a time; 6 queries."""
    found = find_job(member, job)
    chosen = _chosen(request)
    rows = _rows(found, chosen)
    total = rows.count()
    last = max(1, -(-total // PAGE_SIZE))
    number = min(page_number(request), last)
    context = {
        "job": found,
        "chosen": chosen,
        "total": total,
        "problems": rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        "number": number,
        "last": last,
        "severities": JobProblem.Severity.choices,
        "files": _values(found, "file"),
        "fields": _values(found, "field"),
        "query": _query(chosen),
        "previous_query": _query(chosen, page=number - 1) if number > 1 else "",
        "next_query": _query(chosen, page=number + 1) if number < last else "",
    }
    return page(request, "job_problems.html", member, context)


@require_safe
@project_page(Act.SEE_JOBS)
def problems_csv(request: HttpRequest, member: Membership, *, job: UUID) -> HttpResponseBase:
    """Send the problems that match as CSV, in which no cell is a formula."""
    found = find_job(member, job)
    reply = StreamingHttpResponse(_lines(_rows(found, _chosen(request))), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="problems-{found.uuid}.csv"'
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Cache-Control"] = "private, no-store"
    return reply


def _lines(rows: QuerySet[JobProblem]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"  # by which spreadsheets know UTF-8
    writer.writerow(COLUMNS)
    for row in rows.values_list(*COLUMNS).iterator(chunk_size=500):
        writer.writerow([neutralise("" if value is None else str(value)) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _chosen(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name].replace("\x00", "")[:500] for name in FILTERS if request.GET.get(name)}


def _rows(job: Job, chosen: dict[str, str]) -> QuerySet[JobProblem]:
    rows = job.problems.order_by("id")
    for name in FILTERS:
        if name in chosen:
            rows = rows.filter((name, "" if name == "field" and chosen[name] == "-" else chosen[name]))
    return rows


def _values(job: Job, name: str) -> list[tuple[str, str]]:
    """Return what can be chosen, the most frequent first, with its count in the words."""
    counted = job.problems.order_by().values_list(name).annotate(n=Count("pk")).order_by("-n", name)[:MOST_CHOICES]
    return [(value or "-", f"{value or _('none')} ({n})") for value, n in counted]


def page_number(request: HttpRequest) -> int:
    given = request.GET.get("page", "1")
    return max(1, int(given)) if given.isascii() and given.isdecimal() and len(given) < 7 else 1


def _query(chosen: dict[str, str], **more: int) -> str:
    values = {**chosen, **more}
    return f"?{urlencode(values)}" if values else ""
