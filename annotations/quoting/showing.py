"""Quotations as a member sees them: their state, where their words stand, what was decided, and lists of them.

The state follows from the places that one may see: what somebody called the original decides; else the best place that
nobody called none; without one the named source is not held, or the words are not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from annotations.access import hide_outlets, hides_outlets, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import (
    Article,
    ArticleVersion,
    Capture,
    Membership,
    Quotation,
    QuotationDecision,
    QuotationMatch,
)
from annotations.quoting.matching import match_quotation, parts_of
from annotations.reuse.differing import differences
from annotations.reuse.texts import load_texts
from annotations.text.spans import Span
from annotations.text.wording import Piece
from annotations.workflow.quotations import NewPlace, place_rows

State, Decided = Quotation.State, QuotationDecision.State
WITHOUT_ORIGINAL = "without"
FILTERS = (*State.values, WITHOUT_ORIGINAL)


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Where a quotation stands too, with what oneself and others decided; `state` is what counts for one."""

    match: QuotationMatch
    own: QuotationDecision | None
    others: tuple[QuotationDecision, ...]
    state: str

    @property
    def article(self) -> Article | None:
        """Return the article it stands in, none for a capture."""
        return self.match.version.article if self.match.version else None


@dataclass(frozen=True, slots=True)
class ShownQuotation:
    """A quotation with its state and places; `named` is the source beside it, empty where that is hidden."""

    row: Quotation
    state: str
    places: tuple[ShownPlace, ...]
    named: str

    @property
    def best(self) -> ShownPlace | None:
        """Return the place that the state rests on."""
        standing = [each for each in self.places if each.state != Decided.NOT_ORIGINAL]
        originals = [each for each in standing if each.state == Decided.ORIGINAL]
        return next(iter(originals or standing), None)

    @property
    def state_name(self) -> str:
        """Return the state in words."""
        return str(State(self.state).label)


def with_states(rows: QuerySet[Quotation], by: Membership) -> QuerySet[Quotation]:
    """Add to quotations the column `state` as the membership sees it."""
    decisions = visible_to(by, QuotationDecision.objects.filter(match=OuterRef("pk"))).exclude(state=Decided.OPEN)
    own = decisions.filter(decided_by_id=by.pk).values("state")[:1]
    latest = decisions.order_by("-decided_at", "-pk").values("state")[:1]
    places = current_places(visible_to(by, QuotationMatch.objects.filter(quotation=OuterRef("pk")))).annotate(
        decided=Coalesce(Subquery(own), Subquery(latest), Value(Decided.OPEN.value))
    )
    originals = places.filter(decided=Decided.ORIGINAL)
    standing = places.filter(Q(decided=Decided.OPEN) | Q(decided=Decided.ORIGINAL))
    captured = visible_to(by, Capture.objects.filter(length__gt=0, source__url_sha256=OuterRef("named_url_sha256")))
    names = Q(named_publisher__isnull=False) | Q(named_url_sha256__isnull=False)
    state = Case(
        When(Exists(originals.filter(is_verbatim=True)), then=Value(State.VERBATIM.value)),
        When(Exists(originals), then=Value(State.ALTERED.value)),
        When(Exists(standing.filter(is_verbatim=True)), then=Value(State.VERBATIM.value)),
        When(Exists(standing), then=Value(State.ALTERED.value)),
        When(names & Q(is_held=False) & ~Q(Exists(captured)), then=Value(State.NOT_HELD.value)),
        default=Value(State.NOT_FOUND.value),
        output_field=CharField(),
    )
    return rows.annotate(state=state)


def current_places(rows: QuerySet[QuotationMatch]) -> QuerySet[QuotationMatch]:
    """Keep places in captures, and in texts that are current and not withheld."""
    current = Q(
        version__article__current_version=F("version"),
        version__article__merged_into__isnull=True,
        version__withheld_at__isnull=True,
    )
    return rows.filter(current | Q(capture__isnull=False, capture__withheld_at__isnull=True))


def quotations_in(by: Membership, *, article: Article | None = None) -> QuerySet[Quotation]:
    """Return the quotations of present texts that one may see, with their states, each once.

    What the marks show is left out where somebody whose work one sees annotated the same words.
    """
    seen = visible_to(by, Quotation.objects.all())
    annotated = seen.filter(
        annotation__isnull=False,
        version=OuterRef("version"),
        start__range=(OuterRef("start") - 1, OuterRef("start") + 1),
        end__range=(OuterRef("end") - 1, OuterRef("end") + 1),
    )
    rows = seen.filter(
        version__article__current_version=F("version"),
        version__article__merged_into__isnull=True,
        version__withheld_at__isnull=True,
    ).filter(Q(annotation__withdrawn_at__isnull=True), Q(annotation__isnull=False) | ~Q(Exists(annotated)))
    if article is not None:
        rows = rows.filter(version=article.current_version_id)
    rows = rows.select_related("version__article__publisher", "named_publisher", "annotation")
    return with_states(rows.defer("version__text"), by)


