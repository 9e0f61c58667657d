"""Undoing an import as a job: what it wrote and nobody judged or changed since is removed, the rest kept and listed.

An article is removed whole or kept whole, with everything that came with it. Chunk by chunk, so that memory is
constant; each chunk locks its articles before it looks, so that nobody's judgement slips in between.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.access import Act
from annotations.jobs.leases import Held
from annotations.jobs.recording import record_chunk
from annotations.jobs.running import Kind
from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Adjudication,
    AgreementText,
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Assignment,
    Attribution,
    AttributionRevision,
    AuditEvent,
    BoilerplateRuling,
    Capture,
    Chunk,
    Claim,
    ClaimDesk,
    ClaimMention,
    ClaimRevision,
    Comment,
    CommentMention,
    CommentThread,
    EvidenceItem,
    EvidenceRevision,
    EvidenceSet,
    Fragment,
    IndexedText,
    Job,
    JobProblem,
    MentionRevision,
    NameInText,
    Presence,
    Quotation,
    QuotationDecision,
    QuotationDecisionRevision,
    QuotationMatch,
    QuoteDecision,
    QuoteDecisionRevision,
    QuoteLink,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    ReviewCount,
    ReviewOpening,
    Ruling,
    RulingSource,
    SearchBacklog,
    SearchPassage,
    Sentence,
    Source,
    SourceCheck,
    Speaker,
    SpeakerRevision,
    Spelling,
    Statement,
    Story,
    StoryArticle,
    StoryRevision,
    StorySuggestion,
    SuggestedArticle,
    Suggestion,
    TextLink,
    Verdict,
    Withholding,
)
from annotations.models.removals import KIND_OF
from annotations.reuse import index
from annotations.reuse.ruling import texts_that_hold
from annotations.workflow.counting import count_places
from annotations.workflow.differing import note_changed, note_claims_changed
from annotations.workflow.source_looks import put_state_right

from .quotations_in_file import FROM_FILE
from .removals import note_removed
from .writing import refresh_statistics_of_grown

ARTICLES_IN_A_CHUNK = {"postgresql": 500, "sqlite": 100}
ROWS_IN_A_CHUNK = {"postgresql": 5_000, "sqlite": 1_000}
AT_ONCE = 500
ON_TEXTS = ("annotation__version", "relation__version", "article_label__version")
"""Where what rulings look at lies; mentions and evidence are of claims."""
ON_CLAIMS = Exists(
    RulingSource.objects.filter(Q(mention__isnull=False) | Q(evidence__isnull=False), ruling=OuterRef("pk"))
)
"""Match rulings on claims and evidence."""
ON_A_VERSION: tuple[type[Model], ...] = (
    Adjudication,
    ReviewOpening,
    CommentThread,
    Fragment,
    Relation,
    Suggestion,
    ArticleLabel,
    Attribution,
    Annotation,
    Assignment,
    Region,
    TextLink,
    Sentence,
    SearchPassage,
    ReviewCount,
)
"""What goes with a text, in the order in which it can go."""
COUNTED = (Annotation, ArticleLabel, Relation, Assignment)
"""What the differences of a text are counted by."""
STATES_ON_A_VERSION: tuple[tuple[type[Model], str], ...] = (
    (AnnotationRevision, "annotation__version"),
    (RelationRevision, "relation__version"),
    (AttributionRevision, "attribution__version"),
    (ArticleLabelRevision, "article_label__version"),
    (RegionRevision, "region__version"),
    (CommentMention, "comment__thread__version"),
    (Comment, "thread__version"),
)
"""Earlier states that came with the file, and what was said in threads, which go before that."""


@dataclass
class Undone:
    """What one chunk took away, and what it kept and why."""

    chunk: Chunk
    counts: Counter[str] = field(default_factory=Counter)
    removed: list[str] = field(default_factory=list)
    kept: list[tuple[str, str, str]] = field(default_factory=list)

    def remove(self, kind: str, names: Sequence[str]) -> None:
        """Count rows that went."""
        self.counts[f"{kind}_removed"] += len(names)
        self.removed += names

    def keep(self, kind: str, name: str, reason: Any) -> None:
        """Count a row that stays."""
        self.counts[f"{kind}_kept"] += 1
        self.kept.append((kind, name, str(reason)))


@dataclass(frozen=True, slots=True)
class Loose:
    """Rows that an import added to what was there before it: on which rows they count as loose, and when they stay."""

    kind: str
    model: type[Model]
    its_own: str | tuple[str, ...]
    touched: Callable[[Job], Q]
    reason: Promise
    before: tuple[tuple[type[Model], str], ...] = ()
    only: Any = field(default_factory=Q)


def settled_since(job: Job) -> Q:
    """Match rulings that somebody took back after the import."""
    return Q(stored_at__gt=job.finished_at or timezone.now())


def changed_since(job: Job) -> Q:
    """Match rows that somebody changed after the import was asked for; earlier states may have come with the file."""
    return Q(revisions__replaced_at__gte=job.created_at)


def went_on_with(job: Job) -> Q:
    """Match threads that somebody else began, or settled, answered or said differently after the import."""
    end = job.finished_at or timezone.now()
    said = Comment.objects.filter(Q(created_by_job__isnull=True) | ~Q(created_by_job=job) | Q(stored_at__gt=end))
    begun = Q(created_by_job__isnull=True) | ~Q(created_by_job=job)
    return begun | Q(stored_at__gt=end) | Q(pk__in=said.order_by().values("thread"))


def acted_on(kind: str, column: str) -> Callable[[Job], Q]:
    """Match rows of a kind on which somebody acted after the import was asked for; `column` is what acts name."""

    def touched(job: Job) -> Q:
        acts = AuditEvent.objects.filter(project_id=job.project.pk, object_type=kind, created_at__gte=job.created_at)
        return Q(**{f"{column}__in": list(acts.values_list("object_key", flat=True).distinct())})

    return touched


CHANGED = gettext_lazy("Somebody changed it since.")
IN_USE = gettext_lazy("Somebody changed it since, or built on it.")
BEFORE_CLAIMS = (
    Loose("ruling", Ruling, (), settled_since, CHANGED, before=((RulingSource, "ruling"),), only=ON_CLAIMS),
)
BEFORE_ARTICLES = (
    Loose(
        "mention",
        ClaimMention,
        "claim__created_by_job",
        lambda job: changed_since(job) | Q(ruling_sources__isnull=False) | Q(origins__isnull=False),
        CHANGED,
        before=((MentionRevision, "mention"),),
    ),
    Loose(
        "evidence",
        EvidenceItem,
        "evidence_set__claim__created_by_job",
        lambda job: changed_since(job) | Q(ruling_sources__isnull=False) | Q(origins__isnull=False),
        CHANGED,
        before=((EvidenceRevision, "evidence"),),
    ),
    Loose(
        "verdict",
        Verdict,
        "claim__created_by_job",
        lambda job: Q(superseded_by_verdict__isnull=False),
        gettext_lazy("A later verdict supersedes it."),
        before=((Verdict.evidence_sets.through, "verdict"),),
    ),
)
AFTER_ARTICLES = (
    Loose(
        "ruling",
        Ruling,
        tuple(f"sources__{text}__article__created_by_job" for text in ON_TEXTS),
        settled_since,
        CHANGED,
        before=((RulingSource, "ruling"),),
        only=~ON_CLAIMS,
    ),
    Loose(
        "adjudication",
        Adjudication,
        "version__article__created_by_job",
        lambda job: (
            Q(finished_at__gte=job.created_at)
            | Q(version__annotations__ruling_sources__isnull=False)
            | Q(version__relations__ruling_sources__isnull=False)
            | Q(version__article_labels__ruling_sources__isnull=False)
        ),
        gettext_lazy("Somebody went on with it."),
    ),
    Loose(
        "thread",
        CommentThread,
        ("version__article__created_by_job", "claim__created_by_job"),
        went_on_with,
        gettext_lazy("Somebody went on with it."),
        before=((CommentMention, "comment__thread"), (Comment, "thread")),
    ),
    Loose(
        "relation",
        Relation,
        "version__article__created_by_job",
        lambda job: changed_since(job) | Q(ruling_sources__isnull=False) | Q(origins__isnull=False),
        CHANGED,
        before=((RelationRevision, "relation"),),
    ),
    Loose(
        "article_label",
        ArticleLabel,
        "version__article__created_by_job",
        lambda job: changed_since(job) | Q(ruling_sources__isnull=False) | Q(origins__isnull=False),
        CHANGED,
        before=((ArticleLabelRevision, "article_label"),),
    ),
    Loose(
        "suggestion",
        Suggestion,
        "version__article__created_by_job",
        lambda job: Q(decisions__isnull=False),
        gettext_lazy("Somebody decided about it."),
    ),
    Loose(
        "attribution",
        Attribution,
        "version__article__created_by_job",
        changed_since,
        CHANGED,
        before=((AttributionRevision, "attribution"),),
    ),
    Loose(
        "quotation_decision",
        QuotationDecision,
        ("match__quotation__version__article__created_by_job", "match__version__article__created_by_job"),
        changed_since,
        CHANGED,
        before=((QuotationDecisionRevision, "decision"),),
    ),
    Loose(
        "quotation_place",
        QuotationMatch,
        ("quotation__version__article__created_by_job", "version__article__created_by_job"),
        lambda job: Q(decisions__isnull=False),
        gettext_lazy("Somebody decided about it."),
    ),
    Loose(
        "annotation",
        Annotation,
        "version__article__created_by_job",
        lambda job: (
            changed_since(job)
            | Q(mentions__isnull=False)
            | Q(relations_from__isnull=False)
            | Q(relations_to__isnull=False)
            | Q(suggestion_decisions__isnull=False)
            | Q(threads__isnull=False)
            | Q(attributions__isnull=False)
            | Q(quotations__matches__decisions__isnull=False)
            | Q(ruling_sources__isnull=False)
            | Q(origins__isnull=False)
            | Q(pk__in=Statement.objects.filter(annotation__isnull=False).order_by().values("annotation"))
        ),
        IN_USE,
        before=(
            (Fragment, "annotation"),
            (AnnotationRevision, "annotation"),
            (QuotationMatch, "quotation__annotation"),
            (Quotation, "annotation"),
        ),
    ),
    Loose(
        "region",
        Region,
        "version__article__versions__created_by_job",  # zones stay with a text that came with them and stays
        changed_since,
        CHANGED,
        before=((RegionRevision, "region"),),
    ),
    Loose(
        "assignment",
        Assignment,
        "version__article__created_by_job",
        lambda job: Q(state_number__gt=1) | Q(version__annotations__created_by=F("annotator")) | Q(times__isnull=False),
        gettext_lazy("Its annotator worked on it."),
    ),
    Loose(
        "passage_decision",
        QuoteDecision,
        ("link__from_version__article__created_by_job", "link__to_version__article__created_by_job"),
        changed_since,
        CHANGED,
        before=((QuoteDecisionRevision, "decision"),),
    ),
    Loose(
        "passage",
        QuoteLink,
        ("from_version__article__created_by_job", "to_version__article__created_by_job"),
        lambda job: Q(decisions__isnull=False),
        gettext_lazy("Somebody decided about it."),
    ),
    Loose("spelling", Spelling, (), acted_on("spelling", "key"), CHANGED),
    Loose("boilerplate", BoilerplateRuling, (), acted_on("boilerplate", "hash"), CHANGED),
)
_NAMES: dict[type[Model], str] = {
    **dict.fromkeys((Adjudication, Assignment, Region), "uuid"),
    QuotationDecision: "match__key",
    QuoteDecision: "link__key",
    BoilerplateRuling: "hash",
}
"""Columns by which rows are named that have no key."""


def plan(held: Held) -> None:
    """Cut what the import wrote into chunks."""
    job = _import_of(held.job)
    Job.objects.filter(pk=held.job.pk).update(stage="reading")
    chunks: list[Chunk] = []
    with held.kept():
        for stage, (rows, size) in enumerate(_plan(job), start=1):
            for first, last, count in _ranges(rows, size):
                held.tick()
                row = Chunk(job=held.job, n=len(chunks) + 1, stage=stage, start=first, end=last, count=count)
                chunks.append(row)
        refresh_statistics_of_grown((Article, ArticleVersion, AnnotationRevision, *ON_A_VERSION))
    with held.finishing():
        held.chunk.count = 0
        Chunk.objects.bulk_create(chunks, batch_size=500)
        total = sum(chunk.count for chunk in chunks)
        Job.objects.filter(pk=held.job.pk).update(
            done=0, total=total, stage="writing", stage_at=timezone.now(), stage_done=0
        )


def _plan(job: Job) -> Iterator[tuple[QuerySet[Any], int]]:
    """Yield the rows of each stage after the first, in the order of `STAGES`."""
    articles, rows = ARTICLES_IN_A_CHUNK[connection.vendor], ROWS_IN_A_CHUNK[connection.vendor]
    yield Story.objects.filter(created_by_job=job), articles
    yield StorySuggestion.objects.filter(created_by_job=job), rows
    for loose in BEFORE_CLAIMS:
        yield _loose_rows(loose, job), rows
    yield Claim.objects.filter(created_by_job=job), articles
    for loose in BEFORE_ARTICLES:
        yield _loose_rows(loose, job), rows
    yield Article.objects.filter(created_by_job=job), articles
    yield _added_versions(job), articles
    for loose in AFTER_ARTICLES:
        yield _loose_rows(loose, job), rows
    yield Speaker.objects.filter(created_by_job=job), rows
    yield Capture.objects.filter(created_by_job=job), articles
    yield SourceCheck.objects.filter(created_by_job=job), rows
    yield Source.objects.filter(created_by_job=job), rows


def _ranges(rows: QuerySet[Any], size: int) -> Iterator[tuple[int, int, int]]:
    after = 0
    while found := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size]):
        after = found[-1]
        yield found[0], after, len(found)


def _loose_rows(loose: Loose, job: Job) -> QuerySet[Any]:
    rows = loose.model._base_manager.filter(loose.only, created_by_job=job)
    for path in (loose.its_own,) if isinstance(loose.its_own, str) else loose.its_own:
        rows = rows.exclude(**{path: job})
    return rows


def _added_versions(job: Job) -> QuerySet[ArticleVersion]:
    return ArticleVersion.objects.filter(created_by_job=job, n__gt=1).exclude(article__created_by_job=job)


def _import_of(job: Job) -> Job:
    assert job.undoes is not None
    return job.undoes


# Claims


def undo_claims(held: Held) -> None:
    """Remove the claims of a chunk, with their mentions, evidence and verdicts, where all of it is as imported."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Claim.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        keys = {pk: str(key) for pk, key in rows.values_list("pk", "key")}
        kept = _worked_on(keys, job)
        for pk in sorted(kept):
            undone.keep("claim", keys.pop(pk), _("Somebody worked on this claim since."))
        gone = list(keys)
        note_claims_changed(gone)
        sets = EvidenceSet.objects.filter(claim__in=gone)
        _delete(Verdict.evidence_sets.through, "verdict__claim", gone)
        _delete(Verdict.evidence_sets.through, "evidenceset__claim", gone)
        _delete(Verdict, "claim", gone)
        _delete(ClaimRevision, "claim", gone)
        _delete(MentionRevision, "mention__claim", gone)
        _delete(EvidenceRevision, "evidence__evidence_set__claim", gone)
        _delete(ClaimMention, "claim", gone)
        _delete(EvidenceItem, "evidence_set", list(sets.values_list("pk", flat=True)))
        _delete(EvidenceSet, "claim", gone)
        _delete(ClaimDesk, "claim", gone)
        for some in _batches(gone):
            note_removed(CommentThread.objects.filter(claim__in=some))
            note_removed(Comment.objects.filter(thread__claim__in=some))
        _delete(CommentMention, "comment__thread__claim", gone)
        _delete(Comment, "thread__claim", gone)
        _delete(CommentThread, "claim", gone)
        _delete(Claim, "pk", gone)
        undone.remove("claim", list(keys.values()))


