"""How jobs end: done, failed or cancelled; each once, with its sentence and its line in the audit."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from annotations.models import AuditEvent, Job, Membership

logger = logging.getLogger(__name__)


def end(job: Job, state: str, message: str, *, by: Membership | None = None) -> None:
    """Write that a job, whose row is locked, has ended; `by` is who ended it, where that is not who asked for it."""
    job.state, job.message, job.finished_at = state, message, timezone.now()
    job.save(update_fields=["state", "message", "finished_at"])
    AuditEvent.objects.create(
        project_id=job.project_id,
        actor_id=by.pk if by else job.requested_by_id,
        verb=f"{job.kind}.ended",
        object_type="job",
        object_key=str(job.uuid),
        after={"state": job.state},
    )


def fail(job: Job, message: str) -> None:
    """End a job that cannot go on; what its finished chunks wrote stays."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.has_ended:
            return
        if locked.state == Job.State.CANCELLING:
            end_cancelled(locked)
        else:
            end(locked, Job.State.FAILED, message)
    logger.warning("job failed", extra={"job": job.pk, "kind": job.kind})


def end_cancelled(job: Job, *, by: Membership | None = None) -> None:
    """End a job, whose row is locked, as somebody wished; say what stays of it and what can be done now.

    The sentence is stored, so it is in the language of the server, not of whoever cancels.
    """
    with override(settings.LANGUAGE_CODE):
        end(job, Job.State.CANCELLED, _what_stays(job), by=by)


def _what_stays(job: Job) -> str:
    if job.kind == Job.Kind.UNDO and job.n_updated:
        sentence = ngettext(
            "Cancelled. %(n)s row was taken away already. Continue, and the rest goes too.",
            "Cancelled. %(n)s rows were taken away already. Continue, and the rest goes too.",
            job.n_updated,
        )
        return sentence % {"n": job.n_updated}
    if job.kind == Job.Kind.IMPORT and job.n_read and not job.is_trial:
        n = job.n_created + job.n_updated
        sentence = ngettext(
            "Cancelled. %(n)s article was written and stays. Continue, or undo what was imported.",
            "Cancelled. %(n)s articles were written and stay. Continue, or undo what was imported.",
            n,
        )
        return sentence % {"n": n}
    if job.kind == Job.Kind.IMPORT and job.n_others and not job.is_trial:
        return _("Cancelled. What was written so far stays. Continue, or undo what was imported.")
    if job.kind == Job.Kind.SUGGEST and job.n_created:
        sentence = ngettext(
            "Cancelled. %(n)s suggestion was made and stays. Continue, or undo it.",
            "Cancelled. %(n)s suggestions were made and stay. Continue, or undo them.",
            job.n_created,
        )
        return sentence % {"n": job.n_created}
    if job.kind == Job.Kind.ZONES and job.n_created:
        sentence = ngettext(
            "Cancelled. %(n)s zone was marked and stays. Continue, or undo it.",
            "Cancelled. %(n)s zones were marked and stay. Continue, or undo them.",
            job.n_created,
        )
        return sentence % {"n": job.n_created}
    if job.kind in (Job.Kind.ROUND, Job.Kind.GIVING) and job.n_read:
        return _("Cancelled. What was taken and given so far stays. Continue, and the rest follows.")
    if job.kind == Job.Kind.LABELS:
        return _("Cancelled. What was merged stays, the rest keeps the retired label. Continue, and it is merged too.")
    return _("Cancelled. Nothing was written. It can be started again.")
