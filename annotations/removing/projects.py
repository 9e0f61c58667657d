"""Deleting a project: its name is typed, it can be restored for some time, and is then removed by a job.

The job takes rows away some at a time, those first that others do not point at, so that it may stop anywhere and go on
where it stopped. What stays is the record of acts without its texts, and one act in that of this installation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.jobs.dispatch import dispatch
from annotations.jobs.leases import Held, LeaseLost
from annotations.jobs.running import Kind
from annotations.models import (
    Annotation,
    Article,
    AuditArticle,
    AuditEvent,
    AuditSeal,
    AuditText,
    AuditWaiting,
    Chunk,
    Claim,
    IndexedText,
    Job,
    Label,
    Membership,
    NameInText,
    Project,
    RawFile,
    Round,
    Speaker,
    User,
    Verdict,
)
from annotations.reuse.index import take_out
from annotations.workflow.acts import record
from annotations.workflow.sealing import HOLDS_WORDS, forget_personal

AT_ONCE = 1_000
#: columns that let rows of one table, or of two, point at each other: they are emptied first
_ROUND_ABOUT: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Article, ("current_version", "repost_of", "merged_into")),
    (Verdict, ("supersedes",)),
    (Label, ("parent",)),
    (Round, ("repeats",)),
    (Job, ("undoes",)),
    (Speaker, ("merged_into",)),
)
_STAYING = frozenset({AuditArticle, AuditEvent, AuditText, AuditSeal, AuditWaiting})
"""The record of acts outlives the project; its texts are erased."""


@dataclass(frozen=True, slots=True)
class Contents:
    """How much work lies in a project: what whoever deletes it is shown."""

    articles: int
    annotations: int
    claims: int
    people: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A project that was deleted, and until when it can be restored."""

    project: Project
    until: datetime


def contents_of(project: Project) -> Contents:
    """Count what a project holds; 4 queries."""
    return Contents(
        Article.objects.filter(project=project).count(),
        Annotation.every.filter(project=project).count(),
        Claim.objects.filter(project=project).count(),
        Membership.objects.filter(project=project, user__isnull=False, ended_at__isnull=True).count(),
    )


def kept_for() -> timedelta:
    """Return how long a deleted project can be restored."""
    return timedelta(days=settings.WORKBENCH_DELETED_DAYS)


@transaction.atomic
def delete_project(name: str, *, by: Membership) -> Deleted:
    """Delete a project: nobody finds it any more, and it can be restored for some time. Twice is no error.

    Raises `Forbidden`, and `Refused` where its name is not typed as it is.
    """
    require(by, Act.MANAGE_PROJECT)
    project = Project.objects.select_for_update().get(pk=by.project_id)
    if " ".join(name.split()) != " ".join(project.name.split()):
        raise Refused("name_differs", _("This is not the project’s name. Type it as it stands above."), field="name")
    if project.deleted_at is None:
        project.deleted_at = timezone.now()
        project.save(update_fields=["deleted_at"])
        record(by, "project.deleted", "project", project.slug)
    return Deleted(project, _until(project))


def deleted_projects(user: User) -> list[Deleted]:
    """Return the deleted projects that a person managed and can restore, the last first; 1 query."""
    rows = Project.objects.filter(deleted_at__isnull=False).order_by("-deleted_at")
    if not user.is_superuser:
        rows = rows.filter(pk__in=_managed(user).values("project"))
    return [Deleted(project, _until(project)) for project in rows.distinct()]


@transaction.atomic
def restore_deleted(uuid: UUID, *, user: User) -> Project:
    """Bring a deleted project back as it was. Raises `NotThere` where there is none that the person managed."""
    rows = Project.objects.select_for_update(of=("self",)).filter(uuid=uuid, deleted_at__isnull=False)
    project = rows.first()
    part = _managed(user).filter(project=project).first() if project else None
    if project is None or (part is None and not user.is_superuser) or _is_being_removed(project):
        raise NotThere("project_not_found", _("There is no deleted project that you could restore."))
    project.deleted_at = None
    project.save(update_fields=["deleted_at"])
    record(part, "project.undeleted", "project", project.slug, project=project, user=user)
    return project


def _managed(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user, role=Membership.Role.MANAGER, ended_at__isnull=True)


def _until(project: Project) -> datetime:
    assert project.deleted_at is not None
    return project.deleted_at + kept_for()


# Removing for good


def start_where_due() -> int:
    """Queue the removal of projects whose time is over; return how many. Workers call it every few seconds."""
    due = Project.objects.filter(deleted_at__lt=timezone.now() - kept_for())
    return sum(_start(project.pk) for project in due)


def _start(pk: int) -> bool:
    with transaction.atomic():
        project = Project.objects.select_for_update().filter(pk=pk, deleted_at__lt=timezone.now() - kept_for()).first()
        if project is None or _is_being_removed(project):
            return False
        who = AuditEvent.objects.filter(project=project, verb="project.deleted").order_by("-pk").first()
        actor = who.actor.user if who and who.actor else None
        held = contents_of(project)
        parameters = {
            "project": project.pk,
            "slug": project.slug,
            "deleted_by": str(actor.uuid) if actor else None,
            "contents": {name: getattr(held, name) for name in Contents.__slots__},
        }
        job = Job.objects.create(project=None, kind=Job.Kind.REMOVAL, parameters=parameters)
        Chunk.objects.create(job=job, n=0, stage=0)
        dispatch(job.pk)
    return True


