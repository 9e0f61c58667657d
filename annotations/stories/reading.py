"""A story as its reader sees it: the articles in time, who took what from whom, and the account matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotations.access import hide_outlets, visible_to
from annotations.models import (
    AccountCell,
    AccountRow,
    Article,
    Capture,
    Membership,
    QuoteDecision,
    QuoteLink,
    Region,
    Statement,
    Story,
    StoryArticle,
)
from annotations.reuse.showing import captured_in, current, told_by_newer
from annotations.text.accounts import Reading, Said, read_row
from annotations.text.urls import canonical_url, url_sha256
from annotations.workflow.answering import cell_rows

Direction = QuoteLink.Direction
State = AccountCell.State
SIGNS = {
    State.UNCHECKED: "?",
    State.AGREES: "=",
    State.DIFFERS: "≈",
    State.CONTRADICTS: "≠",
    State.OMITS: "–",
    State.ADDS: "+",
    State.DIFFERENT_SOURCE: "◇",
}
"""What stands beside the name of a state: no state is told by colour alone."""
MOST_NAMED = 3
"""Outlets that are named for the outliers they have."""
OUTLIERS = frozenset({State.DIFFERS, State.CONTRADICTS, State.ADDS, State.DIFFERENT_SOURCE})


@dataclass(slots=True)
class Told:
    """An article of a story, which stands for those of it that are merged into it, named by their ids in `merged`."""

    article: Article
    is_related: bool
    merged: list[int] = field(default_factory=list)

    @property
    def dated(self) -> datetime | None:
        """Return when it was published, else posted."""
        return self.article.published_at or self.article.posted_at


@dataclass(slots=True)
class Cell:
    """A place of the matrix: what an article says to a question, and how that stands to what most say.

    `state` is what a person said, or what comparing the values proposes where nobody has said anything.
    """

    row: AccountRow
    article: Article
    cell: AccountCell | None
    statements: list[Statement]
    state: str
    proposed_state: str
    missing: list[str]
    added: list[str]

    @property
    def is_checked(self) -> bool:
        """Tell whether a person has said how it stands."""
        return self.cell is not None and self.cell.state != State.UNCHECKED

    @property
    def state_name(self) -> str:
        """Return the name of the state."""
        return str(State(self.state).label)

    @property
    def sign(self) -> str:
        """Return the sign of the state."""
        return SIGNS[State(self.state)]

    @property
    def is_outlier(self) -> bool:
        """Tell whether it says something else than most."""
        return self.state in OUTLIERS


@dataclass(slots=True)
class Row:
    """A question with its cells in the order of the columns, and what most articles say."""

    row: AccountRow
    reading: Reading[int]
    cells: list[Cell]
    place: int = 0

    @property
    def n_outliers(self) -> int:
        """Return how many articles say something else than most."""
        return sum(1 for cell in self.cells if cell.is_outlier)


@dataclass(slots=True)
class Column:
    """The articles of one publisher, side by side."""

    publisher: str
    articles: list[Article]


@dataclass(slots=True)
class Node:
    """Somebody in the picture: an article, a source page that was captured, or an outlet that an excerpt names and of
    which nothing is held.
    """

    key: str
    article: Article | None
    name: str
    capture: Capture | None = None

    @property
    def outlet(self) -> str:
        """Return whose it is, as far as that is known."""
        if self.capture is not None:
            publisher = self.capture.source.publisher
            return publisher.name if publisher else self.capture.publisher_name
        return self.article.publisher.name if self.article is not None and self.article.publisher else ""

    @property
    def dated(self) -> datetime | None:
        """Return when it was published, else posted."""
        if self.article is not None:
            return self.article.published_at or self.article.posted_at
        return self.capture.published_at if self.capture is not None else None


@dataclass(slots=True)
class Taking:
    """What one took from the other; where it is not known who took it, `is_known` says so and the two are in order."""

    source: Node
    taker: Node
    is_known: bool
    n_words: int = 0
    n_passages: int = 0
    grounds: set[str] = field(default_factory=set)
    passage: str = ""
    longest: int = 0

    @property
    def article(self) -> Article | None:
        """Return the article beside which the passages are shown: of two, that which took them."""
        return self.taker.article or self.source.article

    @property
    def pages(self) -> list[Node]:
        """Return which of the two are source pages."""
        return [node for node in (self.source, self.taker) if node.capture is not None]


@dataclass(frozen=True, slots=True)
class Head:
    """An article at the head of its column, and to how many questions it says something else than most."""

    article: Article
    n_outliers: int


@dataclass(frozen=True, slots=True)
class Glance:
    """On how many questions an answer prevails, how many answers are outliers, and which outlets have most of them."""

    n_prevailing: int
    n_outliers: int
    most: list[tuple[str, int]]


@dataclass(slots=True)
class StoryView:
    """All that the page of a story shows."""

    story: Story
    merged: list[Story]
    told: list[Told]
    related: list[Told]
    columns: list[Column]
    rows: list[Row]
    nodes: list[Node]
    takings: list[Taking]

    @property
    def heads(self) -> list[Head]:
        """Return the articles in the order of the columns, each with how often it says something else than most."""
        return [
            Head(article, sum(1 for row in self.rows if row.cells[n].is_outlier))
            for n, article in enumerate(self.articles)
        ]

    @property
    def glance(self) -> Glance:
        """Count what prevails and what does not."""
        by_outlet: Counter[str] = Counter()
        for head in self.heads:
            article = head.article
            by_outlet[article.publisher.name if article.publisher else article.title[:40]] += head.n_outliers
        return Glance(
            sum(1 for row in self.rows if row.reading.common is not None),
            sum(row.n_outliers for row in self.rows),
            [(name, n) for name, n in by_outlet.most_common(MOST_NAMED) if n],
        )

    @property
    def articles(self) -> list[Article]:
        """Return the articles of the matrix in the order of its columns."""
        return [article for column in self.columns for article in column.articles]


def story_view(story: Story, by: Membership) -> StoryView:
    """Read a story with everything in it; at most 12 queries, however many articles and questions it has."""
    merged = list(
        visible_to(by, Story.objects.filter(merged_into=story.key, withdrawn_at__isnull=True))
        .select_related("created_by")
        .order_by("pk")
    )
    ids = [story.pk, *(each.pk for each in merged)]
    told, related = articles_of(ids, by)
    columns = _columns(told)
    in_order = [article for column in columns for article in column.articles]
    nodes, takings = _takings(told, by)
    rows = _rows(ids, in_order, by, merged_of(told))
    return StoryView(story, merged, told, related, columns, rows, nodes, takings)


def articles_of(story_ids: Sequence[int], by: Membership) -> tuple[list[Told], list[Told]]:
    """Return the articles that tell some stories, and those related to them, in order of time; 1 to 3 queries.

    In the place of an article that is merged into another stands that one, until they are parted.
    """
    rows = visible_to(by, StoryArticle.objects.filter(story__in=story_ids, withdrawn_at__isnull=True))
    rows = rows.select_related("article__publisher", "article__current_version").defer(
        "article__metadata", "article__candidates", "article__current_version__text"
    )
    listed = list(rows.order_by("pk"))
    kept = _kept([each.article for each in listed])
    found: dict[int, Told] = {}
    for each in listed:
        article = kept.get(each.article.merged_into_id or 0, each.article)
        known = found.setdefault(article.pk, Told(article, each.is_related))
        known.is_related = known.is_related and each.is_related
        if article is not each.article:
            known.merged.append(each.article_id)
    hide_outlets(by, [each.article for each in found.values()])
    in_order = sorted(found.values(), key=_age)
    return [each for each in in_order if not each.is_related], [each for each in in_order if each.is_related]


def _kept(articles: Iterable[Article]) -> dict[int, Article]:
    """Return the articles that those are merged into that are, by their ids; 1 query where there is any."""
    ids = {article.merged_into_id for article in articles if article.merged_into_id is not None}
    if not ids:
        return {}
    rows = Article.objects.filter(pk__in=ids).select_related("publisher", "current_version")
    return {row.pk: row for row in rows.defer("metadata", "candidates", "current_version__text")}


def merged_of(told: Iterable[Told]) -> dict[int, int]:
    """Return which article stands for one that is merged into it, by their ids."""
    return {gone: each.article.pk for each in told for gone in each.merged}


def _age(told: Told) -> tuple[bool, float, int]:
    dated = told.dated
    return dated is None, dated.timestamp() if dated else 0.0, told.article.pk


def _columns(told: Iterable[Told]) -> list[Column]:
    """Group articles by their publisher, publishers by their earliest article."""
    found: dict[str, Column] = {}
    for each in told:
        name = each.article.publisher.name if each.article.publisher else ""
        found.setdefault(name, Column(name, [])).articles.append(each.article)
    return list(found.values())


# The matrix


def _rows(
    story_ids: Sequence[int], articles: Sequence[Article], by: Membership, merged: Mapping[int, int]
) -> list[Row]:
    """Read the questions and the answers; 3 queries."""
    in_order = questions_of(story_ids, by)
    wanted = visible_to(by, cell_rows().filter(row__in=[row.pk for row in in_order], withdrawn_at__isnull=True))
    found = wanted.filter(article__in=[*(article.pk for article in articles), *merged])
    cells: dict[int, dict[int, AccountCell]] = {row.pk: {} for row in in_order}
    for cell in found.order_by("pk"):
        cells[cell.row_id][cell.article_id] = cell
    standing = {pk: by_article(some, merged) for pk, some in cells.items()}
    rows = [read_cells(row, articles, {a.pk: standing[row.pk].get(a.pk) for a in articles}) for row in in_order]
    for place, each in enumerate(rows, start=1):
        each.place = place
    return rows


def questions_of(story_ids: Sequence[int], by: Membership) -> list[AccountRow]:
    """Return the questions of some stories in their order; 1 query."""
    questions = visible_to(by, AccountRow.objects.filter(story__in=story_ids, withdrawn_at__isnull=True))
    return list(questions.select_related("created_by").order_by("position", "pk"))


def by_article(cells: Mapping[int, AccountCell], merged: Mapping[int, int]) -> dict[int, AccountCell]:
    """Return the answers to a question by the articles that stand: their own, else those of articles merged "
    "into them."""
    found = {article: cell for article, cell in cells.items() if article not in merged}
    for gone, kept in merged.items():
        if gone in cells:
            found.setdefault(kept, cells[gone])
    return found


