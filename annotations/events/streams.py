"""The streams themselves. Whether somebody may see an event is asked at each event, not only at the start."""

from __future__ import annotations

from collections.abc import AsyncIterator
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

from annotations.access import Act, allows, membership_of, sees_all_work
from annotations.access.jobs import find_job
from annotations.errors import WorkbenchError
from annotations.models import Article, Job, Membership, User
from annotations.workflow.presence import be_present, leave, people_at

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
    async with listener.waiting_for(str(uuid), f"project:{slug}") as waiting:
        while True:
            waiting.look()
            progress = await _progress(session_key, slug, uuid)
            if progress is None:  # withdrawn, deactivated or logged out in the meantime
                return
            # a wake-up that brings nothing new still shows that both ends are there
            yield b"data: " + orjson.dumps(progress) + b"\n\n" if progress != sent else b": still here\n\n"
            sent = progress
            if progress["has_ended"]:
                return
            await waiting.wait(PING_SECONDS)


@require_safe
async def article_stream(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """Say when others did something on an article, and who has it open, to those who see everybody's work.

    While a stream is open, its page counts as open, and no page has to say so. 204: there is no live channel here.
    """
    if connection.vendor != "postgresql" or not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    tab = _uuid(request.GET.get("tab", ""))
    session_key = request.session.session_key
    if tab is None or await _people(session_key, slug, uuid, tab) is None:
        return HttpResponse(status=404)
    response = StreamingHttpResponse(_work(session_key, slug, uuid, tab), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


async def _work(session_key: str | None, slug: str, uuid: UUID, tab: UUID) -> AsyncIterator[bytes]:
    """Say nothing of what was done but that something was: what it is, the page asks as itself."""
    work = f"article:{uuid}"
    shown: list[str] | None = None
    try:
        async with listener.waiting_for(work, f"present:{uuid}", f"project:{slug}") as waiting:
            while True:
                is_changed = work in waiting.look() or shown is None
                people = await _people(session_key, slug, uuid, tab)
                if people is None:  # withdrawn, logged out, or work is hidden from them now
                    return
                if is_changed or people != shown:
                    yield b"data: " + orjson.dumps({"changed": is_changed, "people": people}) + b"\n\n"
                else:
                    yield b": still here\n\n"
                shown = people
                await waiting.wait(PING_SECONDS)
    finally:
        await _gone(session_key, slug, tab)


@sync_to_async
def _people(session_key: str | None, slug: str, uuid: UUID, tab: UUID) -> list[str] | None:
    """Note that the page is open, and name the others as whoever holds the session sees them; `None`: nothing.

    They are asked for before it is looked who may be told of them, as with jobs.
    """
    member = _seeing(session_key, slug)
    article = Article.objects.filter(project_id=member.project_id, uuid=uuid).first() if member else None
    if member is None or article is None:
        return None
    if allows(member, Act.FOLLOW):
        be_present(article, tab, member)
    people = people_at(article, member)
    return people if _seeing(session_key, slug) is not None else None


def _seeing(session_key: str | None, slug: str) -> Membership | None:
    """Return the part of whoever holds the session, where they see everybody's work."""
    member = _member(session_key, slug)
    return member if member is not None and sees_all_work(member) else None


@sync_to_async
def _gone(session_key: str | None, slug: str, tab: UUID) -> None:
    member = _member(session_key, slug)
    if member is not None:
        leave(tab, member)


def _member(session_key: str | None, slug: str) -> Membership | None:
    user = _user_of(session_key)
    try:
        return membership_of(user, slug) if user is not None else None
    except WorkbenchError:
        return None


def _uuid(sent: str) -> UUID | None:
    try:
        return UUID(sent)
    except ValueError:
        return None


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
