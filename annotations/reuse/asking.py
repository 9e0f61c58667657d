"""Where else does this passage stand? Asked of any words, or of a part of an article, and answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotations.access import Act, hide_outlets, require, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import Article, ArticleVersion, Capture, Membership
from annotations.reuse import index
from annotations.reuse.aligning import LEAST, Passage, shared_passages
from annotations.reuse.originals import Missing, missing_originals
from annotations.reuse.texts import Rules, Text, load_texts
from annotations.reuse.words import Words, weight, words_of
from annotations.text.spans import Span

LONGEST = 20_000
"""Code points of a passage that is asked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands too: the article and its text, both spans, and how alike they are."""

    article: Article
    version_id: int
    version_uuid: str
    asked: Span
    span: Span
    quote: str
    n_words: int
    score: float
    relation: str


@dataclass(frozen=True, slots=True)
class CapturePlace:
    """Where a passage stands in a capture that one may see."""

    capture: Capture
    asked: Span
    span: Span
    quote: str
    n_words: int
    score: float
    relation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The places of a passage, the longest first; `n_common` of its runs were too common to look at.

    `not_held` are the sources that texts name where the passage stands, and that are not in the corpus.
    """

    places: tuple[Place, ...]
    n_common: int
    captures: tuple[CapturePlace, ...] = ()
    not_held: tuple[Missing, ...] = ()


def where_else(
    by: Membership, *, text: str | None = None, version: ArticleVersion | None = None, span: Span | None = None
) -> Answer:
    """Return where the text, or the span of a version, stands in other articles of the project; at most 17 queries.

    Raises `Refused` for fewer than eight words, which nothing is promised for, and for more than `LONGEST`.
    """
    require(by, Act.VIEW)
    rules = Rules.of(by.project_id)
    words, within = _asked(by, rules, text, version, span)
    first, end = within
    if weight(words.forms[first:end]) < LEAST:
        message = _("Choose at least %(least)s words; of scripts without spaces, twice as many characters.")
        raise Refused("passage_too_short", message % {"least": LEAST}, field="text" if version is None else "end")
    hits = index.texts_with(index.hashes_of(words, by.project_id, within=within))
    own = version.pk if version is not None else None
    captures = _seen_captures(by, [-pk for pk in hits.texts if pk < 0])
    wanted = [pk for pk in hits.of_articles().best(index.MOST_CANDIDATES + 1) if pk != own]
    texts = load_texts([*wanted, *captures], rules={by.project_id: rules})
    found = [
        (other, passage)
        for other in texts.values()
        if other.project_id == by.project_id and (version is None or other.article_id != version.article_id)
        for passage in shared_passages(words, other.words, within=within)
    ]
    places = _places(words, [each for each in found if not each[0].is_capture])
    hide_outlets(by, [place.article for place in places])
    stretches = [(place.version_id, place.span) for place in places]
    if version is not None and span is not None:
        stretches.append((version.pk, span))
    (missing,) = missing_originals([stretches], by)
    return Answer(tuple(places), hits.n_common, tuple(_in_captures(words, found)), tuple(missing))


def _seen_captures(by: Membership, pks: Sequence[int]) -> set[int]:
    """Return those captures that one may see, as texts; 1 query where there are any."""
    if not pks:
        return set()
    seen = visible_to(by, Capture.objects.filter(pk__in=pks)).values_list("pk", flat=True)
    return {-pk for pk in seen[: index.MOST_CANDIDATES]}


def _in_captures(words: Words, found: Sequence[tuple[Text, Passage]]) -> list[CapturePlace]:
    captured = [each for each in found if each[0].is_capture]
    rows = Capture.objects.select_related("source").defer("text")
    captures = rows.in_bulk({-text.version_id for text, _passage in captured}) if captured else {}
    made = []
    for text, passage in captured:
        span, asked = text.words.span(passage.b_first, passage.b_end), words.span(passage.a_first, passage.a_end)
        score = round(passage.score, 4)
        quote = span.text_of(text.text)
        capture = captures[-text.version_id]
        made.append(CapturePlace(capture, asked, span, quote, passage.equal, score, passage.relation))
    return sorted(made, key=lambda place: (-place.n_words, place.capture.pk, place.span.start))


def _asked(
    by: Membership, rules: Rules, text: str | None, version: ArticleVersion | None, span: Span | None
) -> tuple[Words, tuple[int, int]]:
    if version is not None and span is not None:
        if span.end > version.length:
            raise Refused("span_outside", _("The span lies outside its text."), field="end")
        if len(span) > LONGEST:
            raise Refused("passage_too_long", _("Choose at most %(most)s characters.") % {"most": LONGEST}, field="end")
        found = load_texts([version.pk], rules={by.project_id: rules}).get(version.pk)
        if found is None:
            raise NotThere("version_not_found", _("There is no such article version in this project."))
        return found.words, found.words.between(span.start, span.end)
    if text is None or len(text) > LONGEST:
        raise Refused("passage_too_long", _("Choose at most %(most)s characters.") % {"most": LONGEST}, field="text")
    words = words_of(text, same=rules.same)
    return words, (0, len(words.forms))


def _places(words: Words, found: Sequence[tuple[Text, Passage]]) -> list[Place]:
    articles = Article.objects.select_related("publisher").in_bulk({text.article_id for text, _passage in found})
    made = []
    for text, passage in found:
        span = text.words.span(passage.b_first, passage.b_end)
        made.append(
            Place(
                articles[text.article_id],
                text.version_id,
                text.uuid,
                words.span(passage.a_first, passage.a_end),
                span,
                span.text_of(text.text),
                passage.equal,
                round(passage.score, 4),
                passage.relation,
            )
        )
    return sorted(made, key=lambda place: (-place.n_words, place.article.pk, place.span.start))
