"""The passages of a project that stand in most articles: what was found by pairs of texts, brought together.

Captures of sources in which one stands belong to it, and are counted apart. A capture has its id, counted down from
zero, where a text has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from annotations.access import hide_outlets, visible_to
from annotations.models import ArticleVersion, Capture, Membership, QuoteDecision, QuoteLink
from annotations.reuse.originals import Missing, missing_originals
from annotations.reuse.showing import Captured, current, told_by_newer
from annotations.text.spans import Span

NAMED = 5
"""Articles that a page names of a passage."""
MOST_LINKS = 20_000
"""So many pairs are brought together, those of most words; a project with more is told so."""
State, Direction = QuoteDecision.State, QuoteLink.Direction
Node = tuple[int, int, int]
"""A stretch of a text: the version's key, or the capture's, start and end in code points."""
Pair = tuple[Node, Node, int, str, str, float | None]
"""Two stretches, their equal words, the key, who took it from whom (a direction of a shared passage), and which share
of it another tool called boilerplate."""


@dataclass(slots=True)
class Group:
    """A passage with the stretches of all texts in which it stands; `key` is of one of its pairs.

    `sources` names, by text, the texts that it was taken from, as far as that is known.
    """

    places: dict[int, Span]
    n_words: int
    key: str
    sources: dict[int, set[int]] = field(default_factory=dict)
    boilerplate_share: float | None = None
    quote: str = ""
    missing: list[Missing] = field(default_factory=list)
    articles: list[tuple[ArticleVersion, Span]] = field(default_factory=list)
    captures: list[tuple[Capture, Span]] = field(default_factory=list)

    @property
    def n_articles(self) -> int:
        """Return in how many articles it stands."""
        return sum(1 for text in self.places if text > 0)

    @property
    def n_sources(self) -> int:
        """Return of how many sources a capture has it, of a group that was filled."""
        return len({capture.source_id for capture, _span in self.captures})

    @property
    def more_sources(self) -> int:
        """Return how many captures the page does not name."""
        return max(0, len(self.captures) - NAMED)

    @property
    def more(self) -> int:
        """Return how many articles the page does not name."""
        return max(0, len(self.articles) - NAMED)


def groups_in(by: Membership) -> tuple[list[Group], bool]:
    """Return the passages of a project, those in most articles first, and whether there are too many to look at all.

    What one rejected is left out, and what others did whose work one may see; 2 queries.
    """
    seen = visible_to(by, QuoteLink.objects.filter(project_id=by.project_id))
    rows = current(seen, with_captures=True).order_by("-n_words", "pk")
    links = list(rows.values_list(*_COLUMNS)[: MOST_LINKS + 1])
    return grouped(_standing(links[:MOST_LINKS], by)), len(links) > MOST_LINKS


def groups_among(versions: QuerySet[Any], by: Membership) -> tuple[list[Group], int]:
    """Return all passages that these texts share among each other, and how many pairs lead to another text; 3 queries.

    `versions` gives the ids of texts. Captures are left out.
    """
    rows = current(visible_to(by, QuoteLink.objects.filter(project_id=by.project_id)))
    one, other = Q(from_version__in=versions), Q(to_version__in=versions)
    n_outside = rows.filter((one & ~other) | (other & ~one)).count()
    links = rows.filter(one & other).order_by("-n_words", "pk").values_list(*_COLUMNS)
    return grouped(_standing(links.iterator(chunk_size=5_000), by)), n_outside


_COLUMNS = (
    *("pk", "key", "n_words", "made_by_id", "from_version_id", "from_start", "from_end"),
    *("to_version_id", "to_start", "to_end", "direction", "boilerplate_share"),
    *("to_capture_id", "to_capture__source_id", "to_capture__fetched_at"),
)


def _standing(links: Iterable[tuple[Any, ...]], by: Membership) -> Iterator[Pair]:
    """Yield the pairs that count: found and not rejected, or linked by hand and confirmed; 1 query.

    Of one source the newest capture counts for a stretch, and those that somebody decided about.
    """
    states = _states(by)
    captured: list[Captured] = []
    in_captures: list[tuple[int, Pair]] = []
    for pk, key, n_words, made_by, *places, found, share, capture, source, fetched_at in links:
        state, direction = states.get(pk, (State.OPEN, ""))
        one, other = (places[0], places[1], places[2]), (places[3] or -capture, places[4], places[5])
        if capture is not None:
            captured.append((pk, one[0], source, fetched_at, one[1], one[2]))
        if state == State.REJECTED or (made_by is not None and state != State.CONFIRMED):
            continue
        pair = one, other, n_words, str(key), direction or found, share
        if capture is None:
            yield pair
        else:
            in_captures.append((pk, pair))
    told = told_by_newer(captured, states)
    yield from (pair for pk, pair in in_captures if pk not in told)


def grouped(pairs: Iterable[Pair]) -> list[Group]:
    """Bring pairs of stretches together: stretches of a text that overlap by most of either are the same passage.

    A group keeps the longest stretch of each text. Pure.

    >>> pairs = [((1, 0, 9), (2, 5, 14), 8, "a", "forward", None), ((2, 5, 14), (3, 0, 9), 8, "b", "", 0.5)]
    >>> [(group.n_articles, group.key, group.sources, group.boilerplate_share) for group in grouped(pairs)]
    [(3, 'a', {2: {1}}, 0.5)]
    """
    pairs = list(pairs)
    parent: dict[Node, Node] = {}

    def root(node: Node) -> Node:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    by_text: dict[int, list[Node]] = {}
    for one, other, *_facts in pairs:
        for node in (one, other):
            if node not in parent:
                parent[node] = node
                by_text.setdefault(node[0], []).append(node)
        parent[root(other)] = root(one)
    for nodes in by_text.values():
        nodes.sort()
        _join_alike(nodes, parent, root)
    groups: dict[Node, Group] = {}
    for one, other, n_words, key, direction, share in pairs:
        top = root(one)
        group = groups.setdefault(top, Group({}, 0, key))
        if n_words > group.n_words:
            group.n_words, group.key = n_words, key
        if share is not None:
            group.boilerplate_share = max(share, group.boilerplate_share or 0.0)
        if direction in (Direction.FORWARD, Direction.BACKWARD):
            source, taker = (one, other) if direction == Direction.FORWARD else (other, one)
            group.sources.setdefault(taker[0], set()).add(source[0])
        for text, start, end in (one, other):
            known = group.places.get(text)
            if known is None or end - start > len(known):
                group.places[text] = Span(start, end)
    return sorted(groups.values(), key=_rank)


def _rank(group: Group) -> tuple[int, int, int, int]:
    """Put first what stands in most articles, then what stands in most captures too, then the longest."""
    n_articles = group.n_articles
    return -n_articles, n_articles - len(group.places), -group.n_words, min(text for text in group.places if text > 0)


def _join_alike(nodes: Sequence[Node], parent: dict[Node, Node], root: Callable[[Node], Node]) -> None:
    """Join the stretches of one text, in order, with the one before that they overlap by more than half of both."""
    last: Node | None = None
    for node in nodes:
        if last is not None:
            shared = min(last[2], node[2]) - node[1]
            if 2 * shared > max(last[2] - last[1], node[2] - node[1]):
                parent[root(node)] = root(last)
        if last is None or node[2] > last[2]:
            last = node


def fill(groups: Sequence[Group], by: Membership) -> None:
    """Add articles, captures, words and sources not held to the groups of a page, the earliest published article
    first; at most 10 queries.
    """
    pks = {pk for group in groups for pk in group.places if pk > 0}
    versions = ArticleVersion.objects.select_related("article__publisher").defer("text").in_bulk(pks)
    hide_outlets(by, [version.article for version in versions.values()])
    for group in groups:
        known = [(versions[pk], span) for pk, span in group.places.items() if pk in versions]
        group.articles = sorted(known, key=_age)
    _fill_captures(groups)
    stretches = [[(version.pk, span) for version, span in group.articles] for group in groups]
    for group, missing in zip(groups, missing_originals(stretches, by), strict=True):
        group.missing = missing
    firsts = {group.articles[0][0].pk for group in groups if group.articles}
    texts = dict(ArticleVersion.objects.filter(pk__in=firsts).values_list("pk", "text"))
    for group in groups:
        if group.articles:
            version, span = group.articles[0]
            group.quote = span.text_of(texts[version.pk])


def _fill_captures(groups: Sequence[Group]) -> None:
    """Add the captures, the one published first at the head; not that of a page which is one of the articles itself;
    1 query where there is any.
    """
    pks = {-pk for group in groups for pk in group.places if pk < 0}
    captures = Capture.objects.select_related("source").defer("text").in_bulk(pks) if pks else {}
    for group in groups:
        own = {bytes(url) for version, _span in group.articles if (url := version.article.url_sha256)}
        known = [(captures[-pk], span) for pk, span in group.places.items() if -pk in captures]
        known = [each for each in known if bytes(each[0].source.url_sha256) not in own]
        group.captures = sorted(known, key=_capture_age)


def _capture_age(place: tuple[Capture, Span]) -> tuple[bool, float, int]:
    published = place[0].published_at
    return published is None, published.timestamp() if published else 0.0, place[0].pk


def _age(place: tuple[ArticleVersion, Span]) -> tuple[bool, float, int]:
    published = place[0].article.published_at
    return published is None, published.timestamp() if published else 0.0, place[0].article_id


def _states(by: Membership) -> dict[int, tuple[str, str]]:
    """Return what counts for each pair that is decided, with the direction that was said: one's own decision, else
    the latest that one may see.
    """
    rows = visible_to(by, QuoteDecision.objects.filter(project_id=by.project_id)).exclude(state=State.OPEN)
    own: dict[int, tuple[str, str]] = {}
    latest: dict[int, tuple[str, str]] = {}
    columns = ("link_id", "decided_by_id", "state", "direction")
    for link, who, state, direction in rows.order_by("decided_at", "pk").values_list(*columns):
        latest[link] = state, direction
        if who == by.pk:
            own[link] = state, direction
    return latest | own