def _is_being_removed(project: Project) -> bool:
    jobs = Job.objects.filter(kind=Job.Kind.REMOVAL, parameters__project=project.pk)
    return jobs.exclude(state__in=(Job.State.FAILED, Job.State.CANCELLED)).exists()


def remove(held: Held) -> None:
    """Remove all rows and files of a project, then the project, and note that as the one thing that stays."""
    parameters = held.job.parameters
    pk, done = parameters["project"], held.job.done
    with held.kept():
        for count in _removals(pk, held):
            done += count
            held.tick(done=done)
    with held.finishing():
        Project.objects.filter(pk=pk).delete()
        deleted_by = parameters["deleted_by"]
        AuditEvent.objects.create(
            verb="project.removed",
            object_type="project",
            object_key=parameters["slug"],
            user_uuid=UUID(deleted_by) if deleted_by else None,
            after=parameters["contents"],
        )
        Job.objects.filter(pk=held.job.pk).update(done=done, total=done)


def _removals(pk: int, held: Held) -> Iterator[int]:
    """Take rows away in transactions of AT_ONCE, and yield how many each took."""
    for model, columns in _ROUND_ABOUT:
        rows = model._base_manager.filter(_any_of(columns), **{_path_to_project()[model]: pk})
        yield from _in_parts(rows, held, lambda some, columns=columns: some.update(**dict.fromkeys(columns)))
    told = AuditText.objects.filter(HOLDS_WORDS, event__project=pk)
    yield from _in_parts(told, held, lambda some: forget_personal(AuditEvent.objects.filter(text__in=some)))
    texts = IndexedText.objects.filter(project=pk)
    yield from _in_parts(texts, held, lambda some: take_out(some.values_list("pk", flat=True)))
    yield from _in_parts(NameInText.objects.filter(project_id=pk), held, _delete)
    for model in _order():
        rows = model._base_manager.filter(**{_path_to_project()[model]: pk})
        yield from _in_parts(rows, held, _delete)


def _in_parts(rows: QuerySet[Any], held: Held, act: Any) -> Iterator[int]:
    while True:
        with transaction.atomic():
            _keep_place(held)
            ids = list(rows.order_by().values_list("pk", flat=True)[:AT_ONCE])
            if not ids:
                return
            act(rows.model._base_manager.filter(pk__in=ids))
        yield len(ids)


def _keep_place(held: Held) -> None:
    """Go on only as who holds the chunk. What is gone is progress: being killed later counts as a first try."""
    mine = Chunk.objects.filter(pk=held.chunk.pk, owner=held.owner, done_at__isnull=True)
    if not mine.update(tries=1):
        raise LeaseLost


def _delete(some: QuerySet[Any]) -> None:
    """Delete rows as they are: nothing points at them any more. Their files go when that is committed."""
    names: list[str] = []
    if some.model is RawFile:
        names = list(some.values_list("file", flat=True))
    elif some.model is Job:
        names = [name for row in some.values_list("result", "spool") for name in row if name]
    some._raw_delete(some.db)
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name))


def _any_of(columns: tuple[str, ...]) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__isnull": False})
    return found


@cache
def _path_to_project() -> dict[type[Model], str]:
    """Return each table that goes with projects, with the columns that lead to its project."""
    found: dict[type[Model], str] = {Project: "pk"}
    there = apps.get_app_config("annotations").get_models(include_auto_created=True)
    waiting = [model for model in there if model not in _STAYING]
    has_grown = True
    while has_grown:
        has_grown = False
        for model in waiting:
            if model in found:
                continue
            keys = {field.name: field.remote_field.model for field in _keys_of(model)}
            name = "project" if "project" in keys else next((each for each in keys if keys[each] in found), "")
            if name:
                found[model] = name if name == "project" else f"{name}__{found[keys[name]]}"
                has_grown = True
    return found


@cache
def _order() -> tuple[type[Model], ...]:
    """Return the tables, each before those that it points at."""
    paths = _path_to_project()
    emptied = {(model, column) for model, columns in _ROUND_ABOUT for column in columns}
    sorter: TopologicalSorter[type[Model]] = TopologicalSorter()
    for model in paths:
        sorter.add(model)
        for field in _keys_of(model):
            target = field.remote_field.model
            if target in paths and target is not model and (model, field.name) not in emptied:
                sorter.add(target, model)
    return tuple(model for model in sorter.static_order() if model is not Project)


def _keys_of(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def finish(job: Job) -> str:
    """Say how much was removed."""
    return _("The project is removed: %(n)s rows, with their files.") % {"n": job.done}


REMOVAL = Kind(act=Act.MANAGE_PROJECT, stages=(remove,), finish=finish, start_where_due=start_where_due)
