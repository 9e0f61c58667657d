"""An import as a job: one pass over the files into a spool, then chunk by chunk into the database.

The stages are functions of a held chunk; they know nothing of Celery, pages or commands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from django.db import DataError, IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from annotations.access import Act
from annotations.jobs.cleaning import forget_spool
from annotations.jobs.files import scratch_file
from annotations.jobs.garbage import rare_collections
from annotations.jobs.leases import Held
from annotations.jobs.running import Kind
from annotations.models import Chunk, Job
from annotations.text.ids import id_from_path
from annotations.text.urls import canonical_url

from .citing import citations_of
from .context import Context
from .files_apart import FilesApart
from .formats import read_inputs
from .gathering import load_records
from .headers import roles_in
from .loading import ARTICLES, VERSIONS, load_articles, load_articles_at_once
from .opening import Upload
from .placing import ANNOTATIONS
from .records import CapturedFile, CorpusHeader, ImportedArticle, ImportedRecord, Problem, Record
from .setting_up import Setup, set_up
from .spooling import ARTICLES as STAGE_OF_ARTICLES
from .spooling import Cutter, Part, Spooled, read_part, to_line
from .stored import as_upload
from .tally import Tally, save_tally
from .texts_apart import TextsApart, texts_apart
from .trying import TRIAL, try_out
from .writing import refresh_statistics

ARTICLES_IN_A_CHUNK = {"postgresql": 2_000, "sqlite": 800}
"""The weight of a chunk, in articles without annotations: ten annotations count as another article, so that it is half
as many articles of a usual corpus. That is about 0.3 s of the processor on SQLite, where people's saves wait for each
chunk, and about a second on PostgreSQL, the database's own work included.
"""

CITATIONS_AT_ONCE = 1_000


def plan(held: Held) -> None:
    """Read every file once, write its records to the spool, and cut the spool into chunks."""
    setup = Setup()
    cutter = Cutter(ARTICLES_IN_A_CHUNK[connection.vendor])
    Job.objects.filter(pk=held.job.pk).update(stage="reading", done=0)
    n_read = 0
    citations: list[ImportedRecord] = []
    with held.kept(), scratch_file() as spool, _texts_apart(held) as texts, closing(FilesApart()) as files:

        def put(record: Spooled) -> None:
            line, spooled = _as_line(record)
            spool.write(line)
            cutter.add(spooled, len(line))

        for record in _records(held.job, texts):
            held.tick(done=n_read)
            n_read += 1
            if isinstance(record, CorpusHeader):
                setup.take(record)
                continue
            if isinstance(record, CapturedFile):
                files.take(record)
                continue
            if isinstance(record, ImportedArticle):
                setup.labels.meet(record)
            elif isinstance(record, ImportedRecord):
                setup.labels.meet_apart(record)
                files.meet(record)
            put(record)
            if isinstance(record, ImportedRecord):
                citations += citations_of(record)
            if len(citations) >= CITATIONS_AT_ONCE:  # they end a chunk each time: seldom, then
                for citation in citations:
                    put(citation)
                citations = []
        for citation in citations:
            put(citation)
        for problem in files.keep(held.job):
            held.tick(done=n_read)
            if problem is not None:
                put(problem)
        parts = cutter.cut()
        end_of_records = spool.size
        if held.job.is_trial:
            spool.write(setup.to_line())
        name, size = spool.keep(f"spool/{held.job.uuid}"), spool.size
    with held.finishing():
        tally = Tally()
        total = sum(part.count for part in parts)
        if held.job.is_trial:
            parts = [Part(TRIAL, end_of_records, size, total)]
        else:
            for problem in set_up(setup, held.job):
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
            done=0,
            total=total,
            stage="writing",
            stage_at=timezone.now(),
            stage_done=0,
            parameters={**held.job.parameters, "annotators": roles_in(setup.headers)},
        )


def load(held: Held) -> None:
    """Write one chunk: its rows, its done mark and its progress in one transaction."""
    with rare_collections():
        with held.job.spool.open("rb") as spool:
            records = list(read_part(cast(BinaryIO, spool), held.chunk.start, held.chunk.end))
        refresh_statistics((ARTICLES, VERSIONS, ANNOTATIONS), held.job.n_created)
        _write(records, held)


def _write(records: list[Spooled], held: Held) -> None:
    """Write a chunk in one go; where the database refuses something in it, once more, step by step."""
    try:
        _write_with(load_articles_at_once, records, held)
    except (DataError, IntegrityError):
        _write_with(load_articles, records, held)


def _write_with(
    load: Callable[[list[ImportedArticle], Context, Tally], None], records: list[Spooled], held: Held
) -> None:
    with held.finishing():
        context, tally = Context.of(held.job), Tally()
        if held.chunk.stage == STAGE_OF_ARTICLES:
            for problem in records:
                if isinstance(problem, Problem):
                    tally.take(problem)
            load([each for each in records if isinstance(each, ImportedArticle)], context, tally)
        load_records([each for each in records if isinstance(each, ImportedRecord)], context, tally)
        save_tally(tally, held.chunk)


def finish(job: Job) -> str:
    """Let go of the spool, and say what the import did, or would do, besides articles."""
    if job.spool:
        forget_spool(job)
        job.spool = ""
    return f"{_('This was a dry run; nothing was changed.')} {_account(job)}" if job.is_trial else _account(job)


def _account(job: Job) -> str:
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
    "labels": ngettext_lazy("%(n)s label is new", "%(n)s labels are new", "n"),
    "annotations": ngettext_lazy("%(n)s annotation is new", "%(n)s annotations are new", "n"),
    "relations": ngettext_lazy("%(n)s relation is new", "%(n)s relations are new", "n"),
    "article_labels": ngettext_lazy("%(n)s label on articles is new", "%(n)s labels on articles are new", "n"),
    "suggestions": ngettext_lazy("%(n)s suggestion is new", "%(n)s suggestions are new", "n"),
    "threads": ngettext_lazy("%(n)s comment thread is new", "%(n)s comment threads are new", "n"),
    "rulings": ngettext_lazy("%(n)s ruling is new", "%(n)s rulings are new", "n"),
    "sentences": ngettext_lazy("%(n)s stated sentence is new", "%(n)s stated sentences are new", "n"),
    "earlier_texts": ngettext_lazy("%(n)s earlier text is new", "%(n)s earlier texts are new", "n"),
    "passages": ngettext_lazy("%(n)s shared passage is new", "%(n)s shared passages are new", "n"),
    "claims": ngettext_lazy("%(n)s claim is new", "%(n)s claims are new", "n"),
    "evidence": ngettext_lazy("%(n)s piece of evidence is new", "%(n)s pieces of evidence are new", "n"),
    "verdicts": ngettext_lazy("%(n)s verdict is new", "%(n)s verdicts are new", "n"),
    "stories": ngettext_lazy("%(n)s story is new", "%(n)s stories are new", "n"),
    "attributions": ngettext_lazy("%(n)s attribution is new", "%(n)s attributions are new", "n"),
    "places": ngettext_lazy("%(n)s place of a quotation is new", "%(n)s places of quotations are new", "n"),
    "passage_decisions": ngettext_lazy(
        "%(n)s decision about a shared passage is new", "%(n)s decisions about shared passages are new", "n"
    ),
    "spellings": ngettext_lazy("%(n)s list of spellings is new", "%(n)s lists of spellings are new", "n"),
    "boilerplate": ngettext_lazy(
        "%(n)s ruling about boilerplate is new", "%(n)s rulings about boilerplate are new", "n"
    ),
    "revisions": ngettext_lazy("%(n)s earlier state is new", "%(n)s earlier states are new", "n"),
}
"""What else is told of an import, beside its articles."""


def counts_of(job: Job) -> dict[str, int]:
    """Add up what the chunks wrote of each kind: created, unchanged, rejected."""
    total: Counter[str] = Counter()
    for facts in job.chunks.values_list("facts", flat=True).iterator(chunk_size=500):
        total.update(facts)
    return dict(total)


IMPORT = Kind(act=Act.ADD_ARTICLES, stages=(plan, load, load, try_out, load), finish=finish, writes_much=True)


def _records(job: Job, texts: TextsApart | None) -> Iterator[Record]:
    """Yield what the readers make of the job's files."""
    records = read_inputs(
        _uploads(job, are_texts=False),
        format_name=job.parameters.get("format"),
        names=job.parameters.get("column_map") or None,
        find=partial(_find, job),
        texts=texts,
    )
    addresses = job.parameters.get("addresses")
    return (_addressed(each, addresses) for each in records) if addresses else records


