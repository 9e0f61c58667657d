"""A text cut into passages for search: long runs of words that overlap, so that no phrase falls between two. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .words import Word, words

LONGEST_PHRASE = 32
"""Words of the longest phrase that is found wherever it stands; passages overlap by one less."""
WORDS_IN_A_PASSAGE = 1_000
MOST_OF_ONE_WORD = 250
"""PostgreSQL keeps at most 255 places of a word in a row; a passage ends before that."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text with the words in it."""

    start: int
    end: int
    words: tuple[str, ...]


def passages(text: str) -> Iterator[Passage]:
    """Yield the passages of a text in order; none where it holds no word.

    >>> text = " ".join(map(str, range(1000, 2500)))
    >>> [(each.start, each.end, len(each.words)) for each in passages(text)]
    [(0, 4999, 1000), (4845, 7499, 531)]
    """
    found: list[Word] = []
    counts: Counter[str] = Counter()
    is_new = False
    for word in words(text):
        found.append(word)
        counts[word.folded] += 1
        is_new = True
        if len(found) == WORDS_IN_A_PASSAGE or counts[word.folded] == MOST_OF_ONE_WORD:
            yield _passage(found)
            found = found[1 - LONGEST_PHRASE :]
            counts = Counter(word.folded for word in found)
            is_new = False
    if is_new:
        yield _passage(found)


def _passage(found: list[Word]) -> Passage:
    return Passage(found[0].start, found[-1].end, tuple(word.folded for word in found))
