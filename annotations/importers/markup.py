"""From a tree of HTML (or of the extraction library) to text: paragraphs, links and zones with exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from django.utils.translation import gettext as _
from lxml import etree, html

from annotations.importers import limits
from annotations.importers.records import FileRefused, ImportedLink
from annotations.text.urls import BadUrl, check_source_url
from annotations.text.zones import Zone


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


DROPPED = _tags(
    "script style noscript template iframe frame frameset object applet canvas audio video map button select"
    " option textarea input svg title meta link base annotation annotation-xml graphic"
)
_PARAGRAPHS = _tags(
    "p div section article aside header footer main nav h1 h2 h3 h4 h5 h6 blockquote pre figure figcaption table"
    " caption address hr details summary center dl hgroup fieldset form body ul ol head quote list"
)
_LINES = _tags("li dt dd tr item row")
_CELLS = _tags("td th cell")
_LISTS = _tags("ul ol list")
_BREAKS = _tags("br lb")
_LINKS = {"a": "href", "ref": "target"}
_ZONES = {"h1": "headline", "figcaption": "caption", "blockquote": "excerpt", "quote": "excerpt"}
_CAPTION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:wp-caption-text|caption-text|photo-?caption|image-?caption)(?:$|[\s_-])", re.I
)
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f]+")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with the links and zones of its markup; offsets in code points."""

    text: str
    links: tuple[ImportedLink, ...]
    zones: tuple[Zone, ...]


def parse_page(page: str) -> html.HtmlElement:
    """Return the tree of a page. Raises FileRefused for one that is nested too deep, or has too many elements."""
    return _parse(page)


def parse_fragment(fragment: str) -> html.HtmlElement:
    """Return a piece of HTML under one <div>."""
    return _parse(f"<div>{fragment}</div>")


def _parse(markup: str) -> html.HtmlElement:
    if markup.count("<") > limits.PAGE_TAGS:
        message = _("The page has more than %(count)s tags. Save it as plain text.")
        raise FileRefused(message % {"count": limits.PAGE_TAGS})
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(markup.encode("utf-8"), parser=parser)
    except etree.ParserError as error:
        raise FileRefused(_("The page holds nothing to read.")) from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise FileRefused(_("The elements of the page stand too deep in one another. Save it as plain text."))
    return tree


