"""schema.org's ClaimReview in JSON-LD: a review, a list, a graph or a DataFeed of them, or one on each line.

A review becomes a claim with its verdict, what it cites becomes evidence. What has no column is kept in the claim's
metadata, as it was written, so that it can be written again; nobody here has published it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.importers.claims_in_file import address, claim_record, key_of, rest_of
from annotations.importers.fields import Place
from annotations.importers.json_items import Item, read_document, read_lines
from annotations.importers.native import is_lines, parsed
from annotations.importers.opening import InputFile
from annotations.importers.records import Problem, Record

SCHEME = "claimreview"
LISTS = ("dataFeedElement", "@graph", "itemListElement")
CLAIMANT_LENGTH = 300
_TYPE = re.compile(rb'"@type"\s*:\s*(?:\[\s*)?"(?:ClaimReview|DataFeed|DataFeedItem)"')
_TAG = re.compile(r"<[^<>]*>")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a ClaimReview, or a feed of them."""
    return bool(_TYPE.search(source.head)) and b"ClaimReview" in source.head and b"anno.jsonld" not in source.head


def read(source: InputFile) -> Iterator[Record]:
    """Yield the claims of a file."""
    for item in _items(source):
        given = item if isinstance(item, Problem) else parsed(item, source.name)
        if isinstance(given, Problem):
            yield given
            continue
        assert isinstance(item, Item)
        for review in reviews_in(given):
            yield from _claim(review, Place(source.name, item.line, source.path))


def reviews_in(node: Any, depth: int = 0) -> Iterator[Row]:
    """Yield the ClaimReviews that lie in a node, in lists, graphs and items of feeds.

    >>> [row["url"] for row in reviews_in([{"@graph": [{"@type": ["Review", "ClaimReview"], "url": "u"}]}])]
    ['u']
    """
    if depth > 8:
        return
    if isinstance(node, list):
        for each in node:
            yield from reviews_in(each, depth + 1)
    elif isinstance(node, dict):
        if "ClaimReview" in _listed(node.get("@type")):
            yield node
        else:
            for name in (*LISTS, "item", "hasPart", "mainEntity", "review"):
                yield from reviews_in(node.get(name), depth + 1)


def _items(source: InputFile) -> Iterator[Item | Problem]:
    with source.open() as stream:
        if is_lines(source):
            yield from read_lines(stream, source.name)
        else:
            yield from read_document(stream, source.name, streamed=LISTS)


def _claim(review: Row, place: Place) -> Iterator[Record]:
    text = _plain(review.get("claimReviewed"))
    claim = _object(review.get("itemReviewed"))
    rating = _object(review.get("reviewRating"), "alternateName")
    author = _object(claim.get("author"), "name")
    name = author["name"] if isinstance(author.get("name"), str) else ""
    key = _key(review, text)
    items, left = _evidence(review.get("citation"), key)
    day = claim.get("datePublished")
    about = {
        "review": rest_of(review, ("@context", "claimReviewed", "itemReviewed", "reviewRating", "citation"))
        | ({"citation": left} if left else {}),
        "claim": rest_of(claim, ("author", *(("datePublished",) if _is_day(day) else ()))),
        "author": rest_of(author, () if len(name) > CLAIMANT_LENGTH else ("name",)),
        "rating": rest_of(rating, ("alternateName", "ratingExplanation")),
    }
    if about["review"].get("identifier") == key:
        del about["review"]["identifier"]
    reason = next((each for each in (rating.get("ratingExplanation"), review.get("reviewBody")) if each), "")
    if "reviewBody" in about["review"] and about["review"]["reviewBody"] == reason:
        del about["review"]["reviewBody"]
    yield from claim_record(
        {
            "key": key,
            "text": text,
            "claimant": name.strip()[:CLAIMANT_LENGTH],
            "claim_date": day if _is_day(day) else None,
            "metadata": {SCHEME: {part: rest for part, rest in about.items() if rest}},
            "evidence_sets": [{"n": 1, "items": items}],
            "verdicts": _verdict(rating, reason, key, items, place),
        },
        place,
    )


def _key(review: Row, text: Any) -> str:
    """Return the key of a claim: its own where this program wrote the file, else one made of what names the review."""
    written = review.get("identifier")
    try:
        if isinstance(written, str):
            return str(UUID(written.removeprefix("urn:uuid:")))
    except ValueError:
        pass
    author = _object(review.get("author"), "name").get("name")
    return key_of(SCHEME, review.get("url"), text, author)


def _verdict(rating: Row, reason: Any, key: str, items: list[Row], place: Place) -> list[Row]:
    word = rating.get("alternateName") or rating.get("name")
    if not isinstance(word, str) or not word.strip():
        place.remark("reviewRating", rating, _("This review has no verdict in words (alternateName)."))
        return []
    return [
        {
            "key": key_of("verdict", key),
            "value": _plain(word),
            "scheme": SCHEME,
            "rationale": reason if isinstance(reason, str) else "",
            "evidence_sets": [1] if items else [],
        }
    ]


def _evidence(citations: Any, key: str) -> tuple[list[Row], list[Any]]:
    """Return an item for each citation that has an address, and what is cited without one."""
    items: list[Row] = []
    left: list[Any] = []
    for n, given in enumerate(_listed(citations), start=1):
        work = _object(given, "url")
        url = address(work.get("url"))
        if not url:
            left.append(given)
            continue
        title = next((each for each in (work.get("name"), work.get("headline")) if isinstance(each, str)), "")
        rest = rest_of(work, ("url", "name" if title == work.get("name") else "headline", "text"))
        items.append(
            {
                "key": key_of("evidence", key, n),
                "url": url,
                "title": title[:1000],
                "stance": "neutral",
                "quote": work["text"] if isinstance(work.get("text"), str) else "",
                "metadata": {SCHEME: {"n": n, **rest}},
            }
        )
    return items, left


def _object(value: Any, name: str = "") -> Row:
    """Return an object; where words stand instead of one, they are its `name`; of several the first counts."""
    if isinstance(value, list):
        return _object(value[0], name) if value else {}
    if isinstance(value, str) and name:
        return {name: value}
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _plain(words: Any) -> Any:
    """Return words without the tags and entities that some reviews carry.

    >>> _plain("<p>Rain &amp; wind,  1 < 2</p>")
    'Rain & wind, 1 < 2'
    """
    return " ".join(html.unescape(_TAG.sub(" ", words)).split()) if isinstance(words, str) else words


def _is_day(written: Any) -> bool:
    if not isinstance(written, str) or not _DAY.fullmatch(written):
        return False
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True
