"""Boilerplate in every article of a publisher: one act, counted before, done as a job, undone as one.

A passage counts where it stands on lines of its own: from the start of a line to the end of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, ExpressionWrapper, F, IntegerField, OuterRef, QuerySet, Value
from django.db.models.fields import TextField
from django.db.models.functions import Concat, StrIndex
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.access import Act, require
from annotations.access.requests import Request
from annotations.access.starts import count_start
from annotations.errors import NotThere, Refused
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.jobs.starting import queue_job
from annotations.models import Article, Chunk, Job, Membership, Project, Region
from annotations.text.spans import Span

from .zoning import lock_texts

ARTICLES_IN_A_CHUNK = 200
SHORTEST, LONGEST = 3, 20_000
MOST_IN_AN_ARTICLE = 100


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """A passage of an article that all articles of its publisher may have; offsets in code points."""

    article: UUID
    version: UUID
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many articles of the publisher there are, how many have the passage, and in how many it is marked."""

    publisher: str
    articles: int
    found: int
    marked: int


def count_boilerplate(passage: Boilerplate, *, by: Membership) -> Count:
    """Say what marking the passage everywhere would do; 4 queries, no text is fetched but the passage."""
    require(by, Act.MARK_ZONES_EVERYWHERE)
    article, words = _checked(passage, by)
    assert article.publisher is not None
    rows = _articles(by.project, article.publisher.pk)
    found = _with_passage(rows, words)
    return Count(article.publisher.name, rows.count(), found.count(), found.filter(_is_marked(words)).count())


def start_marking_boilerplate(passage: Boilerplate, *, by: Membership, request: Request | None = None) -> Job:
    """Queue the marking of a passage in every article of the publisher; what is marked already stays as it is.

    Raises `Forbidden`, `NotThere`, `Refused` for a passage that is not whole lines or an article without a publisher,
    and `TooMany`.
    """
    require(by, Act.MARK_ZONES_EVERYWHERE)
    article, words = _checked(passage, by)
    count_start(by, Job.Kind.IMPORT)
    parameters = {"publisher": article.publisher_id, "passage": words}
    facts = {"article": str(article.uuid), "start": passage.span.start, "end": passage.span.end}
    return queue_job(by, by.project, Job.Kind.ZONES, parameters, facts, request=request)


def plan(held: Held) -> None:
    """Cut the articles that have the passage into chunks; their ids alone are read."""
    rows, words = _rows_of(held.job), str(held.job.parameters["passage"])
    chunks: list[Chunk] = []
    with held.kept():
        for part in _parts(_with_passage(rows, words)):
            held.tick()
            n = len(chunks) + 1
            chunks.append(Chunk(job=held.job, n=n, stage=1, start=part[0], end=part[-1], count=len(part)))
    with held.finishing():
        held.chunk.count = 0
        Chunk.objects.bulk_create(chunks, batch_size=500)
        total = sum(chunk.count for chunk in chunks)
        Job.objects.filter(pk=held.job.pk).update(
            done=0, total=total, stage="writing", stage_at=timezone.now(), stage_done=0
        )


def mark(held: Held) -> None:
    """Mark the passage in the articles of one chunk, wherever it stands and is not marked yet."""
    job, chunk, words = held.job, held.chunk, str(held.job.parameters["passage"])
    rows = _with_passage(_rows_of(job), words).filter(pk__gte=chunk.start, pk__lte=chunk.end)
    with held.finishing():
        found = list(rows.select_for_update(of=("self",), no_key=True).values_list("current_version_id", flat=True))
        lock_texts(found)
        marked: dict[int, list[Span]] = {}
        zones = Region.objects.filter(version__among=found, kind=Region.Kind.BOILERPLATE, withdrawn_at__isnull=True)
        for version, start, end in zones.values_list("version_id", "start", "end"):
            marked.setdefault(version, []).append(Span(start, end))
        new: list[Region] = []
        n_there = 0
        texts = Article.objects.filter(current_version__in=found).order_by("pk")
        for version, length, text in texts.values_list(
            "current_version_id", "current_version__length", "current_version__text"
        ).iterator(chunk_size=20):
            held.tick()
            for span in places_of(words, text):
                if any(zone.start <= span.start and span.end <= zone.end for zone in marked.get(version, ())):
                    n_there += 1
                    continue
                new.append(_zone(job, version, length, span))
        Region.objects.bulk_create(new, batch_size=500)
        among = texts.filter(current_version__in={zone.version_id for zone in new}).values_list("pk", flat=True)
        chunk.facts = {"zones_created": len(new), "zones_unchanged": n_there}
        Job.objects.filter(pk=job.pk).update(
            done=F("done") + chunk.count,
            n_read=F("n_read") + len(found),
            n_created=F("n_created") + len(new),
            n_unchanged=F("n_unchanged") + n_there,
        )
        record_chunk(chunk, "zones.marked", [zone.uuid for zone in new], chunk.facts, articles=among)


