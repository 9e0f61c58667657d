"""Who took what from whom as SVG: the articles from top to bottom in order of time, an arc for each taking.

The picture has a title and a description, and the same stands as a list beside it. Colours are the page's tokens.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.stories.reading import Node, StoryView, Taking

ROW, TOP, LEFT, WIDTH = 46, 14, 132, 640
LONGEST_NAME, LONGEST_OUTLET = 52, 40
MOST_NODES, MOST_ARCS = 60, 200


def taking_picture(view: StoryView) -> SafeString | str:
    """Draw the takings of a story; nothing where there is none."""
    takings = view.takings[:MOST_ARCS]
    concerned = {node.key for taking in takings for node in (taking.source, taking.taker)}
    nodes = [node for node in view.nodes if node.key in concerned][:MOST_NODES]
    places = {node.key: n for n, node in enumerate(nodes)}
    takings = [each for each in takings if each.source.key in places and each.taker.key in places]
    if not takings:
        return ""
    height = TOP + ROW * len(nodes) + 4
    parts = [*(_arc(each, places) for each in reversed(takings)), *(_node(node, places[node.key]) for node in nodes)]
    return format_html(
        '<svg class="story-picture" role="img" aria-labelledby="takings-title takings-about" viewBox="0 0 {} {}" '
        'width="{}" height="{}"><title id="takings-title">{}</title><desc id="takings-about">{}</desc>'
        '<defs><marker id="taken" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="story-arrow" d="M0 0 8 4 0 8Z"/></marker></defs>'
        "{}</svg>",
        *(WIDTH, height, WIDTH, height, _("Who took what from whom"), _described(takings, nodes)),
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def name_of(node: Node) -> str:
    """Return how a node is called in words."""
    if node.capture is not None:
        return _("%(page)s (source page)") % {"page": node.name}
    if node.article is None:
        return _("%(outlet)s (not held)") % {"outlet": node.name}
    return node.article.title or str(node.article.uuid)


def _described(takings: list[Taking], nodes: list[Node]) -> str:
    first = "; ".join(sentence_of(each) for each in takings[:5])
    there = ngettext(
        "%(n)s article, source page or outlet from top to bottom.",
        "%(n)s articles, source pages and outlets from top to bottom.",
        len(nodes),
    )
    return f"{there % {'n': len(nodes)}} {first}"


def sentence_of(taking: Taking) -> str:
    """Say in one sentence who took what from whom."""
    names = {"source": f"\u2068{name_of(taking.source)}\u2069", "taker": f"\u2068{name_of(taking.taker)}\u2069"}
    if not taking.n_words:
        return _("%(taker)s quotes %(source)s") % names
    words = ngettext("%(n)s word", "%(n)s words", taking.n_words) % {"n": taking.n_words}
    if taking.is_known:
        return _("%(taker)s took %(words)s from %(source)s") % {**names, "words": words}
    return _("%(source)s and %(taker)s share %(words)s; who took them is not known") % {**names, "words": words}


def _node(node: Node, place: int) -> SafeString:
    y = TOP + place * ROW + ROW // 2 - 6
    dated = node.dated.date().isoformat() if node.dated else ""
    kind = _("source page") if node.capture is not None else ""
    facts = " · ".join(each for each in (kind, _short(node.outlet, LONGEST_OUTLET), dated) if each)
    name = node.name if node.capture is not None else name_of(node)
    return format_html(
        '{}<text class="story-name" x="{}" y="{}">{}</text><text class="story-facts" x="{}" y="{}">{}</text>',
        _sign(node, y),
        *(LEFT + 14, y + (1 if facts else 5), _short(name, LONGEST_NAME)),
        *(LEFT + 14, y + 17, facts),
    )


def _sign(node: Node, y: int) -> SafeString:
    """Draw a full dot for an article, a square for a source page, an empty dot for what is not held."""
    if node.capture is not None:
        return format_html('<rect class="story-dot-page" x="{}" y="{}" width="12" height="12"/>', LEFT - 6, y - 6)
    name = "story-dot" if node.article is not None else "story-dot-outside"
    return format_html('<circle class="{}" cx="{}" cy="{}" r="6"/>', name, LEFT, y)


def _arc(taking: Taking, places: dict[str, int]) -> SafeString:
    first, last = places[taking.source.key], places[taking.taker.key]
    start, end = (TOP + place * ROW + ROW // 2 - 6 for place in (first, last))
    reach = LEFT - 14 - min(110, 26 + 18 * abs(first - last))
    width = min(6.0, 1.2 + taking.n_words / 40)
    return format_html(
        '<path class="{}" d="M{} {}C{} {} {} {} {} {}" stroke-width="{}" marker-end="{}"><title>{}</title></path>',
        "story-arc" if taking.is_known else "story-arc story-arc-open",
        *(LEFT - 7, start, reach, start, reach, end, LEFT - 8, end, f"{width:.1f}"),
        *("url(#taken)" if taking.is_known else "none", sentence_of(taking)),
    )


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def lines_of(view: StoryView) -> Iterator[tuple[Taking, str]]:
    """Yield the takings with the sentence of each: the list behind the picture."""
    for taking in view.takings:
        yield taking, sentence_of(taking)
