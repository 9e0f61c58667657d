"""Doing a job: claim a chunk, run its stage, record what became of it, and end the job when nothing is left."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows, takes
from annotations.errors import WorkbenchError
from annotations.models import Chunk, Job, Membership
from workbench.request_id import through

from .ending import end, end_cancelled, fail
from .leases import (
    GOING_ON,
    MOST_TRIES,
    WORKING,
    Held,
    Interrupted,
    LeaseLost,
    claim_chunk,
    held_chunks,
    release_leases_of_the_dead,
)
from .room_on_sqlite import room_on_sqlite

logger = logging.getLogger(__name__)
PASSING = (OperationalError, InterfaceError, OSError)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
PAUSE_ON_SQLITE = 0.02
"""Seconds between two chunks, in which people's saves get the write lock."""
WAIT_FOR_OTHERS = 0.2
"""Seconds between two looks at a job whose last chunks another worker holds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is done: what its requester must be allowed, a function a stage, and the closing sentence.

    `start_where_due` queues jobs that nobody has to ask for; workers call it every few seconds. `writes_much` is for
    jobs whose chunks leave all that they do in the database: rows and done mark are lost together or not at all.
    """

    act: Act
    stages: tuple[Callable[[Held], None], ...]
    finish: Callable[[Job], str]
    start_where_due: Callable[[], object] | None = None
    writes_much: bool = False


Kinds = Mapping[str, Kind]


def never() -> bool:
    """Answer that nobody asked to stop."""
    return False


def run_job(
    job_id: int,
    kinds: Kinds,
    *,
    owner: str,
    should_stop: Callable[[], bool] = never,
    until: float | None = None,
) -> bool:
    """Do the job's chunks, up to the moment `until` (monotonic); tell whether the job has ended."""

    def is_over() -> bool:
        return should_stop() or (until is not None and time.monotonic() >= until)

    def is_enough() -> bool:
        return is_over() or held_chunks(job_id).exclude(owner=owner).exists()

    do = partial(_run_chunks, job_id, kinds, owner, should_stop)
    with ExitStack() as stack:
        do(is_over, lambda: stack.enter_context(_second_hand(partial(do, is_enough))))
    return finish_if_complete(job_id, kinds)


def _run_chunks(
    job_id: int,
    kinds: Kinds,
    owner: str,
    should_stop: Callable[[], bool],
    is_over: Callable[[], bool],
    when_shared: Callable[[], object] | None = None,
) -> None:
    """Do chunk after chunk. `when_shared` is called once, when there are chunks that two can do at once."""
    with ExitStack() as stack:
        part_is_done: Callable[[], None] | None = None
        while not is_over():
            chunk = claim_chunk(owner, job_id)
            if chunk is None:
                return
            if when_shared and chunk.stage and _takes_two():
                when_shared()
                when_shared = None
            if not part_is_done and _is_alone_on_sqlite() and kinds[chunk.job.kind].writes_much:
                part_is_done = stack.enter_context(room_on_sqlite())
            run_chunk(chunk, kinds, owner=owner, should_stop=should_stop)
            if part_is_done:
                part_is_done()
            if _is_alone_on_sqlite():
                time.sleep(PAUSE_ON_SQLITE)


def _is_alone_on_sqlite() -> bool:
    """Tell whether each chunk is a transaction of its own in SQLite's file."""
    return connection.vendor == "sqlite" and not connection.in_atomic_block


