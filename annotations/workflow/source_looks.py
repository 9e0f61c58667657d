"""What a look at a source leaves behind: the look, what was captured, and the state that follows from all looks.

Whoever writes a look has locked the source before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from annotations.access import visible_to
from annotations.models import Capture, Job, Membership, Publisher, RawFile, Source, SourceCheck
from annotations.text.page_states import Look, state_of
from annotations.text.spans import text_sha256

from .articles import NORMALISER

SAID = (SourceCheck.Outcome.ADDED, SourceCheck.Outcome.NOT_HELD, SourceCheck.Outcome.HOLDABLE)
"""Looks that a person only told of."""


@dataclass(frozen=True, slots=True)
class NewCapture:
    """What was read of a page; `raw_file` is None for a pasted text."""

    how: str
    sha256: bytes
    size: int
    text: str
    media_type: str = ""
    raw_file: RawFile | None = None
    final_url: str = ""
    status: int | None = None
    extractor: str = ""
    title: str = ""
    publisher_name: str = ""
    author: str = ""
    published_at: datetime | None = None
    published_precision: str = "second"
    language: str = ""
    fetched_at: datetime = field(default_factory=timezone.now)


def lock_source(source_id: int) -> Source:
    """Lock a source; whoever adds a look does so first."""
    return Source.objects.select_for_update().get(pk=source_id)


def is_as_it_was(source: Source, new: NewCapture, by: Membership | None) -> Capture | None:
    """Return the newest capture that one may see where it has the same bytes, or the same words; 1 query.

    Same bytes stay unchanged when another version of a library takes other words out of them.
    """
    rows = Capture.objects.filter(source=source)
    newest = (visible_to(by, rows) if by is not None else rows).defer("text").order_by("-fetched_at", "-pk").first()
    if newest is None or newest.withheld_at is not None or newest.how != new.how:
        return None
    same = bytes(newest.sha256) == new.sha256 or (new.text and bytes(newest.text_sha256) == text_sha256(new.text))
    return newest if same else None


def keep_capture(
    source: Source,
    new: NewCapture,
    *,
    by: Membership | None,
    job: Job | None = None,
    hops: Sequence[dict[str, Any]] = (),
) -> tuple[Capture, str]:
    """Write what was captured of a locked source, and the look that brought it; tell which it was."""
    known = is_as_it_was(source, new, by)
    outcome = SourceCheck.Outcome.UNCHANGED if known else SourceCheck.Outcome.CAPTURED
    capture = known or Capture.objects.create(
        project_id=source.project_id,
        source=source,
        requested_by=by,
        how=new.how,
        fetched_at=new.fetched_at,
        final_url=new.final_url,
        status=new.status,
        media_type=new.media_type,
        raw_file=new.raw_file,
        sha256=new.sha256,
        size=new.size,
        text=new.text,
        length=len(new.text),
        text_sha256=text_sha256(new.text),
        normaliser=NORMALISER,
        extractor=new.extractor,
        title=new.title,
        publisher_name=new.publisher_name,
        author=new.author,
        published_at=new.published_at,
        published_precision=new.published_precision,
        language=new.language,
        created_by_job=job,
    )
    if known is None:
        _fill_facts(source, capture)
    note_look(
        source,
        by=by,
        outcome=outcome,
        job=job,
        capture=capture,
        status=new.status,
        final_url=new.final_url,
        hops=hops,
        checked_at=new.fetched_at,
    )
    return capture, outcome.value


def note_look(
    source: Source,
    *,
    by: Membership | None,
    outcome: str,
    job: Job | None = None,
    capture: Capture | None = None,
    status: int | None = None,
    final_url: str = "",
    hops: Sequence[dict[str, Any]] = (),
    note: str = "",
    checked_at: datetime | None = None,
) -> SourceCheck:
    """Write one look at a locked source and put its state right; 3 queries."""
    look = SourceCheck.objects.create(
        project_id=source.project_id,
        source=source,
        requested_by=by,
        job=job,
        outcome=outcome,
        status=status,
        final_url=final_url,
        hops=list(hops),
        capture=capture,
        note=note,
        checked_at=checked_at or timezone.now(),
    )
    if outcome not in SAID:
        source.checked_at = look.checked_at
    source.state = state_from_rows(source)
    source.save(update_fields=["state", "checked_at"])
    return look


def state_from_rows(source: Source) -> str:
    """Return the state that a source's looks, all of them, give it; 1 query."""
    rows = SourceCheck.objects.filter(source=source).select_related("capture").defer("capture__text")
    return state_of(as_looks(rows.order_by("checked_at", "pk")))


def put_state_right(source: Source) -> None:
    """Let a locked source say what its looks say, after some came or went; 3 queries."""
    looks = SourceCheck.objects.filter(source=source).exclude(outcome__in=SAID).order_by("-checked_at", "-pk")
    source.checked_at = looks.values_list("checked_at", flat=True).first()
    source.state = state_from_rows(source)
    source.save(update_fields=["state", "checked_at"])


def _fill_facts(source: Source, capture: Capture) -> None:
    """Take over from a capture what nobody has written of the source; at most 3 queries."""
    filled: dict[str, Any] = {}
    if not source.title and capture.title:
        filled["title"] = capture.title
    if not source.author and capture.author:
        filled["author"] = capture.author
    if source.published_at is None and capture.published_at is not None:
        filled["published_at"] = capture.published_at
        filled["published_precision"] = capture.published_precision
    if not source.medium:
        filled["medium"] = medium_of(capture.media_type)
    if source.publisher_id is None and capture.publisher_name:
        filled["publisher"] = publisher_of(source.project_id, capture.publisher_name)
    for name, value in filled.items():
        setattr(source, name, value)
    if filled:
        source.save(update_fields=list(filled))


def as_looks(rows: Iterable[SourceCheck]) -> list[Look]:
    """Return looks as the state is told from them; their captures are loaded already."""
    return [
        Look(row.outcome, bytes(row.capture.text_sha256), row.capture.how == Capture.How.FETCHED)
        if row.capture
        else Look(row.outcome)
        for row in rows
    ]


def medium_of(media_type: str) -> str:
    """Return the medium that a media type stands for.

    >>> medium_of("application/pdf")
    'pdf'
    """
    if media_type == "application/pdf":
        return "pdf"
    return "web_text" if media_type.startswith(("text/", "application/xhtml")) else ""


def publisher_of(project_id: int, name: str) -> Publisher:
    """Find or make the publisher of this name."""
    return Publisher.objects.get_or_create(project_id=project_id, name=name)[0]
