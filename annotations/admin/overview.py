"""What stands beside the list of tables on the front page: running and failed jobs, and the last acts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from annotations.jobs.workers import a_worker_is_alive
from annotations.models import AuditEvent, Job
from annotations.web.acts import tell

from .sight import sight_of

SHOWN = 8


def overview(request: HttpRequest) -> dict[str, Any]:
    """Return both for the person's own sight; at most 7 queries."""
    sight = sight_of(request)
    jobs = sight.records(Job.objects.all(), "project")
    acts = sight.records(AuditEvent.objects.all(), "project").defer("request_digest")
    return {
        "running": list(jobs.exclude(state__in=Job.ENDED).select_related("project").order_by("-pk")[:SHOWN]),
        "failed": list(jobs.filter(state=Job.State.FAILED).select_related("project").order_by("-pk")[:3]),
        "acts": tell(acts.select_related("project", "actor", "text").order_by("-pk")[:SHOWN]),
        "worker_is_alive": a_worker_is_alive(),
        "sees_projects": not sight.is_empty,
    }
