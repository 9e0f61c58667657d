"""An import from the command line: paths of this machine become a job that runs here and now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
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
from annotations.jobs.cleaning import forget_files
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_import
from annotations.models import GuidelinesVersion, Job, Membership, Project
from annotations.workflow.acts import record
from annotations.workflow.projects import NewProject, set_up_project, starters, write_starter
from annotations.workflow.rounds import first_round
from annotations.workflow.scales import begin_with_scale

from .importing import IMPORT
from .opening import is_junk

STARTER = "news_claims"


@dataclass(frozen=True)
class ImportOrder:
    """What was asked for on the command line. `watch` is entered with the job's id while it runs."""

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
    texts: Path | None = None
    watch: Callable[[int], AbstractContextManager[None]] = nullcontext  # type: ignore[assignment]


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


def import_paths(order: ImportOrder) -> ImportReport:
    """Import now, or try it and change nothing. Raises `WorkbenchError` for what cannot even begin."""
    if order.is_trial and order.creates_project and not Project.objects.filter(slug=order.slug).exists():
        return _try_in_a_new_project(order)
    report, job = _import(order)
    if order.is_trial:
        forget_files(job)
    return report


def _try_in_a_new_project(order: ImportOrder) -> ImportReport:
    """Try an import together with the project that it would make; one transaction takes all of it back."""
    with transaction.atomic():
        report, job = _import(order)
        stored = [*job.files.values_list("raw_file__file", flat=True), f"spool/{job.uuid}"]
        transaction.set_rollback(True)
    for name in stored:
        default_storage.delete(name)  # the project was nobody else's
    return report


def _import(order: ImportOrder) -> tuple[ImportReport, Job]:
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
        texts=_opened(_walk([order.texts])) if order.texts else (),
        is_trial=order.is_trial,
    )
    with order.watch(job.pk):
        run_to_the_end(job.pk, {Job.Kind.IMPORT: IMPORT}, owner=owner_name())
    ended = Job.objects.get(pk=job.pk)
    return report_of(ended), ended


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
    write_starter(project, starter)
    begin_with_scale(project)
    first_round(project.pk)
    GuidelinesVersion.objects.create(project=project, version=1, text=starter.guidelines)
    record(None, "project.created", "project", slug, after={"starter": STARTER}, project=project)
    return project
