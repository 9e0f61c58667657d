"""An export from the command line: the same job, run here and now, its file copied to where it was asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotations.access import membership_of
from annotations.access.finding import user_named
from annotations.errors import NotThere, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_export
from annotations.models import Job, Project

from .exporting import EXPORT, counts_of, loss_report, split_sentence


@dataclass(frozen=True)
class ExportOrder:
    """What was asked for on the command line. `watch` is entered with the job's id while it runs."""

    slug: str
    output: Path
    format: str = "native"
    filters: dict[str, str] = field(default_factory=dict)
    with_text: bool = True
    username: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    watch: Callable[[int], AbstractContextManager[None]] = nullcontext  # type: ignore[assignment]


def export_to(order: ExportOrder) -> dict[str, Any]:
    """Write the file, which appears only when complete, and return what is in it. Raises `WorkbenchError`."""
    project = Project.objects.filter(slug=order.slug).first()
    if project is None:
        raise NotThere("project_not_found", _("There is no project “%(slug)s”.") % {"slug": order.slug})
    if not order.output.parent.is_dir():
        message = _("There is no folder “%(folder)s” to write into.")
        raise Refused("no_such_path", message % {"folder": str(order.output.parent)})
    user = user_named(order.username) if order.username else None
    job = start_export(
        membership_of(user, order.slug) if user else None,
        format=order.format,
        with_text=order.with_text,
        filters=order.filters,
        as_json_object=order.output.suffix == ".json",
        project=project,
        **order.options,
    )
    with order.watch(job.pk):
        run_to_the_end(job.pk, {Job.Kind.EXPORT: EXPORT}, owner=owner_name())
    job.refresh_from_db()
    if job.state not in (Job.State.DONE, Job.State.DONE_WITH_PROBLEMS):
        raise Refused("export_failed", job.message)
    _move_result(job, order.output)
    facts = counts_of(job)
    message = loss_report(job, facts)
    if "split" in facts:
        message = f"{message} {split_sentence(facts['split'])}"
    return {**facts, "output": str(order.output), "lost": facts.pop("left_out"), "message": message}


def _move_result(job: Job, output: Path) -> None:
    """Copy beside the goal, then rename: a reader never meets half a file. The stored copy is not needed twice."""
    partial = output.with_name(f".{output.name}.{job.uuid}.part")
    try:
        with default_storage.open(str(job.result.name), "rb") as source, partial.open("wb") as goal:
            shutil.copyfileobj(source, goal, 1024 * 1024)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    default_storage.delete(str(job.result.name))
    Job.objects.filter(pk=job.pk).update(result="")
