"""Asking for an import or an export: store the files, write the job and its first chunk, wake a worker."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.access.starts import count_start
from annotations.errors import Refused
from annotations.models import AuditEvent, Chunk, Job, JobFile, Membership, Project, RawFile
from workbench.request_id import current_request_id

from .dispatch import dispatch
from .files import copy_in, scratch_file

ON_CONFLICT = ("skip", "version", "reject")
ON_DUPLICATE = ("keep", "repost", "skip")
DEFAULTS = {"publisher": 200, "language": 35, "published_at": 40}
"""What can be set for a whole import, with the most characters each may have."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def start_import(
    by: Membership | None,
    files: Iterable[tuple[str, BinaryIO]],
    *,
    format: str | None = None,
    on_conflict: str = "skip",
    on_duplicate: str = "keep",
    defaults: dict[str, Any] | None = None,
    column_map: dict[str, str] | None = None,
    project: Project | None = None,
    n_named: int | None = None,
) -> Job:
    """Store the files and queue their import. `by` is None for the operator of this machine, who names the project.

    The first `n_named` files were asked for by name, the others found in a folder; left out, all were named.
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
    }
    stored = [(_plain_name(name), _store(into, _plain_name(name), file)) for name, file in files]
    if not stored:
        raise Refused("no_files", _("Choose at least one file."), field="files")
    with transaction.atomic():
        facts = {"files": len(stored), "on_conflict": on_conflict, "on_duplicate": on_duplicate}
        job = _create(by, into, Job.Kind.IMPORT, parameters, facts)
        JobFile.objects.bulk_create(
            [JobFile(job=job, raw_file=raw_file, name=name) for name, raw_file in stored], batch_size=500
        )
    return job


def start_export(
    by: Membership | None,
    *,
    format: str = "native",
    with_text: bool = True,
    filters: dict[str, Any] | None = None,
    as_json_object: bool = False,
    project: Project | None = None,
) -> Job:
    """Queue an export of what the requester may see. `by` is None for the operator, who names the project."""
    of = _project(by, project, Act.EXPORT)
    count_start(by, Job.Kind.EXPORT)
    parameters = {
        "format": format,
        "with_text": bool(with_text),
        "filters": filters or {},
        "as_json_object": bool(as_json_object),
    }
    with transaction.atomic():
        return _create(by, of, Job.Kind.EXPORT, parameters, {"format": format, "with_text": bool(with_text)})


def _project(by: Membership | None, project: Project | None, act: Act) -> Project:
    if by is not None:
        require(by, act)
        return by.project
    if project is None:
        raise ValueError("Without a membership, name the project.")
    return project


def _create(
    by: Membership | None, project: Project, kind: str, parameters: dict[str, Any], facts: dict[str, Any]
) -> Job:
    job = Job.objects.create(project=project, kind=kind, requested_by=by, parameters=parameters)
    Chunk.objects.create(job=job, n=0, stage=0)
    AuditEvent.objects.create(
        project=project,
        actor=by,
        verb=f"{kind}.requested",
        object_type="job",
        object_key=str(job.uuid),
        after=facts,
        request_id=current_request_id(),
    )
    dispatch(job.pk)
    return job


def _store(project: Project, name: str, file: BinaryIO) -> RawFile:
    """Keep the file under its SHA-256, once per project."""
    with scratch_file() as scratch:
        copy_in(file, scratch)
        known = RawFile.objects.filter(project=project, sha256=scratch.sha256).first()
        if known is not None:
            return known
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
    return _CONTROL.sub("_", name)[-500:] or f"file-{uuid.uuid4().hex[:8]}"


def _checked_defaults(given: dict[str, Any]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for name, value in given.items():
        text = value.isoformat() if isinstance(value, date) else str(value or "").strip()
        if not text:
            continue
        if name not in DEFAULTS:
            message = _("“%(name)s” cannot be set for a whole import. Choose from: %(all)s.")
            raise Refused("default_unknown", message % {"name": name[:40], "all": ", ".join(DEFAULTS)}, field=name[:40])
        if len(text) > DEFAULTS[name] or _CONTROL.search(text):
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
