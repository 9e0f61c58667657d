"""Sources: add one, say what is known of it, ask for a look at it, take what is given by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, allows, require, sees_all_work, visible_to
from annotations.access.starts import count_start
from annotations.errors import Conflict, Forbidden, Refused, TooMany
from annotations.jobs.starting import queue_job, store_named
from annotations.models import Capture, Job, JobFile, Membership, Publisher, Source, SourceCheck
from annotations.text.normalise import UnusableText, normalise
from annotations.text.spans import text_sha256
from annotations.text.urls import BadUrl, canonical_url, check_source_url, name_of_its_own, url_sha256

from .acts import Request, carry_out_once, record
from .articles import dated
from .source_looks import NewCapture, keep_capture, lock_source, note_look, publisher_of
from .source_sight import find_capture, find_source, states_shown

MOST_PASTED = 2_000_000
"""Code points of a text that is pasted."""
MOST_NOTE = 1_000
FACTS = {"title": 1000, "author": 500, "publisher": 200}
"""What a person may write of a source, with the most characters each may have; beside these medium and date."""


def checked_address(url: str) -> str:
    """Return an address as it is stored. Raises `Refused`."""
    try:
        return check_source_url(url)
    except BadUrl as error:
        raise Refused(error.code, error.message, field="url") from None


def find_or_make_source(project_id: int, url: str) -> Source:
    """Find or make the source of a checked address; the caller learns nothing of which it was."""
    canonical = canonical_url(url)
    return Source.objects.get_or_create(
        project_id=project_id, url_sha256=url_sha256(canonical), defaults={"url": url, "canonical_url": canonical}
    )[0]


def add_source(url: str, *, by: Membership, request: Request | None = None) -> Source:
    """Add a source by its address. One that is there is told of in the very same words. Raises `Refused`."""
    address = checked_address(url)

    def act() -> Source:
        source = lock_source(find_or_make_source(by.project_id, address).pk)
        if not visible_to(by, SourceCheck.objects.filter(source=source, outcome=_ADDED)).exists():
            note_look(source, by=by, outcome=_ADDED)
        record(by, "source.added", "source", source.uuid, text={"url": source.canonical_url}, request=request)
        look_quietly(source, by)
        return source

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: find_or_make_source(by.project_id, address))


def add_source_without_address(
    key: UUID, facts: dict[str, Any], *, by: Membership, request: Request | None = None
) -> Source:
    """Add what has no address: a book, a call, a paper in a drawer. `facts` are those of `change_source`, with a title.

    The client's `key` names it, so that sending it again makes no second one. Raises `Refused`.
    """
    name = uuid5(OWN_NAMES, f"{by.project_id}/{by.pk}/{key}")

    def act() -> Source:
        found = again()
        if found is not None:
            return found
        source = Source(project_id=by.project_id, uuid=name, canonical_url=name_of_its_own(name))
        source.url_sha256 = url_sha256(source.canonical_url)
        values = _checked_facts(facts, source)
        for field, value in values.items():
            setattr(source, field, value)
        _refuse_untitled(source)
        source.save()
        note_look(lock_source(source.pk), by=by, outcome=_ADDED)
        text = {field: _plain(value) for field, value in values.items()}
        record(by, "source.added", "source", source.uuid, text=text, request=request)
        return source

    def again() -> Source | None:
        return Source.objects.filter(project_id=by.project_id, uuid=name).first()

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, again)


def _refuse_untitled(source: Source) -> None:
    if not source.url and not source.title:
        raise Refused("title_empty", _("Say what it is: a source without an address needs a title."), field="title")


OWN_NAMES = UUID("0f6d8b5e-3c1a-4b57-9f3e-6a2f7d0c9b41")
_ADDED = SourceCheck.Outcome.ADDED


def start_fetching(uuid: UUID, *, by: Membership, request: Request | None = None) -> Job:
    """Queue a look at a source; where one waits already, return that. Raises `Refused` (fetching is off), `TooMany`."""
    require(by, Act.ANNOTATE)
    source = find_source(by, uuid)
    if not settings.WORKBENCH_FETCHING:
        message = _("This server fetches no pages. Save the page as a file and upload it, or paste its text.")
        raise Refused("fetching_off", message)
    if not source.url:
        message = _("This source has no address to be fetched from. Upload it as a file, or paste its text.")
        raise Refused("source_has_no_address", message)
    with transaction.atomic():
        lock_source(source.pk)
        waiting = _unended(source, by).first()
        if waiting is not None:
            return waiting
        count_start(by, Job.Kind.FETCH)
        return _queue(source, by, request=request)


def look_quietly(source: Source, by: Membership) -> None:
    """Queue a look at a source of which one has no capture, where the server fetches and one may ask for it now."""
    if not (settings.WORKBENCH_FETCHING and source.url) or _unended(source, by).exists():
        return
    if visible_to(by, Capture.objects.filter(source=source)).exists():
        return
    try:
        with transaction.atomic():
            count_start(by, Job.Kind.FETCH)
    except TooMany:  # what it was asked for beside is done all the same; the page of the source offers it again
        return
    _queue(source, by)


def unended_fetch(source: Source, by: Membership) -> Job | None:
    """Return the look that one asked for and that has not ended yet; 1 query."""
    return _unended(source, by).first()


def _unended(source: Source, by: Membership) -> QuerySet[Job]:
    rows = Job.objects.filter(project_id=source.project_id, kind=Job.Kind.FETCH, requested_by=by)
    return rows.filter(parameters__source=str(source.uuid)).exclude(state__in=Job.ENDED).order_by("-pk")


def _queue(source: Source, by: Membership, *, request: Request | None = None, **parameters: Any) -> Job:
    facts = {"source": str(source.uuid)}
    return queue_job(by, by.project, Job.Kind.FETCH, facts | parameters, facts, request=request)


def start_article_by_address(url: str, *, by: Membership, request: Request | None = None) -> Job:
    """Queue the fetching of an article; what comes is imported as a page is. Raises `Refused`, `TooMany`."""
    require(by, Act.ADD_ARTICLES)
    address = checked_address(url)
    if not settings.WORKBENCH_FETCHING:
        message = _("This server fetches no pages. Save the page as a file and import it.")
        raise Refused("fetching_off", message)
    count_start(by, Job.Kind.FETCH)
    return queue_job(by, by.project, Job.Kind.FETCH, {"article": address}, {}, request=request)


def capture_file(uuid: UUID, name: str, file: BinaryIO, *, by: Membership, request: Request | None = None) -> Job:
    """Take a file for a source: it is stored now, and read by a worker. Raises `Refused` for one that is too large."""
    require(by, Act.ANNOTATE)
    source = find_source(by, uuid)
    size = file.seek(0, 2)
    file.seek(0)
    if not size:
        raise Refused("file_empty", _("The file is empty."), field="file")
    if size > settings.WORKBENCH_CAPTURE_MAX_SIZE:
        message = _("The file is larger than %(most)s MiB, the most for a capture (WORKBENCH_CAPTURE_MIB).")
        most = settings.WORKBENCH_CAPTURE_MAX_SIZE // (1024 * 1024)
        raise Refused("file_too_large", message % {"most": most}, field="file")
    count_start(by, Job.Kind.FETCH)
    plain, raw_file = store_named(by.project, name, file)
    with transaction.atomic():
        job = _queue(source, by, request=request, how=Capture.How.UPLOADED.value)
        JobFile.objects.create(job=job, raw_file=raw_file, name=plain)
    return job


def paste_capture(uuid: UUID, text: str, *, by: Membership, title: str = "", request: Request | None = None) -> Capture:
    """Take the text of a source as somebody copied it. Raises `Refused` for none, for too much, or odd characters."""
    require(by, Act.ANNOTATE)
    source = find_source(by, uuid)
    if len(text) > MOST_PASTED:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        raise Refused("text_too_long", message % {"most": MOST_PASTED, "found": len(text)}, field="text")
    try:
        words = normalise(text).text
    except UnusableText as error:
        raise Refused(error.code, error.message, field="text") from None
    if not words.strip():
        raise Refused("text_empty", _("Paste the text of the page."), field="text")

    def act() -> Capture:
        locked = lock_source(source.pk)
        data = words.encode("utf-8")
        new = NewCapture(
            how=Capture.How.PASTED,
            sha256=text_sha256(words),
            size=len(data),
            text=words,
            media_type="text/plain",
            title=title.strip()[:1000],
        )
        capture, outcome = keep_capture(locked, new, by=by)
        after = {"outcome": outcome, "capture": str(capture.uuid), "how": new.how}
        record(by, "source.captured", "source", source.uuid, after=after, request=request)
        return capture

    def again() -> Capture | None:
        rows = visible_to(by, Capture.objects.filter(source=source, text_sha256=text_sha256(words)))
        return rows.order_by("-pk").first()

    return carry_out_once(by, request, act, again)


def change_source(
    uuid: UUID, changes: dict[str, Any], *, by: Membership, base_version: int, request: Request | None = None
) -> Source:
    """Say what is known of a source: title, author, publisher, medium, published_at (a date is a day).

    For those who see all work, as it is shown to them all. Raises `Forbidden`, `Refused`, `Conflict`.
    """

    def act() -> Source:
        source = lock_source(find_source(by, uuid).pk)
        if source.version_number != base_version:
            raise _stale(source, base_version)
        values = _checked_facts(changes, source)
        if not values:
            return source
        for name, value in values.items():
            setattr(source, name, value)
        _refuse_untitled(source)
        source.version_number += 1
        source.save(update_fields=[*values, "version_number"])
        after = {"version": source.version_number}
        text = {name: _plain(value) for name, value in values.items()}
        record(by, "source.changed", "source", source.uuid, after=after, text=text, request=request)
        return source

    require_shared_facts(by)
    return carry_out_once(by, request, act, lambda: find_source(by, uuid))


def may_change_facts(by: Membership) -> bool:
    """Tell whether one may write what is known of a source to all."""
    return allows(by, Act.ANNOTATE) and sees_all_work(by)


def require_shared_facts(by: Membership) -> None:
    """Raise `Forbidden` where one may not write what is known of a source to all."""
    require(by, Act.ANNOTATE)
    if not sees_all_work(by):
        message = _("In this project annotators do not see one another’s work, so that they share no notes on sources.")
        raise Forbidden("work_is_blind", message)


def set_not_held(
    uuid: UUID, is_held_back: bool, *, by: Membership, note: str = "", request: Request | None = None
) -> Source:
    """Say that a source cannot be captured (on paper, behind a wall), or take that back. Twice is no error."""

    def act() -> Source:
        source = lock_source(find_source(by, uuid).pk)
        outcome = SourceCheck.Outcome.NOT_HELD if is_held_back else SourceCheck.Outcome.HOLDABLE
        if (states_shown([source], by)[source.pk] == Source.State.NOT_HELD) == is_held_back:
            return source
        note_look(source, by=by, outcome=outcome, note=note.strip())
        verb = "source.not_held" if is_held_back else "source.holdable"
        record(by, verb, "source", source.uuid, text={"note": note.strip()}, request=request)
        return source

    require(by, Act.ANNOTATE)
    if len(note) > MOST_NOTE:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        raise Refused("note_too_long", message % {"most": MOST_NOTE, "found": len(note)}, field="note")
    return carry_out_once(by, request, act, lambda: find_source(by, uuid))


def set_archive_address(
    uuid: UUID, url: str, *, by: Membership, base_version: int, request: Request | None = None
) -> Capture:
    """Say where an archive keeps what was captured; empty takes it away. Raises `Refused`, `Conflict`."""

    def act() -> Capture:
        found = find_capture(by, uuid)
        capture = Capture.objects.select_for_update().defer("text").get(pk=found.pk)
        if capture.version_number != base_version:
            raise _stale(capture, base_version)
        address = checked_address(url) if url.strip() else ""
        if address == capture.archive_url:
            return found
        capture.archive_url = address
        capture.version_number += 1
        capture.save(update_fields=["archive_url", "version_number"])
        after = {"version": capture.version_number}
        record(by, "capture.archived", "capture", capture.uuid, after=after, text={"url": address}, request=request)
        return find_capture(by, uuid)

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: find_capture(by, uuid))


def _checked_facts(changes: dict[str, Any], source: Source) -> dict[str, Any]:
    """Return the columns that change. Raises `Refused`."""
    values: dict[str, Any] = {}
    for name, most in FACTS.items():
        if name not in changes:
            continue
        text = " ".join(str(changes[name] or "").split())
        if len(text) > most:
            message = _("At most %(most)s characters are kept here; you sent %(found)s.")
            raise Refused(f"{name}_too_long", message % {"most": most, "found": len(text)}, field=name)
        values[name] = text
    if "publisher" in values:
        values["publisher"] = publisher_of(source.project_id, values["publisher"]) if values["publisher"] else None
    if "medium" in changes:
        if changes["medium"] not in Source.Medium.values:
            message = _("“%(given)s” is no medium. Send one of: %(all)s.")
            known = ", ".join(filter(None, Source.Medium.values))
            raise Refused(
                "medium_unknown", message % {"given": str(changes["medium"])[:40], "all": known}, field="medium"
            )
        values["medium"] = changes["medium"]
    if "published_at" in changes:
        values |= dated("published", changes["published_at"])
    return {name: value for name, value in values.items() if value != getattr(source, name)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.name if isinstance(value, Publisher) else value


def _stale(row: Source | Capture, base_version: int) -> Conflict:
    message = _("This was changed in the meantime: you changed version %(base)s, it is at version %(now)s.")
    values = {"base": base_version, "now": row.version_number}
    return Conflict("stale_version", message % values, current=row, field="base_version")
