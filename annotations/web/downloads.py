"""Sending the file of a job: to be kept, never to be opened as a page of ours."""

from __future__ import annotations

from django.http import FileResponse

from annotations.models import Job


def result_reply(job: Job) -> FileResponse:
    """Send a job's result. Pages, API and admin send it here, so that all send it alike."""
    reply = FileResponse(
        job.result.open("rb"),
        as_attachment=True,
        filename=job.result_name or "export",
        content_type="application/octet-stream",
    )
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["Cache-Control"] = "private, no-store"
    return reply
