"""Finding shared passages as a job: first the texts that are new go into the index, then each is compared with others.

What it costs depends on what changed: articles that were stored since the last time, and the texts they share with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require, require_taken
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import (
    Article,
    ArticleVersion,
    Capture,
    Chunk,
    IndexedText,
    Job,
    Membership,
    Project,
)
from annotations.reuse import index
from annotations.reuse.linking import Pair, compare, forget, links_of, store
from annotations.reuse.texts import Blocks, Text, end_blocks, load_texts, method_of, take_boilerplate_out
from annotations.reuse.words import METHOD

ARTICLES_IN_A_CHUNK = 50
INDEXING, COMPARING, CHECKING = 1, 2, 3
OVERLAP = timedelta(minutes=10)
"""So far before the last time it is looked for articles: a transaction that was open then may have written since."""
MOST_KEPT = 400
"""Texts that are kept in memory while a chunk is compared."""


def start_finding(
    by: Membership | None, *, again: bool = False, project: Project | None = None, request: Request | None = None
) -> Job:
    """Queue the finding of shared passages in what is new, or with `again` in all articles.

    `by` is None for the operator of this machine, who names the project. Raises `Forbidden`, `TooMany`.
    """
    if by is not None:
        require(by, Act.ADD_ARTICLES)
        project = by.project
    elif project is None:
        raise ValueError("Without a membership, name the project.")
    require_taken(project, Act.ADD_ARTICLES)
    count_start(by, Job.Kind.IMPORT)
    parameters = {"again": bool(again), "method": method_of(project.pk)}
    return queue_job(by, project, Job.Kind.REUSE, parameters, parameters, request=request)


def start_where_due() -> int:
    """Queue a job for each project that got articles since the last one; return how many. 1 query where there is none.

    A project whose import goes on has to wait for its end.
    """
    if not settings.WORKBENCH_FIND_REUSE:
        return 0
    jobs = Job.objects.filter(project=OuterRef("pk"))
    last = jobs.filter(kind=Job.Kind.REUSE).order_by("-created_at").values("created_at")[:1]
    going_on = jobs.filter(kind__in=(Job.Kind.REUSE, Job.Kind.IMPORT, Job.Kind.UNDO)).exclude(state__in=Job.ENDED)
    fresh = Article.objects.filter(project=OuterRef("pk"), current_version__isnull=False)
    due = (
        Project.objects.filter(archived_at__isnull=True)
        .annotate(looked_at=Subquery(last))
        .filter(~Exists(going_on))
        .filter(
            Q(looked_at__isnull=True) & Exists(fresh)
            | Exists(fresh.filter(stored_at__gt=OuterRef("looked_at")))
            | Exists(_with_words().filter(project=OuterRef("pk"), stored_at__gt=OuterRef("looked_at")))
            | Exists(IndexedText.objects.filter(project=OuterRef("pk"), method=""))
        )
    )
    projects = list(due)
    for project in projects:
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=project.pk)  # two workers sweep: one queues
            if not Job.objects.filter(project=project, kind=Job.Kind.REUSE).exclude(state__in=Job.ENDED).exists():
                start_finding(None, project=project)
    return len(projects)


def plan(held: Held, *, to_check: Callable[[Job, Sequence[int]], Sequence[int]] = lambda job, ids: ()) -> None:
    """List the texts that are to be indexed, and cut them into chunks; each chunk is there for every stage.

    `to_check` names more texts for the last stage alone.
    """
    job = held.job
    since = None if job.parameters.get("again") else _looked_until(job)
    ids = list(_waiting(job, since).values_list("current_version_id", flat=True))
    captures = [-pk for pk in _waiting_captures(job).values_list("pk", flat=True)]
    more = list(to_check(job, ids))
    with held.finishing():
        if since is None:
            _take_out_what_is_gone(job)
        held.chunk.count = 0
        every: tuple[int, ...] = (INDEXING, COMPARING, CHECKING)
        parts = [(part, every) for texts in (ids, captures) for part in _cut(texts)]
        parts += [(part, (CHECKING,)) for part in _cut(more)]
        rows = [
            Chunk(
                job=job,
                n=len(every) * n + stage,
                stage=stage,
                start=min(map(abs, part)),
                end=max(map(abs, part)),
                count=len(part),
                facts={"texts": part},
            )
            for n, (part, stages) in enumerate(parts)
            for stage in stages
        ]
        Chunk.objects.bulk_create(rows, batch_size=500)
        total = sum(row.count for row in rows)
        Job.objects.filter(pk=job.pk).update(
            done=0, total=total, stage="writing", stage_at=timezone.now(), stage_done=0
        )


def _cut(texts: list[int]) -> list[list[int]]:
    return [texts[first : first + ARTICLES_IN_A_CHUNK] for first in range(0, len(texts), ARTICLES_IN_A_CHUNK)]


def _looked_until(job: Job) -> datetime | None:
    """Return up to when an earlier job looked, by the same method; None where there was none."""
    earlier = Job.objects.filter(
        project_id=job.project.pk,
        kind=Job.Kind.REUSE,
        state=Job.State.DONE,
        pk__lt=job.pk,
        parameters__method=job.parameters["method"],
    )
    latest = earlier.order_by("-pk").first()
    if (
        latest is None
        or Job.objects.filter(
            project_id=job.project.pk, kind=Job.Kind.UNDO, finished_at__gte=latest.created_at
        ).exists()
    ):
        return None
    return latest.created_at - OVERLAP


def _waiting(job: Job, since: datetime | None) -> QuerySet[Article]:
    rows = Article.objects.filter(project_id=job.project.pk, current_version__isnull=False, merged_into__isnull=True)
    indexed = IndexedText.objects.filter(version_id=OuterRef("current_version_id"))
    if since is not None:
        rows = rows.filter(Q(stored_at__gte=since) | Q(Exists(indexed.filter(method=""))))
    if not job.parameters.get("again"):
        rows = rows.filter(~Exists(indexed.filter(method=job.parameters["method"])))
    return rows.order_by("current_version_id")


def _with_words() -> QuerySet[Capture]:
    return Capture.objects.filter(length__gt=0, withheld_at__isnull=True)


def _waiting_captures(job: Job) -> QuerySet[Capture]:
    rows = _with_words().filter(project_id=job.project.pk).annotate(as_text=-F("pk"))
    if not job.parameters.get("again"):
        known = IndexedText.objects.filter(version_id=OuterRef("as_text"), method=job.parameters["method"])
        rows = rows.filter(~Exists(known))
    return rows.order_by("pk")


def _take_out_what_is_gone(job: Job) -> None:
    """Take texts out of the index that were removed, replaced or merged; looks at every text that is in it."""
    current = Article.objects.filter(current_version=OuterRef("version_id"), merged_into__isnull=True)
    captured = _with_words().annotate(as_text=-F("pk")).filter(as_text=OuterRef("version_id"))
    gone = IndexedText.objects.filter(~Exists(current), ~Exists(captured), project_id=job.project.pk).order_by("pk")
    while some := list(gone.values_list("pk", flat=True)[:500]):
        index.take_out(some)


def put_into_index(held: Held) -> None:
    """Index the texts of a chunk, and anew those in which a block was found to be boilerplate by them."""
    ids = held.chunk.facts["texts"]
    with held.finishing():
        _take_out_earlier(ids)
        texts = load_texts(ids)
        touched = index_texts(list(texts.values()), held.job.parameters["method"], tick=held.tick)
        again = load_texts(touched)  # texts of this chunk too: a later one may have shown what an earlier one repeats
        index_texts(list(again.values()), held.job.parameters["method"], tick=held.tick)
        held.chunk.facts = {"indexed": len(texts)}
        Chunk.objects.filter(job=held.job, stage=COMPARING, n=held.chunk.n + 1).update(
            facts={"texts": sorted({*texts, *again, *touched})}
        )
        Job.objects.filter(pk=held.job.pk).update(done=F("done") + held.chunk.count)


def index_texts(texts: Sequence[Text], method: str, *, tick: Callable[[], None] = lambda: None) -> set[int]:
    """Put texts of one project into the index without their boilerplate; return those to be indexed anew for it.

    Each text is held against those before it. Of a capture each word is put there too, by which short quotations are
    looked up. 4 queries for texts that are new, whatever their number; on SQLite one for each block at their ends more.
    """
    ends = {text.version_id: [] if text.is_capture else end_blocks(text) for text in texts}
    blocks = Blocks.of(block.hash for own in ends.values() for block in own)
    touched: set[int] = set()
    hashes: dict[int, list[int]] = {}
    for text in texts:
        tick()
        own = ends[text.version_id]
        single = index.word_hashes(text.words.forms, text.project_id).values() if text.is_capture else ()
        if not text.is_capture:
            touched |= take_boilerplate_out(text, own, blocks)
        blocks.add(text, own)
        hashes[text.version_id] = [
            *index.hashes_of(text.words, text.project_id),
            *(block.hash for block in own),
            *single,
        ]
    if texts:
        index.put(hashes, texts[0].project_id, method)
    return touched


def _take_out_earlier(ids: Sequence[int]) -> None:
    """Take the earlier texts of corrected articles out of the index, with what was found of them."""
    articles = Article.objects.filter(current_version__in=ids)
    earlier = ArticleVersion.objects.filter(article__in=articles.values("pk"), n__gt=0).exclude(pk__in=ids)
    pks = list(earlier.values_list("pk", flat=True))
    if pks and index.take_out(pks):
        forget(pks)


def find_passages(held: Held) -> None:
    """Compare the texts of a chunk with those that share runs with them, and write what they share."""
    own = load_texts(held.chunk.facts["texts"])
    leave_boilerplate_out(own.values())
    found: list[Pair] = []
    kept: dict[int, Text] = dict(own)
    for text in own.values():
        held.tick()
        others = _candidates(text, kept)
        found.extend(pair for other in others if (pair := compare(text, other)) is not None)
    links = links_of(found)
    with held.finishing():
        n_new, n_known = store(links, list(own))
        held.chunk.facts = {"passages_created": n_new, "passages_unchanged": n_known}
        Job.objects.filter(pk=held.job.pk).update(
            done=F("done") + held.chunk.count,
            n_read=F("n_read") + held.chunk.count,
            n_created=F("n_created") + n_new,
            n_unchanged=F("n_unchanged") + n_known,
        )
        record_chunk(held.chunk, "passages.found", list(own), {**held.chunk.facts, "method": METHOD})


def _candidates(text: Text, kept: dict[int, Text]) -> list[Text]:
    """Return the texts that may share something with one: articles and, of an article, captures of other pages."""
    hits = index.texts_with(index.hashes_of(text.words, text.project_id))
    wanted = [pk for pk in hits.of_articles().best(index.MOST_CANDIDATES + 1) if pk != text.version_id]
    if not text.is_capture:
        wanted += hits.of_captures().best()
    missing = [pk for pk in wanted if pk not in kept]
    if missing:
        loaded = load_texts(missing)
        leave_boilerplate_out(loaded.values())
        if len(kept) > MOST_KEPT:
            kept.clear()
        kept |= loaded
    return [
        kept[pk]
        for pk in wanted
        if pk in kept and kept[pk].project_id == text.project_id and not _is_the_same(text, kept[pk])
    ]


def _is_the_same(text: Text, other: Text) -> bool:
    """Tell whether two texts are of one article, or one is a capture of the other's own page."""
    is_of_its_page = text.is_capture != other.is_capture and text.url_sha256 == other.url_sha256
    return text.article_id == other.article_id or is_of_its_page


def leave_boilerplate_out(texts: Iterable[Text]) -> None:
    """Take the blocks of texts out that their publishers put under others too; 1 query, on SQLite one a block."""
    ends = [(text, end_blocks(text)) for text in texts if not text.is_capture]
    blocks = Blocks.of(block.hash for _text, own in ends for block in own)
    for text, own in ends:
        take_boilerplate_out(text, own, blocks)


def finish(job: Job) -> str:
    """Say what was found."""
    message = ngettext("%(n)s shared passage is new", "%(n)s shared passages are new", job.n_created)
    return f"{message % {'n': job.n_created}}; {_('%(n)s were there already') % {'n': job.n_unchanged}}."


REUSE = Kind(
    act=Act.ADD_ARTICLES,
    stages=(plan, put_into_index, find_passages),
    finish=finish,
    start_where_due=start_where_due,
)
