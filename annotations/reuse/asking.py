"""Where else does this passage stand? Asked of any words, or of a part of an article, and answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotations.access import Act, hide_outlets, require
from annotations.errors import NotThere, Refused
from annotations.models import Article, ArticleVersion, Membership
from annotations.reuse import index
from annotations.reuse.aligning import LEAST, Passage, shared_passages
from annotations.reuse.texts import Text, load_texts
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
class Answer:
    """The places of a passage, the longest first; `n_common` of its runs were too common to look at."""

    places: tuple[Place, ...]
    n_common: int


def where_else(
    by: Membership, *, text: str | None = None, version: ArticleVersion | None = None, span: Span | None = None
) -> Answer:
    """Return where the text, or the span of a version, stands in other articles of the project; at most 7 queries.

    Raises `Refused` for fewer than eight words, which nothing is promised for, and for more than `LONGEST`.
    """
    require(by, Act.VIEW)
    words, within = _asked(text, version, span)
    first, end = within
    if weight(words.forms[first:end]) < LEAST:
        message = _("Choose at least %(least)s words; of scripts without spaces, twice as many characters.")
        raise Refused("passage_too_short", message % {"least": LEAST}, field="text" if version is None else "end")
    hits = index.texts_with(index.hashes_of(words, by.project_id, within=within))
    own = version.pk if version is not None else None
    texts = load_texts(pk for pk in hits.best(index.MOST_CANDIDATES + 1) if pk != own)
    found = [
        (other, passage)
        for other in texts.values()
        if other.project_id == by.project_id and (version is None or other.article_id != version.article_id)
        for passage in shared_passages(words, other.words, within=within)
    ]
    places = _places(words, found)
    hide_outlets(by, [place.article for place in places])
    return Answer(tuple(places), hits.n_common)


def _asked(text: str | None, version: ArticleVersion | None, span: Span | None) -> tuple[Words, tuple[int, int]]:
    if version is not None and span is not None:
        if span.end > version.length:
            raise Refused("span_outside", _("The span lies outside its text."), field="end")
        if len(span) > LONGEST:
            raise Refused("passage_too_long", _("Choose at most %(most)s characters.") % {"most": LONGEST}, field="end")
        found = load_texts([version.pk]).get(version.pk)
        if found is None:
            raise NotThere("version_not_found", _("There is no such article version in this project."))
        return found.words, found.words.between(span.start, span.end)
    if text is None or len(text) > LONGEST:
        raise Refused("passage_too_long", _("Choose at most %(most)s characters.") % {"most": LONGEST}, field="text")
    words = words_of(text)
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
