"""The shared passages of an article as a member sees them: whose, where, and what they and others decided.

Of one source the newest capture alone is shown for a stretch of the article, and those that somebody decided about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch, Q, QuerySet

from annotations.access import hide_outlets, sees_all_work, visible_to
from annotations.models import Article, ArticleVersion, Capture, Membership, QuoteDecision, QuoteLink
from annotations.reuse.differing import differences
from annotations.text.spans import Span
from annotations.text.wording import Piece
from annotations.workflow.passages import passage_rows

MOST_SHOWN = 500
State = QuoteDecision.State
Captured = tuple[int, int, int, datetime, int, int]
"""A passage of an article and a capture: the link's id, the text's, the source's, when it was captured, and where the
passage begins and ends in the article."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A shared passage seen from one of its texts: the spans here and there, and what was decided.

    It stands there either in an article or in a capture.
    """

    link: QuoteLink
    here: Span
    there: Span
    article: Article | None
    version: ArticleVersion | None
    capture: Capture | None
    is_source: bool
    own: QuoteDecision | None
    others: tuple[QuoteDecision, ...]

    @property
    def state(self) -> str:
        """Return one's own decision, else the latest that one may see, else open."""
        if self.own is not None and self.own.state != State.OPEN:
            return self.own.state
        decided = [each for each in self.others if each.state != State.OPEN]
        return max(decided, key=lambda each: each.decided_at).state if decided else State.OPEN

    @property
    def relation(self) -> str:
        """Return what kind of taking over it is: as one decided, or as it was found."""
        return (self.own.relation if self.own else "") or self.link.relation

    @property
    def direction(self) -> str:
        """Return who took it from whom: as one decided, or as it was found."""
        return (self.own.direction if self.own else "") or self.link.direction