def _worked_on(claims: Iterable[int], job: Job) -> set[int]:
    """Return those of some claims that somebody worked on since, or on whose evidence a verdict rests that stays."""
    ids = list(claims)
    ties = Verdict.evidence_sets.through.objects.filter(evidenceset__claim__in=ids)
    ties = ties.exclude(verdict__claim=F("evidenceset__claim"))
    stays = ~Q(verdict__created_by_job=job) | Q(verdict__created_by_job=None)
    found = set(ties.filter(stays).values_list("evidenceset__claim_id", flat=True))
    cited = set(ties.values_list("verdict__claim_id", "evidenceset__claim_id"))
    kept = _changed_claims({claim for claim, _cited in cited}, job) if cited else set()
    return found | {of for claim, of in cited if claim in kept} | _changed_claims(ids, job)


def _changed_claims(claims: Iterable[int], job: Job) -> set[int]:
    ids = list(claims)
    others = ~Q(created_by_job=job) | changed_since(job)
    found = set(Claim.objects.filter(changed_since(job), pk__in=ids).values_list("pk", flat=True))
    found |= set(ClaimMention.objects.filter(others, claim__in=ids).values_list("claim_id", flat=True))
    items = EvidenceItem.objects.filter(others, evidence_set__claim__in=ids)
    found |= set(items.values_list("evidence_set__claim_id", flat=True))
    threads = CommentThread.objects.filter(went_on_with(job), claim__in=ids)
    found |= set(threads.values_list("claim_id", flat=True))
    desks = ClaimDesk.objects.filter(claim__in=ids, changed_at__gte=job.created_at)
    found |= set(desks.values_list("claim_id", flat=True))
    verdicts = Verdict.objects.filter(~Q(created_by_job=job), claim__in=ids)
    for path in ("mention__claim", "gold_mention__claim", *_OF_EVIDENCE):
        settled = RulingSource.objects.filter(**{f"{path}__in": ids}).order_by()
        found |= set(settled.values_list(path, flat=True))
    return found | set(verdicts.values_list("claim_id", flat=True))


