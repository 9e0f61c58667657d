"""Sealing the record of acts: each committed act is chained to the one before, so that no later change goes unseen.

An act waits for its seal from the moment it is committed (the database notes it, see `models.audit_guards`). The sealer
takes those that wait, in batches, whatever their ids: one that commits late is sealed late, and none is overlooked.
What a seal covers is described in `docs/audit.md`; whoever changes it here breaks every chain there is.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.models import AuditEvent, AuditSeal, AuditText, AuditWaiting
from annotations.models.audit import new_salt

BATCH = 500
MOST_NAMED = 1_000
BEGINNING = b"\x00" * 32
"""What stands in for the seal before the first one."""
ONE_SEALER = 0x57425345414C
"""The number of PostgreSQL's advisory lock that one sealer at a time holds."""
HOLDS_WORDS = Q(erased_at__isnull=True) | ~Q(values={})
"""Texts of acts that are not erased, or only in part."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the chain ended at a moment: the last seal's number and hash (32 bytes), and when it was made."""

    n: int
    hash: bytes
    sealed_at: datetime | None

    @property
    def hex(self) -> str:
        """Write the hash as people note it down."""
        return self.hash.hex()


@dataclass(frozen=True, slots=True)
class Flaw:
    """One break of the record: which row, and what is wrong with it."""

    row: str
    message: str


def seal_waiting(*, until: float | None = None) -> bool:
    """Seal acts that wait, up to the moment `until` (monotonic); tell whether there are more."""
    while AuditWaiting.objects.exists():
        if not seal_batch():
            return False
        if until is not None and time.monotonic() >= until:
            return AuditWaiting.objects.exists()
    return False


@transaction.atomic
def seal_batch() -> int:
    """Seal at most `BATCH` acts that wait, in one transaction; return how many. 0 where another sealer is at it.

    At most 5 queries, and one more where texts of an earlier release get their salt.
    """
    if not _is_only_sealer():
        return 0
    rows = AuditWaiting.objects.select_related("event__text").order_by("event_id")[:BATCH]
    events = [waiting.event for waiting in rows]
    if not events:
        return 0
    _salt([event.text for event in events if _text_of(event) is not None])
    last, now = checkpoint(), timezone.now()
    n, before = last.n, last.hash
    seals = []
    for event in events:
        n, covered = n + 1, text_digest(_text_of(event))
        before = link(before, n, event, covered)
        seals.append(AuditSeal(n=n, event=event, text_digest=covered, hash=before, sealed_at=now))
    AuditSeal.objects.bulk_create(seals)
    waiting = AuditWaiting.objects.filter(pk__in=[event.pk for event in events])
    waiting._raw_delete(waiting.db)
    return len(seals)


def let_missed_wait() -> int:
    """Let acts be sealed that nothing was noted of, as those of a moment without guards; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotations_auditwaiting (event_id) SELECT e.id FROM annotations_auditevent e "
            "WHERE NOT EXISTS (SELECT 1 FROM annotations_auditseal s WHERE s.event_id = e.id) "
            "AND NOT EXISTS (SELECT 1 FROM annotations_auditwaiting w WHERE w.event_id = e.id)"
        )
        return int(cursor.rowcount)


def checkpoint() -> Checkpoint:
    """Return where the chain ends now; 1 query. Compared later, it shows whether the chain was cut or rewritten."""
    last = AuditSeal.objects.order_by("-n").first()
    return Checkpoint(last.n, bytes(last.hash), last.sealed_at) if last else Checkpoint(0, BEGINNING, None)


@transaction.atomic
def forget_personal(events: QuerySet[AuditEvent]) -> int:
    """Erase the free and personal text of acts for good; return of how many. The chain of seals stays whole.

    The rows of the acts stay, with keys, offsets and states only. Memory is constant; 2 queries for each `BATCH` texts.
    """
    rows = AuditText.objects.select_for_update().filter(HOLDS_WORDS, event__in=events.order_by())
    erased, after = 0, 0
    while some := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        replace_personal((text, {}) for text in some)
        erased, after = erased + len(some), some[-1].pk
    return erased


def replace_personal(texts: Iterable[tuple[AuditText, dict[str, Any]]]) -> int:
    """Put other words in the place of the personal text of acts, as where a name is taken out; return how many.

    In the caller's transaction, which has locked the rows; 1 query for each `BATCH`. The seals go on covering what was
    there first, whose digest is kept, and the rows say when they were changed. The chain stays whole.
    """
    changed, now = [], timezone.now()
    for text, values in texts:
        if text.erased_at is None:
            text.salt = bytes(text.salt) or new_salt()
            text.digest = text_digest(text)
        text.values, text.salt, text.erased_at = values, b"", now
        changed.append(text)
    AuditText.objects.bulk_update(changed, ["digest", "values", "salt", "erased_at"], batch_size=BATCH)
    return len(changed)


def flaws(known: bytes | None = None) -> Iterator[Flaw]:
    """Walk the chain from its beginning and yield every break, the first bad record first; memory is constant.

    `known` is the hash of an earlier checkpoint, which has to be in the chain still. Acts that still wait for their
    seal are no flaw; how many there are, `AuditWaiting` says.
    """
    n, before, has_known = 0, BEGINNING, known in (None, BEGINNING)
    while seals := list(AuditSeal.objects.filter(n__gt=n).order_by("n")[:BATCH]):
        events = _events([seal.event_id for seal in seals])
        for seal in seals:
            if seal.n != n + 1:
                yield Flaw(f"auditseal {n + 1}", f"it is missing; the next one there is {seal.n}")
            yield from _flaws_of(seal, events.get(seal.event_id), before)
            n, before = seal.n, bytes(seal.hash)
            has_known = has_known or before == known
    yield from _unsealed()
    if not has_known:
        assert known is not None
        message = f"the chain has no seal {known.hex()}: it was cut off or written anew since that checkpoint"
        yield Flaw(f"auditseal {n}", message)


def link(before: bytes, n: int, event: AuditEvent, covered: bytes | None) -> bytes:
    """Return the hash of seal number `n` (32 bytes), which covers the seal before, an act and its text's digest."""
    return hashlib.sha256(before + n.to_bytes(8) + event_digest(event) + (covered or b"")).digest()


