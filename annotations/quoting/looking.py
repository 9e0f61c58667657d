"""Looking quotations up: which texts may hold their words, and where in them they stand.

Words that stand in a row, and those with one word less, are asked of search; runs of eight of the index of passages;
captures, which search does not know, of their single words in that index. What these lead to is compared word by word.
"""

from __future__ import annotations

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from annotations.models import Article
from annotations.quoting.gathering import Named, Wanted
from annotations.quoting.matching import LONG, SHORT, Match, Part, match_quotation, parts_of
from annotations.reuse import index
from annotations.reuse.texts import Text, load_texts
from annotations.search.matching import texts_holding
from annotations.text.fingerprints import place_key
from annotations.text.passages import LONGEST_PHRASE
from annotations.text.words import words as search_words

MOST_ARTICLES = 40
"""Articles that are compared with a quotation, for each way that leads to them."""
MOST_CAPTURES = 20
MOST_PLACES = 5
"""Places that are kept of a quotation among articles, and among the captures that one person asked for."""
MOST_WORDS = 8
"""Words of a quotation by which captures are found, the longest."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A quotation with its parts, ready to be compared."""

    wanted: Wanted
    parts: tuple[Part, ...]

    @property
    def n_words(self) -> int:
        """Count its words."""
        return sum(len(part.written) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quotation stands too."""

    text: Text
    match: Match

    def key(self, quotation: uuid.UUID) -> uuid.UUID:
        """Return the key of the place of a quotation."""
        return place_key(quotation, self.text.uuid, self.match.span.start, self.match.span.end)


@dataclass(slots=True)
class Shelf:
    """Texts that were loaded, with their parts; emptied when it is full."""

    most: int = 400
    texts: dict[int, Text] = field(default_factory=dict)
    parts: dict[int, list[Part]] = field(default_factory=dict)

    def load(self, ids: Iterable[int]) -> None:
        """Have the texts at hand; those that are not current, or not there, are left out."""
        missing = set(ids) - set(self.texts)
        if missing and len(self.texts) + len(missing) > self.most:
            self.texts.clear()
            self.parts.clear()
        self.texts |= load_texts(missing)

    def parts_of(self, pk: int) -> list[Part]:
        """Return the parts of a whole text."""
        if pk not in self.parts:
            self.parts[pk] = parts_of(self.texts[pk].all_words, self.texts[pk].text)
        return self.parts[pk]


def looked(text: Text, wanted: Wanted) -> Looked:
    """Return a quotation with its words."""
    words = text.all_words
    return Looked(wanted, tuple(parts_of(words, text.text, words.between(wanted.span.start, wanted.span.end))))


def look_up(text: Text, quotations: Sequence[Looked], shelf: Shelf) -> dict[uuid.UUID, list[Place]]:
    """Return the best places of each quotation in articles and captures, the best first.

    At most 3 queries a quotation on PostgreSQL, and 5 for the texts of all.
    """
    candidates = {each.wanted.key: _candidates(text, each) for each in quotations}
    shelf.load({pk for found in candidates.values() for pk in found})
    return {
        each.wanted.key: _best(
            [
                Place(shelf.texts[pk], match)
                for pk in candidates[each.wanted.key]
                if pk in shelf.texts
                and shelf.texts[pk].article_id != text.article_id
                and (match := match_quotation(each.parts, shelf.parts_of(pk))) is not None
            ],
            each.wanted.named,
        )
        for each in quotations
    }


def long_words(each: Looked, text: Text) -> tuple[int | None, int | None]:
    """Return the hashes of the two longest words of a quotation that is not found by its runs, else nothing.

    At most one word of such a quotation may be missing elsewhere, so one of the two is there.
    """
    if max(len(part.written) for part in each.parts) >= LONG and _hashes(text, each):
        return None, None
    forms = sorted({form for part in each.parts for form in part.folded}, key=lambda form: (-len(form), form))[:2]
    numbers = [*index.word_hashes(forms, text.project_id).values(), None, None]
    return numbers[0], numbers[1]


def _candidates(text: Text, each: Looked) -> set[int]:
    if not each.parts:
        return set()
    found = set(_by_search(text, each))
    hashes = _hashes(text, each)
    if hashes:
        hits = index.texts_with(hashes)
        found |= set(hits.of_articles().best(MOST_ARTICLES)) | set(hits.of_captures().best(MOST_CAPTURES))
    found |= _captures(text, each)
    return found - {text.version_id}


def _hashes(text: Text, each: Looked) -> list[int]:
    words, span = text.all_words, each.wanted.span
    return index.hashes_of(words, text.project_id, within=words.between(span.start, span.end))


def _by_search(text: Text, each: Looked) -> list[int]:
    """Return articles that hold the longest part in a row, or all of its words but one; 1 query."""
    part = max(each.parts, key=lambda part: len(part.written))
    span = part.starts[0], part.ends[-1]
    words = [word.folded for word in search_words(text.text, *span)]
    if not words:
        return []
    is_short = SHORT <= len(part.written) < LONG
    bags = [words[:n] + words[n + 1 :] for n in range(len(words))] if is_short else []
    holding = texts_holding(words[:LONGEST_PHRASE], bags, text.project_id)
    rows = Article.objects.filter(holding, project_id=text.project_id, merged_into__isnull=True)
    rows = rows.exclude(pk=text.article_id).order_by("pk")
    return [pk for pk in rows.values_list("current_version_id", flat=True)[:MOST_ARTICLES] if pk is not None]


def _captures(text: Text, each: Looked) -> set[int]:
    """Return captures that hold enough of the longest words; words that a thousand texts hold count for all."""
    forms = sorted({form for part in each.parts for form in part.folded}, key=lambda form: (-len(form), form))
    hashes = list(index.word_hashes(forms[:MOST_WORDS], text.project_id).values())
    hits = index.texts_with(hashes)
    may_miss = 0 if each.n_words < SHORT else 1 if each.n_words < LONG else math.floor(0.4 * len(hashes))
    fewest = max(1, len(hashes) - hits.n_common - may_miss)
    enough = Counter({pk: n for pk, n in hits.of_captures().texts.items() if n >= fewest})
    return set(index.Hits(enough).best(MOST_CAPTURES))


def _best(places: list[Place], named: Named) -> list[Place]:
    """Return the best places: verbatim first, then the more alike, the one that is cited, the earliest."""

    def rank(place: Place) -> tuple[bool, float, bool, bool, float, int]:
        text = place.text
        is_cited = bool(named.url_sha256) and text.url_sha256 == named.url_sha256
        is_cited |= named.publisher is not None and text.publisher_id == named.publisher
        at = text.published_at
        return (
            not place.match.is_verbatim,
            -place.match.score,
            not is_cited,
            at is None,
            at.timestamp() if at else 0.0,
            abs(text.version_id),
        )

    kept: list[Place] = []
    n_of: dict[int, int] = defaultdict(int)
    for place in sorted(places, key=rank):
        whose = place.text.requested_by if place.text.is_capture else -1
        n_of[whose] += 1
        if n_of[whose] <= MOST_PLACES:
            kept.append(place)
    return kept


def compare(each: Looked, other: Text, shelf: Shelf) -> Place | None:
    """Return where a quotation stands in one text that came later."""
    shelf.load([other.version_id])
    match = match_quotation(each.parts, shelf.parts_of(other.version_id)) if each.parts else None
    return Place(other, match) if match is not None else None


Found = Mapping[uuid.UUID, Sequence[Place]]