_OF_EVIDENCE = ("evidence__evidence_set__claim", "gold_evidence__evidence_set__claim")


# Stories


def undo_stories(held: Held) -> None:
    """Remove the stories of a chunk, with their questions and answers, where all of it is as imported."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Story.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        keys = {pk: str(key) for pk, key in rows.values_list("pk", "key")}
        for pk in sorted(_stories_worked_on(keys, job)):
            undone.keep("story", keys.pop(pk), _("Somebody worked on this story since."))
        gone = list(keys)
        for some in _batches(gone):  # what was said to suggestions stays
            StorySuggestion.objects.filter(story__in=some).update(story=None)
        for model, path in (
            (Statement, "cell__row__story"),
            (AccountCellRevision, "cell__row__story"),
            (AccountCell, "row__story"),
            (AccountRowRevision, "row__story"),
            (AccountRow, "story"),
            (StoryArticle, "story"),
            (StoryRevision, "story"),
            (Story, "pk"),
        ):
            _delete(model, path, gone)
        undone.remove("story", list(keys.values()))


def _stories_worked_on(stories: dict[int, str], job: Job) -> set[int]:
    others, ids = ~Q(created_by_job=job) | changed_since(job), list(stories)
    found = set(Story.objects.filter(changed_since(job), pk__in=ids).values_list("pk", flat=True))
    found |= set(AccountRow.objects.filter(others, story__in=ids).values_list("story_id", flat=True))
    cells = AccountCell.objects.filter(others, row__story__in=ids)
    found |= set(cells.values_list("row__story_id", flat=True))
    acts = AuditEvent.objects.filter(project_id=job.project.pk, object_type="story", created_at__gte=job.created_at)
    touched = set(acts.filter(object_key__in=list(stories.values())).values_list("object_key", flat=True))
    return found | {pk for pk, key in stories.items() if key in touched}


def undo_story_suggestions(held: Held) -> None:
    """Remove the suggested stories of a chunk that nobody decided about since."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = StorySuggestion.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk))
        keys = {pk: str(key) for pk, key in rows.order_by("pk").values_list("pk", "key")}
        acts = AuditEvent.objects.filter(object_type="story_suggestion", created_at__gte=job.created_at)
        touched = set(acts.filter(object_key__in=list(keys.values())).values_list("object_key", flat=True))
        for pk in [pk for pk, key in keys.items() if key in touched]:
            undone.keep("story_suggestion", keys.pop(pk), _("Somebody decided about it."))
        _delete(SuggestedArticle, "suggestion", list(keys))
        _delete(StorySuggestion, "pk", list(keys))
        undone.remove("story_suggestion", list(keys.values()))


