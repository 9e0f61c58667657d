"""How fast a job goes and how long it will still take, told from its row alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Job

LEAST_SECONDS = 2.0
"""Before that a pace says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Records a second in the present stage, and the seconds that remain at that pace where the total is known."""

    rate: float
    seconds_left: int | None


def pace_of(job: Job) -> Pace | None:
    """Return the pace of a running job, or None where it cannot be told yet."""
    if job.state not in (Job.State.RUNNING, Job.State.CANCELLING) or job.stage_at is None or job.heartbeat_at is None:
        return None
    seconds = (job.heartbeat_at - job.stage_at).total_seconds()
    since = job.done - job.stage_done
    if seconds < LEAST_SECONDS or since <= 0:
        return None
    rate = since / seconds
    if job.total is None:
        return Pace(rate, None)
    # what passed since the last sign of progress has passed
    waited = (timezone.now() - job.heartbeat_at).total_seconds()
    return Pace(rate, max(0, round(max(0, job.total - job.done) / rate - waited)))


def percent_of(job: Job) -> int | None:
    """Return how much of the job is done, in whole percent; None where the total is not known."""
    return min(100, round(100 * job.done / job.total)) if job.total else None


def pace_sentence(job: Job) -> str:
    """Say the pace and what remains, or nothing."""
    pace = pace_of(job)
    if pace is None:
        return ""
    rate = f"{pace.rate:,.0f}" if pace.rate >= 10 else f"{pace.rate:.1f}"
    if pace.seconds_left is None:
        return _("%(rate)s a second") % {"rate": rate}
    return _("%(rate)s a second, about %(time)s left") % {"rate": rate, "time": _duration(pace.seconds_left)}


def _duration(seconds: int) -> str:
    if seconds < 90:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
