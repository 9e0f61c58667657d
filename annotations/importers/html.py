"""Web pages: the main text by trafilatura, links and paragraphs kept, facts as the page states them."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext as _
from lxml import html

from annotations.importers import limits
from annotations.importers.composing import raw_pointer
from annotations.importers.decoding import decode_page
from annotations.importers.fields import Place
from annotations.importers.markup import MarkedText, drop_unseen, parse_page, read_tree
from annotations.importers.opening import InputFile
from annotations.importers.page_article import Stated, article_from_markup
from annotations.importers.page_facts import PageFacts, facts_of
from annotations.importers.plain_text import normalised_text, read_whole
from annotations.importers.records import ImportedArticle, Problem, rejected
from annotations.text.ids import id_from_path
from annotations.text.urls import canonical_url

SHORTEST_MAIN_TEXT = 200
"""Where the library finds fewer characters, the whole page is taken."""


def read(source: InputFile) -> Iterator[ImportedArticle | Problem]:
    """Yield the article of one page."""
    data = read_whole(source)
    decoded = decode_page(data)
    yield from decoded.notice(source.name)
    page = normalised_text(decoded.text.removeprefix("\ufeff"))
    tree = parse_page(page)
    facts = facts_of(tree)
    place = Place(source.name, None, source.path)
    stated = _stated(facts, source, {} if decoded.encoding == "utf-8" else {"encoding": decoded.encoding})
    article = article_from_markup(main_text(tree, facts.url, place), stated, raw_pointer(source, data), place)
    if article is not None:
        yield article
    yield from rejected(place.problems)
    yield from place.remarks


def main_text(tree: html.HtmlElement, url: str, place: Place) -> MarkedText:
    """Return the main text of a page.

    Where its one <article> holds that text and little else, the article is taken whole, with byline and captions;
    where no main text is found, or the page has too many elements to look for it, all that is seen on the page.
    """
    drop_unseen(tree)
    n_elements = int(tree.xpath("count(//*)"))
    if n_elements > limits.SIFTED_ELEMENTS:
        message = _("The page has %(count)s elements, too many to tell its article from the rest: all of it was taken.")
        place.remark("text", "", message % {"count": n_elements})
        return _article_element(tree, url) or read_tree(tree, url)
    marked = _extracted(tree, url)
    length = len(marked.text) if marked else 0
    article = _article_element(tree, url)
    if article and 0.8 * length <= len(article.text) <= max(1.5 * length, length + 2_000):
        return article
    if marked and length >= SHORTEST_MAIN_TEXT:
        return marked
    whole = read_tree(tree, url)
    return marked if marked and 2 * length > len(whole.text) else whole


def _article_element(tree: html.HtmlElement, url: str) -> MarkedText | None:
    """Return the text of the page's one <article>, without what stands beside it."""
    articles = list(tree.iter("article"))
    if len(articles) != 1:
        return None
    article = copy.deepcopy(articles[0])
    for element in list(article.iter("nav", "aside")):
        element.drop_tree()
    return read_tree(article, url)


def _extracted(tree: html.HtmlElement, url: str) -> MarkedText | None:
    """Return what the extraction library takes for the main text."""
    import trafilatura  # it takes a tenth of what a process needs to start, and few processes read a page

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs addresses and texts of the page
    found = trafilatura.bare_extraction(
        copy.deepcopy(tree),
        favor_recall=True,
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_tables=True,
        with_metadata=False,
    )
    body = getattr(found, "body", None)
    return None if body is None else read_tree(body, url)


def _stated(facts: PageFacts, source: InputFile, metadata: dict[str, Any]) -> Stated:
    if facts.modified_at:
        metadata["modified_at"] = facts.modified_at.isoformat()
    return Stated(
        external_id=id_from_path(canonical_url(facts.url) if facts.url else source.path),
        title=facts.title[: limits.TITLE_LENGTH],
        publisher=facts.site_name[: limits.PUBLISHER_LENGTH],
        byline=facts.byline,
        published_at=facts.published_at,
        has_date=facts.published_at is not None,
        url=facts.url,
        language=facts.language,
        direction=facts.direction,
        metadata=metadata,
        has_own_headline=True,
        extractor=f"trafilatura {version('trafilatura')}",
    )