def read_cells(row: AccountRow, articles: Sequence[Article], cells: dict[int, AccountCell | None]) -> Row:
    """Put the answers to a question side by side, and compare what they say."""
    statements = {pk: list(cell.statements.all()) if cell else [] for pk, cell in cells.items()}
    answers = {pk: [said(each) for each in found] for pk, found in statements.items() if cells[pk] is not None}
    reading = read_row(row.kind, answers)
    shown = []
    for article in articles:
        cell = cells[article.pk]
        proposed = reading.states.get(article.pk, State.UNCHECKED)
        state = cell.state if cell is not None and cell.state != State.UNCHECKED else proposed
        missing, added = reading.missing.get(article.pk, []), reading.added.get(article.pk, [])
        shown.append(Cell(row, article, cell, statements[article.pk], state, proposed, missing, added))
    return Row(row, reading, shown)


def said(statement: Statement) -> Said:
    """Return a statement as it is compared."""
    source = statement.said_by if statement.voice != Statement.Voice.OWN else ""
    return Said(statement.value, statement.text, source)


# Who took what from whom


Found = dict[tuple[str, str, bool], Taking]


def _takings(told: Sequence[Told], by: Membership) -> tuple[list[Node], list[Taking]]:
    """Return who stands in the picture, outlets of which nothing is held first, and what was taken; 3 queries."""
    nodes = {each.article.current_version_id: Node(str(each.article.uuid), each.article, "") for each in told}
    versions = [pk for pk in nodes if pk is not None]
    decisions = _decisions(versions, by)
    links = _links(told, versions, by, decisions)
    pages = _pages(links)
    found: Found = {}
    for link in links:
        _state, direction = decisions.get(link.pk, ("", ""))
        first = nodes[link.from_version_id]
        second = pages[link.to_capture.source_id] if link.to_capture else nodes[link.to_version_id]
        direction = direction or link.direction
        if _is_hidden(first) or _is_hidden(second):
            direction = Direction.UNKNOWN
        if direction == Direction.BACKWARD:
            first, second = second, first
        is_known = direction in (Direction.FORWARD, Direction.BACKWARD)
        _add(found, first, second, is_known, link, direction)
    outside = _named_only(told, list(pages.values()), found)
    undated = [page for page in pages.values() if page.dated is None]
    dated = [page for page in pages.values() if page.dated is not None]
    order = [*outside, *undated, *sorted([*nodes.values(), *dated], key=_node_age)]
    takings = sorted(found.values(), key=lambda each: (-each.n_words, each.source.key, each.taker.key))
    return order, takings


