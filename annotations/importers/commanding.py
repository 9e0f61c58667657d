"""An import from the command line: paths of this machine become a job that runs here and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.access import membership_of
from annotations.access.finding import user_named
from annotations.errors import NotThere, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_import
from annotations.models import GuidelinesVersion, Job, Membership, Project, RawFile
from annotations.workflow.acts import record
from annotations.workflow.projects import NewProject, set_up_project, starters, write_label_set
from annotations.workflow.scales import begin_with_scale

from .importing import IMPORT
from .opening import is_junk

STARTER = "news_claims"


@dataclass(frozen=True)
class ImportOrder:
    """What was asked for on the command line."""

    paths: tuple[str | Path, ...]
    slug: str
    creates_project: bool = False
    format: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    on_conflict: str = "skip"
    on_duplicate: str = "keep"
    defaults: dict[str, str] = field(default_factory=dict)
    username: str | None = None
    is_trial: bool = False


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `problems` are kept up to a cap, the counts are complete."""

    state: str
    message: str
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    problems: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return what scripts rely on."""
        names = ("read", "created", "updated", "unchanged", "rejected", "problems")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class _Found:
    """A file of this machine: its name in the import, where it lies, and whether somebody named it."""

    name: str
    path: Path
    is_named: bool


class _Undone(Exception):
    """Carries the report of a trial out of its transaction."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


def import_paths(order: ImportOrder) -> ImportReport:
    """Import now, or try it and leave no trace. Raises `WorkbenchError` for what cannot even begin."""
    if not order.is_trial:
        return _import(order)
    stored: list[str] = []
    try:
        with transaction.atomic():
            report = _import(order, stored)
            raise _Undone(report)
    except _Undone as undone:
        return undone.report
    finally:
        _delete_unnamed(stored)


def _import(order: ImportOrder, stored: list[str] | None = None) -> ImportReport:
    found = sorted(_walk(order.paths), key=lambda each: not each.is_named)
    project, by = _project_of(order)
    job = start_import(
        by,
        _opened(found),
        format=order.format,
        on_conflict=order.on_conflict,
        on_duplicate=order.on_duplicate,
        defaults=order.defaults,
        column_map=order.names,
        project=project,
        n_named=sum(each.is_named for each in found),
    )
    if stored is not None:
        stored += job.files.values_list("raw_file__file", flat=True)
    run_to_the_end(job.pk, {Job.Kind.IMPORT: IMPORT}, owner=owner_name())
    return report_of(Job.objects.get(pk=job.pk))


def _delete_unnamed(names: list[str]) -> None:
    """Delete the files of a trial. Its rows are gone by now; what a row still names is another import's."""
    for first in range(0, len(names), 500):
        part = names[first : first + 500]
        named = set(RawFile.objects.filter(file__in=part).values_list("file", flat=True))
        for name in set(part) - named:
            default_storage.delete(name)


def report_of(job: Job) -> ImportReport:
    """Return what the job's rows say."""
    return ImportReport(
        state=job.state,
        message=job.message,
        read=job.n_read,
        created=job.n_created,
        updated=job.n_updated,
        unchanged=job.n_unchanged,
        rejected=job.n_rejected,
        problems=[dict(row) for row in job.problems.order_by("pk").values("file", "line", "field", "value", "message")],
    )


def _walk(paths: Iterable[str | Path]) -> Iterator[_Found]:
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inner = sorted(each for each in path.rglob("*") if each.is_file() and not each.is_symlink())
            for each in inner:
                name = each.relative_to(path).as_posix()
                if not is_junk(name):
                    yield _Found(name, each, is_named=False)
        elif path.is_file():
            yield _Found(path.name, path, is_named=True)
        else:
            raise Refused("no_such_path", _("There is no file or folder “%(path)s”.") % {"path": str(given)})


def _opened(found: Iterable[_Found]) -> Iterator[tuple[str, BinaryIO]]:
    """Open one file after the other, each closed before the next."""
    for each in found:
        with each.path.open("rb") as stream:
            yield each.name, cast(BinaryIO, stream)


def _project_of(order: ImportOrder) -> tuple[Project, Membership | None]:
    project = Project.objects.filter(slug=order.slug).first()
    user = user_named(order.username) if order.username else None
    if project is not None:
        return project, membership_of(user, order.slug) if user else None
    if not order.creates_project:
        message = _("There is no project “%(slug)s”. Name another, or add --create-project.")
        raise NotThere("project_not_found", message % {"slug": order.slug})
    if user is None:
        return make_project(order.slug), None
    manager = set_up_project(NewProject(name=order.slug, slug=order.slug, starter=STARTER), user=user)
    return manager.project, manager


@transaction.atomic
def make_project(slug: str) -> Project:
    """Make a project that has no members yet; a superuser adds them in the admin."""
    project = Project(name=slug, slug=slug)
    try:
        project.full_clean()
    except ValidationError as error:
        raise Refused("invalid", " ".join(error.messages), field="project") from None
    project.save()
    starter = starters()[STARTER]
    write_label_set(project, starter.name, starter.labels)
    begin_with_scale(project)
    GuidelinesVersion.objects.create(project=project, version=1, text=starter.guidelines)
    record(None, "project.created", "project", slug, after={"starter": STARTER}, project=project)
    return project
