"""The passages of a project that stand in most articles: what was found by pairs of texts, brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from annotations.access import hide_outlets, visible_to
from annotations.models import ArticleVersion, Membership, QuoteDecision, QuoteLink
from annotations.reuse.originals import Missing, missing_originals
from annotations.reuse.showing import current
from annotations.text.spans import Span

NAMED = 5
"""Articles that a page names of a passage."""
MOST_LINKS = 20_000
"""So many pairs are brought together, those of most words; a project with more is told so."""
State, Direction = QuoteDecision.State, QuoteLink.Direction
Node = tuple[int, int, int]
"""A stretch of a text: the version's key, start and end in code points."""
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

    @property
    def n_articles(self) -> int:
        """Return in how many articles it stands."""
        return len(self.places)

    @property
    def more(self) -> int:
        """Return how many articles the page does not name."""
        return max(0, len(self.articles) - NAMED)


def groups_in(by: Membership) -> tuple[list[Group], bool]:
    """Return the passages of a project, those in most articles first, and whether there are too many to look at all.

    What one rejected is left out, and what others did whose work one may see; 2 queries.
    """
    rows = current(visible_to(by, QuoteLink.objects.filter(project_id=by.project_id))).order_by("-n_words", "pk")
    links = list(rows.values_list(*_COLUMNS)[: MOST_LINKS + 1])
    return grouped(_standing(links[:MOST_LINKS], by)), len(links) > MOST_LINKS


def groups_among(versions: QuerySet[Any], by: Membership) -> tuple[list[Group], int]:
    """Return all passages that these texts share among each other, and how many pairs lead to another text; 3 queries.

    `versions` gives the ids of texts.
    """
    rows = current(visible_to(by, QuoteLink.objects.filter(project_id=by.project_id)))
    one, other = Q(from_version__in=versions), Q(to_version__in=versions)
    n_outside = rows.filter((one & ~other) | (other & ~one)).count()
    links = rows.filter(one & other).order_by("-n_words", "pk").values_list(*_COLUMNS)
    return grouped(_standing(links.iterator(chunk_size=5_000), by)), n_outside


_COLUMNS = (
    *("pk", "key", "n_words", "made_by_id", "from_version_id", "from_start", "from_end"),
    *("to_version_id", "to_start", "to_end", "direction", "boilerplate_share"),
)


def _standing(links: Iterable[tuple[Any, ...]], by: Membership) -> Iterator[Pair]:
    """Yield the pairs that count: found and not rejected, or linked by hand and confirmed; 1 query."""
    states = _states(by)
    for pk, key, n_words, made_by, *places, found, share in links:
        state, direction = states.get(pk, (State.OPEN, ""))
        if state != State.REJECTED and (made_by is None or state == State.CONFIRMED):
            one, other = (places[0], places[1], places[2]), (places[3], places[4], places[5])
            yield one, other, n_words, str(key), direction or found, share


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
    return sorted(groups.values(), key=lambda group: (-group.n_articles, -group.n_words, min(group.places)))


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
    """Add articles, words and sources not held to the groups of a page, the earliest published article first;
    at most 9 queries.
    """
    pks = {pk for group in groups for pk in group.places}
    versions = ArticleVersion.objects.select_related("article__publisher").defer("text").in_bulk(pks)
    hide_outlets(by, [version.article for version in versions.values()])
    for group in groups:
        known = [(versions[pk], span) for pk, span in group.places.items() if pk in versions]
        group.articles = sorted(known, key=_age)
    stretches = [[(version.pk, span) for version, span in group.articles] for group in groups]
    for group, missing in zip(groups, missing_originals(stretches, by), strict=True):
        group.missing = missing
    firsts = {group.articles[0][0].pk for group in groups if group.articles}
    texts = dict(ArticleVersion.objects.filter(pk__in=firsts).values_list("pk", "text"))
    for group in groups:
        if group.articles:
            version, span = group.articles[0]
            group.quote = span.text_of(texts[version.pk])


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
