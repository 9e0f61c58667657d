"""Workers: the row that says one is alive, the sweep that picks up what others dropped, and the embedded loop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import DatabaseError, Error, OperationalError, close_old_connections, connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotations.access.login import remove_old_counts
from annotations.models import Chunk, Job, Presence, Worker

from .cleaning import forget_old_removals, remove_expired_files, remove_orphans
from .files import remove_old_scratch
from .garbage import give_memory_back
from .leases import claimable, owner_name, release_leases_of_the_dead
from .running import Kinds, fail_worn_out_jobs, finish_if_complete, run_job
from .waiting import forget_old_uploads

logger = logging.getLogger(__name__)
T = TypeVar("T")
POLL_SECONDS = 0.5
SWEEP_SECONDS = 5.0
BEAT_SECONDS = 2.5
ALIVE_FOR = timedelta(seconds=10)
CLEAN_SECONDS = 24 * 3600.0
FORGOTTEN_AFTER = timedelta(days=1)
CHORE_SECONDS = 60.0
"""So long chores wait while job follows upon job; otherwise they are done as soon as no job waits."""
CHORE_SLICE = 1.0


def a_worker_is_alive() -> bool:
    """Tell whether any worker was seen in the last ten seconds; one query."""
    return Worker.objects.filter(last_seen_at__gt=timezone.now() - ALIVE_FOR).exists()


def show_sign_of_life(name: str) -> None:
    """Write that this worker is there; one query."""
    now = timezone.now()
    Worker.objects.bulk_create(
        [Worker(name=name, started_at=now, last_seen_at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["last_seen_at"],
    )


def sweep(kinds: Kinds) -> None:
    """Pick up what others dropped: leases of the dead, jobs left unended, files past their time; start what is due."""
    release_leases_of_the_dead()
    fail_worn_out_jobs()
    undone = Chunk.objects.filter(job=OuterRef("pk"), done_at__isnull=True)
    to_end = Q(state=Job.State.CANCELLING) | (Q(state=Job.State.RUNNING) & ~Exists(undone))
    for job_id in Job.objects.filter(to_end).values_list("pk", flat=True):
        finish_if_complete(job_id, kinds)
    for kind in kinds.values():
        if kind.start_where_due is not None:
            _in_spite_of_failures("what is due could not be started", kind.start_where_due)
    remove_expired_files()
    forget_old_uploads()
    Worker.objects.filter(last_seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def clean() -> None:
    """Remove what killed processes left in the storage a day ago or longer, and what was noted too long ago."""
    remove_old_scratch()
    remove_orphans()
    remove_old_counts()
    forget_old_removals()
    Presence.objects.filter(until__lt=timezone.now()).delete()


def next_job(after: int) -> int | None:
    """Return the job whose turn it is: the next one with work after another, then again from the first; 1 or 2 queries.

    A slice of each in turn: a short export does not wait for the whole of a long import before it.
    """
    waiting = claimable().values_list("job_id", flat=True)
    following = waiting.filter(job_id__gt=after).first()
    return following if following is not None else waiting.first()


Chore = Callable[[float], bool]
"""Work that no job asks for, done up to a moment (monotonic); tells whether there is more of it."""


def no_chore(until: float) -> bool:
    """Have nothing to do beside jobs."""
    return False


def nothing_daily() -> object:
    """Have nothing to do once a day beside cleaning."""


def serve(
    kinds: Kinds,
    should_stop: Callable[[], bool],
    chore: Chore = no_chore,
    daily: Callable[[], object] = nothing_daily,
) -> None:
    """Look for work until asked to stop. The embedded worker's life: one process, one chunk at a time."""
    name = owner_name()
    ended = threading.Event()
    heart = threading.Thread(target=_keep_beating, args=(name, ended), daemon=True)
    heart.start()
    try:
        _serve(kinds, name, should_stop, chore, daily)
    finally:
        ended.set()
        heart.join()
        Worker.objects.filter(name=name).delete()


def _serve(
    kinds: Kinds,
    name: str,
    should_stop: Callable[[], bool],
    chore: Chore,
    daily: Callable[[], object] = nothing_daily,
) -> None:
    swept_at, cleaned_at, chored_at, job_id = -SWEEP_SECONDS, -CLEAN_SECONDS, time.monotonic(), None
    has_failed = False
    while not should_stop():
        try:
            if time.monotonic() - cleaned_at > CLEAN_SECONDS:
                clean()
                cleaned_at = time.monotonic()
                _in_spite_of_failures("what is done once a day failed", daily)
            if time.monotonic() - swept_at > SWEEP_SECONDS:
                sweep(kinds)
                swept_at = time.monotonic()
            job_id = next_job(job_id or 0)
            if (job_id is None and not has_failed) or time.monotonic() - chored_at > CHORE_SECONDS:
                is_left = _in_spite_of_failures("a chore failed", lambda: chore(time.monotonic() + CHORE_SLICE))
                has_failed = is_left is None
                chored_at = time.monotonic()
                if is_left and job_id is None:
                    continue
            if job_id is not None:
                until = time.monotonic() + SWEEP_SECONDS
                if run_job(job_id, kinds, owner=name, should_stop=should_stop, until=until):
                    give_memory_back()
                continue
        except OperationalError:
            logger.warning("the database did not answer; trying again")
            close_old_connections()
        _sleep(POLL_SECONDS, should_stop)


def _in_spite_of_failures(what: str, act: Callable[[], T]) -> T | None:
    """Do something beside jobs that must not end the worker; None where it failed. A lost database is told as ever."""
    try:
        return act()
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("%s; the worker goes on", what)
        if isinstance(error, Error):
            close_old_connections()
        return None


def _sleep(seconds: float, should_stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not should_stop() and time.monotonic() < until:
        time.sleep(0.1)


def _keep_beating(name: str, ended: threading.Event) -> None:
    while True:
        try:
            show_sign_of_life(name)
        except DatabaseError:
            logger.warning("a sign of life could not be written")
        if ended.wait(BEAT_SECONDS):
            break
        close_old_connections()
    connection.close()
