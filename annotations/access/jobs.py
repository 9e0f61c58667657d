"""Which jobs a membership may see, and which results it may take away. Pages and API ask here."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.errors import Forbidden, NotThere
from annotations.models import AuditEvent, Job, Membership

from .rules import Act, allows, has_role_for
from .visibility import sees_all_work


def visible_jobs(by: Membership) -> QuerySet[Job]:
    """Return the jobs a person may see, newest first: their own; for managers also imports, and what undoes them.

    An export holds what its requester may see, so it is shown to its requester only. Agreement is measured on
    everybody's work: its jobs are seen by whoever may see its figures now.
    """
    mine = Q(requested_by=by) & ~Q(kind=Job.Kind.AGREEMENT)
    if has_role_for(by, Act.SEE_AGREEMENT):
        mine |= Q(kind=Job.Kind.AGREEMENT)
    if has_role_for(by, Act.EDIT_STORIES):
        mine |= Q(kind=Job.Kind.STORIES)
    if has_role_for(by, Act.ADD_ARTICLES):
        kinds = Job.Kind
        mine |= Q(kind__in=(kinds.IMPORT, kinds.UNDO, kinds.SUGGEST, kinds.ZONES, kinds.REUSE, kinds.LABELS)) | Q(
            kind__in=(kinds.ROUND, kinds.GIVING)
        )
    rows = Job.objects.select_related("project", "requested_by", "undoes")
    return rows.filter(mine, project_id=by.project_id).order_by("-pk")


def find_job(by: Membership, uuid: UUID) -> Job:
    """Find a job a person may see, or raise `NotThere`; 1 query."""
    found = visible_jobs(by).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("job_not_found", _("There is no such job, or you may not see it."))
    return found


def find_result(by: Membership, uuid: UUID) -> Job:
    """Find a job whose result the person may take away now, or raise `NotThere`; 2 queries."""
    job = find_job(by, uuid)
    is_over = job.expires_at is not None and job.expires_at < timezone.now()
    if not job.result or is_over or _holds_more_than_one_may_see(job, by):
        raise NotThere("result_not_found", _("This job has no file, or its time is over. Start the export again."))
    return job


def _holds_more_than_one_may_see(job: Job, by: Membership) -> bool:
    """Tell whether what a person may see was changed since the job was asked for: a new role, a project made blind."""
    if sees_all_work(by):
        return False
    own_part = Q(verb__startswith="member.", object_key=str(by.uuid))
    since = AuditEvent.objects.filter(project_id=by.project_id, created_at__gte=job.created_at)
    return since.filter(own_part | Q(verb="project.changed")).exists()


def may_steer(by: Membership, job: Job) -> bool:
    """Tell whether the person may cancel a job or let it go on: their own, and imports for whoever may import."""
    if job.project_id != by.project_id or by.ended_at is not None:
        return False
    if job.kind == Job.Kind.EXPORT:
        return job.requested_by_id == by.pk and allows(by, Act.EXPORT)
    if job.kind == Job.Kind.AGREEMENT:
        return has_role_for(by, Act.MEASURE_AGREEMENT)
    return has_role_for(by, Act.ADD_ARTICLES) or job.requested_by_id == by.pk


def require_steering(by: Membership | None, job: Job) -> None:
    """Raise `Forbidden` where the person may not steer the job; `None` is the operator of this machine."""
    if by is not None and not may_steer(by, job):
        message = _("Only the person who asked for this, or a manager for an import, may do that.")
        raise Forbidden("not_allowed", message)
