"""From marked-up text and what is stated about it to an ImportedArticle; shared by pages and WordPress posts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.composing import (
    as_imported,
    candidates_in,
    dates_in,
    stated_dates,
    title_from,
    with_title,
)
from annotations.importers.fields import Place
from annotations.importers.markup import MarkedText
from annotations.importers.records import ImportedArticle, ImportedLink, ImportedZone, RawPointer
from annotations.text.language import direction_of
from annotations.text.normalise import UnusableText, normalise
from annotations.text.zones import Zone, find_zones

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated about an article apart from its text.

    `has_date` says that its dates are not to be read from the text, `has_own_headline` that the text may begin with a
    headline in other words than the title, as a page's does.
    """

    external_id: str
    title: str = ""
    publisher: str = ""
    byline: str = ""
    published_at: date | datetime | None = None
    posted_at: date | datetime | None = None
    has_date: bool = False
    url: str = ""
    language: str | None = None
    direction: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    extractor: str = ""
    has_own_headline: bool = False


def article_from_markup(marked: MarkedText, stated: Stated, raw: RawPointer, place: Place) -> ImportedArticle | None:
    """Return the article, its title put first as a paragraph; None, with a problem noted, where it has no text."""
    try:
        body = normalise(marked.text).text
    except UnusableText as error:
        place.refuse("text", marked.text[max(0, error.offset - 20) :][:40], error.message)
        return None
    text = body if _begins_with_headline(marked, stated) else with_title(stated.title, body)
    if not body.strip():
        place.refuse("text", stated.title, _("No text was found in it."))
        return None
    shift = len(text) - len(body)
    title = stated.title or title_from(text, place.path)
    zones = _zones(text, title, stated.byline, [_moved(zone, shift) for zone in _wanted_zones(marked, stated)])
    dates = dates_in(text, zones)
    published_at, posted_at = (stated.published_at, stated.posted_at) if stated.has_date else stated_dates(dates)
    return ImportedArticle(
        external_id=stated.external_id,
        title=title,
        text=text,
        publisher=stated.publisher or None,
        published_at=published_at,
        posted_at=posted_at,
        url=stated.url,
        language=stated.language,
        direction=_direction(stated, text),
        metadata={**stated.metadata, **({"byline": stated.byline} if stated.byline else {})},
        links=tuple(ImportedLink(link.start + shift, link.end + shift, link.url) for link in marked.links),
        zones=zones,
        raw=raw,
        file=place.file,
        line=place.line,
        candidates=candidates_in(text, dates, zones, "" if stated.publisher else stated.url),
        extractor=stated.extractor,
    )


def _begins_with_headline(marked: MarkedText, stated: Stated) -> bool:
    """Say whether the text begins with a first-level heading that shares half of its words with the title."""
    if not stated.has_own_headline or not marked.zones or not stated.title:
        return False
    first = marked.zones[0]
    if first.kind != "headline" or first.start:
        return False
    words = set(_WORD.findall(marked.text[: first.end].casefold()))
    shared = words & set(_WORD.findall(stated.title.casefold()))
    return bool(words) and 2 * len(shared) >= len(words)


def _wanted_zones(marked: MarkedText, stated: Stated) -> list[Zone]:
    """Return the zones of the markup; only the heading that a page begins with is its headline."""
    keeps_first = _begins_with_headline(marked, stated)
    return [
        zone for number, zone in enumerate(marked.zones) if zone.kind != "headline" or (keeps_first and number == 0)
    ]


def _moved(zone: Zone, shift: int) -> Zone:
    return replace(zone, start=zone.start + shift, end=zone.end + shift)


def _zones(text: str, title: str, byline: str, marked: list[Zone]) -> tuple[ImportedZone, ...]:
    """Join the zones of the markup with those found by shape; where two of a kind overlap, the markup's stands."""
    taken = {kind: [zone for zone in marked if zone.kind == kind] for kind in {zone.kind for zone in marked}}
    found = [
        zone
        for zone in find_zones(text, title=title, byline=byline or None)
        if not any(zone.start < other.end and other.start < zone.end for other in taken.get(zone.kind, []))
    ]
    both = sorted([*marked, *found], key=lambda zone: (zone.start, -zone.end, zone.kind))
    return tuple(as_imported(zone) for zone in both)


def _direction(stated: Stated, text: str) -> str:
    if stated.direction:
        return stated.direction
    return direction_of(stated.language) if stated.language else direction_of(text)
