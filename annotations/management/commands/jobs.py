"""List jobs, cancel one, let one go on, undo an import, or import what a dry run tried."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from annotations.access import membership_of
from annotations.access.finding import user_named
from annotations.access.jobs import find_job
from annotations.errors import NotThere, WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.progress import pace_sentence
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_tried_import, start_undo
from annotations.jobs.steering import cancel_job, continue_job
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Job, Membership
from annotations.tasks import KINDS

ACTS: dict[str, Callable[[Membership | None, Job], Job]] = {
    "cancel": cancel_job,
    "continue": continue_job,
    "undo": start_undo,
    "import": start_tried_import,
}
LISTED = 20


class Command(BaseCommand):
    """`workbench jobs`, `workbench jobs cancel UUID`."""

    help = "List the latest jobs; or cancel one, continue it, undo an import, or import what a dry run tried."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", nargs="?", choices=sorted(ACTS), help="left out, jobs are listed")
        parser.add_argument("job", nargs="?", type=UUID, metavar="UUID")
        parser.add_argument("--here", action="store_true", help="do the job here and now, without waiting for a worker")
        parser.add_argument("--as", dest="username", help="who does this; left out, the operator")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, or act on one job and say how it stands."""
        if options["act"] is None:
            for job in Job.objects.select_related("project").order_by("-pk")[:LISTED]:
                self.stdout.write(_line(job))
            return
        if options["job"] is None:
            raise CommandError("Name the job by its UUID, which `workbench jobs` lists.")
        try:
            job = self._act(options["act"], options["job"], options["username"])
        except WorkbenchError as refusal:
            raise CommandError(refusal.message) from None
        if options["here"] and not job.has_ended:
            run_to_the_end(job.pk, KINDS, owner=owner_name())
        elif not job.has_ended and not a_worker_is_alive():
            self.stderr.write("No worker is running. Start one: workbench run_worker; or add --here.")
        job = Job.objects.select_related("project").get(pk=job.pk)
        self.stdout.write(_line(job))

    def _act(self, act: str, uuid: UUID, username: str | None) -> Job:
        job = Job.objects.select_related("project").filter(uuid=uuid).first()
        if job is None:
            raise NotThere("job_not_found", f"There is no job {uuid}.")
        by: Membership | None = None
        if username and job.project:
            by = membership_of(user_named(username), job.project.slug)
            job = find_job(by, uuid)
        return ACTS[act](by, job)


def _line(job: Job) -> str:
    kind = f"{job.kind}, dry run" if job.is_trial else job.kind
    counts = f"{job.done}/{job.total}" if job.total is not None else str(job.done)
    slug = job.project.slug if job.project else ""
    parts = (str(job.uuid), slug, kind, job.get_state_display(), counts, pace_sentence(job), job.message)
    return "  ".join(str(part) for part in parts if part)