@dataclass(frozen=True, slots=True)
class Sign:
    """A stretch of an article that stands in others too, or in captures of sources, with the passages behind it."""

    start: int
    end: int
    n_articles: int
    n_sources: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two passages with the words that differ: pieces of either side."""

    first: tuple[Piece, ...]
    second: tuple[Piece, ...]
    first_quote: str
    second_quote: str


def passages_of(article: Article, by: Membership) -> list[Shown]:
    """Return what the present text of an article shares with present texts of others, in its order; 2 queries."""
    pk = article.current_version_id
    rows = current(visible_to(by, passage_rows()), with_captures=True).filter(Q(from_version=pk) | Q(to_version=pk))
    links = list(_with_decisions(rows, by)[:MOST_SHOWN])
    _hide_outlets(by, links)
    shown = [seen_from(link, pk, by) for link in links]
    decided = {each.link.pk for each in shown if each.state != State.OPEN}
    told = told_by_newer(captured_in(links), decided)
    own = [each for each in shown if each.link.made_by_id is None or each.state == State.CONFIRMED]
    own = [each for each in own if each.link.pk not in told]
    return sorted(own, key=lambda each: (each.here.start, each.here.end, each.link.pk))


def passages_among(project_id: int) -> QuerySet[QuoteLink]:
    """Return what machines found among the present texts of a project, in the order of the rows."""
    return current(passage_rows()).filter(project_id=project_id, made_by__isnull=True).order_by("pk")


def shown_one(link: QuoteLink, by: Membership) -> Shown:
    """Return one passage, seen from its first text; 1 query."""
    rows = list(_with_decisions(passage_rows().filter(pk=link.pk), by))
    _hide_outlets(by, rows)
    return seen_from(rows[0], link.from_version_id, by)


def _hide_outlets(by: Membership, links: Sequence[QuoteLink]) -> None:
    """Empty what tells of outlets that are hidden, and with it who took it from whom: dates and citations say that."""
    ends = [[version.article for version in (link.from_version, link.to_version) if version] for link in links]
    hide_outlets(by, [article for articles in ends for article in articles])
    for link, articles in zip(links, ends, strict=True):
        # whose page it is may be known from what others did with the source
        is_by_others = link.to_capture_id and link.ground == QuoteLink.Ground.CITATION and not sees_all_work(by)
        if is_by_others or any(article.outlet_hidden for article in articles):
            link.direction, link.ground = QuoteLink.Direction.UNKNOWN, QuoteLink.Ground.NONE


def captured_in(links: Iterable[QuoteLink]) -> list[Captured]:
    """Return the passages that stand in captures, as `told_by_newer` takes them."""
    return [
        (each.pk, each.from_version_id, page.source_id, page.fetched_at, each.from_start, each.from_end)
        for each in links
        if (page := each.to_capture) is not None
    ]


def told_by_newer(rows: Iterable[Captured], decided: Container[int]) -> set[int]:
    """Return what an earlier capture of a source shares where a newer one shares the same stretch of the article.

    What somebody decided about is none of it.
    """
    told: set[int] = set()
    taken: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for link, text, source, _captured, start, end in sorted(rows, key=lambda row: row[3], reverse=True):
        newer = taken[text, source]
        if link not in decided and any(span.start < end and start < span.end for span in newer):
            told.add(link)
        newer.append(Span(start, end))
    return told


def seen_from(link: QuoteLink, version_id: int | None, by: Membership) -> Shown:
    """Return a passage as it is seen from one of its texts."""
    is_source = link.from_version_id == version_id
    spans = Span(link.from_start, link.from_end), Span(link.to_start, link.to_end)
    here, there = spans if is_source else spans[::-1]
    version = link.to_version if is_source else link.from_version
    capture = link.to_capture if is_source else None
    decisions = list(link.decisions.all())
    own = next((each for each in decisions if each.decided_by_id == by.pk), None)
    others = tuple(each for each in decisions if each.decided_by_id != by.pk)
    return Shown(link, here, there, version.article if version else None, version, capture, is_source, own, others)


def signs_of(shown: Iterable[Shown]) -> list[Sign]:
    """Join passages that overlap, and that nobody rejected, to the signs in the margin.

    A sign counts the articles and the sources, not the passages.
    """
    groups: list[list[Shown]] = []
    reached = -1
    for each in sorted((one for one in shown if one.state != State.REJECTED), key=lambda one: one.here):
        if each.here.start >= reached:
            groups.append([])
        groups[-1].append(each)
        reached = max(reached, each.here.end)
    return [
        Sign(
            min(each.here.start for each in group),
            max(each.here.end for each in group),
            len({each.article.pk for each in group if each.article}),
            len({each.capture.source_id for each in group if each.capture}),
            tuple(str(each.link.key) for each in group),
        )
        for group in groups
    ]


def side_by_side(shown: Sequence[Shown]) -> list[SideBySide]:
    """Return passages with the words that differ, this text's first; at most 2 queries for the texts of all."""
    pks = {pk for each in shown for pk in (each.link.from_version_id, each.link.to_version_id) if pk}
    texts = dict(ArticleVersion.objects.filter(pk__in=pks).values_list("pk", "text"))
    captures = {each.capture.pk for each in shown if each.capture}
    captured = dict(Capture.objects.filter(pk__in=captures).values_list("pk", "text")) if captures else {}
    made = []
    for each in shown:
        here_pk = each.link.from_version_id if each.is_source else each.link.to_version_id
        assert here_pk is not None
        there = captured[each.capture.pk] if each.capture else texts[each.version.pk] if each.version else ""
        one, other = each.here.text_of(texts[here_pk]), each.there.text_of(there)
        first, second = differences(one, other)
        made.append(SideBySide(tuple(first), tuple(second), one, other))
    return made


def stretches_of(shown: Iterable[Shown]) -> list[tuple[int, Span]]:
    """Return where passages stand, in this text and in those of other articles."""
    found = []
    for each in shown:
        found.append((each.link.from_version_id, Span(each.link.from_start, each.link.from_end)))
        if each.link.to_version_id is not None:
            found.append((each.link.to_version_id, Span(each.link.to_start, each.link.to_end)))
    return found


def current(rows: QuerySet[QuoteLink], *, with_captures: bool = False) -> QuerySet[QuoteLink]:
    """Keep the pairs of articles whose texts are current and not withheld, and those of an article and a capture."""
    others = Q(
        to_version__article__current_version=F("to_version"),
        to_version__article__merged_into__isnull=True,
        to_version__withheld_at__isnull=True,
    )
    if with_captures:
        others |= Q(to_capture__isnull=False, to_capture__withheld_at__isnull=True)
    return rows.filter(
        others,
        from_version__article__current_version=F("from_version"),
        from_version__article__merged_into__isnull=True,
        from_version__withheld_at__isnull=True,
    )


def _with_decisions(rows: QuerySet[QuoteLink], by: Membership) -> QuerySet[QuoteLink]:
    decisions = visible_to(by, QuoteDecision.objects.select_related("decided_by")).order_by("decided_at", "pk")
    return rows.prefetch_related(Prefetch("decisions", decisions))
