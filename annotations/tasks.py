"""Celery's shells over the functions that do jobs. Without a broker the embedded worker calls the same ones."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from celery.signals import heartbeat_sent
from django.db import DatabaseError, connections

from annotations.agreement.running import AGREEMENT
from annotations.capturing.running import FETCH
from annotations.exporters.exporting import EXPORT
from annotations.importers.importing import IMPORT
from annotations.importers.undoing import UNDO
from annotations.jobs import running, workers
from annotations.jobs.dispatch import TASK, wake, wake_waiting_jobs
from annotations.jobs.garbage import give_memory_back
from annotations.jobs.leases import claimable, owner_name
from annotations.models import AuditWaiting, Job, ReviewCount, SearchBacklog
from annotations.quoting.running import REUSE
from annotations.removing.own_data import OWN_DATA
from annotations.removing.persons import ERASING
from annotations.removing.projects import REMOVAL
from annotations.search.indexing import index_waiting
from annotations.stories.finding import STORIES
from annotations.suggesters.proposing import SUGGEST
from annotations.workflow.boilerplate import ZONES
from annotations.workflow.differing import count_waiting_differences
from annotations.workflow.digests import send_digests
from annotations.workflow.giving import GIVING
from annotations.workflow.label_jobs import LABELS
from annotations.workflow.opening import ROUND
from annotations.workflow.sealing import let_missed_wait, seal_waiting

logger = logging.getLogger(__name__)
KINDS: running.Kinds = {
    Job.Kind.IMPORT: IMPORT,
    Job.Kind.EXPORT: EXPORT,
    Job.Kind.UNDO: UNDO,
    Job.Kind.SUGGEST: SUGGEST,
    Job.Kind.ZONES: ZONES,
    Job.Kind.AGREEMENT: AGREEMENT,
    Job.Kind.REUSE: REUSE,
    Job.Kind.LABELS: LABELS,
    Job.Kind.FETCH: FETCH,
    Job.Kind.ROUND: ROUND,
    Job.Kind.GIVING: GIVING,
    Job.Kind.ERASING: ERASING,
    Job.Kind.OWN_DATA: OWN_DATA,
    Job.Kind.REMOVAL: REMOVAL,
    Job.Kind.STORIES: STORIES,
}
SLICE_SECONDS = 20
"""A message's worth of chunks: short, so that a deploy or another job need not wait."""
READ_SECONDS = 4
"""For so long texts are read for search; shorter than the time between two sweeps, so that readers do not pile up."""
HELPERS = 3
"""Other workers that are called to an import once its chunks are known."""


@shared_task(name=TASK)
def run_job(job_id: int) -> None:
    """Do chunks of a job for a while; call others, or oneself again, while there is more.

    No time limit: reading a corpus takes as long as it takes. Its lease says that it goes on, and whoever hangs
    loses it.
    """
    had_plan = Job.objects.filter(pk=job_id, stage="writing").exists()
    has_ended = running.run_job(job_id, KINDS, owner=owner_name(), until=time.monotonic() + SLICE_SECONDS)
    if has_ended:
        give_memory_back()
    elif claimable().filter(job_id=job_id).exists():
        wake(job_id, workers=1 if had_plan else 1 + HELPERS)


@shared_task(name="annotations.sweep", soft_time_limit=60, time_limit=120, expires=60)
def sweep() -> None:
    """Pick up what others dropped and wake workers for jobs that wait; harmless at any time and number."""
    workers.sweep(KINDS)
    wake_waiting_jobs()
    if SearchBacklog.objects.exists():
        read_for_search.delay()
    if AuditWaiting.objects.exists():
        seal_audit.delay()
    if ReviewCount.objects.filter(is_stale=True).exists():
        count_for_reviews.delay()


@shared_task(name="annotations.read_for_search", soft_time_limit=300, time_limit=360, expires=60)
def read_for_search() -> None:
    """Read new texts for search for a moment; whoever sweeps next calls another while there are more."""
    index_waiting(until=time.monotonic() + READ_SECONDS)


@shared_task(name="annotations.seal_audit", soft_time_limit=60, time_limit=120, expires=60)
def seal_audit() -> None:
    """Seal acts for a moment; whoever sweeps next calls another while there are more."""
    seal_waiting(until=time.monotonic() + READ_SECONDS)


@shared_task(name="annotations.count_for_reviews", soft_time_limit=60, time_limit=120, expires=60)
def count_for_reviews() -> None:
    """Count differences for the list of reviews for a moment; whoever sweeps next calls another for more."""
    count_waiting_differences(until=time.monotonic() + READ_SECONDS)


def do_chores(until: float) -> bool:
    """Do what no job asks for, up to a moment (monotonic); tell whether there is more of it."""
    is_unsealed = seal_waiting(until=until)
    is_uncounted = count_waiting_differences(until)
    return index_waiting(until=until) or is_unsealed or is_uncounted


def do_daily() -> None:
    """Do what is done once a day beside cleaning: mail what is new, and have acts sealed that nothing was noted of."""
    let_missed_wait()
    send_digests()


@shared_task(name="annotations.clean", soft_time_limit=600, time_limit=660, expires=600)
def clean() -> None:
    """Once a day, remove what is of no use any more, and mail people what is new in their inboxes."""
    workers.clean()
    do_daily()


class _Pulse:
    """When this Celery worker last wrote its sign of life, last swept, and last cleaned."""

    beat_at = 0.0
    swept_at = 0.0
    cleaned_at = 0.0


@heartbeat_sent.connect
def keep_alive(**kwargs: Any) -> None:
    """Show a sign of life every few seconds and have jobs swept now and then, without a scheduler beside."""
    now = time.monotonic()
    if now - _Pulse.beat_at < workers.BEAT_SECONDS - 1:
        return
    _Pulse.beat_at = now
    try:
        workers.show_sign_of_life(owner_name())
        _wake_idle(now)
    except (DatabaseError, OSError):
        logger.warning("a sign of life could not be written")
    finally:
        connections.close_all()


def _wake_idle(now: float) -> None:
    """Ask whichever worker is free to sweep and, once a day, to clean."""
    if now - _Pulse.swept_at > workers.SWEEP_SECONDS:
        _Pulse.swept_at = now
        sweep.delay()
    if now - _Pulse.cleaned_at > workers.CLEAN_SECONDS:
        _Pulse.cleaned_at = now
        clean.delay()
