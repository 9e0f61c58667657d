"""What people do with a job once it is there: cancel it, and let it go on or begin again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, has_role_for, require_taken, takes
from annotations.access.jobs import require_steering
from annotations.errors import Refused
from annotations.models import ArticleVersion, AuditEvent, Job, JobProblem, Membership

from .dispatch import dispatch
from .ending import end_cancelled
from .leases import held_chunks

CAN_GO_ON = (Job.State.FAILED, Job.State.CANCELLED)


@transaction.atomic
def cancel_job(by: Membership | None, job: Job) -> Job:
    """Stop a job: at once where nobody works on it, else within two chunks. `by` is None for the operator.

    What finished chunks wrote stays. Asked twice, it is one cancellation. Raises `Forbidden`, and `Refused` where the
    job has ended already.
    """
    require_steering(by, job)
    locked = _locked(job)
    if locked.has_ended:
        raise Refused("job_ended", _("This job has ended already: there is nothing to cancel."))
    if locked.state != Job.State.CANCELLING:
        _record(by, locked, "cancelled")
    if held_chunks(locked.pk).exists():
        Job.objects.filter(pk=locked.pk).update(state=Job.State.CANCELLING)
        locked.state = Job.State.CANCELLING
    else:
        end_cancelled(locked, by=by)
    return locked


@transaction.atomic
def continue_job(by: Membership | None, job: Job) -> Job:
    """Let a failed or cancelled job go on: imports and undoings from their unfinished chunks, others from the start.

    `by` is None for the operator. Raises `Forbidden`, also for an import into a project that was archived, and
    `Refused` where there is nothing to go on with.
    """
    require_steering(by, job)
    locked = _locked(job)
    if locked.project is not None:
        require_taken(locked.project, _act_of(locked))
    if not can_continue(locked):
        message = _("This job cannot go on. Only one that failed or was cancelled can, unless it was undone since.")
        raise Refused("job_cannot_continue", message)
    if _begins_anew(locked):
        _forget_progress(locked)
    if by is not None and not _may_still_ask(locked.requested_by, _act_of(locked)):
        locked.requested_by = by
    undone = locked.chunks.filter(done_at__isnull=True)
    undone.update(tries=0, owner="", lease_until=None)
    # where only the closing is left, a sweep does it
    locked.state = Job.State.QUEUED if undone.exists() else Job.State.RUNNING
    locked.message, locked.finished_at = "", None
    locked.stage_at, locked.stage_done = timezone.now(), locked.done
    locked.save()
    _record(by, locked, "continued")
    dispatch(locked.pk)
    return locked


UNDOABLE = (Job.Kind.IMPORT, Job.Kind.SUGGEST, Job.Kind.ZONES, Job.Kind.LABELS)


def can_cancel(job: Job) -> bool:
    """Tell whether there is something to cancel."""
    return not job.has_ended and job.state != Job.State.CANCELLING


def can_continue(job: Job) -> bool:
    """Tell whether the job may go on, or begin again."""
    return job.state in CAN_GO_ON and not is_being_undone(job)


def can_undo(job: Job) -> bool:
    """Tell whether the job has ended, wrote something that can be taken back, and was not undone yet."""
    if job.kind == Job.Kind.LABELS:  # a merge that moved nothing retired a label
        return job.has_ended and job.undoes_id is None and not is_being_undone(job)
    is_past_import = job.kind in UNDOABLE and job.has_ended and not job.is_trial
    return is_past_import and bool(job.n_read or job.n_others) and not is_being_undone(job)


def has_noted_its_rows(job: Job) -> bool:
    """Tell whether the texts of the import's articles name it; those of the first release do not; 1 query."""
    return not ArticleVersion.objects.filter(article__created_by_job=job, n=1, created_by_job__isnull=True).exists()


def can_import(job: Job) -> bool:
    """Tell whether the job is a dry run whose files can now be imported."""
    return job.is_trial and job.state in (Job.State.DONE, Job.State.DONE_WITH_PROBLEMS) and job.files.exists()


def offers(job: Job) -> tuple[str, ...]:
    """Name the acts that the job's state and its project allow: cancel, continue, undo, import."""
    asked = {"cancel": can_cancel, "continue": can_continue, "undo": can_undo, "import": can_import}
    can_only_be_cancelled = job.project is not None and not takes(job.project, _act_of(job))
    return tuple(name for name, can in asked.items() if can(job) and (name == "cancel" or not can_only_be_cancelled))


def is_being_undone(job: Job) -> bool:
    """Tell whether somebody undid the job, or began to."""
    return job.kind in UNDOABLE and job.undone_by.exists()


def _act_of(job: Job) -> Act:
    """Return what the project must take for the job to go on."""
    acts: dict[str, Act] = {
        Job.Kind.EXPORT: Act.EXPORT,
        Job.Kind.AGREEMENT: Act.MEASURE_AGREEMENT,
        Job.Kind.FETCH: Act.ANNOTATE,
        Job.Kind.LABELS: Act.EDIT_LABELS,
    }
    return acts.get(job.kind, Act.ADD_ARTICLES)


def _locked(job: Job) -> Job:
    rows = Job.objects.select_for_update(of=("self",)).select_related("project", "requested_by__user", "undoes")
    return rows.get(pk=job.pk)


def _begins_anew(job: Job) -> bool:
    """Tell whether nothing is left to go on from: what was read of an import is kept for some days only."""
    if job.kind in (Job.Kind.UNDO, Job.Kind.LABELS):
        return False
    if job.kind == Job.Kind.EXPORT or job.is_trial:
        return True
    return not job.spool


def _forget_progress(job: Job) -> None:
    """Take the job back to its beginning. What an import wrote is met again, and is then unchanged."""
    job.chunks.exclude(stage=0).delete()
    job.chunks.update(done_at=None, facts={})
    JobProblem.objects.filter(job=job).delete()
    for name in ("done", "n_read", "n_created", "n_updated", "n_unchanged", "n_rejected", "n_others", "n_problems"):
        setattr(job, name, 0)
    job.total, job.stage = None, ""


def _may_still_ask(requester: Membership | None, act: Act) -> bool:
    if requester is None:
        return True
    return has_role_for(requester, act) and (requester.user is None or requester.user.is_active)


def _record(by: Membership | None, job: Job, what: str) -> None:
    AuditEvent.objects.create(
        project_id=job.project_id,
        actor=by,
        verb=f"{job.kind}.{what}",
        object_type="job",
        object_key=str(job.uuid),
        after={"done": job.done},
    )
