"""A published verdict as schema.org's ClaimReview, and a list of them as a DataFeed. Pure: facts in, JSON-LD out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
CONTEXT = "https://schema.org"
_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class Review:
    """What a ClaimReview says besides the edition's contents: who says it, where, and since when.

    `corrections` are (time, note), the oldest first. `published_at` is empty for a verdict that nobody published.
    """

    url: str
    newsroom: str
    newsroom_url: str = ""
    method_url: str = ""
    published_at: str = ""
    changed_at: str = ""
    corrections: tuple[tuple[str, str], ...] = ()


def claim_review(contents: Mapping[str, Any], review: Review) -> Row:
    """Return the ClaimReview of an edition. Empty values are left out; a rating comes with its scale or not at all."""
    claim, verdict = contents["claim"], contents["verdict"]
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "identifier": claim["key"],
            "url": review.url,
            "inLanguage": contents.get("language"),
            "datePublished": review.published_at,
            "dateModified": review.changed_at,
            "creativeWorkStatus": "" if review.published_at else "Draft",
            "author": _filled({"@type": "Organization", "name": review.newsroom, "url": review.newsroom_url}),
            "publishingPrinciples": review.method_url,
            "claimReviewed": claim["text"],
            "itemReviewed": _claim(contents),
            "reviewRating": _rating(verdict),
            "citation": [_citation(row) for row in cited(contents)],
            "correction": [
                _filled({"@type": "CorrectionComment", "text": note, "datePublished": at})
                for at, note in review.corrections
            ],
        }
    )


def for_search(review: Row) -> Row:
    """Return a ClaimReview as Google documents it for its fact checks: no property but those, ratings from 1 upwards.

    https://developers.google.com/search/docs/appearance/structured-data/factcheck, as of 2026. An article that the
    claim appeared in needs an address there; what has none is left out.

    >>> rating = {"@type": "Rating", "alternateName": "False", "ratingValue": 0, "bestRating": 4, "worstRating": 0}
    >>> found = for_search({"@type": "ClaimReview", "url": "u", "identifier": "x", "reviewRating": rating})
    >>> "identifier" in found, found["reviewRating"]["ratingValue"], found["reviewRating"]["bestRating"]
    (False, 1, 5)
    """
    claim, rating = review.get("itemReviewed", {}), review.get("reviewRating", {})
    works = [_only(each, _OF_WORK) for each in _list(claim.get("appearance")) if each.get("url")]
    found = _only(review, ("url", "datePublished", "claimReviewed"))
    return _filled(
        {
            "@context": CONTEXT,
            **found,
            "author": _only(review.get("author", {}), ("name", "url")),
            "itemReviewed": _only(claim, ("author", "datePublished")) | ({"appearance": works} if works else {}),
            "reviewRating": _from_one(_only(rating, ("alternateName", "ratingValue", "bestRating", "worstRating"))),
        }
    )


_OF_WORK = ("url", "headline", "datePublished", "publisher")


def _only(row: Row, names: tuple[str, ...]) -> Row:
    return {name: row[name] for name in ("@type", *names) if row.get(name) not in (None, "", [], {})}


def _list(value: Any) -> list[Row]:
    return value if isinstance(value, list) else [value] if value else []


def _from_one(rating: Row) -> Row:
    """Move a scale up so that its worst is 1 at least, and leave numbers out that are none of a scale."""
    numbers = [rating.pop(name, None) for name in ("ratingValue", "bestRating", "worstRating")]
    if all(isinstance(each, int | float) for each in numbers) and numbers[2] < numbers[1]:
        up = max(0, 1 - numbers[2])
        rating |= {"ratingValue": numbers[0] + up, "bestRating": numbers[1] + up, "worstRating": numbers[2] + up}
    return rating


def cited(contents: Mapping[str, Any]) -> list[Row]:
    """Return the evidence of an edition that has a place to be found at, what the verdict rests on first."""
    rows = [*(row for rows in contents.get("grounds", ()) for row in rows), *contents.get("others", ())]
    return [row for row in rows if row.get("url") or (row["kind"] != "enquiry" and row.get("title"))]


def data_feed(name: str, reviews: Iterable[Row], *, url: str = "", modified_at: str = "") -> Row:
    """Return ClaimReviews as one DataFeed."""
    return _filled(
        {
            "@context": CONTEXT,
            "@type": "DataFeed",
            "name": name,
            "url": url,
            "dateModified": modified_at,
            "dataFeedElement": [feed_item(review) for review in reviews],
        }
    )


def feed_item(review: Row) -> Row:
    """Return one element of a DataFeed; its context is that of the feed."""
    dates = {"dateCreated": review.get("datePublished"), "dateModified": review.get("dateModified")}
    bare = {name: value for name, value in review.items() if name != "@context"}
    return _filled({"@type": "DataFeedItem", **dates, "item": bare})


def script_text(data: Row) -> str:
    """Return JSON that can stand in a script element of a page: nothing in it can end the element.

    >>> script_text({"name": "</script>"})
    '{"name": "\\\\u003c/script\\\\u003e"}'
    """
    return json.dumps(data, ensure_ascii=False).translate(_UNSAFE)


def _claim(contents: Mapping[str, Any]) -> Row:
    claim = contents["claim"]
    author = {"@type": "Person", "name": claim["claimant"]} if claim.get("claimant") else None
    return _filled(
        {
            "@type": "Claim",
            "author": author,
            "datePublished": claim.get("date"),
            "appearance": [_appearance(row) for row in contents.get("appearances", ())],
        }
    )


def _appearance(row: Row) -> Row:
    publisher = {"@type": "Organization", "name": row["publisher"]} if row.get("publisher") else None
    return _filled(
        {
            "@type": "NewsArticle",
            "headline": row.get("title"),
            "url": row.get("url"),
            "datePublished": row.get("date"),
            "publisher": publisher,
        }
    )


_TYPES = {"book": "Book", "spoken": "Conversation", "audio": "AudioObject", "video": "VideoObject"}
"""What schema.org calls a source without an address, by its medium."""


def _citation(row: Row) -> Row:
    publisher = {"@type": "Organization", "name": row["publisher"]} if row.get("publisher") else None
    return _filled(
        {
            "@type": _TYPES.get(row.get("medium", ""), "CreativeWork"),
            "name": row.get("title") or row.get("url"),
            "url": row.get("url"),
            "datePublished": row.get("date"),
            "publisher": publisher,
            "text": row.get("quote"),
        }
    )


def _rating(verdict: Row) -> Row:
    has_rating = all(verdict.get(name) is not None for name in ("rating", "best", "worst"))
    values = {name: _plain(verdict[name]) for name in ("rating", "best", "worst")} if has_rating else {}
    return _filled(
        {
            "@type": "Rating",
            "alternateName": verdict["name"],
            "ratingValue": values.get("rating"),
            "bestRating": values.get("best"),
            "worstRating": values.get("worst"),
            "ratingExplanation": verdict.get("rationale"),
        }
    )


def _plain(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value not in (None, "", [], {})}
