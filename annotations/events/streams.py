"""The streams themselves. Whether somebody may see an event is asked at each event, not only at the start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from annotations.access import membership_of
from annotations.access.jobs import find_job
from annotations.errors import WorkbenchError
from annotations.models import Job, User

from .listening import listener

PING_SECONDS = 15.0


@require_safe
async def job_stream(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """Send the job's progress whenever it changes, until it has ended.

    204 says that there is no live channel here (SQLite, or a process that serves pages): ask again instead.
    """
    if connection.vendor != "postgresql" or not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    session_key = request.session.session_key
    first = await _progress(session_key, slug, uuid)
    if first is None:
        return HttpResponse(status=404)
    response = StreamingHttpResponse(_events(session_key, slug, uuid), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(session_key: str | None, slug: str, uuid: UUID) -> AsyncIterator[bytes]:
    sent: dict[str, Any] = {}
    async with listener.waiting_for(str(uuid)) as changed:
        while True:
            changed.clear()
            progress = await _progress(session_key, slug, uuid)
            if progress is None:  # withdrawn, deactivated or logged out in the meantime
                return
            # a wake-up that brings nothing new still shows that both ends are there
            yield b"data: " + orjson.dumps(progress) + b"\n\n" if progress != sent else b": still here\n\n"
            sent = progress
            if progress["has_ended"]:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), PING_SECONDS)


@sync_to_async
def _progress(session_key: str | None, slug: str, uuid: UUID) -> dict[str, Any] | None:
    """Tell how far the job is to whoever holds the session; `None` where they may not see it.

    The job is read before they are looked up, so that nobody is told of a change made after they lost sight of it.
    """
    job = Job.objects.filter(uuid=uuid, project__slug=slug).first()
    user = _user_of(session_key)
    if job is None or user is None:
        return None
    try:
        find_job(membership_of(user, slug), uuid)
    except WorkbenchError:
        return None
    return {"uuid": job.uuid, "state": job.state, "done": job.done, "total": job.total, "has_ended": job.has_ended}


def _user_of(session_key: str | None) -> User | None:
    """Read the session anew: it ends with a log-out, and with a new password that was set elsewhere."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) else None