def finish(job: Job) -> str:
    """Say what was marked."""
    zones = ngettext("%(n)s zone was marked", "%(n)s zones were marked", job.n_created) % {"n": job.n_created}
    articles = ngettext("in %(n)s article", "in %(n)s articles", job.n_read) % {"n": job.n_read}
    return f"{zones} {articles}; {_('%(n)s were there already') % {'n': job.n_unchanged}}."


def places_of(words: str, text: str) -> Iterator[Span]:
    """Yield where the words stand on lines of their own; at most so many as one article may reasonably have.

    >>> [span.start for span in places_of("Ad", "Ad\\n\\nBad Ad\\nAd")]
    [0, 11]
    """
    n, at = 0, text.find(words)
    while at >= 0 and n < MOST_IN_AN_ARTICLE:
        end = at + len(words)
        is_whole = (at == 0 or text[at - 1] == "\n") and (end == len(text) or text[end] == "\n")
        if is_whole:
            n += 1
            yield Span(at, end)
        at = text.find(words, end if is_whole else at + 1)


def _checked(passage: Boilerplate, by: Membership) -> tuple[Article, str]:
    """Find the article and hold the passage to its text; 1 query."""
    rows = Article.objects.select_related("publisher", "current_version").filter(project_id=by.project_id)
    article = rows.filter(uuid=passage.article).first()
    version = article.current_version if article else None
    if article is None or version is None or version.uuid != passage.version:
        raise NotThere("version_not_found", _("There is no such article version in this project."))
    if article.publisher is None:
        raise Refused("no_publisher", _("This article has no publisher: nothing says which others are of the same."))
    start, end, text = passage.span.start, passage.span.end, version.text
    if text[start:end] != passage.quote or end > len(text):
        message = _("The text does not read “%(sent)s” at %(start)s to %(end)s.")
        values = {"sent": passage.quote[:80], "start": start, "end": end}
        raise Refused("quote_mismatch", message % values, field="quote")
    begins, ends = start == 0 or text[start - 1] == "\n", end == len(text) or text[end] == "\n"
    if not (begins and ends and len(passage.quote.strip()) >= SHORTEST and len(passage.quote) <= LONGEST):
        message = _(
            "Choose whole lines, of %(least)s to %(most)s characters: only those can be found in other articles."
        )
        raise Refused("not_whole_lines", message % {"least": SHORTEST, "most": LONGEST}, field="end")
    return article, passage.quote


def _articles(project: Project, publisher: int) -> QuerySet[Article]:
    rows = Article.objects.filter(project=project, publisher_id=publisher, merged_into__isnull=True)
    return rows.filter(current_version__isnull=False, current_version__withheld_at__isnull=True)


def _rows_of(job: Job) -> QuerySet[Article]:
    return _articles(job.project, job.parameters["publisher"])


def _with_passage(rows: QuerySet[Article], words: str) -> QuerySet[Article]:
    """Narrow articles to those with the passage on lines of its own; the database looks, `at` is the first place."""
    padded = Concat(Value("\n"), "current_version__text", Value("\n"), output_field=TextField())
    place = StrIndex(padded, Value(f"\n{words}\n"))
    return rows.annotate(at=ExpressionWrapper(place - 1, output_field=IntegerField())).filter(at__gte=0)


def _is_marked(words: str) -> Exists:
    zones = Region.objects.filter(kind=Region.Kind.BOILERPLATE, withdrawn_at__isnull=True)
    inside = zones.filter(start__lte=OuterRef("at"), end__gte=OuterRef("at") + len(words))
    return Exists(inside.filter(version=OuterRef("current_version")))


def _parts(rows: QuerySet[Article]) -> Iterator[list[int]]:
    """Yield the ids in parts; one part is in memory at a time."""
    after = 0
    while part := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:ARTICLES_IN_A_CHUNK]):
        after = part[-1]
        yield part


def _zone(job: Job, version: int, length: int, span: Span) -> Region:
    return Region(
        project_id=job.project.pk,
        version_id=version,
        length=length,
        kind=Region.Kind.BOILERPLATE,
        start=span.start,
        end=span.end,
        created_by_id=job.requested_by_id,
        created_by_job_id=job.pk,
    )


ZONES = Kind(act=Act.MARK_ZONES_EVERYWHERE, stages=(plan, mark), finish=finish)