def _links(
    told: Sequence[Told], versions: Sequence[int], by: Membership, decisions: Mapping[int, tuple[str, str]]
) -> list[QuoteLink]:
    """Return the passages that stand which the articles share among each other and with captures; 1 query.

    The captured page of an article that is there itself is no other place.
    """
    rows = visible_to(by, QuoteLink.objects.filter(_among(versions)))
    rows = current(rows, with_captures=True).select_related("to_capture__source__publisher")
    own = {bytes(each.article.url_sha256) for each in told if each.article.url_sha256}
    links = [
        link
        for link in rows.defer("to_capture__text", "parts").order_by("pk")
        if link.to_capture is None or bytes(link.to_capture.source.url_sha256) not in own
    ]
    left_out = told_by_newer(captured_in(links), decisions)
    return [link for link in links if link.pk not in left_out and _stands(link, decisions)]


def _stands(link: QuoteLink, decisions: Mapping[int, tuple[str, str]]) -> bool:
    """Tell whether a passage was found and not rejected, or linked by hand and confirmed."""
    state = decisions.get(link.pk, ("", ""))[0]
    if link.made_by_id is not None:
        return state == QuoteDecision.State.CONFIRMED
    return state != QuoteDecision.State.REJECTED


def _among(versions: Sequence[int], link: str = "") -> Q:
    """Match passages of texts that stand in others of them or in captures, which are always the second."""
    second = Q(**{f"{link}to_version__in": versions}) | Q(**{f"{link}to_capture__isnull": False})
    return Q(**{f"{link}from_version__in": versions}) & second


