"""What schema.org, and those who read it, ask of a ClaimReview and of a DataFeed of them: our own validator.

Required and recommended are the properties that the readers of fact-checks named; the types are the vocabulary's.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?")
TEXT, URL, DAY, NUMBER = "text", "url", "date", "number"
WORKS = {"CreativeWork", "NewsArticle", "Article", "WebPage"}
WORK = {"headline": TEXT, "name": TEXT, "url": URL, "datePublished": DAY, "publisher": {"Organization"}, "text": TEXT}
TYPES: dict[str, dict[str, Any]] = {
    "ClaimReview": {
        "identifier": TEXT,
        "url": URL,
        "inLanguage": TEXT,
        "datePublished": DAY,
        "dateModified": DAY,
        "creativeWorkStatus": TEXT,
        "author": {"Organization", "Person"},
        "publishingPrinciples": URL,
        "claimReviewed": TEXT,
        "itemReviewed": {"Claim"},
        "reviewRating": {"Rating"},
        "citation": WORKS,
        "correction": {"CorrectionComment"},
    },
    "Claim": {"author": {"Organization", "Person"}, "datePublished": DAY, "appearance": WORKS},
    "Rating": {
        "alternateName": TEXT,
        "ratingValue": NUMBER,
        "bestRating": NUMBER,
        "worstRating": NUMBER,
        "ratingExplanation": TEXT,
    },
    "Organization": {"name": TEXT, "url": URL},
    "Person": {"name": TEXT, "url": URL},
    "CorrectionComment": {"text": TEXT, "datePublished": DAY},
    "DataFeed": {"name": TEXT, "url": URL, "dateModified": DAY, "dataFeedElement": {"DataFeedItem"}},
    "DataFeedItem": {"dateCreated": DAY, "dateModified": DAY, "item": {"ClaimReview"}},
    **dict.fromkeys(WORKS, WORK),
}
REQUIRED = ("url", "claimReviewed", "reviewRating")
RECOMMENDED = ("author", "itemReviewed", "datePublished")
ONE_OF_MANY = {"citation", "correction", "appearance", "dataFeedElement"}


def faults(node: Any, *, wanted: set[str] | None = None, where: str = "") -> list[str]:
    """Return what is wrong with a node, each fault with the path to it."""
    if not isinstance(node, dict):
        return [f"{where}: no object"]
    kind = node.get("@type")
    if kind not in TYPES or (wanted is not None and kind not in wanted):
        return [f"{where}: the type {kind!r} does not belong here"]
    found = [] if where or node.get("@context") == "https://schema.org" else ["@context: not schema.org"]
    for name, value in node.items():
        if name in ("@type", "@context"):
            continue
        at = f"{where}/{name}"
        if name not in TYPES[kind]:
            found.append(f"{at}: {kind} has no such property")
            continue
        if isinstance(value, list) and name not in ONE_OF_MANY:
            found.append(f"{at}: one value is expected")
        for each in value if isinstance(value, list) else [value]:
            found += _value_faults(each, TYPES[kind][name], at)
    return found + (_review_faults(node, where) if kind == "ClaimReview" else [])


def missing(review: dict[str, Any]) -> list[str]:
    """Return the recommended properties that a ClaimReview, its claim and its rating lack."""
    claim, rating = review.get("itemReviewed", {}), review.get("reviewRating", {})
    lacks = [name for name in RECOMMENDED if not review.get(name)]
    lacks += [f"itemReviewed/{name}" for name in ("author", "datePublished", "appearance") if not claim.get(name)]
    lacks += [f"author/{name}" for name in ("name", "url") if not review.get("author", {}).get(name)]
    return lacks + [f"reviewRating/{name}" for name in ("alternateName", "ratingExplanation") if not rating.get(name)]


SEARCH: dict[str, dict[str, Any]] = {
    "ClaimReview": {
        "url": URL,
        "datePublished": DAY,
        "claimReviewed": TEXT,
        "author": {"Organization", "Person"},
        "itemReviewed": {"Claim"},
        "reviewRating": {"Rating"},
    },
    "Claim": {
        "author": {"Organization", "Person"},
        "datePublished": DAY,
        "appearance": WORKS,
        "firstAppearance": WORKS,
    },
    "Rating": {"alternateName": TEXT, "name": TEXT, "ratingValue": NUMBER, "bestRating": NUMBER, "worstRating": NUMBER},
    "Organization": {"name": TEXT, "url": URL, "sameAs": URL},
    "Person": {"name": TEXT, "url": URL, "sameAs": URL},
    **dict.fromkeys(WORKS, WORK),
}
"""The properties that Google documents for fact checks, of ClaimReview, Claim and Rating (its page as of 2026)."""


def search_faults(review: dict[str, Any], *, host: str = "") -> list[str]:
    """Return what keeps a ClaimReview from being one as Google documents it: required, forbidden, out of range.

    `host` is that of the page that carries it: the review's address has to be there, or below it.
    """
    found = faults(review)
    found += _unknown(review, "")
    rating = review.get("reviewRating", {})
    numbers = [rating.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
    if None not in numbers and (numbers[0] < 1 or numbers[0] >= numbers[2]):
        found.append("/reviewRating: the worst is 1 at least, and less than the best")
    author = review.get("author")
    if author is not None and not (author.get("name") or author.get("url")):
        found.append("/author: a name or an address")
    claimant = review.get("itemReviewed", {}).get("author")
    if claimant is not None and not claimant.get("name"):
        found.append("/itemReviewed/author/name: required")
    there = urlsplit(review.get("url", "")).hostname or ""
    if host and there != host and not there.endswith(f".{host}"):
        found.append("/url: of another host than its page")
    return found


def search_missing(review: dict[str, Any]) -> list[str]:
    """Return what Google recommends and a ClaimReview lacks. Of the two appearances one is enough."""
    claim, rating = review.get("itemReviewed", {}), review.get("reviewRating", {})
    lacks = [name for name in ("author", "itemReviewed") if not review.get(name)]
    lacks += [f"itemReviewed/{name}" for name in ("author", "datePublished") if not claim.get(name)]
    if not claim.get("appearance") and not claim.get("firstAppearance"):
        lacks.append("itemReviewed/appearance")
    names = ("alternateName", "ratingValue", "bestRating", "worstRating")
    return lacks + [f"reviewRating/{name}" for name in names if rating.get(name) is None]


def _unknown(node: Any, where: str) -> list[str]:
    if isinstance(node, list):
        return [fault for each in node for fault in _unknown(each, where)]
    if not isinstance(node, dict):
        return []
    known = SEARCH.get(node.get("@type", ""), {}).keys() | {"@type", "@context"}
    found = [f"{where}/{name}: not documented" for name in node if name not in known]
    return found + [fault for name, value in node.items() for fault in _unknown(value, f"{where}/{name}")]


def _value_faults(value: Any, rule: Any, at: str) -> list[str]:
    if isinstance(rule, set):
        return faults(value, wanted=rule, where=at)
    if value is None or value == "":
        return [f"{at}: empty"]
    if rule == NUMBER:
        return [] if type(value) in (int, float) else [f"{at}: no number"]
    if not isinstance(value, str):
        return [f"{at}: no text"]
    if rule == DAY and not DATE.fullmatch(value):
        return [f"{at}: no date of ISO 8601"]
    is_web = urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)
    return [f"{at}: no web address"] if rule == URL and not is_web else []


def _review_faults(review: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}/{name}: required" for name in REQUIRED if not review.get(name)]
    rating = review.get("reviewRating", {})
    if not rating.get("alternateName"):
        found.append(f"{where}/reviewRating/alternateName: required")
    numbers = [rating.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
    if any(each is not None for each in numbers):
        if None in numbers:
            found.append(f"{where}/reviewRating: give all three numbers or none")
        elif not numbers[0] <= numbers[1] <= numbers[2]:
            found.append(f"{where}/reviewRating: the value lies outside its scale")
    return found