def _addressed(record: Record, addresses: dict[str, str]) -> Record:
    """Give an article that was fetched the address it came from, unless it names another of the same host itself."""
    if not isinstance(record, ImportedArticle) or record.file not in addresses:
        return record
    address = addresses[record.file]
    if record.url and urlsplit(record.url).hostname == urlsplit(address).hostname:
        return record
    return replace(record, url=address, external_id=id_from_path(canonical_url(address)))


def _uploads(job: Job, *, are_texts: bool) -> Iterator[Upload]:
    """Yield the files of a job, or those that hold texts for its articles.

    Both, and files of a walked folder, are known by their places in the list: named ones, found ones, texts.
    """
    n_named, n_texts = job.parameters.get("n_named"), job.parameters.get("n_texts", 0)
    first_text = job.files.count() - n_texts
    for number, file in enumerate(job.files.select_related("raw_file").order_by("pk").iterator(chunk_size=500)):
        if (number >= first_text) == are_texts:
            is_named = not are_texts and (n_named is None or number < n_named)
            yield as_upload(file.name, file.raw_file, is_named=is_named)


@contextmanager
def _texts_apart(held: Held) -> Iterator[TextsApart | None]:
    """Give the texts that were sent apart from their articles, where there are any."""
    if not held.job.parameters.get("n_texts"):
        yield None
        return
    records = read_inputs(_uploads(held.job, are_texts=True))
    with texts_apart(_ticking(records, held)) as texts:
        yield texts


def _ticking(records: Iterator[Record], held: Held) -> Iterator[Record]:
    for record in records:
        held.tick()
        yield record


def _find(job: Job, name: str) -> Upload | None:
    file = job.files.select_related("raw_file").filter(name=name).first()
    return as_upload(file.name, file.raw_file) if file else None


def _as_line(record: Spooled) -> tuple[bytes, Spooled]:
    """Return the record's line; a record that JSON cannot hold becomes a problem."""
    try:
        return to_line(record), record
    except ValueError:
        message = _("A value of this record cannot be stored: half of a surrogate pair, or a number beyond 64 bits.")
        file, line = getattr(record, "file", ""), getattr(record, "line", None)
        problem = Problem(file, line, "", "", message)
        return to_line(problem), problem
