"""Small corpora for tests: imports and exports that run here and now, as a worker would run them."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import orjson

from annotations.exporters.exporting import EXPORT
from annotations.importers.importing import IMPORT
from annotations.importers.undoing import UNDO
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export, start_import, start_undo
from annotations.models import Job, Membership, Project

KINDS = {Job.Kind.IMPORT: IMPORT, Job.Kind.EXPORT: EXPORT, Job.Kind.UNDO: UNDO}


def lines(*records: dict[str, Any] | str) -> bytes:
    """Write records as JSON Lines; a string is put in as it is."""
    return b"".join(
        (record.encode() if isinstance(record, str) else json.dumps(record).encode()) + b"\n" for record in records
    )


def article(external_id: str = "a-1", text: str = "Der Preis stieg um 4 %.", **fields: Any) -> dict[str, Any]:
    """Build an article's record with the native names."""
    return {"type": "article", "external_id": external_id, "title": external_id.title(), "text": text} | fields


def annotation(text: str, quote: str, **fields: Any) -> dict[str, Any]:
    """Build an annotation's record for the first place where the quote stands."""
    start = text.index(quote)
    made = {"key": str(uuid.uuid4()), "start": start, "end": start + len(quote), "quote": quote}
    return made | {"label": "claim", "annotator": "amber-otter-101"} | fields


def imported(by: Membership | None, files: dict[str, bytes], **options: Any) -> Job:
    """Import files now; return the finished job."""
    job = start_import(by, [(name, io.BytesIO(data)) for name, data in files.items()], **options)
    run_job(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    return job


def undone(by: Membership, job: Job) -> Job:
    """Undo an import now; return the job that did it."""
    made = start_undo(by, job)
    run_job(made.pk, KINDS, owner=owner_name())
    made.refresh_from_db()
    return made


def exported(by: Membership | None, **options: Any) -> bytes:
    """Export now; return the bytes of the file."""
    job = start_export(by, **options)
    run_job(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    with job.result.open("rb") as result:
        return bytes(result.read())


def without_name(export: bytes) -> bytes:
    """Return an export with the slug and the name of its project taken out, which an import may choose anew."""
    first, newline, rest = export.partition(b"\n")
    header = orjson.loads(first)
    header["project"] |= {"slug": "", "name": ""}
    return orjson.dumps(header) + newline + rest


def counts(job: Job) -> tuple[int, int, int, int, int]:
    """Return read, created, updated, unchanged, rejected."""
    return job.n_read, job.n_created, job.n_updated, job.n_unchanged, job.n_rejected


def empty_project(slug: str) -> Project:
    """Make a project without members or labels."""
    return Project.objects.create(slug=slug, name=slug)