def event_digest(event: AuditEvent) -> bytes:
    """Return the SHA-256 of all columns of an act, written in one way (32 bytes)."""
    values = [
        event.pk,
        str(event.uuid),
        event.project_id,
        event.actor_id,
        event.acting_for_id,
        str(event.user_uuid) if event.user_uuid else None,
        event.verb,
        event.object_type,
        event.object_key,
        event.before,
        event.after,
        str(event.request_key) if event.request_key else None,
        bytes(event.request_digest).hex() if event.request_digest is not None else None,
        event.request_id,
        event.via,
        event.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(_plain(values)).digest()


def text_digest(text: AuditText | None) -> bytes | None:
    """Return the digest of an act's text that its seal covers (32 bytes), kept where the text was erased."""
    if text is None:
        return None
    if text.erased_at is not None:
        return bytes(text.digest or b"")
    return hashlib.sha256(bytes(text.salt) + _plain(text.values)).digest()


def _plain(value: Any) -> bytes:
    """Write a value as JSON in one way: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text_of(event: AuditEvent) -> AuditText | None:
    return getattr(event, "text", None)


def _is_only_sealer() -> bool:
    """Take the place of the one sealer until the transaction ends. SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_SEALER])
        return bool(cursor.fetchone()[0])


def _salt(texts: Sequence[AuditText]) -> None:
    """Give texts of an earlier release the salt that new ones have."""
    plain = [text for text in texts if not text.salt and text.erased_at is None]
    for text in plain:
        text.salt = new_salt()
    AuditText.objects.bulk_update(plain, ["salt"])


def _events(ids: Iterable[int]) -> dict[int, AuditEvent]:
    rows = AuditEvent.objects.filter(pk__in=list(ids)).select_related("text")
    return {event.pk: event for event in rows}


def _flaws_of(seal: AuditSeal, event: AuditEvent | None, before: bytes) -> Iterator[Flaw]:
    row = f"auditevent {seal.event_id}"
    if event is None:
        yield Flaw(row, f"it was deleted, but seal {seal.n} covers it")
        return
    covered = bytes(seal.text_digest) if seal.text_digest is not None else None
    if link(before, seal.n, event, covered) != bytes(seal.hash):
        yield Flaw(row, f"it, or its place in the order, is not what seal {seal.n} covers")
    found = text_digest(_text_of(event))
    if found != covered:
        what = "is gone, without having been erased" if found is None else "is not the one that was sealed"
        yield Flaw(f"audittext of auditevent {seal.event_id}", f"its text {what} (seal {seal.n})")


def _unsealed() -> Iterator[Flaw]:
    """Name acts that have neither a seal nor wait for one, and those that wait but are gone."""
    seal = AuditSeal.objects.filter(event_id=OuterRef("pk"))
    waits = AuditWaiting.objects.filter(event_id=OuterRef("pk"))
    rows = AuditEvent.objects.filter(~Exists(seal), ~Exists(waits)).order_by("pk")
    for pk in rows.values_list("pk", flat=True)[:MOST_NAMED]:
        yield Flaw(f"auditevent {pk}", "it has no seal, and does not wait for one: it was put in past the guards")
    event = AuditEvent.objects.filter(pk=OuterRef("event_id"))
    for pk in AuditWaiting.objects.filter(~Exists(event)).order_by("pk").values_list("pk", flat=True)[:MOST_NAMED]:
        yield Flaw(f"auditevent {pk}", "it was deleted before it was sealed")
