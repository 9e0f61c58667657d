"""What may be the publisher or the date of an article, read from its row as the importers left it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Article, Region

MOST_SHOWN = 3
FIELDS = {"publisher": "publisher_id", "published_at": "published_at"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value, the name of the place it was found in, and the words around it."""

    value: str
    place: str
    context: str


def candidates_of(article: Article) -> dict[str, list[Candidate]]:
    """Return candidates for what is not known of an article, by field."""
    stored = article.candidates if isinstance(article.candidates, dict) else {}
    unknown = [name for name, column in FIELDS.items() if getattr(article, column) is None]
    found = {name: list(_candidates(stored.get(name)))[:MOST_SHOWN] for name in unknown}
    return {name: candidates for name, candidates in found.items() if candidates}


def _candidates(rows: Any) -> Iterator[Candidate]:
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("value"):
            place = row.get("place")
            context = place.get("snippet", "") if isinstance(place, dict) else ""
            yield Candidate(str(row["value"]), _place_name(place), " ".join(str(context).split()))


def _place_name(place: Any) -> str:
    """Name a place in the words of the page: a zone of the text, or the address of the page."""
    if not isinstance(place, dict):
        return str(place or "")
    if place.get("field") == "url":
        return _("link host")
    if place.get("role") == "updated":
        return _("last updated")
    zone = place.get("zone") or place.get("field") or ""
    return str(Region.Kind(zone).label) if zone in Region.Kind.values else str(zone)