def _take_out_of_suggested_stories(articles: list[int]) -> None:
    """Take articles out of suggestions, which are open; one that less than two articles are left of goes."""
    touched: set[int] = set()
    for some in _batches(articles):
        touched.update(SuggestedArticle.objects.filter(article__in=some).values_list("suggestion_id", flat=True))
    _delete(SuggestedArticle, "article", articles)
    for some in _batches(sorted(touched)):
        left = StorySuggestion.objects.filter(pk__in=some).annotate(
            n_told=Count("articles", filter=Q(articles__is_related=False))
        )
        gone = [pk for pk, n, story in left.values_list("pk", "n_told", "story") if n < (1 if story else 2)]
        _delete(SuggestedArticle, "suggestion", gone)
        _delete(StorySuggestion, "pk", gone)


# Articles


def undo_articles(held: Held) -> None:
    """Remove the articles of a chunk with everything on them, where nobody judged or changed them."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Article.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        names = dict(rows.values_list("pk", "external_id"))
        originals = _originals_of_reposts(list(names))
        looked_at = {*names, *originals}
        versions = _collected(lambda ids: _lock_versions(ArticleVersion.objects.filter(article__in=ids)), looked_at)
        of_versions = _collected(lambda ids: _reasons_for_versions(ids, job), versions)
        reasons = _collected(lambda ids: _reasons_for_articles(ids, job), looked_at)
        reasons |= {versions[pk]: reason for pk, reason in of_versions.items()}
        _keep_originals_of_kept(reasons, originals)
        for pk, reason in sorted(reasons.items()):
            if pk in names:
                undone.keep("article", names.pop(pk), reason)
        _delete_versions([pk for pk, article in versions.items() if article in names])
        for some in _batches(list(names)):
            note_removed(Article.objects.filter(pk__in=some))
        for some in _batches(list(names)):  # reposts in other chunks, which go too
            Article.objects.filter(repost_of__in=some).update(repost_of=None)
        _delete(Presence, "article", list(names))
        _delete(Withholding, "article", list(names))
        _take_out_of_suggested_stories(list(names))
        _delete(Article, "pk", list(names))
        undone.remove("article", list(names.values()))


def _originals_of_reposts(ids: list[int]) -> dict[int, int]:
    """Return the originals of all articles that repost the given ones, or repost such a repost."""
    originals: dict[int, int] = {}
    while ids:
        found: dict[int, int] = {}
        for some in _batches(ids):
            found |= dict(Article.objects.filter(repost_of__in=some).values_list("pk", "repost_of_id"))
        ids = [pk for pk in found if pk not in originals]
        originals |= found
    return originals


def _keep_originals_of_kept(reasons: dict[int, Any], originals: dict[int, int]) -> None:
    """Keep what a kept article reposts. A repost itself goes like any other: no other article rests on it."""
    kept = list(reasons)
    while kept:
        original = originals.get(kept.pop())
        if original is not None and original not in reasons:
            reasons[original] = _("It is tied to another article.")
            kept.append(original)


def _reasons_for_articles(ids: list[int], job: Job) -> dict[int, Any]:
    rows = Article.objects.filter(pk__in=ids)
    merged = Q(merged_into__isnull=False) | Q(merged_from__isnull=False)
    merged |= ~Q(created_by_job=job)  # a repost that another import or a person brought
    edited = rows.filter(revision__gt=1)
    others = ArticleVersion.objects.filter(~Q(created_by_job=job), article__in=ids)
    told = set(StoryArticle.objects.filter(article__in=ids).values_list("article_id", flat=True))
    told |= set(AccountCell.objects.filter(article__in=ids).values_list("article_id", flat=True))
    decided = SuggestedArticle.objects.filter(article__in=ids).exclude(suggestion__state=StorySuggestion.State.OPEN)
    return {
        **dict.fromkeys(decided.values_list("article_id", flat=True), _("Somebody decided about a story with it.")),
        **dict.fromkeys(told, _("A story has it.")),
        **dict.fromkeys(edited.values_list("pk", flat=True), _("Somebody edited what is known of it.")),
        **dict.fromkeys(others.values_list("article_id", flat=True), _("It got another text since.")),
        **dict.fromkeys(rows.filter(merged).values_list("pk", flat=True), _("It is tied to another article.")),
    }


def undo_versions(held: Held) -> None:
    """Take articles that were there before back to their earlier text, where nobody judged the new one."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        ids = _added_versions(job).filter(**_range(held.chunk)).values_list("article_id", flat=True)
        locked = Article.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")
        names = dict(locked.values_list("pk", "external_id"))
        rows = ArticleVersion.objects.filter(article__in=names)
        reasons = _reasons_for_versions(list(_lock_versions(rows)), job)
        gone: list[int] = []
        back: list[int] = []
        for article, newest_first in _texts_of(rows).items():
            top = _removable(newest_first, job, reasons)
            if top:
                gone += top
                back.append(article)
                undone.remove("text", [names[article]])
            rest = newest_first[len(top) :]
            if any(by_job == job.pk and n > 1 for _pk, n, by_job in rest):
                reason = reasons.get(rest[0][0], _("It got another text since."))
                undone.keep("text", names[article], reason if rest[0][2] == job.pk else _("It got another text since."))
        _put_back(back, gone, job)
        _delete_versions(gone, are_current=False)


