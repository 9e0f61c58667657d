"""The streams themselves. Whether somebody may see an event is asked at each event, not only at the start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from annotations.access import Act, allows, sees_all_work
from annotations.access.holders import holders_of, parts_of
from annotations.access.jobs import find_job
from annotations.errors import WorkbenchError
from annotations.models import Article, Claim, ClaimDesk, Comment, CommentThread, Job, Membership
from annotations.workflow.presence import OpenPage, be_present_at, leave, others_at, present_at

from .asking import Together
from .listening import listener

PING_SECONDS = 15.0


def _has_channel(request: HttpRequest) -> bool:
    """Tell whether there is a live channel here: not on SQLite, nor in a process that serves pages."""
    return connection.vendor == "postgresql" and isinstance(request, ASGIRequest)


def _streamed(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Answer with events as they come; no proxy keeps them back."""
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


@require_safe
async def job_stream(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """Send the job's progress whenever it changes, until it has ended.

    204 says that there is no live channel here (SQLite, or a process that serves pages): ask again instead.
    """
    if not _has_channel(request):
        return HttpResponse(status=204)
    asked = _JobAsked(request.session.session_key, slug, uuid)
    if await progress.ask(asked) is None:
        return HttpResponse(status=404)
    return _streamed(_events(asked))


async def _events(asked: _JobAsked) -> AsyncIterator[bytes]:
    await _let_go()
    sent: dict[str, Any] = {}
    async with listener.waiting_for(str(asked.job), f"project:{asked.slug}") as waiting:
        while True:
            waiting.look()
            told = await progress.ask(asked)
            if told is None:  # withdrawn, deactivated or logged out in the meantime
                return
            # a wake-up that brings nothing new still shows that both ends are there
            yield b"data: " + orjson.dumps(told) + b"\n\n" if told != sent else b": still here\n\n"
            sent = told
            if told["has_ended"]:
                return
            await waiting.wait(PING_SECONDS)


@require_safe
async def article_stream(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """Say when others did something on an article, and who has it open, to those who see everybody's work.

    While a stream is open, its page counts as open, and no page has to say so. 204: there is no live channel here.
    """
    if not _has_channel(request):
        return HttpResponse(status=204)
    tab = _uuid(request.GET.get("tab", ""))
    session_key = request.session.session_key
    page = _Page(session_key, slug, uuid, tab) if tab is not None else None
    if page is None or await people.ask(page) is None:
        return HttpResponse(status=404)
    return _streamed(_work(page))


async def _work(page: _Page) -> AsyncIterator[bytes]:
    """Say nothing of what was done but that something was: what it is, the page asks as itself."""
    work = f"article:{page.article}"
    await _let_go()
    shown: list[str] | None = None
    try:
        async with listener.waiting_for(work, f"present:{page.article}", f"project:{page.slug}") as waiting:
            while True:
                called = waiting.look()  # a round that takes articles is the project's
                is_changed = work in called or f"project:{page.slug}" in called or shown is None
                others = await people.ask(page)
                if others is None:  # withdrawn, logged out, or work is hidden from them now
                    return
                if is_changed or others != shown:
                    yield b"data: " + orjson.dumps({"changed": is_changed, "people": others}) + b"\n\n"
                else:
                    yield b": still here\n\n"
                shown = others
                await waiting.wait(PING_SECONDS)
    finally:
        await gone.ask(page)


@require_safe
async def question_stream(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say when something was said about one's own questions to the managers, and nothing else: work may be blind.

    204: there is no live channel here.
    """
    if not _has_channel(request):
        return HttpResponse(status=204)
    asked = _Part(request.session.session_key, slug)
    found = await questions.ask(asked)
    if found is None:
        return HttpResponse(status=404)
    return _streamed(_answers(asked, found.member))


async def _answers(asked: _Part, member: UUID) -> AsyncIterator[bytes]:
    """Tell of changes. A sign of life comes by the clock: none may show when somebody else did something."""
    await _let_go()
    said: _Said | None = None
    async with listener.waiting_for(f"asked:{member}", f"project:{asked.slug}") as waiting:
        next_sign = monotonic() + PING_SECONDS
        while True:
            waiting.look()
            now = await questions.ask(asked)
            if now is None or now.member != member:  # withdrawn, deactivated or logged out in the meantime
                return
            if now != said:
                yield b"data: " + orjson.dumps({"changed": True}) + b"\n\n"
            elif monotonic() >= next_sign:
                yield b": still here\n\n"
            said = now
            if monotonic() >= next_sign:
                next_sign += PING_SECONDS
            await waiting.wait(max(0.0, next_sign - monotonic()))


@dataclass(frozen=True)
class _Part:
    """Who asks of their own questions: a session, and a project."""

    session_key: str | None
    slug: str


@dataclass(frozen=True)
class _Said:
    """How far what was said about a member's questions is."""

    member: UUID
    threads: tuple[int, datetime | None]
    comments: tuple[int, datetime | None]


def _questions(asked: Sequence[_Part]) -> list[_Said | None]:
    """Tell how far the questions are of each session's holder; `None`: nothing to tell. 5 queries, however many."""
    found = _members([(each.session_key, each.slug) for each in asked])
    members = [part if part is not None and allows(part, Act.ASK) else None for part in found]
    ids = {part.pk for part in members if part is not None}
    own = CommentThread.objects.filter(created_by__in=ids, is_question=True)
    threads = _newest(own, "created_by")
    said = Comment.objects.filter(thread__created_by__in=ids, thread__is_question=True)
    comments = _newest(said, "thread__created_by")
    nothing: tuple[int, datetime | None] = (0, None)
    return [
        _Said(part.uuid, threads.get(part.pk, nothing), comments.get(part.pk, nothing)) if part is not None else None
        for part in members
    ]


def _newest(rows: QuerySet[Any], owner: str) -> dict[int, tuple[int, datetime | None]]:
    found = rows.order_by().values_list(owner).annotate(n=Count("pk"), newest=Max("stored_at"))
    return {pk: (n, newest) for pk, n, newest in found}


@require_safe
async def claim_stream(request: HttpRequest, slug: str, key: UUID) -> HttpResponseBase:
    """Say when something was said about a claim, to those who see everybody's work; what, the page asks as itself.

    204: there is no live channel here.
    """
    if not _has_channel(request):
        return HttpResponse(status=204)
    asked = _ClaimAsked(request.session.session_key, slug, key)
    if await talk.ask(asked) is None:
        return HttpResponse(status=404)
    return _streamed(_said_of(asked))


async def _said_of(asked: _ClaimAsked) -> AsyncIterator[bytes]:
    await _let_go()
    said: _Talk | None = None
    async with listener.waiting_for(f"talk:{asked.claim}", f"project:{asked.slug}") as waiting:
        while True:
            waiting.look()
            now = await talk.ask(asked)
            if now is None:  # withdrawn, logged out, or work is hidden from them now
                return
            yield b"data: " + orjson.dumps({"changed": True}) + b"\n\n" if now != said else b": still here\n\n"
            said = now
            await waiting.wait(PING_SECONDS)


@dataclass(frozen=True)
class _ClaimAsked:
    """An open page of a claim, and by which session it was opened."""

    session_key: str | None
    slug: str
    claim: UUID


@dataclass(frozen=True)
class _Talk:
    """How far the talk about a claim is: how much was said about it and those merged into it, and when last."""

    about: frozenset[int]
    newest: tuple[tuple[int, datetime | None], ...]


def _talk(asked: Sequence[_ClaimAsked]) -> list[_Talk | None]:
    """Tell how far the talk is, to whoever holds each session; `None`: nothing to tell. 7 queries, however many."""
    members = _seeing([(each.session_key, each.slug) for each in asked])
    projects = {member.project_id for member in members if member is not None}
    keys = {each.claim for each in asked}
    rows = Claim.objects.filter(project__in=projects, key__in=keys)
    claims = {(project, key): pk for project, key, pk in rows.values_list("project_id", "key", "pk")}
    about = {pk: {pk} for pk in claims.values()}
    merged = ClaimDesk.objects.filter(project__in=projects, merged_into__in=keys, claim__withdrawn_at__isnull=True)
    for project, key, pk in merged.values_list("project_id", "merged_into", "claim_id"):
        claim = claims.get((project, key)) if key else None
        if claim is not None:
            about[claim].add(pk)
    ids = {pk for each in about.values() for pk in each}
    threads = _newest(CommentThread.objects.filter(claim__in=ids), "claim")
    comments = _newest(Comment.objects.filter(thread__claim__in=ids), "thread__claim")
    nothing: tuple[int, datetime | None] = (0, None)
    found: list[_Talk | None] = []
    for each, member in zip(asked, members, strict=True):
        open_one = claims.get((member.project_id, each.claim)) if member is not None else None
        if open_one is None:
            found.append(None)
        else:
            of = sorted(about[open_one])
            newest = tuple(said.get(pk, nothing) for pk in of for said in (threads, comments))
            found.append(_Talk(frozenset(of), newest))
    return found


@dataclass(frozen=True)
class _Page:
    """An open page of an article, and by which session it was opened."""

    session_key: str | None
    slug: str
    article: UUID
    tab: UUID


def _people(pages: Sequence[_Page]) -> list[list[str] | None]:
    """Note that the pages are open, and name the others as whoever holds the session sees them; `None`: nothing.

    They are asked for before it is looked who may be told of them, as with jobs. 6 queries, however many pages.
    """
    articles = {row.uuid: row for row in Article.objects.filter(uuid__in={page.article for page in pages})}
    present = present_at(articles.values())
    here: list[OpenPage | None] = []
    for page, by in zip(pages, _seeing([(page.session_key, page.slug) for page in pages]), strict=True):
        article = articles.get(page.article)
        if by is None or article is None or article.project_id != by.project_id:
            here.append(None)
        else:
            here.append(OpenPage(article, page.tab, by))
    be_present_at([page for page in here if page is not None and allows(page.by, Act.FOLLOW)])
    return [others_at(page.article.pk, page.by, present) if page is not None else None for page in here]


def _seeing(asked: Sequence[tuple[str | None, str]]) -> list[Membership | None]:
    """Return the part of whoever holds each session, where they see everybody's work; 3 queries."""
    members = _members(asked)
    return [member if member is not None and sees_all_work(member) else None for member in members]


def _members(asked: Sequence[tuple[str | None, str]]) -> list[Membership | None]:
    """Read the sessions anew, and return their holders' parts in the projects of these slugs; 3 queries."""
    holders = holders_of({key for key, _slug in asked if key})
    parts = parts_of(holders.values(), {slug for _key, slug in asked})
    people = [(holders.get(key or ""), slug) for key, slug in asked]
    return [parts.get((user.pk, slug)) if user is not None else None for user, slug in people]


def _gone(pages: Sequence[_Page]) -> list[None]:
    for page, member in zip(pages, _members([(page.session_key, page.slug) for page in pages]), strict=True):
        if member is not None:
            leave(page.tab, member)
    return [None] * len(pages)


def _uuid(sent: str) -> UUID | None:
    try:
        return UUID(sent)
    except ValueError:
        return None


@dataclass(frozen=True)
class _JobAsked:
    session_key: str | None
    slug: str
    job: UUID


def _progress(asked: Sequence[_JobAsked]) -> list[dict[str, Any] | None]:
    """Tell how far each job is to whoever holds the session; `None` where they may not see it.

    Jobs are read before they are looked up, so that nobody is told of a change made after they lost sight of it.
    """
    rows = Job.objects.filter(uuid__in={each.job for each in asked}).select_related("project")
    jobs = {(row.project.slug, row.uuid): row for row in rows}
    members = _members([(each.session_key, each.slug) for each in asked])
    return [_told(jobs.get((each.slug, each.job)), member) for each, member in zip(asked, members, strict=True)]


def _told(job: Job | None, member: Membership | None) -> dict[str, Any] | None:
    if job is None or member is None:
        return None
    try:
        find_job(member, job.uuid)
    except WorkbenchError:
        return None
    return {"uuid": job.uuid, "state": job.state, "done": job.done, "total": job.total, "has_ended": job.has_ended}


@sync_to_async
def _let_go() -> None:
    """Close the connection by which the request was looked up: a stream lasts, and asks on the one of the process."""
    connection.close()


progress = Together(_progress)
people = Together(_people)
gone = Together(_gone)
questions = Together(_questions)
talk = Together(_talk)
