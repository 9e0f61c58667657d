"""schema.org's ClaimReview, in one DataFeed: claims with the verdict that stands. Articles and spans are lost.

A verdict that nobody published is a draft. What an import kept of a review of others' is written as they wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson

from annotations.text.claim_review import CONTEXT, Review, claim_review, feed_item

from .claims_as_dataset import about, has_details, items_in_order, standing_verdict
from .corpus import Corpus, ForReaders, Row
from .losses import Losses

SCHEME = "claimreview"
CARRIES = frozenset({"claims", "evidence", "verdicts", "mentions"})
_AT_ONCE = 200
_ORDER = (
    *("@context", "@type", "identifier", "url", "inLanguage", "datePublished", "dateModified", "creativeWorkStatus"),
    *("author", "publishingPrinciples", "claimReviewed", "itemReviewed", "reviewRating", "citation", "correction"),
    *("name", "headline", "appearance", "publisher", "text", "alternateName", "ratingValue", "bestRating"),
    *("worstRating", "ratingExplanation"),
)


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the feed, a review on each line."""
    header = corpus.header()
    values = _values(header["verdict_scale"] or {})
    for _article in corpus.articles():
        corpus.losses.lose("articles")
    begin = {"@context": CONTEXT, "@type": "DataFeed", "name": header["project"]["name"]}
    write_bytes(orjson.dumps(begin)[:-1] + b',"dataFeedElement":[')
    n = 0
    rows = corpus.claims()
    while claims := list(islice(rows, _AT_ONCE)):
        known = corpus.for_readers([claim["key"] for claim in claims])
        for review in _reviews(claims, known, values, corpus.losses):
            write_bytes((b",\n" if n else b"\n") + orjson.dumps(feed_item(review)))
            n += 1
    write_bytes(b"\n]}\n")


def _reviews(
    claims: list[Row], known: dict[str, ForReaders], values: dict[tuple[str, int], Row], losses: Losses
) -> Iterator[Row]:
    for claim in claims:
        verdict = standing_verdict(claim, losses)
        losses.lose("details", any(name not in (SCHEME,) for name in claim.get("metadata") or {}))
        if verdict is None:
            losses.lose("claims")
            continue
        kept = about(claim, SCHEME)
        facts = known.get(claim["key"]) or ForReaders()
        losses.lose("mentions", len(claim["mentions"]) - len(facts.appearances) if claim["mentions"] else 0)
        yield _merged(claim_review(_contents(claim, verdict, facts, values, losses), _review(claim, facts)), kept)


def _contents(
    claim: Row, verdict: Row, facts: ForReaders, values: dict[tuple[str, int], Row], losses: Losses
) -> dict[str, Any]:
    value = values.get((verdict["value"], verdict["scale"])) or values[verdict["value"], 0]
    rows = [row for _n, items in items_in_order(claim, SCHEME) for row in items]
    cited = [row for row in rows if row["url"]]
    losses.lose("evidence", len(rows) - len(cited))
    losses.lose("details", has_details(claim))
    losses.lose("details", sum(bool(row["note"] or row["stance"] != "neutral" or row.get("question")) for row in cited))
    return {
        "claim": {name: claim[name] for name in ("key", "text", "claimant")} | {"date": claim["claim_date"]},
        "verdict": {**value, "rationale": verdict["rationale"]},
        "grounds": [[{"kind": "source", **row} for row in cited]],
        "appearances": facts.appearances,
    }


def _review(claim: Row, facts: ForReaders) -> Review:
    verdicts = [row for row in claim.get("verdicts") or [] if row["published_at"]]
    corrections = tuple((row["published_at"], row["correction_note"]) for row in verdicts if row["correction_note"])
    first, last = (verdicts[0], verdicts[-1]) if verdicts else ({}, {})
    return Review(
        url=facts.address or f"urn:uuid:{claim['key']}",
        newsroom=facts.newsroom,
        newsroom_url=facts.newsroom_url,
        method_url=facts.method_url,
        published_at=first.get("published_at", ""),
        changed_at=last.get("published_at", ""),
        corrections=corrections,
    )


def _merged(review: Row, kept: Row) -> Row:
    """Put what an import kept in the place of our own words, in one order of properties."""
    if kept:
        review.pop("creativeWorkStatus", None)
        review |= kept.get("review", {})
        claim, rating = review.get("itemReviewed", {}), review["reviewRating"]
        author = claim.pop("author", {}) | kept.get("author", {})
        review["itemReviewed"] = claim | kept.get("claim", {}) | ({"author": author} if author else {})
        review["reviewRating"] = rating | kept.get("rating", {})
    return _in_order(review)


def _in_order(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_order(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = [name for name in _ORDER if name in value] + sorted(value.keys() - set(_ORDER))
    return {name: _in_order(value[name]) for name in names}


def _values(scale: Row) -> dict[tuple[str, int], Row]:
    """Return the values of the scale as they are told, by key and version; 0 is the version in force."""
    listed = [(0, row) for row in scale.get("values", [])]
    listed += [(row["scale"], row) for row in scale.get("former_values", [])]
    ratings: dict[int, list[float]] = {}
    for version, row in listed:
        if row.get("rating") is not None:
            ratings.setdefault(version, []).append(row["rating"])
    found: dict[tuple[str, int], Row] = {}
    for version, row in listed:
        all_of = ratings.get(version, [])
        has_rating = row.get("rating") is not None and len(set(all_of)) > 1
        told = {"name": row["maps"].get(SCHEME) or row["name"]}
        if has_rating:
            told |= {"rating": row["rating"], "best": max(all_of), "worst": min(all_of)}
        found[row["key"], version] = told
        found.setdefault((row["key"], 0), told)
    return found