def _pages(links: Iterable[QuoteLink]) -> dict[int, Node]:
    """Return a node for each source of which a capture shares a passage, by its id: as the newest of them is called."""
    newest: dict[int, Capture] = {}
    for link in links:
        page = link.to_capture
        if page is not None and (page.source_id not in newest or newest[page.source_id].fetched_at < page.fetched_at):
            newest[page.source_id] = page
    return {pk: Node(f"source-{page.source.uuid}", None, page.name, page) for pk, page in newest.items()}


def _node_age(node: Node) -> tuple[bool, float]:
    return node.dated is None, node.dated.timestamp() if node.dated else 0.0


def _add(
    found: Found,
    source: Node,
    taker: Node,
    is_known: bool,
    link: QuoteLink,
    direction: str,
) -> None:
    key = (source.key, taker.key, is_known)
    if not is_known and (taker.key, source.key, False) in found:
        key = (taker.key, source.key, False)
    taking = found.setdefault(key, Taking(source, taker, is_known))
    taking.n_words += link.n_words
    taking.n_passages += 1
    if link.n_words >= taking.longest:
        taking.longest, taking.passage = link.n_words, str(link.key)
    if is_known:
        ground = link.ground if direction == link.direction else QuoteLink.Ground.PERSON
        taking.grounds.add(str(QuoteLink.Ground(ground).label))


