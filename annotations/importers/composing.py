"""What all formats share on the way to an ImportedArticle: title, zones, dates, candidates, raw pointer, id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from annotations.importers import limits
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedZone, RawPointer
from annotations.text.dates import DateCandidate, find_dates
from annotations.text.zones import WIRE_LINE, Zone, find_zones

TITLE_FROM_TEXT = 300
"""A title taken from the text is cut to so many characters."""
_SNIPPET = 40
Candidates = dict[str, list[dict[str, Any]]]


def title_from(text: str, path: str) -> str:
    """Return the first line of a text, or the file's name where it has none.

    >>> title_from("\\n Rain in Ulm \\n\\nIt rained.", "a/rain.txt")
    'Rain in Ulm'
    """
    for line in text.split("\n", 20)[:20]:
        words = " ".join(line[: 4 * TITLE_FROM_TEXT].split())
        if words:
            return shortened(words)
    return PurePosixPath(path).stem or path


def shortened(title: str) -> str:
    """Return a title of at most TITLE_FROM_TEXT characters, cut between words."""
    if len(title) <= TITLE_FROM_TEXT:
        return title
    cut = title[: TITLE_FROM_TEXT - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def with_title(title: str, text: str) -> str:
    """Return the text with its title as the first paragraph, unless it begins with it.

    >>> with_title("Rain", "It rained.")
    'Rain\\n\\nIt rained.'
    """
    if not title or _starts_with(text, title):
        return text
    return f"{title}\n\n{text}" if text else title


def _starts_with(text: str, title: str) -> bool:
    first_block = text.lstrip().partition("\n\n")[0]
    return " ".join(first_block.split()).casefold() == " ".join(title.split()).casefold()


def zones_of(text: str, title: str, byline: str | None = None) -> tuple[ImportedZone, ...]:
    """Return the zones found in a text, as they cross to the loader."""
    return tuple(as_imported(zone) for zone in find_zones(text, title=title or None, byline=byline))


def as_imported(zone: Zone) -> ImportedZone:
    return ImportedZone(zone.kind, zone.start, zone.end, zone.publisher)


def as_zones(zones: Iterable[ImportedZone]) -> list[Zone]:
    return [Zone(zone.kind, zone.start, zone.end, zone.publisher) for zone in zones]


def in_utc(value: date | datetime) -> date | datetime:
    """Return a time in UTC; a plain date stays one."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def stated_dates(found: Sequence[DateCandidate]) -> tuple[date | datetime | None, date | datetime | None]:
    """Return when the text says it was published and posted. A posting date counts as that of publishing too."""
    stated = [candidate for candidate in found if candidate.is_stated]
    posted = next((in_utc(each.value) for each in stated if each.role == "posted"), None)
    published = next((in_utc(each.value) for each in stated if each.role == "published"), posted)
    return published, posted


def dates_in(text: str, zones: Iterable[ImportedZone]) -> list[DateCandidate]:
    """Return the dates in a text whose zones are known."""
    return find_dates(text, as_zones(zones))


def candidates_in(text: str, found: Sequence[DateCandidate], zones: Iterable[ImportedZone], url: str) -> Candidates:
    """Return what may be the publisher or the date, each with its place; nothing here is taken as stated."""
    all_candidates = {
        "published_at": [_date_candidate(text, each) for each in found[: limits.CANDIDATES]],
        "publisher": [*_wire_candidates(text, zones), *host_candidates(url)],
    }
    return {field: listed for field, listed in all_candidates.items() if listed}


def host_candidates(url: str) -> list[dict[str, Any]]:
    """Return the host of an article's address as a candidate for its publisher.

    >>> host_candidates("https://www.example.org/a")
    [{'value': 'example.org', 'place': {'field': 'url'}}]
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
    return [{"value": host, "place": {"field": "url"}}] if host else []


def _date_candidate(text: str, found: DateCandidate) -> dict[str, Any]:
    place = place_of(text, found.start, found.end, found.zone_kind)
    if found.role:
        place["role"] = found.role
    return {"value": found.value.isoformat(), "place": place}


def _wire_candidates(text: str, zones: Iterable[ImportedZone]) -> list[dict[str, Any]]:
    listed = []
    for zone in zones:
        found = WIRE_LINE.match(text, zone.start) if zone.kind == "date_line" else None
        if found:
            start, end = text.rfind("(", zone.start, found.end()) + 1, text.rfind(")", zone.start, found.end())
            listed.append({"value": text[start:end], "place": place_of(text, start, end, zone.kind)})
    return listed


def place_of(text: str, start: int, end: int, zone_kind: str) -> dict[str, Any]:
    """Return a place in a text with the words around it; offsets in code points."""
    snippet = text[max(0, start - _SNIPPET) : end + _SNIPPET]
    return {"start": start, "end": end, "zone": zone_kind, "snippet": snippet}


def raw_pointer(source: InputFile, data: bytes | bytearray, start: int = 0, end: int | None = None) -> RawPointer:
    """Return where these bytes stand in their file; `data` is what stands there."""
    stop = start + len(data) if end is None else end
    return RawPointer(source.sha256, source.member, start, stop, hashlib.sha256(data).hexdigest())
