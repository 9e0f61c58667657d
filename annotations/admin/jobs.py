"""Background work: jobs with their progress, problems and results, and the workers that are alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from annotations.access.jobs import find_result
from annotations.errors import NotThere, WorkbenchError
from annotations.jobs.progress import pace_sentence
from annotations.jobs.starting import start_tried_import, start_undo
from annotations.jobs.steering import cancel_job, continue_job, offers
from annotations.jobs.workers import ALIVE_FOR, a_worker_is_alive
from annotations.models import Job, Membership, Worker
from annotations.web.downloads import result_reply

from .addresses import name_of
from .base import WorkbenchAdmin, as_digest, as_json
from .filters import ProjectFilter
from .sight import Sight, sight_of

PROBLEMS_A_PAGE = 50
MOST_WATCHED = 100
MOST_STEERED = 50
NEVER_IN_LISTS = ("message", "result_sha256", "project__description")


@admin.register(Job)
class JobAdmin(WorkbenchAdmin):
    """Imports and exports. The rows are the workers'; people start jobs and look at them."""

    list_display = ("kind_shown", "project", "progress", "requested_by", "problem_count", "created_at")
    list_filter = (ProjectFilter, "kind", "state")
    list_select_related = ("project", "requested_by")
    actions = ("cancel_jobs", "continue_jobs", "undo_imports", "import_tried")
    search_fields = ("=uuid", "requested_by__pseudonym")
    times = ("created_at", "started_at", "heartbeat_at", "finished_at")
    fields = (
        *(
            "project",
            "kind_shown",
            "undoes_shown",
            "progress",
            "message",
            "requested_by",
            "tally",
            "file_list",
            "parameters_shown",
        ),
        *("result_link", "digest", "expires_at", *times, "uuid"),
    )
    readonly_fields = fields
    audit_type = "job"
    change_form_template = "admin/annotations/job/change_form.html"
    change_list_template = "admin/annotations/job/change_list.html"

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Hide what tells of others' work."""
        return sight.records(rows, "project")

    def list_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out what no list shows."""
        return rows.defer(*NEVER_IN_LISTS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all; remember who looks, for the result's link."""
        if obj is not None:
            obj.looker = sight_of(request)
        return self.fields

    @admin.display(description=_("kind"), ordering="kind")
    def kind_shown(self, job: Job) -> str:
        """Say what kind of job it is, and whether it changes anything."""
        kind = job.get_kind_display()
        return f"{kind} ({gettext('dry run')})" if job.is_trial else kind

    @admin.display(description=_("undoes"))
    def undoes_shown(self, job: Job) -> str:
        """Link to the import that it undoes."""
        if job.undoes is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:annotations_job_change", args=[job.undoes.pk]), job.undoes
        )

    @admin.action(description=_("Cancel"))
    def cancel_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Stop those chosen."""
        self._steer(request, queryset, cancel_job)

    @admin.action(description=_("Continue, or start again"))
    def continue_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Let those chosen that failed or were cancelled go on."""
        self._steer(request, queryset, continue_job)

    @admin.action(description=_("Undo the import or the merge"))
    def undo_imports(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Undo those chosen, each by a job of its own."""
        self._steer(request, queryset, start_undo)

    @admin.action(description=_("Import what the dry run tried"))
    def import_tried(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Import the files of the dry runs chosen."""
        self._steer(request, queryset, start_tried_import)

    def _steer(self, request: HttpRequest, jobs: QuerySet[Job], act: Callable[[Membership, Job], Job]) -> None:
        done = 0
        for job in jobs.select_related("project", "requested_by")[:MOST_STEERED]:
            try:
                act(sight_of(request).part_in(job.project), job)
                done += 1
            except WorkbenchError as refusal:
                self.message_refused(request, refusal)
        if done:
            self.message_done(request, ngettext("%d job was told.", "%d jobs were told.", done) % done)

    @admin.display(description=_("progress"), ordering="state")
    def progress(self, job: Job) -> str:
        """Show state and progress; a script keeps both fresh while the job runs."""
        ended = "" if job.has_ended else format_html(' data-runs="{}"', "yes")
        return format_html(
            '<span class="job-progress" data-job="{}"{}><span class="job-state">{}</span> {}'
            '<span class="job-counts">{}</span></span>',
            job.uuid,
            ended,
            job.get_state_display(),
            _bar(job),
            _counts(job),
        )

    @admin.display(description=_("problems"), ordering="n_problems")
    def problem_count(self, job: Job) -> int:
        """Count the problems and notices."""
        return job.n_problems

    @admin.display(description=_("articles and records"))
    def tally(self, job: Job) -> str:
        """Say what became of what was read: the parts add up to what was read."""
        sentence = _(
            "%(n_read)d read: %(n_created)d created, %(n_updated)d updated, %(n_unchanged)d unchanged, "
            "%(n_rejected)d rejected; %(n_problems)d problems"
        )
        return str(sentence) % vars(job)

    @admin.display(description=_("files"))
    def file_list(self, job: Job) -> str:
        """Name the files it reads."""
        names = list(job.files.values_list("name", flat=True)[:20])
        return ", ".join(names) or "–"

    @admin.display(description=_("options"))
    def parameters_shown(self, job: Job) -> str:
        """Show what was asked for."""
        return as_json(job.parameters)

    @admin.display(description=_("SHA-256 of the result"))
    def digest(self, job: Job) -> str:
        """Show the digest of the result."""
        return as_digest(job.result_sha256)

    @admin.display(description=_("result"))
    def result_link(self, job: Any) -> str:
        """Link to the file, for the person who asked for it: it holds what that person may see."""
        if not job.result:
            return "–"
        if _result_for(job.looker, job) is None:
            return str(_("Only the person who asked for this export can take it away. Export again to get your own."))
        address = reverse("admin:annotations_job_result", args=[job.uuid])
        return format_html('<a href="{}" download>{}</a>', address, job.result_name or _("Download"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the problems below, page by page."""
        job = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if job is not None:
            names = {
                "cancel": "cancel_jobs",
                "continue": "continue_jobs",
                "undo": "undo_imports",
                "import": "import_tried",
            }
            acts = [(names[name], self.get_action(names[name])) for name in offers(job)]
            context["row_name"] = name_of(Job, job.pk)
            context["acts"] = [(name, found[2]) for name, found in acts if found]
            paginator = Paginator(job.problems.order_by("pk"), PROBLEMS_A_PAGE)
            context |= {"problems": paginator.get_page(request.GET.get("problems")), **self._watching()}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say whether anybody works at all."""
        return super().changelist_view(request, self._watching() | (extra_context or {}))

    def _watching(self) -> dict[str, Any]:
        return {"worker_is_alive": a_worker_is_alive(), "progress_url": reverse("admin:annotations_job_progress")}

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """Answer where the jobs asked for stand, as JSON; jobs one may not see are left out."""
        wanted = [uuid for uuid in (_uuid(text) for text in request.GET.getlist("job")[:MOST_WATCHED]) if uuid]
        rows = self.get_queryset(request).filter(uuid__in=wanted).defer(*NEVER_IN_LISTS[:2])
        return JsonResponse({"jobs": [_standing(job) for job in rows]})

    def result_view(self, request: HttpRequest, uuid: UUID) -> HttpResponseBase:
        """Send the result to the person who asked for it."""
        job = self.get_queryset(request).filter(uuid=uuid).first()
        found = _result_for(sight_of(request), job) if job else None
        if found is None:
            raise Http404
        return result_reply(found)

    def get_urls(self) -> list[Any]:
        """Add progress and results."""
        wrap = self.admin_site.admin_view
        return [
            path("progress/", wrap(self.progress_view), name="annotations_job_progress"),
            path("result/<uuid:uuid>/", wrap(self.result_view), name="annotations_job_result"),
            *super().get_urls(),
        ]


@admin.register(Worker)
class WorkerAdmin(WorkbenchAdmin):
    """The worker processes; they write these rows themselves."""

    for_superusers_only = True
    list_display = ("name", "is_alive", "started_at", "last_seen_at")
    search_fields = ("name",)

    def rows(self, sight: Sight, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Workers belong to no project."""
        return rows

    @admin.display(description=_("alive"), boolean=True)
    def is_alive(self, worker: Worker) -> bool:
        """Tell whether it was seen lately."""
        return worker.last_seen_at > timezone.now() - ALIVE_FOR


def _standing(job: Job) -> dict[str, Any]:
    state = {"uuid": str(job.uuid), "state": job.get_state_display(), "ended": job.has_ended}
    return state | {"done": job.done, "total": job.total, "counts": _counts(job)}


def _bar(job: Job) -> str:
    if job.has_ended:
        return ""
    if not job.total:
        return format_html("<progress{}></progress>", "")
    return format_html('<progress value="{}" max="{}"></progress>', min(job.done, job.total), job.total)


def _counts(job: Job) -> str:
    counts = f"{job.done} / {job.total}" if job.total else str(job.done or "")
    pace = pace_sentence(job)
    return f"{counts} · {pace}" if pace else counts


def _result_for(sight: Sight, job: Job) -> Job | None:
    part = Membership.objects.select_related("project").filter(
        user_id=sight.user.pk, project_id=job.project.pk if job.project else 0, ended_at__isnull=True
    )
    member = part.first()
    if member is None:
        return None
    try:
        return find_result(member, job.uuid)
    except NotThere:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