Text = tuple[int, int, int | None]
"""The id of a version, its number, and the job that wrote it."""


def _texts_of(rows: QuerySet[ArticleVersion]) -> dict[int, list[Text]]:
    """Return the texts of each article, the newest first."""
    texts: dict[int, list[Text]] = {}
    for pk, article, n, by_job in rows.order_by("-n").values_list("pk", "article_id", "n", "created_by_job_id"):
        texts.setdefault(article, []).append((pk, n, by_job))
    return texts


def _put_back(articles: list[int], gone: list[int], job: Job) -> None:
    """Make the newest text that stays the present one; its title may be another than search read with it."""
    stays = ArticleVersion.objects.filter(article=OuterRef("pk")).exclude(pk__in=gone).order_by("-n")
    for some in _batches(articles):
        Article.objects.filter(pk__in=some).update(
            current_version=Subquery(stays.values("pk")[:1]), revision=F("revision") + 1, stored_at=timezone.now()
        )
        count_places(some)
        SearchBacklog.objects.note_titles(job.project.pk, some)


def _removable(newest_first: list[Text], job: Job, reasons: dict[int, Any]) -> list[int]:
    """Return the newest texts, as far down as the import added them and nobody judged them."""
    gone: list[int] = []
    for pk, n, by_job in newest_first:
        if by_job != job.pk or n == 1 or pk in reasons:
            break
        gone.append(pk)
    return gone


def _lock_versions(rows: QuerySet[ArticleVersion]) -> dict[int, int]:
    """Lock texts against new work on them; return their articles."""
    return dict(rows.select_for_update().order_by("pk").values_list("pk", "article_id"))