def drop_unseen(tree: html.HtmlElement) -> None:
    """Remove what a reader does not see, with forms; text that follows such an element stays."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if element.tag == "embed":  # has no content, but the parser puts all that follows into it
            element.drop_tag()
        elif _is_unseen(element):
            element.drop_tree()


def _is_unseen(element: html.HtmlElement) -> bool:
    if element.tag in DROPPED or element.tag == "head":
        return True
    return element.get("hidden") is not None or bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def plain_words(fragment: str) -> str:
    """Return the words of a short piece of HTML in one line.

    >>> plain_words("Rain &amp; <em>wind</em>")
    'Rain & wind'
    """
    if not fragment.strip():
        return ""
    tree = parse_fragment(fragment)
    drop_unseen(tree)
    return " ".join("".join(tree.itertext()).split())


def read_tree(tree: etree._Element, base_url: str = "") -> MarkedText:
    """Return the visible text of a tree: paragraphs with an empty line between them, cells with a tab."""
    writer = _Writer(base_url)
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(element.tag, str):
            if event == "end" and element.tail:
                writer.add(element.tail)
            continue
        if event == "start":
            writer.start(element)
        else:
            writer.end(element)
            if element.tail and element is not tree:
                writer.add(element.tail)
    return writer.finish()


@dataclass(slots=True)
class _Open:
    """A link or zone that has begun; `start` is set with the first character in it."""

    element: etree._Element
    value: str
    start: int | None = None


@dataclass(slots=True)
class _Writer:
    """Build the text: spaces collapse, breaks wait until a character follows."""

    base_url: str
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _break: int = 0
    _has_line_break: bool = False
    _space: str = ""
    _depth_of_pre: int = 0
    _depth_of_lists: int = 0
    _depth_of_drop: int = 0
    _open_links: list[_Open] = field(default_factory=list)
    _open_zones: list[_Open] = field(default_factory=list)
    _links: list[ImportedLink] = field(default_factory=list)
    _zones: list[Zone] = field(default_factory=list)

    def start(self, element: etree._Element) -> None:
        tag = element.tag
        if self._depth_of_drop or tag in DROPPED:
            self._depth_of_drop += 1
            return
        self._break_before(tag)
        self._depth_of_pre += tag == "pre"
        self._depth_of_lists += tag in _LISTS
        if tag in _LINKS:
            self._open_links.append(_Open(element, element.get(_LINKS[tag]) or ""))
        kind = _ZONES.get(tag) or ("headline" if tag == "head" and element.get("rend") == "h1" else "")
        kind = kind or ("caption" if _CAPTION_CLASS.search(element.get("class") or "") else "")
        if kind:
            self._open_zones.append(_Open(element, kind))
        if element.text:
            self.add(element.text)

    def end(self, element: etree._Element) -> None:
        tag = element.tag
        if self._depth_of_drop:
            self._depth_of_drop -= 1
            return
        if self._open_links and self._open_links[-1].element is element:
            self._close_link(self._open_links.pop())
        if self._open_zones and self._open_zones[-1].element is element:
            self._close_zone(self._open_zones.pop())
        self._depth_of_pre -= tag == "pre"
        self._depth_of_lists -= tag in _LISTS
        if tag in _CELLS:
            self._space = "\t"
        elif tag not in _BREAKS:
            self._break_before(tag)

    def add(self, raw: str) -> None:
        if self._depth_of_drop:
            return
        if self._depth_of_pre:
            self._add_lines(raw)
            return
        words = _SPACES.sub(" ", raw)
        if words.startswith(" "):
            self._space = self._space or " "
        is_at_start = self._break or not self._length
        visible = words.strip(" \u00a0") if is_at_start else words.strip(" ")
        if not visible:
            return
        visible = words.lstrip(" \u00a0").rstrip(" ") if is_at_start else visible
        self._write(visible)
        self._space = " " if words.endswith(" ") else ""

    def _add_lines(self, raw: str) -> None:
        for number, line in enumerate(raw.replace("\r\n", "\n").split("\n")):
            if number:
                self._line_break()
            if line:
                self._write(line)

    def _write(self, words: str) -> None:
        if self._break and self._length:
            self._trim()
            self._append("\n" * self._break)
        elif self._space and self._length:
            self._append(self._space)
        self._break, self._space, self._has_line_break = 0, "", False
        for each in (*self._open_links, *self._open_zones):
            each.start = self._length if each.start is None else each.start
        self._append(words)

    def _append(self, words: str) -> None:
        self._parts.append(words)
        self._length += len(words)

    def _trim(self) -> None:
        """Take spaces from the end of the line that is being ended."""
        while self._parts and (kept := self._parts[-1].rstrip(" \u00a0\t")) != self._parts[-1]:
            self._length -= len(self._parts[-1]) - len(kept)
            self._parts[-1] = kept
            if kept:
                return
            self._parts.pop()

    def _break_before(self, tag: str) -> None:
        if tag in _BREAKS:
            self._line_break()
        elif tag in _LISTS and self._depth_of_lists:
            self._break = max(self._break, 1)
        elif tag in _PARAGRAPHS:
            self._break = 2
        elif tag in _LINES:
            self._break = max(self._break, 1)

    def _line_break(self) -> None:
        """Two line breaks in a row are the end of a paragraph."""
        self._break = 2 if self._has_line_break or self._break == 2 else 1
        self._has_line_break = True

    def _close_link(self, link: _Open) -> None:
        if link.start is None or len(self._links) >= limits.LINKS:
            return
        target = link.value.strip()
        if not target or target.startswith("#"):
            return
        try:
            url = check_source_url(urljoin(self.base_url, target) if self.base_url else target)
        except (BadUrl, ValueError):
            return
        self._links.append(ImportedLink(link.start, self._length, url))

    def _close_zone(self, zone: _Open) -> None:
        if zone.start is not None:
            self._zones.append(Zone(zone.value, zone.start, self._length))

    def finish(self) -> MarkedText:
        self._trim()
        text = "".join(self._parts)
        return MarkedText(text, tuple(self._links_within(text)), tuple(self._zones_within(text)))

    def _links_within(self, text: str) -> Iterator[ImportedLink]:
        for link in sorted(self._links, key=lambda each: (each.start, each.end)):
            end = link.start + len(text[link.start : link.end].rstrip())
            if end > link.start:
                yield ImportedLink(link.start, end, link.url)

    def _zones_within(self, text: str) -> Iterator[Zone]:
        for zone in sorted(self._zones, key=lambda each: (each.start, -each.end)):
            end = zone.start + len(text[zone.start : zone.end].rstrip())
            if end > zone.start:
                yield Zone(zone.kind, zone.start, end)
