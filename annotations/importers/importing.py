"""An import as a job: one pass over the files into a spool, then chunk by chunk into the database.

The stages are functions of a held chunk; they know nothing of Celery, pages or commands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.access import Act
from annotations.jobs.files import scratch_file
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import AuditEvent, Chunk, Job, JobFile, Project

from .context import Context
from .formats import read_inputs
from .gathering import load_records
from .headers import apply_headers, roles_in
from .labels_met import LabelsMet
from .loading import load_articles
from .opening import Upload
from .records import CorpusHeader, ImportedArticle, ImportedRecord, Problem, Record
from .spooling import RECORDS, Cutter, Spooled, read_part, to_line
from .tally import Tally, save_tally

ARTICLES_IN_A_CHUNK = {"postgresql": 500, "sqlite": 100}
"""About a second's work on PostgreSQL; at most 0.3 s on SQLite, where people's saves wait for it."""
MOST_HEADERS = 100


def plan(held: Held) -> None:
    """Read every file once, write its records to the spool, and cut the spool into chunks."""
    headers: list[CorpusHeader] = []
    labels = LabelsMet()
    cutter = Cutter(ARTICLES_IN_A_CHUNK[connection.vendor])
    Job.objects.filter(pk=held.job.pk).update(stage="reading")
    with held.kept(), scratch_file() as spool:
        for record in _records(held.job):
            held.tick()
            if isinstance(record, CorpusHeader):
                headers = [*headers, record][:MOST_HEADERS]
                continue
            if isinstance(record, ImportedArticle):
                labels.meet(record)
            elif isinstance(record, ImportedRecord):
                labels.meet_apart(record)
            line, spooled = _as_line(record)
            spool.write(line)
            cutter.add(spooled, len(line))
        parts = cutter.cut()
        name = spool.keep(f"spool/{held.job.uuid}")
    with held.finishing():
        problems = apply_headers(headers, held.job)
        if labels.names:
            labels.add_missing(Project.objects.select_for_update().get(pk=held.job.project_id))
        tally = Tally()
        for problem in problems:
            tally.leave_out("header", problem)
        held.chunk.count = 0
        save_tally(tally, held.chunk)
        Chunk.objects.bulk_create(
            [
                Chunk(job=held.job, n=n, stage=part.stage, start=part.start, end=part.end, count=part.count)
                for n, part in enumerate(parts, start=1)
            ],
            batch_size=500,
        )
        Job.objects.filter(pk=held.job.pk).update(
            spool=name,
            total=sum(part.count for part in parts),
            stage="writing",
            parameters={**held.job.parameters, "annotators": roles_in(headers)},
        )


def load(held: Held) -> None:
    """Write one chunk: its rows, its done mark and its progress in one transaction."""
    with held.job.spool.open("rb") as spool:
        records = list(read_part(cast(BinaryIO, spool), held.chunk.start, held.chunk.end))
    with held.finishing():
        context, tally = Context.of(held.job), Tally()
        if held.chunk.stage == RECORDS:
            load_records([each for each in records if isinstance(each, ImportedRecord)], context, tally)
        else:
            for problem in records:
                if isinstance(problem, Problem):
                    tally.take(problem)
            load_articles([each for each in records if isinstance(each, ImportedArticle)], context, tally)
        save_tally(tally, held.chunk)


def finish(job: Job) -> str:
    """Remove the spool, and say what the import did besides articles."""
    if job.spool:
        job.spool.delete(save=True)
    facts = counts_of(job)
    parts = [
        ngettext("%(n)s article is new", "%(n)s articles are new", job.n_created) % {"n": job.n_created},
        ngettext("%(n)s got a new text", "%(n)s got a new text", job.n_updated) % {"n": job.n_updated},
        _("%(n)s were there already") % {"n": job.n_unchanged},
        _("%(n)s were not imported") % {"n": job.n_rejected},
    ]
    for name, sentence in _OTHERS.items():
        if facts.get(f"{name}_created"):
            parts.append(sentence % {"n": facts[f"{name}_created"]})
    return "; ".join(str(part) for part in parts) + "."


_OTHERS = {
    "annotations": gettext_lazy("%(n)s annotations are new"),
    "claims": gettext_lazy("%(n)s claims are new"),
    "evidence": gettext_lazy("%(n)s pieces of evidence are new"),
}
"""What else is told of an import, beside its articles."""


def counts_of(job: Job) -> dict[str, int]:
    """Add up what the audit says the chunks wrote: annotations, claims, evidence; each created, unchanged, rejected."""
    total: Counter[str] = Counter()
    events = AuditEvent.objects.filter(object_type="job", object_key=str(job.uuid), verb="articles.imported")
    for facts in events.values_list("after", flat=True).iterator(chunk_size=500):
        total.update({name: value for name, value in facts.items() if isinstance(value, int) and name != "chunk"})
    return dict(total)


IMPORT = Kind(act=Act.ADD_ARTICLES, stages=(plan, load, load), finish=finish)


def _records(job: Job) -> Iterator[Record]:
    """Yield what the readers make of the job's files; files of a walked folder are known by their place in the list."""
    n_named = job.parameters.get("n_named")
    uploads = (
        Upload(file.name, partial(_open, file), is_named=n_named is None or number < n_named)
        for number, file in enumerate(job.files.select_related("raw_file").order_by("pk").iterator(chunk_size=500))
    )
    return read_inputs(
        uploads,
        format_name=job.parameters.get("format"),
        names=job.parameters.get("column_map") or None,
        find=partial(_find, job),
    )


def _find(job: Job, name: str) -> Upload | None:
    file = job.files.select_related("raw_file").filter(name=name).first()
    return Upload(file.name, partial(_open, file)) if file else None


def _open(file: JobFile) -> BinaryIO:
    return cast(BinaryIO, file.raw_file.file.storage.open(str(file.raw_file.file.name), "rb"))


def _as_line(record: Spooled) -> tuple[bytes, Spooled]:
    """Return the record's line; a record that JSON cannot hold becomes a problem."""
    try:
        return to_line(record), record
    except ValueError:
        message = _("A value of this record cannot be stored: half of a surrogate pair, or a number beyond 64 bits.")
        file, line = getattr(record, "file", ""), getattr(record, "line", None)
        problem = Problem(file, line, "", "", message)
        return to_line(problem), problem