def _reasons_for_versions(ids: list[int], job: Job) -> dict[int, Any]:
    """Return, for texts that somebody judged or was given, why they stay."""
    others = ~Q(created_by_job=job) | changed_since(job)
    annotated, assigned = _("Somebody annotated it."), _("It was assigned to somebody, or worked on.")
    looked_at: tuple[tuple[QuerySet[Any], str, str], ...] = (
        (
            Suggestion.objects.filter(~Q(created_by_job=job) | Q(decisions__isnull=False)),
            "version",
            _("It has suggestions that somebody decided about, or newer ones."),
        ),
        (_marked_since(job), "version", _("Somebody marked or changed zones of it.")),
        (
            Assignment.every.filter(~Q(created_by_job=job) | Q(state_number__gt=1) | Q(times__isnull=False)),
            "version",
            assigned,
        ),
        (ClaimMention.objects.all(), "annotation__version", _("A claim refers to it.")),
        (EvidenceItem.objects.all(), "version", _("Evidence refers to it.")),
        (Statement.objects.filter(version__isnull=False), "version", _("A story refers to it.")),
        (_judged_passages(job), "from_version", _("Somebody judged a passage that it shares.")),
        (_judged_passages(job), "to_version", _("Somebody judged a passage that it shares.")),
        (_judged_places(job), "quotation__version", _("Somebody decided where a quotation of it stands.")),
        (_judged_places(job), "version", _("Somebody decided where a quotation of it stands.")),
        (Attribution.objects.filter(others), "version", annotated),
        (Relation.every.filter(others), "version", annotated),
        (ArticleLabel.every.filter(others), "version", annotated),
        (CommentThread.objects.filter(went_on_with(job)), "version", _("Somebody commented on it.")),
        (AgreementText.objects.all(), "version", _("Agreement was measured on it.")),
        *(
            (_settled_since(job), text, _("A reviewer began to settle it."))
            for text in (*ON_TEXTS, "mention__annotation__version", "version")
        ),
        (Adjudication.every.exclude(created_by_job=job), "version", _("A reviewer began to settle it.")),
        (Annotation.every.filter(others), "version", annotated),
    )
    reasons: dict[int, Any] = {}
    for rows, path, reason in looked_at:
        found = rows.filter(**{f"{path}__in": ids}).order_by().values_list(f"{path}_id", flat=True)
        reasons |= dict.fromkeys(found.distinct(), reason)
    return reasons


def _marked_since(job: Job) -> QuerySet[Region]:
    """Return the zones that people marked or changed; those that came with the file are older."""
    by_hand = Q(created_by__isnull=False, created_by_job__isnull=True, created_at__gte=job.created_at)
    return Region.objects.filter(by_hand | changed_since(job))


def _settled_since(job: Job) -> QuerySet[RulingSource]:
    """Return what rulings looked at that people made here, or took back, after the import."""
    end = job.finished_at or timezone.now()
    by_hand = ~Q(ruling__created_by_job=job) | Q(ruling__created_by_job__isnull=True)
    return RulingSource.objects.filter(by_hand | Q(ruling__stored_at__gt=end))


def _judged_passages(job: Job) -> QuerySet[QuoteLink]:
    """Match shared passages that a person linked or decided about; what was found, or came with the file, goes."""
    return QuoteLink.objects.filter(_by_people(job, QuoteDecision.objects.all(), "link"))


def _judged_places(job: Job) -> QuerySet[QuotationMatch]:
    """Match places of quotations that a person showed or decided about; what was found, or came with it, goes."""
    return QuotationMatch.objects.filter(_by_people(job, QuotationDecision.objects.all(), "match"))


def _by_people(job: Job, decisions: QuerySet[Any], of: str) -> Q:
    decided = decisions.filter(~Q(created_by_job=job) | changed_since(job))
    return Q(made_by__isnull=False) & ~Q(created_by_job=job) | Q(pk__in=decided.order_by().values(of))


def _delete_quotations(column: str, ids: list[int]) -> None:
    """Delete quotations, by a column of theirs, with their places and what came with the file about those."""
    _delete_places(f"quotation__{column}", ids)
    _delete(Quotation, column, ids)


def _delete_places(column: str, ids: list[int]) -> None:
    _delete(QuotationDecisionRevision, f"decision__match__{column}", ids)
    _delete(QuotationDecision, f"match__{column}", ids)
    _delete(QuotationMatch, column, ids)


def _delete_passages(side: str, ids: list[int]) -> None:
    """Delete shared passages, by a column of theirs, with what came with the file about them."""
    _delete(QuoteDecisionRevision, f"decision__link__{side}", ids)
    _delete(QuoteDecision, f"link__{side}", ids)
    _delete(QuoteLink, side, ids)


def _delete_versions(ids: list[int], *, are_current: bool = True) -> None:
    for some in _batches(ids):
        note_removed(Comment.objects.filter(thread__version__in=some))
    for model in ON_A_VERSION:
        for some in _batches(ids) if model in KIND_OF else ():
            note_removed(model._base_manager.filter(version__in=some))
    _delete_rulings(ids)
    for model, path in STATES_ON_A_VERSION:
        _delete(model, path, ids)
    _delete_quotations("version", ids)
    _delete_places("version", ids)
    for model in ON_A_VERSION:
        _delete(model, "version", ids)
    for side in ("from_version", "to_version"):
        _delete_passages(side, ids)
    _delete(NameInText, "version_id", ids)
    if are_current:
        for some in _batches(ids):
            Article.objects.filter(current_version__in=some).update(current_version=None)
    _delete(ArticleVersion, "pk", ids)


def _delete_rulings(texts: list[int]) -> None:
    """Delete the rulings on some texts, which name what they looked at in rows that go before them."""
    for some, text in itertools.product(list(_batches(texts)), ON_TEXTS):
        looked_at = RulingSource.objects.filter(**{f"{text}__in": some}).order_by()
        rulings = list(looked_at.values_list("ruling_id", flat=True).distinct())
        _delete(RulingSource, "ruling", rulings)
        _delete(Ruling, "pk", rulings)


# Rows on what was there before


