"""A look at a page as a job: fetch it, or take what was uploaded, read it, and write what was found in one transaction.

Killed anywhere, nothing is written, and another worker begins again: the page is asked for once more.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act
from annotations.failpoints import failpoint
from annotations.fetching.fetcher import HTML, MEDIA_TYPES, PLAIN, Fetched, Fetcher, anything, usual_fetcher
from annotations.fetching.outcomes import PASSING, FetchFailed, Outcome
from annotations.fetching.turns import robots_asker, turn
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.jobs.starting import start_import, store_named
from annotations.models import AuditEvent, Capture, Job, JobProblem, RawFile, Source
from annotations.workflow.source_looks import NewCapture, is_as_it_was, keep_capture, lock_source, note_look

from .extracting import Extracted, NotReadable, extract, kind_of

MOST_LOOKS = 3
"""So often a page is asked for where the failure may pass."""
RETRY_AFTER = 10.0
"""Seconds until the second look; the third waits twice as long."""
BUSY_FOR = timedelta(minutes=10)
_NAME = re.compile(r"[^\w.-]+")


def the_fetcher() -> Fetcher:
    """Build what fetches pages for jobs; tests put another in its place."""
    return usual_fetcher(turn)


def look(held: Held) -> None:
    """Do the one chunk of the job: look at a source, or bring an article."""
    parameters = held.job.parameters
    with held.kept():
        try:
            if parameters.get("how") == Capture.How.UPLOADED:
                _take_uploaded(held)
            elif "article" in parameters:
                _bring_article(held, _fetch(parameters["article"], media_types=HTML | PLAIN))
            else:
                _take_fetched(held, _fetch(_source_of(held.job).canonical_url))
        except FetchFailed as failure:
            _note_failure(held, failure)


def _fetch(url: str, media_types: Collection[str] = MEDIA_TYPES) -> Fetched:
    if not settings.WORKBENCH_FETCHING:  # it was switched off while the job waited
        raise FetchFailed(Outcome.REFUSED)
    fetcher = the_fetcher()
    may_ask = robots_asker(fetcher) if settings.WORKBENCH_FETCH_ROBOTS else anything
    found = fetcher.fetch(url, media_types=media_types, may_ask=may_ask)
    failpoint("fetch.fetched")
    return found


def _source_of(job: Job) -> Source:
    return Source.objects.get(project_id=job.project.pk, uuid=job.parameters["source"])


def _take_fetched(held: Held, page: Fetched) -> None:
    """Write what a page was, and the look at it."""
    new = NewCapture(
        how=Capture.How.FETCHED,
        sha256=hashlib.sha256(page.body).digest(),
        size=len(page.body),
        text="",
        media_type=page.media_type,
        final_url=page.url[:2000],
        status=page.status,
        fetched_at=page.fetched_at,
    )
    _write(held, page.body, new, hops=page.hops)


def _take_uploaded(held: Held) -> None:
    """Write what a file holds that somebody gave for the source."""
    file = held.job.files.select_related("raw_file").get()
    with file.raw_file.file.open("rb") as stream:
        body = stream.read()
    new = NewCapture(
        how=Capture.How.UPLOADED,
        sha256=hashlib.sha256(body).digest(),
        size=len(body),
        text="",
        media_type=kind_of(body),
    )
    _write(held, body, new, raw_file=file.raw_file)


def _write(
    held: Held,
    body: bytes,
    new: NewCapture,
    *,
    hops: tuple[dict[str, Any], ...] = (),
    raw_file: RawFile | None = None,
) -> None:
    job = held.job
    source, by = _source_of(job), job.requested_by
    held.tick()
    read, problem = _read(body, new.media_type)
    new = _with_words(new, read)
    held.tick()
    if raw_file is None and is_as_it_was(source, new, by) is None:
        raw_file = _stored(job, source.canonical_url, body)
    failpoint("fetch.stored")
    with held.finishing():
        locked = lock_source(source.pk)
        if raw_file is None and is_as_it_was(locked, new, by) is None:  # another look changed what was the newest
            raw_file = _stored(job, source.canonical_url, body)
        capture, outcome = keep_capture(locked, replace(new, raw_file=raw_file), by=by, job=job, hops=hops)
        is_new = outcome == Outcome.CAPTURED
        _record(job, locked, outcome, capture=str(capture.uuid), how=new.how, state=locked.state)
        _count(held, created=int(is_new), unchanged=int(not is_new), problem=problem if is_new else "")
        failpoint("fetch.before_commit")


def _read(body: bytes, media_type: str) -> tuple[Extracted, str]:
    """Read the text of a file. One without is captured all the same: the file is there."""
    try:
        read = extract(body, media_type)
    except NotReadable:
        read = Extracted("")
    problem = "" if read.text else _("No text was found in it. The file is kept; paste its text to quote from it.")
    return read, problem


def _with_words(new: NewCapture, read: Extracted) -> NewCapture:
    return replace(
        new,
        text=read.text,
        extractor=read.extractor,
        title=read.title,
        publisher_name=read.publisher,
        author=read.author,
        published_at=read.published_at,
        published_precision=read.published_precision,
        language=read.language,
    )


def _stored(job: Job, name: str, body: bytes) -> RawFile:
    return store_named(job.project, _file_name(name, ""), io.BytesIO(body))[1]


def _file_name(url: str, ending: str) -> str:
    """Name a file after the page it came from.

    >>> _file_name("https://example.org/a/b?c=1", ".html")
    'example.org_a_b_c_1.html'
    """
    parts = urlsplit(url)
    plain = _NAME.sub("_", f"{parts.hostname}{parts.path} {parts.query}".strip()).strip("_.")
    return plain[:150].strip("_.") + ending


def _bring_article(held: Held, page: Fetched) -> None:
    """Store the page and queue its import, in the transaction that ends this part."""
    job = held.job
    is_page = page.media_type in HTML
    name = _file_name(page.url, ".html" if is_page else ".txt")
    plain, raw_file = store_named(job.project, name, io.BytesIO(page.body))
    failpoint("fetch.stored")
    with held.finishing():
        started = start_import(
            job.requested_by,
            [(plain, raw_file)],
            format="html" if is_page else "text",
            addresses={plain: page.url[:2000]},
            project=job.project,
        )
        parameters = {**job.parameters, "import": str(started.uuid)}
        Job.objects.filter(pk=job.pk).update(parameters=parameters)
        _count(held, created=1)
        failpoint("fetch.before_commit")


def _note_failure(held: Held, failure: FetchFailed) -> None:
    """Write that a look failed and why, or have the page asked for again where that may pass."""
    job, tries = held.job, held.chunk.tries
    if failure.outcome == Outcome.BUSY and timezone.now() - job.created_at < BUSY_FOR:
        held.give_back(wait=2, counts_as_try=False)
        return
    if failure.outcome in PASSING and tries < MOST_LOOKS:
        held.give_back(wait=RETRY_AFTER * tries)
        return
    sentence = str(Outcome(failure.outcome).label).capitalize()
    if failure.status is not None:
        sentence = f"{sentence} ({failure.status})"
    with held.finishing():
        if "article" not in job.parameters:
            source = lock_source(_source_of(job).pk)
            note_look(
                source,
                by=job.requested_by,
                outcome=failure.outcome,
                job=job,
                status=failure.status,
                hops=failure.hops,
            )
            _record(job, source, failure.outcome, state=source.state)
        _count(held, problem=f"{sentence}.")


def _record(job: Job, source: Source, outcome: str, **facts: Any) -> None:
    AuditEvent.objects.create(
        project_id=job.project_id,
        actor_id=job.requested_by_id,
        verb="source.captured" if "capture" in facts else "source.checked",
        object_type="source",
        object_key=str(source.uuid),
        after={"outcome": str(outcome), **facts},
    )


def _count(held: Held, *, created: int = 0, unchanged: int = 0, problem: str = "") -> None:
    job = held.job
    address = job.parameters.get("article") or _source_of(job).canonical_url
    if problem:
        JobProblem.objects.create(job=job, chunk=held.chunk, file=address[:500], message=problem)
    Job.objects.filter(pk=job.pk).update(
        done=1, total=1, n_read=1, n_created=created, n_unchanged=unchanged, n_problems=int(bool(problem))
    )


def finish(job: Job) -> str:
    """Say what became of the page."""
    problem = job.problems.values_list("message", flat=True).first()
    if "article" in job.parameters:
        return problem or _("The page was fetched. Its import is a job of its own.")
    if job.n_unchanged:
        return _("The page is as it was when it was captured before.")
    if job.n_created:
        return problem or _("The page was captured.")
    return problem or ""


FETCH = Kind(act=Act.ANNOTATE, stages=(look,), finish=finish)
