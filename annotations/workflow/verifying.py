"""The invariants of stored work, looked at row by row: what `workbench verify` runs, and tests after each storm.

Memory is constant: rows are read in batches. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from annotations.models import (
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabelRevision,
    ArticleVersion,
    Capture,
    ClaimRevision,
    CommentThread,
    EvidenceItem,
    EvidenceRevision,
    Fragment,
    Job,
    MentionRevision,
    Project,
    RawFile,
    Region,
    RelationRevision,
    SearchBacklog,
    SearchPassage,
    Sentence,
    Source,
    Statement,
    Suggestion,
    TextLink,
)
from annotations.models.guards import PREFIX, REFERENCES
from annotations.models.searching import FIRST_OF_TITLE
from annotations.text.normalise import UnusableText, refuse_unusable
from annotations.text.passages import passages
from annotations.text.spans import CONTEXT, text_sha256
from annotations.text.urls import canonical_url, url_sha256

from .counting import count_wrong_work, wrong_counters
from .differing import without_count, wrong_differences
from .sealing import flaws
from .source_looks import state_from_rows

BATCH = 200
CODE_POINTS_AT_ONCE = 4_000_000
"""Of texts that are held at once; one text may have more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant: which rule, in which row, and what is wrong there."""

    rule: str
    row: str
    message: str


def findings() -> Iterator[Finding]:
    """Yield every broken invariant of the whole database and its files."""
    for check in CHECKS:
        yield from check()


def check_texts() -> Iterator[Finding]:
    """Look at every version's length, hash and characters, and at each quote that stands on it; 6 queries a batch."""
    versions = ArticleVersion.objects.filter(withheld_at__isnull=True).order_by("pk").iterator(chunk_size=BATCH)
    for batch in _batches(versions):
        for version in batch:
            yield from _check_text(version)
        yield from _check_quotes({version.pk: version.text for version in batch})


def _batches(versions: Iterable[ArticleVersion]) -> Iterator[list[ArticleVersion]]:
    batch: list[ArticleVersion] = []
    weight = 0
    for version in versions:
        batch.append(version)
        weight += len(version.text)
        if len(batch) == BATCH or weight >= CODE_POINTS_AT_ONCE:
            yield batch
            batch, weight = [], 0
    yield batch


def _check_text(version: ArticleVersion) -> Iterator[Finding]:
    row = f"articleversion {version.pk}"
    if len(version.text) != version.length:
        yield Finding("length", row, f"{len(version.text)} code points, but its length says {version.length}")
    if text_sha256(version.text) != bytes(version.text_sha256):
        yield Finding("text_sha256", row, "the text is not the one that was hashed")
    try:
        refuse_unusable(version.text)
    except UnusableText as unusable:
        yield Finding("characters", row, unusable.message)
    if "\r" in version.text:
        yield Finding("line_ends", row, "the text holds a carriage return")


def _check_quotes(texts: Mapping[int, str]) -> Iterator[Finding]:
    """Look at what quotes some texts, which are given by the ids of their versions."""
    annotations = Annotation.every.filter(version__in=texts).order_by("pk")
    for pk, version, start, end, quote, prefix, suffix in annotations.values_list(
        "pk", "version", "start", "end", "quote", "prefix", "suffix"
    ).iterator(chunk_size=2_000):
        text = texts[version]
        if text[start:end] != quote:
            yield Finding("quote", f"annotation {pk}", f"its quote is not what stands at {start} to {end}")
        if text[max(0, start - CONTEXT) : start] != prefix or text[end : end + CONTEXT] != suffix:
            yield Finding("context", f"annotation {pk}", "prefix or suffix is not what stands around the quote")
    quoting: tuple[type[Model], ...] = (Fragment, Suggestion, Statement, CommentThread)
    for model in quoting:
        there = model._base_manager.filter(version__in=texts, start__isnull=False).order_by("pk")
        yield from _differing(model, there.values_list("pk", "version", "start", "end", "quote"), texts)
    earlier = AnnotationRevision.objects.filter(annotation__version__in=texts).order_by("pk")
    rows = earlier.values_list("pk", "annotation__version", "start", "end", "quote")
    yield from _differing(AnnotationRevision, rows, texts)


def _differing(model: type[Model], rows: QuerySet[Any, Any], texts: Mapping[int, str]) -> Iterator[Finding]:
    for pk, version, start, end, quote in rows.iterator(chunk_size=2_000):
        if texts[version][start:end] != quote:
            row = f"{model._meta.model_name} {pk}"
            yield Finding("quote", row, f"its quote is not what stands at {start} to {end}")


