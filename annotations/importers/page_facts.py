"""What a page states about itself: title, byline, site, date, language, direction. Only statements, no guesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import html

from annotations.importers.fields import parse_date
from annotations.importers.json_items import BrokenJson, parse
from annotations.text.language import language_tag
from annotations.text.urls import BadUrl, check_source_url

_TITLES = ("og:title", "twitter:title", "dc.title", "dcterm:title", "dc:title", "parsely-title", "weibo:article:title")
_BYLINES = ("author", "dc.creator", "dc:creator", "dcterm:creator", "parsely-author", "sailthru.author", "byl")
_SITES = ("og:site_name", "application-name")
_DATES = (
    "article:published_time",
    "og:article:published_time",
    "parsely-pub-date",
    "datepublished",
    "publishdate",
    "pubdate",
    "publish-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
)
_ARTICLE_TYPES = ("Article", "Posting", "Report", "WebPage", "CreativeWork")
_SEPARATORS = (" | ", " - ", " – ", " — ", " » ", " :: ", " / ", " · ")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The statements of one page; "" or None where it states nothing."""

    title: str = ""
    byline: str = ""
    site_name: str = ""
    published_at: date | datetime | None = None
    modified_at: date | datetime | None = None
    language: str | None = None
    direction: str | None = None
    url: str = ""


def facts_of(tree: html.HtmlElement) -> PageFacts:
    """Return what a page states in its linked data, its meta elements, its <time> and its <html> element."""
    meta = _meta(tree)
    data = _linked_article(tree)
    site_name = _first([*(meta.get(name) for name in _SITES[:1]), _name(data.get("publisher"))])
    return PageFacts(
        title=_title(tree, meta, data, site_name),
        byline=_byline(tree, meta, data),
        site_name=site_name,
        published_at=_date(_published(tree, meta, data)),
        modified_at=_date([data.get("dateModified"), meta.get("article:modified_time")]),
        language=_language(tree, meta),
        direction=_direction(tree),
        url=_url(tree, meta, data),
    )


def _meta(tree: html.HtmlElement) -> dict[str, str]:
    """Return the meta elements by their name or property in small letters; the first of each counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        names = f"{element.get('property') or ''} {element.get('name') or ''} {element.get('itemprop') or ''}"
        for name in names.casefold().split():
            if content:
                found.setdefault(name, content)
    return found


def _linked_article(tree: html.HtmlElement) -> dict[str, Any]:
    """Return the first object of linked data that describes an article or page, an article before a page."""
    things = list(_linked_things(tree))
    for wanted in _ARTICLE_TYPES:
        for thing in things:
            if any(wanted in kind for kind in _kinds(thing)):
                return thing
    return {}


def _linked_things(tree: html.HtmlElement) -> Iterator[dict[str, Any]]:
    for element in tree.iter("script"):
        if (element.get("type") or "").strip().casefold() != "application/ld+json":
            continue
        try:
            yield from _things(parse(_without_cdata(element.text or "").encode("utf-8", "surrogatepass")))
        except BrokenJson:
            continue


def _without_cdata(script: str) -> str:
    return script.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip()


def _things(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value[:100]:
            if isinstance(each, dict):
                yield each
    elif isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph"))


def _kinds(thing: dict[str, Any]) -> list[str]:
    kind = thing.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [each for each in kinds if isinstance(each, str)]


def _name(value: Any) -> str | None:
    """Return the name of a person or organisation in linked data; of several, all."""
    if isinstance(value, list):
        return ", ".join(name for name in map(_name, value[:20]) if name)
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None


def _first(values: Iterable[Any]) -> str:
    for value in values:
        words = " ".join(value.split()) if isinstance(value, str) else ""
        if words:
            return words[:_LONGEST]
    return ""


def _title(tree: html.HtmlElement, meta: dict[str, str], data: dict[str, Any], site_name: str) -> str:
    title = _first([_linked_title(tree, data), *(meta.get(name) for name in _TITLES), *_page_title(tree)])
    return _without_site(title, site_name)


def _linked_title(tree: html.HtmlElement, data: dict[str, Any]) -> str:
    """Return the title in linked data: of its headline and name the one that the page's own title holds."""
    stated = [words for words in (_first([data.get("headline")]), _first([data.get("name")])) if words]
    page_title = _first(_page_title(tree)).casefold()
    return next((words for words in stated if words.casefold() in page_title), stated[0] if stated else "")


def _page_title(tree: html.HtmlElement) -> Iterator[str]:
    for element in tree.iter("title"):
        if element.getparent().tag != "svg":
            yield "".join(element.itertext())
    headings = list(tree.iter("h1"))
    if len(headings) == 1:
        yield "".join(headings[0].itertext())


def _without_site(title: str, site_name: str) -> str:
    """Take a site's own name off the end of a title."""
    for separator in _SEPARATORS:
        kept, found, last = title.rpartition(separator)
        if found and site_name and last.casefold() == site_name.casefold():
            return kept.strip()
    return title


def _byline(tree: html.HtmlElement, meta: dict[str, str], data: dict[str, Any]) -> str:
    stated = _first([_name(data.get("author")), *(meta.get(name) for name in _BYLINES)])
    if stated and not stated.startswith(("http://", "https://")):
        return stated
    for element in tree.iter("a", "span", "p", "div", "address", "author"):
        marks = f" {element.get('rel') or ''} {element.get('itemprop') or ''} ".casefold()
        classes = f" {element.get('class') or ''} ".casefold()
        if " author " in marks or " byline " in classes or " author " in classes:
            words = " ".join("".join(element.itertext()).split())
            if 0 < len(words) <= 100:
                return words
    return ""


def _published(tree: html.HtmlElement, meta: dict[str, str], data: dict[str, Any]) -> list[Any]:
    times = [
        element.get("datetime")
        for element in tree.iter("time")
        if element.get("pubdate") is not None
        or "published" in f"{element.get('itemprop')} {element.get('class')}".lower()
    ]
    return [data.get("datePublished"), *(meta.get(name) for name in _DATES), *times]


def _date(values: Iterable[Any]) -> date | datetime | None:
    for value in values:
        found = parse_date(value) if isinstance(value, str) else None
        if found is not None:
            return found
    return None


def _language(tree: html.HtmlElement, meta: dict[str, str]) -> str | None:
    root = tree.getroottree().getroot()
    stated = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    return language_tag(stated or meta.get("content-language") or meta.get("og:locale") or "")


def _direction(tree: html.HtmlElement) -> str | None:
    """Return the direction stated nearest to the text: of an <article>, <main>, <body>, or of the page."""
    for tag in ("article", "main", "body", "html"):
        for element in tree.getroottree().getroot().iter(tag):
            stated = (element.get("dir") or "").strip().casefold()
            if stated in ("ltr", "rtl"):
                return stated
    return None


def _url(tree: html.HtmlElement, meta: dict[str, str], data: dict[str, Any]) -> str:
    canonical = [each.get("href") for each in tree.iter("link") if (each.get("rel") or "").casefold() == "canonical"]
    for value in (*canonical, meta.get("og:url"), data.get("url")):
        try:
            if isinstance(value, str) and value:
                return check_source_url(value)
        except BadUrl:
            continue
    return ""