def _takes_two() -> bool:
    """Tell whether a second thread would find work: not on SQLite, which has one writer, nor inside a transaction."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


@contextmanager
def _second_hand(do: Callable[[], None]) -> Iterator[None]:
    """Do chunks in a second thread too: while the database takes in the rows of one, the next is checked here.

    It has a connection and leases of its own, as another worker would have; the memory of one process is enough for
    both. Without it each side waits for the other, and an import takes the sum of their times. It ends when another
    worker is at the job: then the database has enough to do.
    """

    def work() -> None:
        try:
            do()
        except Exception:
            logger.exception("second thread of a job stopped")
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def run_to_the_end(job_id: int, kinds: Kinds, *, owner: str) -> None:
    """Do the job here and now, and wait for what others took of it meanwhile or what has to be tried again."""
    while not run_job(job_id, kinds, owner=owner):
        release_leases_of_the_dead()
        fail_worn_out_jobs()
        time.sleep(WAIT_FOR_OTHERS)


@through("job")
def run_chunk(chunk: Chunk, kinds: Kinds, *, owner: str, should_stop: Callable[[], bool] = never) -> None:
    """Do one claimed chunk. Passing failures are tried again, with growing waits; any other ends the job."""
    held = Held(chunk, owner, should_stop)
    if held.job.state not in WORKING:  # it was cancelled, or failed, in the moment in which this was claimed
        held.give_back(counts_as_try=False)
        return
    kind = kinds[held.job.kind]
    if held.job.project is not None and not takes(held.job.project, kind.act):
        fail(held.job, _("The project was archived meanwhile. Let this go on once it is out of the archive."))
        return
    if not _may_still(held.job.requested_by, kind.act):
        fail(held.job, _("The person who asked for this may no longer do it in this project."))
        return
    try:
        kind.stages[chunk.stage](held)
    except LeaseLost:
        logger.info("chunk done elsewhere", extra={"job": chunk.job_id, "chunk": chunk.n})
    except Interrupted:
        held.give_back(counts_as_try=False)
    except WorkbenchError as refusal:
        fail(held.job, refusal.message)
    except PASSING as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:  # to fill it again and again helps nobody
            fail(held.job, _("The server’s disk is full. Once somebody has made room there, start this again."))
        else:
            _try_again(held, error)
    except Exception as error:
        logger.exception("chunk failed", extra={"job": chunk.job_id, "chunk": chunk.n})
        fail(held.job, _("This stopped on an error we did not expect (%(error)s).") % {"error": type(error).__name__})


@through("job")
def finish_if_complete(job_id: int, kinds: Kinds) -> bool:
    """End the job when all its chunks are done, or when it is to be cancelled and nobody works on it any more.

    Tell whether it has ended. Harmless when repeated.
    """
    job = Job.objects.get(pk=job_id)
    if job.state not in GOING_ON or (job.state == Job.State.RUNNING and _has_undone(job)):
        return job.has_ended
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state not in GOING_ON:
            return job.has_ended
        if _has_undone(job):
            if job.state == Job.State.RUNNING or held_chunks(job.pk).exists():
                return False
            end_cancelled(job)
        else:
            _close(job, kinds[job.kind])
    logger.info("job ended", extra={"job": job.pk, "kind": job.kind, "state": job.state})
    return True


def _has_undone(job: Job) -> bool:
    return job.chunks.filter(done_at__isnull=True).exists()


def _close(job: Job, kind: Kind) -> None:
    """End a job whose chunks are done. An error in its closing ends it too: no sweep stumbles over it for ever."""
    state = Job.State.DONE_WITH_PROBLEMS if job.n_problems or job.n_rejected else Job.State.DONE
    try:
        with transaction.atomic():
            message = kind.finish(job)
    except PASSING:
        raise
    except Exception as error:
        logger.exception("job could not be closed", extra={"job": job.pk})
        state = Job.State.FAILED
        sentence = _("All of it was done, but not summed up, for an error we did not expect (%(error)s). Continue it.")
        message = sentence % {"error": type(error).__name__}
    end(job, state, message)


@through("job")
def fail_worn_out_jobs() -> int:
    """End jobs of which a chunk was begun too often, as by a worker that is killed each time; return how many."""
    worn_out = Chunk.objects.filter(
        job__state__in=GOING_ON, done_at__isnull=True, tries__gte=MOST_TRIES, lease_until__lt=timezone.now()
    )
    jobs = Job.objects.filter(pk__in=worn_out.values("job_id"))
    for job in jobs:
        fail(job, _("A part of this was begun %(tries)s times and never finished.") % {"tries": MOST_TRIES})
    return len(jobs)


def _may_still(membership: Membership | None, act: Act) -> bool:
    """Look at the requester again; a job without one was started by the operator of this machine."""
    if membership is None:
        return True
    return allows(membership, act) and (membership.user is None or membership.user.is_active)


def _try_again(held: Held, error: Exception) -> None:
    logger.warning(
        "chunk failed for now",
        extra={
            "job": held.job.pk,
            "chunk": held.chunk.n,
            "tries": held.chunk.tries,
            "error_class": type(error).__name__,
        },
    )
    if not connection.in_atomic_block:
        close_old_connections()
    if held.chunk.tries >= MOST_TRIES:
        message = _("This did not get through after %(tries)s tries (%(error)s). Try again later.")
        fail(held.job, message % {"tries": held.chunk.tries, "error": type(error).__name__})
    else:
        held.give_back(wait=min(2**held.chunk.tries, 60))