def undo_loose(held: Held, loose: Loose) -> None:
    """Remove rows that the import added to what was there, where nobody changed them or built on them."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = _loose_rows(loose, job).filter(**_range(held.chunk))
        locked = loose.model._base_manager.select_for_update().filter(pk__in=rows.values("pk")).order_by("pk")
        names = {pk: str(key) for pk, key in locked.values_list("pk", _NAMES.get(loose.model, "key"))}
        articles = set(rows.values_list("version__article_id", flat=True)) if loose.model is Assignment else set()
        texts = set(rows.values_list("version_id", flat=True)) if loose.model in COUNTED else set()
        touched = rows.filter(loose.touched(job)).order_by().values_list("pk", flat=True).distinct()
        for pk in touched:
            if pk in names:
                undone.keep(loose.kind, names.pop(pk), loose.reason)
        for some in _batches(list(names)) if loose.model in KIND_OF else ():
            note_removed(loose.model._base_manager.filter(pk__in=some))
        for some in _batches(list(names)) if loose.model is CommentThread else ():
            note_removed(Comment.objects.filter(thread__in=some))
        for model, column in loose.before:
            _delete(model, column, list(names))
        quotations = _quotations_of(list(names)) if loose.model is QuotationMatch else []
        for quote in _called_boilerplate(list(names)) if loose.model is BoilerplateRuling else ():
            IndexedText.objects.outdate(texts_that_hold(quote, job.project.pk))
        _delete(loose.model, "pk", list(names))
        _delete(Quotation, "pk", quotations)
        count_places(articles)
        note_changed(texts, job.project.pk)
        undone.remove(loose.kind, list(names.values()))


def _quotations_of(places: list[int]) -> list[int]:
    """Return the quotations that came with the file and have none but these places."""
    found: set[int] = set()
    for some in _batches(places):
        rows = Quotation.objects.filter(matches__in=some, rule=FROM_FILE)
        found.update(
            rows.exclude(matches__in=QuotationMatch.objects.exclude(pk__in=places)).values_list("pk", flat=True)
        )
    return sorted(found)


def _called_boilerplate(rulings: list[int]) -> list[str]:
    return list(BoilerplateRuling.objects.filter(pk__in=rulings).values_list("quote", flat=True))


def undo_speakers(held: Held) -> None:
    """Remove the speakers of a chunk whom nobody names any more, nor changed since, nor lets stand for another."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Speaker.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        names = dict(rows.values_list("pk", "name"))
        kept = set(rows.filter(changed_since(job)).order_by().values_list("pk", flat=True))
        for model in (Attribution, AttributionRevision):
            found = model._base_manager.filter(speaker__in=list(names)).order_by()
            kept.update(found.values_list("speaker_id", flat=True).distinct())
        leads_to = dict(
            Speaker.objects.filter(project=job.project_id, merged_into__isnull=False).values_list("pk", "merged_into")
        )
        former = SpeakerRevision.objects.filter(merged_into__in=list(names)).values_list("speaker_id", "merged_into_id")
        stay = kept | {pk for pk in leads_to if pk not in names}
        stay |= {pk for pk, _into in former if pk not in names}
        while step := {into for pk, into in (*leads_to.items(), *former) if pk in stay and into in names} - stay:
            stay |= step
        for pk in sorted(stay & names.keys()):
            undone.keep("speaker", names.pop(pk), IN_USE)
        gone = list(names)
        for some in _batches(gone):
            Speaker.objects.filter(pk__in=some).update(merged_into=None)
        _delete(SpeakerRevision, "speaker", gone)
        _delete(Speaker, "pk", gone)
        undone.remove("speaker", list(names.values()))


# Sources, which come after all that names them


def undo_captures(held: Held) -> None:
    """Remove the captures of a chunk that nobody cites, judged a passage of, looked at again or changed since."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Capture.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        names = {pk: str(key) for pk, key in rows.values_list("pk", "uuid")}
        for pk in sorted(_captures_in_use(list(names), job)):
            undone.keep("capture", names.pop(pk), IN_USE)
        gone = list(names)
        sources = set(rows.filter(pk__in=gone).values_list("source_id", flat=True))
        _delete_places("capture", gone)
        _delete_passages("to_capture", gone)
        index.take_out([-pk for pk in gone])
        _delete(SourceCheck, "capture", gone)
        _delete(Capture, "pk", gone)
        _put_states_right(sources)
        undone.remove("capture", list(names.values()))


def _captures_in_use(captures: list[int], job: Job) -> set[int]:
    looks = SourceCheck.objects.filter(Q(created_by_job__isnull=True) | ~Q(created_by_job=job))
    found: set[int] = set()
    for some in _batches(captures):
        for rows, column in (
            (EvidenceItem.objects.all(), "capture"),
            (_judged_passages(job), "to_capture"),
            (_judged_places(job), "capture"),
            (Withholding.objects.all(), "capture"),
            (looks, "capture"),
        ):
            used = rows.filter(**{f"{column}__in": some}).order_by()
            found.update(used.values_list(f"{column}_id", flat=True).distinct())
        changed = Capture.objects.filter(acted_on("capture", "uuid")(job), pk__in=some)
        found.update(changed.values_list("pk", flat=True))
    return found


def undo_looks(held: Held) -> None:
    """Remove the looks of a chunk but those of captures that stay, and put right what their sources' states say."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = SourceCheck.objects.filter(created_by_job=job, capture__isnull=True, **_range(held.chunk))
        sources = set(rows.values_list("source_id", flat=True))
        names = dict(rows.order_by("pk").values_list("pk", "uuid"))
        _delete(SourceCheck, "pk", list(names))
        _put_states_right(sources)
        undone.remove("look", [str(uuid) for uuid in names.values()])


def _put_states_right(sources: Iterable[int]) -> None:
    for some in _batches(sorted(sources)):
        for source in Source.objects.select_for_update().filter(pk__in=some).order_by("pk"):
            put_state_right(source)


