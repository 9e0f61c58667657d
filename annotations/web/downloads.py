"""Sending the file of a job or of a capture: to be kept, never to be opened as a page of ours."""

from __future__ import annotations

from django.http import FileResponse

from annotations.models import Capture, Job


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


def raw_reply(capture: Capture) -> FileResponse:
    """Send the bytes of a capture, named after its hash: whatever they are, no browser opens them here."""
    assert capture.raw_file is not None
    ending = {"application/pdf": "pdf", "text/plain": "txt"}.get(capture.media_type, "html")
    reply = FileResponse(
        capture.raw_file.file.open("rb"),
        as_attachment=True,
        filename=f"capture-{bytes(capture.sha256).hex()[:16]}.{ending}",
        content_type="application/octet-stream",
    )
    reply["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reply["Cache-Control"] = "private, no-store"
    return reply
