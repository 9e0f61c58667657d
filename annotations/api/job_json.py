"""How jobs and their problems look in JSON."""

from __future__ import annotations

from annotations.models import Job, JobProblem

from .representations import Json, utc


def job_json(job: Job) -> Json:
    """Represent a job; its requester is loaded already."""
    return {
        "uuid": str(job.uuid),
        "kind": job.kind,
        "state": job.state,
        "has_ended": job.has_ended,
        "requested_by": job.requested_by.pseudonym if job.requested_by else None,
        "done": job.done,
        "total": job.total,
        "counts": {
            "read": job.n_read,
            "created": job.n_created,
            "updated": job.n_updated,
            "unchanged": job.n_unchanged,
            "rejected": job.n_rejected,
            "problems": job.n_problems,
        },
        "message": job.message,
        "result": _result_json(job),
        "created_at": utc(job.created_at),
        "started_at": utc(job.started_at),
        "finished_at": utc(job.finished_at),
    }


def problem_json(problem: JobProblem) -> Json:
    """Represent one thing a person should know about one row of a file."""
    return {
        "severity": problem.severity,
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "value": problem.value,
        "message": problem.message,
    }


def _result_json(job: Job) -> Json | None:
    if not job.result:
        return None
    return {
        "name": job.result_name,
        "size": job.result_size,
        "sha256": bytes(job.result_sha256).hex() if job.result_sha256 else None,
        "expires_at": utc(job.expires_at),
        "manifest": job.parameters.get("manifest"),
    }