def undo_sources(held: Held) -> None:
    """Remove the sources of a chunk that nothing names, and on which nobody acted since."""
    job = _import_of(held.job)
    with _undoing(held) as undone:
        rows = Source.objects.select_for_update().filter(created_by_job=job, **_range(held.chunk)).order_by("pk")
        names = {pk: str(key) for pk, key in rows.values_list("pk", "uuid")}
        kept = set(rows.filter(acted_on("source", "uuid")(job)).values_list("pk", flat=True))
        for some in _batches(list(names)):
            for model in (EvidenceItem, EvidenceRevision, Capture, SourceCheck):
                named = model._base_manager.filter(source__in=some).order_by()
                kept.update(named.values_list("source_id", flat=True).distinct())
        for pk in sorted(kept):
            undone.keep("source", names.pop(pk), IN_USE)
        _delete(Source, "pk", list(names))
        undone.remove("source", list(names.values()))


# Shared


@contextmanager
def _undoing(held: Held) -> Iterator[Undone]:
    """Open the transaction of one chunk: what is removed, the counts, the list of what stays, the audit."""
    with held.finishing():
        undone = Undone(held.chunk)
        yield undone
        _save(undone)


def _save(undone: Undone) -> None:
    chunk, job = undone.chunk, undone.chunk.job
    chunk.facts = dict(undone.counts)
    n_removed, n_kept = len(undone.removed), len(undone.kept)
    Job.objects.filter(pk=job.pk).update(
        done=F("done") + chunk.count,
        n_read=F("n_read") + n_removed + n_kept,
        n_updated=F("n_updated") + n_removed,
        n_unchanged=F("n_unchanged") + n_kept,
        n_problems=F("n_problems") + n_kept,
    )
    JobProblem.objects.bulk_create(
        [
            JobProblem(
                job=job,
                chunk=chunk,
                severity=JobProblem.Severity.NOTICE,
                file="",
                field=kind,
                value=name[:200],
                message=reason,
            )
            for kind, name, reason in undone.kept
        ],
        batch_size=AT_ONCE,
    )
    facts = {"undo": str(job.uuid), **undone.counts}
    record_chunk(chunk, "import.undone", undone.removed, facts, what=("job", _import_of(job).uuid))


def _range(chunk: Chunk) -> dict[str, int]:
    return {"pk__gte": chunk.start, "pk__lte": chunk.end}


def _delete(model: type[Model], column: str, ids: list[int]) -> None:
    """Delete without fetching what points there: there is nothing, which was looked up, and the database insists."""
    for some in _batches(ids):
        rows = model._base_manager.filter(**{f"{column}__in": some})
        if "__" in column:
            rows = model._base_manager.filter(pk__in=rows.order_by().values("pk"))
        rows._raw_delete(rows.db)


def _collected(of: Callable[[list[int]], dict[int, Any]], ids: Iterable[int]) -> dict[int, Any]:
    """Ask for a batch at a time: an article may have any number of reposts, and a statement only so many parameters."""
    found: dict[int, Any] = {}
    for some in _batches(sorted(ids)):
        found |= of(some)
    return found


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]


def finish(job: Job) -> str:
    """Say what went and what stayed."""
    counts: Counter[str] = Counter()
    for facts in job.chunks.values_list("facts", flat=True).iterator(chunk_size=500):
        counts.update(facts)
    n_others = sum(counts[f"{loose.kind}_removed"] for loose in (*BEFORE_CLAIMS, *BEFORE_ARTICLES, *AFTER_ARTICLES))
    n_kept = sum(count for name, count in counts.items() if name.endswith("_kept"))
    kept = ngettext("%(n)s was kept, with its reason below", "%(n)s were kept, each with its reason below", n_kept)
    if _import_of(job).kind == Job.Kind.ZONES:
        zones = ngettext("%(n)s zone was removed", "%(n)s zones were removed", n_others) % {"n": n_others}
        return f"{'; '.join([zones, *([kept % {'n': n_kept}] if n_kept else [])])}."
    n = counts["article_removed"]
    parts = [ngettext("%(n)s article was removed", "%(n)s articles were removed", n) % {"n": n}]
    if n := counts["text_removed"]:
        texts = ngettext(
            "%(n)s article went back to its earlier text", "%(n)s articles went back to their earlier text", n
        )
        parts.append(texts % {"n": n})
    if n := counts["claim_removed"]:
        parts.append(ngettext("%(n)s claim was removed", "%(n)s claims were removed", n) % {"n": n})
    if n := counts["story_removed"]:
        parts.append(ngettext("%(n)s story was removed", "%(n)s stories were removed", n) % {"n": n})
    if n := counts["source_removed"]:
        parts.append(ngettext("%(n)s source was removed", "%(n)s sources were removed", n) % {"n": n})
    if n_others:
        others = ngettext(
            "%(n)s addition to what was there before was removed",
            "%(n)s additions to what was there before were removed",
            n_others,
        )
        parts.append(others % {"n": n_others})
    if n_kept:
        parts.append(kept % {"n": n_kept})
    return f"{'; '.join(parts)}. {_('Publishers, people and labels that the import brought stay.')}"


Stage = Callable[[Held], None]
STAGES: tuple[Stage, ...] = (
    plan,
    undo_stories,
    undo_story_suggestions,
    *(partial(undo_loose, loose=loose) for loose in BEFORE_CLAIMS),
    undo_claims,
    *(partial(undo_loose, loose=loose) for loose in BEFORE_ARTICLES),
    undo_articles,
    undo_versions,
    *(partial(undo_loose, loose=loose) for loose in AFTER_ARTICLES),
    undo_speakers,
    undo_captures,
    undo_looks,
    undo_sources,
)
UNDO = Kind(act=Act.ADD_ARTICLES, stages=STAGES, finish=finish)
