"""The record of acts of a project: searched, taken away as CSV, and where the chain over it ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from annotations.access import Act
from annotations.api.project_json import checkpoint_json
from annotations.models import AuditEvent, Membership
from annotations.search.act_filters import ActFilters
from annotations.text.cells import neutralise
from annotations.workflow.sealing import checkpoint

from .acts import SENTENCES, tell
from .doors import page, project_page
from .histories import acts_page

COLUMNS = (
    *("time", "actor", "acting_for", "came_by", "verb", "object_type", "object_key"),
    *("before", "after", "text", "request_id", "uuid"),
)


@require_safe
@project_page(Act.SEE_AUDIT)
def audit(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the acts in the project that are looked for, the newest first; at most 12 queries."""
    filters, left_out = ActFilters.parse_kindly(request.GET)
    rows = AuditEvent.objects.filter(project_id=member.project_id)
    found, older = acts_page(request, filters.of(rows, member), member)
    context = {
        "acts": tell(found),
        "older": filters.as_query(before=str(older)) if older else "",
        "filters": filters,
        "left_out": left_out,
        "is_narrowed": bool(filters.as_query()),
        "query": filters.as_query(),
        "people": Membership.objects.filter(project_id=member.project_id).order_by("pseudonym"),
        "verbs": sorted(((verb, _name_of(verb)) for verb in SENTENCES), key=lambda pair: pair[1]),
        "kinds": sorted({verb.partition(".")[0] for verb in SENTENCES}),
        "doors": AuditEvent.Via.choices,
        "checkpoint": checkpoint(),
    }
    return page(request, "audit.html", member, context)


@require_safe
@project_page(Act.SEE_AUDIT)
def audit_csv(request: HttpRequest, member: Membership) -> HttpResponseBase:
    """Send the acts that are looked for as CSV, the oldest first, in which no cell is a formula."""
    filters = ActFilters.parse_kindly(request.GET)[0]
    rows = filters.of(AuditEvent.objects.filter(project_id=member.project_id), member)
    reply = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    return as_file(reply, f"{member.project.slug}-acts.csv")


@require_safe
@project_page(Act.SEE_AUDIT)
def checkpoint_file(request: HttpRequest, member: Membership) -> HttpResponseBase:
    """Send where the chain ends now, to be kept somewhere else."""
    found = checkpoint()
    return as_file(JsonResponse(checkpoint_json(found)), f"checkpoint-{found.hex[:16]}.json")


def as_file(reply: HttpResponseBase, name: str) -> HttpResponseBase:
    """Have a browser keep the reply, and never show it as a page of ours."""
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["X-Content-Type-Options"] = "nosniff"
    reply["Cache-Control"] = "private, no-store"
    return reply


def _lines(rows: QuerySet[AuditEvent]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"  # by which spreadsheets know UTF-8
    writer.writerow(COLUMNS)
    events = rows.select_related("actor", "acting_for", "text").order_by("pk")
    for event in events.iterator(chunk_size=500):
        writer.writerow([neutralise(cell) for cell in _cells(event)])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cells(event: AuditEvent) -> Iterator[str]:
    yield event.created_at.isoformat()
    yield event.actor.pseudonym if event.actor else ""
    yield event.acting_for.pseudonym if event.acting_for else ""
    yield from (event.via, event.verb, event.object_type, event.object_key)
    text = getattr(event, "text", None)
    for values in (event.before, event.after, text.values if text else {}):
        yield orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode() if values else ""
    yield from (event.request_id, str(event.uuid))


def _name_of(verb: str) -> str:
    """Write an act without the thing it is done to."""
    return str(SENTENCES[verb]) % {"what": "…", "key": "…"}