def _is_hidden(node: Node) -> bool:
    return node.article is not None and node.article.outlet_hidden


def _decisions(versions: Sequence[int], by: Membership) -> dict[int, tuple[str, str]]:
    """Return what was decided about each passage: by oneself, else the latest that one may see; 1 query."""
    rows = visible_to(by, QuoteDecision.objects.filter(_among(versions, "link__")))
    found: dict[int, tuple[str, str]] = {}
    own: dict[int, tuple[str, str]] = {}
    for link, who, state, direction in (
        rows.exclude(state=QuoteDecision.State.OPEN)
        .order_by("decided_at", "pk")
        .values_list("link_id", "decided_by_id", "state", "direction")
    ):
        found[link] = (state, direction)
        if who == by.pk:
            own[link] = (state, direction)
    return found | own


def _named_only(told: Sequence[Told], pages: Sequence[Node], found: Found) -> list[Node]:
    """Add what excerpts say they quote where no article of that outlet is in the story; 1 query.

    Where a page of that outlet is, or the very page that the excerpt names, it is that which they quote.
    """
    shown = {each.article.current_version_id: each.article for each in told if not each.article.outlet_hidden}
    held = {article.publisher_id for article in shown.values()}
    outside: dict[int, Node] = {}
    for zone in _excerpts(shown).order_by("version_id", "start"):
        if zone.publisher_id is not None and zone.publisher_id in held:
            continue
        article = shown[zone.version_id]
        node = _page_of(zone, pages)
        if node is None and zone.publisher is not None:
            new = Node(f"outlet-{len(outside) + 1}", None, zone.publisher.name)
            node = outside.setdefault(zone.publisher.pk, new)
        if node is None or (node.capture is not None and _share(node.key, str(article.uuid), found)):
            continue  # they share a passage: what is known of that says who took it
        key = (node.key, str(article.uuid), True)
        taking = found.setdefault(key, Taking(node, Node(str(article.uuid), article, ""), True))
        taking.n_passages += 1
        taking.grounds.add(_("an excerpt names it"))
    return list(outside.values())


def _share(one: str, other: str, found: Found) -> bool:
    """Tell whether two share a passage, so that an excerpt adds nothing."""
    keys = [(*both, is_known) for both in ((one, other), (other, one)) for is_known in (True, False)]
    return any(found[key].n_words > 0 for key in keys if key in found)


def _excerpts(shown: Iterable[int | None]) -> QuerySet[Region]:
    rows = Region.objects.filter(
        version__in=[pk for pk in shown if pk is not None], kind=Region.Kind.EXCERPT, withdrawn_at__isnull=True
    )
    return rows.filter(Q(publisher__isnull=False) | ~Q(url="")).select_related("publisher")


def _page_of(zone: Region, pages: Sequence[Node]) -> Node | None:
    """Return the source page that an excerpt quotes: the one that it names, else the only one of its outlet."""
    named = url_sha256(canonical_url(zone.url)) if zone.url else None
    of_outlet = []
    for node in pages:
        assert node.capture is not None
        source = node.capture.source
        if named is not None and bytes(source.url_sha256) == named:
            return node
        if zone.publisher_id is not None and source.publisher_id == zone.publisher_id:
            of_outlet.append(node)
    return of_outlet[0] if len(of_outlet) == 1 else None
