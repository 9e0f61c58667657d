"""Asking for an import or an export: store the files, write the job and its first chunk, wake a worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, require_taken
from annotations.access.jobs import require_steering
from annotations.access.requests import Request, earlier_act
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.models import AuditEvent, Chunk, Job, JobFile, Membership, Project, RawFile
from annotations.text.control import CONTROL

from .dispatch import dispatch
from .export_options import ExportOptions
from .files import ScratchFile, copy_in, scratch_file
from .steering import can_import, can_undo, has_noted_its_rows

ON_CONFLICT = ("skip", "version", "reject")
ON_DUPLICATE = ("keep", "repost", "skip")
DEFAULTS = {"publisher": 200, "language": 35, "published_at": 40}
"""What can be set for a whole import, with the most characters each may have."""


def start_once(by: Membership, request: Request | None, start: Callable[..., Job]) -> Job:
    """Start a job by `start`, which takes the request; where it started one before, return that one.

    Raises `Conflict` where the request's key came with another body.
    """
    try:
        return started_before(by, request) or start(request=request)
    except (IntegrityError, Refused):  # the same request came twice in the same moment
        found = started_before(by, request)
        if found is None:
            raise
        return found


def started_before(by: Membership, request: Request | None) -> Job | None:
    """Return the job that this request started. Raises `Conflict` where its key came with another body; 2 queries."""
    act = earlier_act(by, request)
    if act is None:
        return None
    return Job.objects.select_related("requested_by", "undoes").get(project_id=by.project_id, uuid=act.object_key)


def start_import(
    by: Membership | None,
    files: Iterable[tuple[str, BinaryIO | RawFile]],
    *,
    format: str | None = None,
    on_conflict: str = "skip",
    on_duplicate: str = "keep",
    defaults: dict[str, Any] | None = None,
    column_map: dict[str, str] | None = None,
    project: Project | None = None,
    n_named: int | None = None,
    texts: Iterable[tuple[str, BinaryIO]] = (),
    is_trial: bool = False,
    addresses: dict[str, str] | None = None,
    request: Request | None = None,
) -> Job:
    """Store the files and queue their import. `by` is None for the operator of this machine, who names the project.

    Files that are stored already are taken as they are.
    The first `n_named` files were asked for by name, the others found in a folder; left out, all were named.
    `texts` are files with the texts of articles that come without.
    With `is_trial` it is a dry run: it says what an import would do, and changes nothing.
    `addresses` say where files were fetched from, by name.
    Raises `Forbidden`, `Refused` for no files, an unknown answer to conflicts or duplicates, or a bad default, and
    `TooMany` for more starts than one person may have in an hour.
    """
    into = _project(by, project, Act.ADD_ARTICLES)
    count_start(by, Job.Kind.IMPORT)
    if on_conflict not in ON_CONFLICT:
        message = _("“%(given)s” is no answer to conflicts. Choose one of: %(all)s.")
        values = {"given": str(on_conflict)[:40], "all": ", ".join(ON_CONFLICT)}
        raise Refused("on_conflict_unknown", message % values, field="on_conflict")
    if on_duplicate not in ON_DUPLICATE:
        message = _("“%(given)s” is no answer to duplicates. Choose one of: %(all)s.")
        values = {"given": str(on_duplicate)[:40], "all": ", ".join(ON_DUPLICATE)}
        raise Refused("on_duplicate_unknown", message % values, field="on_duplicate")
    parameters = {
        "format": format or None,
        "on_conflict": on_conflict,
        "on_duplicate": on_duplicate,
        "defaults": _checked_defaults(defaults or {}),
        "column_map": column_map or {},
        "n_named": n_named,
        **({"is_trial": True} if is_trial else {}),
        **({"addresses": addresses} if addresses else {}),
    }
    stored = [(_plain_name(name), _store(into, _plain_name(name), file)) for name, file in files]
    if not stored:
        raise Refused("no_files", _("Choose at least one file."), field="files")
    stored_texts = [(_plain_name(name), _store(into, _plain_name(name), file)) for name, file in texts]
    parameters["n_texts"] = len(stored_texts)
    with transaction.atomic():
        facts = {"files": len(stored), **_facts(parameters)}
        job = _create(by, into, Job.Kind.IMPORT, parameters, facts, request=request)
        JobFile.objects.bulk_create(
            [JobFile(job=job, raw_file=raw_file, name=name) for name, raw_file in stored + stored_texts], batch_size=500
        )
    return job


def start_tried_import(by: Membership | None, trial: Job, *, request: Request | None = None) -> Job:
    """Queue the import that a dry run tried, of the same files. Raises `Forbidden`, and `Refused` when too late."""
    into = _project(by, trial.project, Act.ADD_ARTICLES)
    require_steering(by, trial)
    if not can_import(trial):
        message = _("The files of this dry run are no longer kept, or it did not end well. Import them again.")
        raise Refused("trial_over", message)
    parameters = {name: value for name, value in trial.parameters.items() if name not in ("is_trial", "annotators")}
    with transaction.atomic():
        files = list(trial.files.order_by("pk"))
        RawFile.objects.filter(pk__in=trial.files.values("raw_file")).update(last_sent_at=timezone.now())
        facts = {"files": len(files), **_facts(parameters)}
        job = _create(by, into, Job.Kind.IMPORT, parameters, facts, request=request)
        JobFile.objects.bulk_create(
            [JobFile(job=job, raw_file_id=file.raw_file_id, name=file.name) for file in files], batch_size=500
        )
    return job


def start_undo(by: Membership | None, job: Job, *, request: Request | None = None) -> Job:
    """Queue the undoing of an import: what it wrote and nobody judged or changed since is removed.

    A merge of labels is undone by another job of labels. Raises `Forbidden`, and `Refused` for what can be undone not
    at all, has not ended, was undone already, or noted no rows.
    """
    is_merge = job.kind == Job.Kind.LABELS
    of = _project(by, job.project, Act.EDIT_LABELS if is_merge else Act.ADD_ARTICLES)
    require_steering(by, job)
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if not can_undo(locked):
            message = _("Only an import that has ended, wrote something and was not undone yet can be undone.")
            if is_merge:
                message = _("Only a merge of labels that has ended and was not undone yet can be undone.")
            raise Refused("job_cannot_be_undone", message)
        if is_merge:
            parameters = {name: locked.parameters[name] for name in ("from", "into", "names")}
            facts = {"merge": str(locked.uuid), "from": parameters["from"], "into": parameters["into"]}
            by = by or locked.requested_by
            return _create(by, of, Job.Kind.LABELS, parameters, facts, undoes=locked, request=request)
        if not has_noted_its_rows(locked):
            message = _(
                "This import was made by the first release, which did not note what an import wrote, so that nothing"
                " tells its rows from those of people. It cannot be undone."
            )
            raise Refused("import_too_old", message)
        facts = {"import": str(locked.uuid)}
        return _create(by, of, Job.Kind.UNDO, {}, facts, undoes=locked, request=request)


def _facts(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in ("on_conflict", "on_duplicate", "is_trial") if name in parameters}


def start_export(
    by: Membership | None,
    *,
    format: str = "native",
    with_text: bool = True,
    filters: dict[str, Any] | None = None,
    as_json_object: bool = False,
    project: Project | None = None,
    request: Request | None = None,
    **options: Any,
) -> Job:
    """Queue an export of what the requester may see. `by` is None for the operator, who names the project.

    `options` are those of `ExportOptions`. Raises `Forbidden`, and `Refused` for an option that cannot be taken.
    """
    of = _project(by, project, Act.EXPORT)
    count_start(by, Job.Kind.EXPORT)
    parameters = {
        "format": format,
        "with_text": bool(with_text),
        "filters": filters or {},
        "as_json_object": bool(as_json_object),
        **ExportOptions.of(options).as_parameters(),
    }
    if parameters["with_files"] and (format != "native" or not with_text or as_json_object):
        message = _("The files of captures go with the native format, as JSON Lines with the texts, in a .zip.")
        raise Refused("files_not_carried", message, field="with_files")
    with transaction.atomic():
        facts = {"format": format, "with_text": bool(with_text)}
        return _create(by, of, Job.Kind.EXPORT, parameters, facts, request=request)


def queue_job(
    by: Membership | None,
    project: Project,
    kind: str,
    parameters: dict[str, Any],
    facts: dict[str, Any],
    *,
    request: Request | None = None,
) -> Job:
    """Queue a job of a kind that needs no files; whoever calls has asked for permission."""
    with transaction.atomic():
        return _create(by, project, kind, parameters, facts, request=request)


def _project(by: Membership | None, project: Project | None, act: Act) -> Project:
    if by is not None:
        require(by, act)
        return by.project
    if project is None:
        raise ValueError("Without a membership, name the project.")
    require_taken(project, act)
    return project


def _create(
    by: Membership | None,
    project: Project,
    kind: str,
    parameters: dict[str, Any],
    facts: dict[str, Any],
    *,
    undoes: Job | None = None,
    request: Request | None = None,
) -> Job:
    job = Job.objects.create(project=project, kind=kind, requested_by=by, parameters=parameters, undoes=undoes)
    Chunk.objects.create(job=job, n=0, stage=0)
    AuditEvent.objects.create(
        project=project,
        actor=by,
        verb=f"{kind}.requested",
        object_type="job",
        object_key=str(job.uuid),
        after=facts,
        request_key=request.key if request else None,
        request_digest=request.digest if request else None,
    )
    dispatch(job.pk)
    return job


def store_named(project: Project, name: str, file: BinaryIO) -> tuple[str, RawFile]:
    """Keep a file that is no import yet, or never becomes one; return the name it is shown under, and the file."""
    plain = _plain_name(name)
    return plain, _store(project, plain, file)


def store_if(project: Project, name: str, file: BinaryIO, sha256: bytes) -> bytes:
    """Keep a file if its bytes have this SHA-256; return the one that they have."""
    with scratch_file() as scratch:
        copy_in(file, scratch)
        if scratch.sha256 == sha256:
            _keep(project, name, scratch)
        return scratch.sha256


def _store(project: Project, name: str, file: BinaryIO | RawFile) -> RawFile:
    """Keep the file under its SHA-256, once per project."""
    if isinstance(file, RawFile):
        return file
    with scratch_file() as scratch:
        copy_in(file, scratch)
        return _keep(project, name, scratch)


def _keep(project: Project, name: str, scratch: ScratchFile) -> RawFile:
    known = RawFile.objects.filter(project=project, sha256=scratch.sha256)
    if known.update(last_sent_at=timezone.now()) and (raw_file := known.first()) is not None:
        return raw_file
    stored = scratch.keep(f"raw/{project.uuid}/{scratch.sha256.hex()}")
    raw_file = RawFile(project=project, sha256=scratch.sha256, name=name, size=scratch.size, file=stored)
    try:
        with transaction.atomic():
            raw_file.save()
    except IntegrityError:  # somebody stored the same file in the meantime
        raw_file.file.storage.delete(stored)
        return RawFile.objects.get(project=project, sha256=scratch.sha256)
    return raw_file


def _plain_name(name: str) -> str:
    """Return the name of a file as it is shown and stored: without control characters, at most 500 long."""
    return CONTROL.sub("_", name)[-500:] or f"file-{uuid.uuid4().hex[:8]}"


def _checked_defaults(given: dict[str, Any]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for name, value in given.items():
        text = value.isoformat() if isinstance(value, date) else str(value or "").strip()
        if not text:
            continue
        if name not in DEFAULTS:
            message = _("“%(name)s” cannot be set for a whole import. Choose from: %(all)s.")
            raise Refused("default_unknown", message % {"name": name[:40], "all": ", ".join(DEFAULTS)}, field=name[:40])
        if len(text) > DEFAULTS[name] or CONTROL.search(text):
            message = _("At most %(most)s characters are allowed here, without control characters.")
            raise Refused("default_invalid", message % {"most": DEFAULTS[name]}, field=name)
        checked[name] = text
    if "published_at" in checked:
        parse_date(checked["published_at"])
    return checked


def parse_date(text: str) -> date | datetime:
    """Read a day or a time with its zone; raise `Refused` for anything else."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a time outside the years 1 to 9999 in UTC is none that can be stored
        moment = None
    if moment is None or moment.tzinfo is None:
        message = _("“%(text)s” is not a date. Write YYYY-MM-DD, or a time with its zone such as 2024-03-18T08:14:52Z.")
        raise Refused("date_invalid", message % {"text": text[:40]}, field="published_at")
    return moment