def check_captures() -> Iterator[Finding]:
    """Look at the length and hash of each captured text, and at what is quoted of it."""
    for capture in Capture.objects.filter(withheld_at__isnull=True).order_by("pk").iterator(chunk_size=BATCH):
        row = f"capture {capture.pk}"
        if len(capture.text) != capture.length:
            yield Finding("length", row, f"{len(capture.text)} code points, but its length says {capture.length}")
        if text_sha256(capture.text) != bytes(capture.text_sha256):
            yield Finding("text_sha256", row, "the text is not the one that was hashed")
        items = EvidenceItem.objects.filter(capture=capture).order_by("pk").values_list("pk", "start", "end", "quote")
        for pk, start, end, quote in items.iterator(chunk_size=2_000):
            if capture.text[start:end] != quote:
                yield Finding("quote", f"evidenceitem {pk}", f"its quote is not what stands at {start} to {end}")
    for source in Source.objects.filter(checks__isnull=False).distinct().order_by("pk").iterator(chunk_size=BATCH):
        state = state_from_rows(source)
        if state != source.state:
            yield Finding("state", f"source {source.pk}", f"its looks say {state}, its row says {source.state}")


def check_spans() -> Iterator[Finding]:
    """Look for spans outside their text, by the length each row copied."""
    for model in (Annotation, Fragment, Region, TextLink, Suggestion, Sentence):
        outside = model._base_manager.filter(
            Q(end__gt=F("version__length")) | Q(start__gte=F("end")) | ~Q(length=F("version__length"))
        )
        yield from _each(outside, "span", "the span, or the length it copied, does not fit its text")
    for some in (EvidenceItem, Statement):
        rows = some._base_manager.filter(version__isnull=False).exclude(length=F("version__length"))
        yield from _each(rows, "span", "the length it copied does not fit its text")


def check_copies() -> Iterator[Finding]:
    """Look for copied values (projects, lengths, whose text it is) that differ from those of the row they came from."""
    with connection.cursor() as cursor:
        for reference in REFERENCES:
            if reference.outlives:
                continue
            given = " AND ".join(f"t.{column} IS NOT NULL" for column in reference.columns)
            pairs = zip(reference.target_columns, reference.columns, strict=True)
            same = " AND ".join(f"o.{target} = t.{column}" for target, column in pairs)
            cursor.execute(
                f"SELECT t.id FROM {PREFIX}{reference.table} t WHERE {given} "  # noqa: S608 - names from the guards' list
                f"AND NOT EXISTS (SELECT 1 FROM {PREFIX}{reference.target} o WHERE {same}) ORDER BY t.id"
            )
            while rows := cursor.fetchmany(BATCH):
                for (pk,) in rows:
                    message = f"({', '.join(reference.columns)}) is in no row of {reference.target}"
                    yield Finding("copied", f"{reference.table} {pk}", message)


def check_versions() -> Iterator[Finding]:
    """Each article has a present version, and no number between its versions is missing."""
    without = Article.objects.filter(current_version__isnull=True, versions__isnull=False).distinct()
    yield from _each(without, "current_version", "it has versions, but none is the present one")
    numbers = Article.objects.annotate(n=Count("versions"), low=Min("versions__n"), high=Max("versions__n"))
    yield from _each(numbers.filter(n__gt=0).exclude(high=F("low") + F("n") - 1), "version_n", "a version is missing")


def check_revisions() -> Iterator[Finding]:
    """The kept states of a judgement are numbered without a gap, up to the one before the present."""
    for model, owner in (
        (AnnotationRevision, "annotation"),
        (RelationRevision, "relation"),
        (ArticleLabelRevision, "article_label"),
        (ClaimRevision, "claim"),
        (MentionRevision, "mention"),
        (EvidenceRevision, "evidence"),
    ):
        groups = model._base_manager.order_by().values(owner, f"{owner}__version_number")
        gaps = groups.annotate(n=Count("pk"), low=Min("version_number"), high=Max("version_number")).exclude(
            high=F(f"{owner}__version_number") - 1, low=F("high") - F("n") + 1
        )
        for group in gaps.iterator(chunk_size=BATCH):
            yield Finding("revisions", f"{owner} {group[owner]}", "its earlier states are not numbered without a gap")


