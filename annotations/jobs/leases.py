"""Who works on which chunk: claims, leases, heartbeats, and the fence that keeps two workers from doing one chunk.

The fence is the lock on the chunk's row (on SQLite the one write lock) together with the job's state, not the lease:
the lease only says when another worker may try.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from annotations.models import Chunk, Job

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
"""How often long work says how far it is, and looks whether it was cancelled."""
STUCK_AFTER = 600.0
"""Seconds without a tick after which long work loses its lease: whoever hangs does not hold a job for ever."""
MOST_TRIES = 5
WORKING = (Job.State.QUEUED, Job.State.RUNNING)
GOING_ON = (Job.State.RUNNING, Job.State.CANCELLING)
"""States in which a chunk that was begun may still be written."""


class LeaseLost(Exception):
    """Somebody else did the chunk, or the job has ended; what was done here is rolled back."""


class Interrupted(Exception):
    """The process was asked to stop, or the job was cancelled; the chunk is given back."""


def lease_time() -> timedelta:
    """Return how long a chunk stays with a worker that says nothing."""
    return timedelta(seconds=settings.WORKBENCH_LEASE_SECONDS)


def owner_name() -> str:
    """Name this process as the owner of leases: host, process id, and a mark no other process has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{_MARK}"


_MARK = secrets.token_hex(4)


def claimable() -> QuerySet[Chunk]:
    """Return the chunks a worker may take now: not done, not held, and nothing of an earlier stage left to do."""
    now = timezone.now()
    undone = Chunk.objects.filter(job=OuterRef("job"), done_at__isnull=True).order_by("stage")
    return (
        Chunk.objects.filter(job__state__in=WORKING, done_at__isnull=True, tries__lt=MOST_TRIES)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
        .filter(stage=Subquery(undone.values("stage")[:1]))  # looked up for the first few; an EXISTS is joined with all
        .order_by("job_id", "stage", "n")
    )


def held_chunks(job_id: int) -> QuerySet[Chunk]:
    """Return the chunks of a job that a worker holds now."""
    return Chunk.objects.filter(job_id=job_id, done_at__isnull=True, lease_until__gt=timezone.now())


def claim_chunk(owner: str, job_id: int | None = None) -> Chunk | None:
    """Take the next chunk under a lease, of one job or of any; 1 query where there is none, 4 otherwise."""
    candidates = claimable() if job_id is None else claimable().filter(job_id=job_id)
    if candidates.values_list("pk").first() is None:  # polling must not take SQLite's write lock
        return None
    with transaction.atomic():
        chunk = candidates.select_for_update(skip_locked=True, of=("self",)).first()
        if chunk is None:
            return None
        now = timezone.now()
        chunk.lease_until, chunk.owner, chunk.tries = now + lease_time(), owner, chunk.tries + 1
        chunk.save(update_fields=["lease_until", "owner", "tries"])
        Job.objects.filter(pk=chunk.job_id, state=Job.State.QUEUED).update(
            state=Job.State.RUNNING, started_at=now, stage_at=now
        )
    return chunk


class Held:
    """A chunk that this process holds, with the ways to keep it, to finish it and to give it back."""

    def __init__(self, chunk: Chunk, owner: str, should_stop: Callable[[], bool]) -> None:
        self.chunk = chunk
        self.job = Job.objects.select_related("project", "requested_by__project", "requested_by__user").get(
            pk=chunk.job_id
        )
        self.owner = owner
        self.progress: dict[str, int] = {}
        self._should_stop = should_stop
        self._is_over = threading.Event()
        self._ticked_at = time.monotonic()

    def tick(self, **progress: int) -> None:
        """Say how far the work is; call it often in long work. Raises `Interrupted` where it has to stop."""
        if self._is_over.is_set() or self._should_stop():
            raise Interrupted
        self._ticked_at = time.monotonic()
        self.progress = progress

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease, write the progress and look for a cancellation from a thread, in work that is long."""
        ended = threading.Event()
        self._ticked_at = time.monotonic()
        thread = threading.Thread(target=self._watch_until, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Open the transaction that holds the chunk's data and its done mark. Raises `LeaseLost` at the fence."""
        with transaction.atomic():
            chunk = Chunk.objects.select_for_update().get(pk=self.chunk.pk)
            if chunk.done_at is not None or chunk.owner != self.owner:
                raise LeaseLost
            yield
            now = timezone.now()
            Chunk.objects.filter(pk=chunk.pk).update(done_at=now, lease_until=None, facts=self.chunk.facts)
            # waits for whoever ends the job in this moment, and then finds it ended: nothing is written after the end
            if not Job.objects.filter(pk=chunk.job_id, state__in=GOING_ON).update(heartbeat_at=now):
                raise LeaseLost

    def give_back(self, *, wait: float = 0, counts_as_try: bool = True) -> None:
        """Let another worker take the chunk after `wait` seconds."""
        tries = self.chunk.tries if counts_as_try else self.chunk.tries - 1
        Chunk.objects.filter(pk=self.chunk.pk, owner=self.owner, done_at__isnull=True).update(
            lease_until=timezone.now() + timedelta(seconds=wait), tries=tries
        )

    def _watch_until(self, ended: threading.Event) -> None:
        renewed_at, written = time.monotonic(), self.progress
        try:
            while not ended.wait(LOOK_SECONDS):
                close_old_connections()
                try:
                    if not self._look():
                        continue
                    if written != self.progress:
                        written = self.progress
                        self._write(written)
                    if time.monotonic() - renewed_at >= lease_time().total_seconds() / 4:
                        self._renew()
                        renewed_at = time.monotonic()
                except DatabaseError:
                    time.sleep(0)  # the next look tries again; three may fail before the lease ends
        finally:
            connection.close()

    def _look(self) -> bool:
        """Tell whether the job is there; one made in a transaction that is still open is not."""
        state = Job.objects.filter(pk=self.job.pk).values_list("state", flat=True).first()
        if state is not None and state not in WORKING:
            self._is_over.set()
        return state is not None

    def _write(self, progress: dict[str, int]) -> None:
        Job.objects.filter(pk=self.job.pk, state__in=GOING_ON).update(heartbeat_at=timezone.now(), **progress)

    def _renew(self) -> None:
        if time.monotonic() - self._ticked_at > STUCK_AFTER:
            logger.error("work does not go on", extra={"job": self.job.pk, "chunk": self.chunk.n})
            return
        now = timezone.now()
        mine = Chunk.objects.filter(pk=self.chunk.pk, owner=self.owner, done_at__isnull=True)
        if mine.update(lease_until=now + lease_time()):
            Job.objects.filter(pk=self.job.pk, state__in=GOING_ON).update(heartbeat_at=now)
        elif Chunk.objects.filter(pk=self.chunk.pk).exclude(owner=self.owner).exists():
            self._is_over.set()


def release_leases_of_the_dead() -> int:
    """End the leases of processes of this host that are gone, so that nobody waits for them; return how many."""
    held = Chunk.objects.filter(done_at__isnull=True, lease_until__gt=timezone.now())
    dead = [owner for owner in set(held.values_list("owner", flat=True)) if _is_dead(owner)]
    return held.filter(owner__in=dead).update(lease_until=timezone.now()) if dead else 0


def _is_dead(owner: str) -> bool:
    host, _colon, rest = owner.partition(":")
    pid, _colon, mark = rest.partition(":")
    if host != socket.gethostname()[:60] or not pid.isdecimal():
        return False
    if int(pid) == os.getpid():  # a container that was started again counts its processes anew
        return bool(mark) and mark != _MARK
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