def narrowed(rows: QuerySet[Quotation], *, state: str = "", words: str = "", origin: str = "") -> QuerySet[Quotation]:
    """Keep quotations of a state, or without an original; with words in them or in their speaker; of an origin."""
    if state == WITHOUT_ORIGINAL:
        rows = rows.filter(state__in=(State.NOT_FOUND, State.NOT_HELD))  # type: ignore[misc]
    elif state:
        rows = rows.filter(state=state)  # type: ignore[misc]
    if words:
        rows = rows.filter(Q(quote__icontains=words) | Q(speaker__icontains=words))
    return rows.filter(origin=origin) if origin else rows


def shown_quotations(rows: Sequence[Quotation], by: Membership) -> list[ShownQuotation]:
    """Return quotations that carry their states with their places; 3 queries."""
    decisions = visible_to(by, QuotationDecision.objects.select_related("decided_by")).order_by("decided_at", "pk")
    places = current_places(visible_to(by, place_rows().filter(quotation__in=[row.pk for row in rows])))
    places = places.prefetch_related(Prefetch("decisions", decisions)).order_by("-is_verbatim", "-score", "pk")
    by_row: dict[int, list[ShownPlace]] = {row.pk: [] for row in rows}
    for match in places:
        by_row[match.quotation_id].append(_place(match, by))
    articles = [row.version.article for row in rows]
    articles += [place.article for each in by_row.values() for place in each if place.article]
    hide_outlets(by, articles)
    may_name = not hides_outlets(by)
    return [
        ShownQuotation(row, row.state, tuple(by_row[row.pk]), _named(row) if may_name else "")  # type: ignore[attr-defined]
        for row in rows
    ]


def _place(match: QuotationMatch, by: Membership) -> ShownPlace:
    decisions = list(match.decisions.all())
    own = next((each for each in decisions if each.decided_by_id == by.pk), None)
    others = tuple(each for each in decisions if each.decided_by_id != by.pk)
    standing = [each for each in others if each.state != Decided.OPEN]
    if own is not None and own.state != Decided.OPEN:
        state = own.state
    else:
        state = standing[-1].state if standing else Decided.OPEN.value
    return ShownPlace(match, own, others, state)


def _named(row: Quotation) -> str:
    return row.named_publisher.name if row.named_publisher else row.named_url


@dataclass(frozen=True, slots=True)
class Compared:
    """A quotation beside the words of a place: pieces of either, what stands on one side only marked."""

    quotation: tuple[Piece, ...]
    place: tuple[Piece, ...]
    quote: str


def compared(shown: Iterable[ShownQuotation]) -> dict[int, Compared]:
    """Return the words of places beside their quotations, by the ids of places; 2 queries."""
    pairs = [(each.row.quote, place.match) for each in shown for place in each.places]
    versions = {match.version_id for _quote, match in pairs if match.version_id}
    captures = {match.capture_id for _quote, match in pairs if match.capture_id}
    texts = dict(ArticleVersion.objects.filter(pk__in=versions).values_list("pk", "text")) if versions else {}
    pages = dict(Capture.objects.filter(pk__in=captures).values_list("pk", "text")) if captures else {}
    found = {}
    for quote, match in pairs:
        text = texts[match.version_id] if match.version_id else pages[match.capture_id or 0]
        words = Span(match.start, match.end).text_of(text)
        first, second = differences(quote, words)
        found[match.pk] = Compared(tuple(first), tuple(second), words)
    return found


def place_of(
    quotation: Quotation, key: UUID, where: ArticleVersion | Capture, span: Span, quote: str, note: str = ""
) -> NewPlace:
    """Return a place that somebody shows, with how like the quotation its words are; 2 to 5 queries.

    Raises `Refused` where words do not stand where they are said to, `NotThere` for a text that is not current.
    """
    pk = -where.pk if isinstance(where, Capture) else where.pk
    texts = load_texts([quotation.version_id, pk])
    own, other = texts.get(quotation.version_id), texts.get(pk)
    if own is None or other is None:
        raise NotThere("version_not_found", _("There is no such article version in this project."))
    if other.article_id == own.article_id:
        raise Refused("same_article", _("Choose passages of two different articles."), field="version")
    if span.end > other.length or span.text_of(other.text) != quote:
        raise Refused(
            "quote_mismatch",
            _("These words do not stand there in the text. Send text[start:end] as the quote."),
            field="quote",
        )
    parts = parts_of(own.all_words, own.text, own.all_words.between(quotation.start, quotation.end))
    there = parts_of(other.all_words, other.text, other.all_words.between(span.start, span.end))
    match = match_quotation(parts, there)
    is_verbatim = match is not None and match.is_verbatim
    return NewPlace(key, where, span, is_verbatim, match.score if match else 0.0, note)