def check_sources() -> Iterator[Finding]:
    """A source, or an article with an address, is known by the hash of its canonical address."""
    rows = Source.objects.order_by("pk").values_list("pk", "canonical_url", "url_sha256")
    for pk, address, sha256 in rows.iterator(chunk_size=2_000):
        if url_sha256(address) != bytes(sha256):
            yield Finding("url_sha256", f"source {pk}", "the hash is not that of its address")
    articles = Article.objects.exclude(url="").order_by("pk").values_list("pk", "url", "url_sha256")
    for pk, url, known in articles.iterator(chunk_size=2_000):
        if known is not None and url_sha256(canonical_url(url)) != bytes(known):
            yield Finding("url_sha256", f"article {pk}", "the hash is not that of its address")


def check_accounts() -> Iterator[Finding]:
    """What imports say they did adds up, and those that ended well did all that they had read."""
    told = F("n_created") + F("n_updated") + F("n_unchanged") + F("n_rejected")
    imports = Job.objects.filter(kind=Job.Kind.IMPORT)
    yield from _each(
        imports.exclude(n_read=told), "counts", "it is not read = created + updated + unchanged + rejected"
    )
    ended = imports.filter(state__in=(Job.State.DONE, Job.State.DONE_WITH_PROBLEMS))
    yield from _each(ended.exclude(done=F("total")), "counts", "it ended well, but not all of its records are done")


def check_files() -> Iterator[Finding]:
    """Every stored file that a row names is there, with its size."""
    for raw_file in RawFile.objects.order_by("pk").iterator(chunk_size=BATCH):
        row = f"rawfile {raw_file.pk}"
        if not default_storage.exists(str(raw_file.file.name)):
            yield Finding("file", row, "the file is not in the storage")
        elif default_storage.size(str(raw_file.file.name)) != raw_file.size:
            yield Finding("file", row, "the file in the storage has another size")
    for job in Job.objects.exclude(result="").order_by("pk").iterator(chunk_size=BATCH):
        if not default_storage.exists(str(job.result.name)):
            yield Finding("file", f"job {job.pk}", "its result is not in the storage")


def _each(rows: QuerySet[Model], rule: str, message: str) -> Iterator[Finding]:
    name = rows.model._meta.model_name
    for pk in rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2_000):
        yield Finding(rule, f"{name} {pk}", message)


def check_search() -> Iterator[Finding]:
    """Look for present texts and titles that search neither knows nor is to read; what holds no word it cannot know."""
    waits = SearchBacklog.objects.filter(
        project_id=OuterRef("project_id"), first__lte=OuterRef("pk"), last__gte=OuterRef("pk")
    )
    known = SearchPassage.objects.filter(version=OuterRef("pk"))
    rows = ArticleVersion.objects.filter(~Exists(waits), withheld_at__isnull=True, article__current_version=F("pk"))
    for what, column, first in (("text", "text", 0), ("title", "article__title", FIRST_OF_TITLE)):
        unknown = rows.filter(~Exists(known.filter(n=first))).order_by("pk").values_list("pk", column)
        for pk, words in unknown.iterator(chunk_size=BATCH):
            if next(passages(words), None):
                message = f"search does not know this {what}: run workbench rebuild_search"
                yield Finding("search", f"articleversion {pk}", message)


def check_audit() -> Iterator[Finding]:
    """Walk the chain of seals over the record of acts."""
    for flaw in flaws():
        yield Finding("audit", flaw.row, flaw.message)


def check_counters() -> Iterator[Finding]:
    """Count anew what is kept as a number: places of articles, differences of texts, work by person, round and state.

    `rebuild_counters` sets right what it finds.
    """
    for project in Project.objects.order_by("pk"):
        rows = wrong_counters(project).filter(current_version__isnull=False).order_by("pk")
        for pk, kept in rows.values_list("pk", "places_taken").iterator(chunk_size=2_000):
            yield Finding("places", f"article {pk}", f"its count of places, {kept}, or that all are taken, is wrong")
    for version, differences, are in wrong_differences():
        message = f"its count of people, given and missing says {differences}, but they are {are}"
        yield Finding("differences", f"articleversion {version}", message)
    for version in without_count().order_by("version_id").values_list("version_id", flat=True).distinct():
        yield Finding("differences", f"articleversion {version}", "it was handed in, but no review counts it")
    wrong = count_wrong_work()
    if wrong:
        yield Finding("work", "workcount", f"{wrong} counters of work by person, round and state are wrong")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_texts,
    check_captures,
    check_spans,
    check_copies,
    check_versions,
    check_revisions,
    check_sources,
    check_accounts,
    check_files,
    check_search,
    check_audit,
    check_counters,
)
"""Every invariant there is a check for; a later rule is added here."""


def said(finding: Finding) -> str:
    """Return a finding as one line."""
    return _("%(rule)s: %(row)s: %(message)s") % {
        "rule": finding.rule,
        "row": finding.row,
        "message": finding.message,
    }
