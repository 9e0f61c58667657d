"""`dispatch(job_id)`: the one way to say that a job has work. The rows must be committed before anybody looks."""

from __future__ import annotations

import logging
import threading
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerTrouble

from annotations.models import Job

from .leases import claimable

logger = logging.getLogger(__name__)
TASK = "annotations.run_job"
QUEUES: dict[str, str] = {
    Job.Kind.UNDO: "import",
    Job.Kind.SUGGEST: "import",
    Job.Kind.ZONES: "import",
    Job.Kind.AGREEMENT: "export",
    Job.Kind.REUSE: "import",
    Job.Kind.LABELS: "import",
    Job.Kind.FETCH: "import",
    Job.Kind.ROUND: "import",
    Job.Kind.GIVING: "import",
    Job.Kind.ERASING: "import",
    Job.Kind.OWN_DATA: "export",
    Job.Kind.REMOVAL: "import",
    Job.Kind.STORIES: "import",
}
"""Kinds of jobs that have no queue of their own name."""
LONGEST_WAIT = 1.0
"""Seconds for which somebody who asks for a job waits for a broker that does not answer; the row is there anyhow."""


def dispatch(job_id: int) -> None:
    """Wake a worker for the job once the transaction is committed; the embedded worker looks itself."""
    transaction.on_commit(partial(wake, job_id))


def wake(job_id: int, *, workers: int = 1) -> None:
    """Send the message. Where the broker does not answer, the job waits for a worker's next sweep."""
    if not settings.CELERY_BROKER_URL:
        return
    kind = Job.objects.values_list("kind", flat=True).get(pk=job_id)
    sender = threading.Thread(target=_send, args=(job_id, QUEUES.get(kind, kind), workers), daemon=True)
    sender.start()
    sender.join(LONGEST_WAIT)
    if sender.is_alive():
        logger.warning("broker does not answer", extra={"job": job_id})


def _send(job_id: int, queue: str, messages: int) -> None:
    try:
        for _message in range(messages):
            current_app.send_task(TASK, args=[job_id], queue=queue)
    except (BrokerTrouble, OSError) as error:
        logger.warning("broker did not take a message", extra={"job": job_id, "error_class": type(error).__name__})


def wake_waiting_jobs() -> int:
    """Send a message for every job with work that nobody holds; return how many. Repeats do no harm."""
    waiting = list(claimable().order_by().values_list("job_id", flat=True).distinct()[:100])
    for job_id in waiting:
        wake(job_id)
    return len(waiting)
