"""Whether the words of a quotation stand in another text: verbatim, altered, or not. Pure.

A quotation is its words, in the parts that `[…]` makes; marks and punctuation make no difference, case does. A part is
*verbatim* where its very words stand in a row. It is *altered* where words in a row hold enough of its folded words in
the same order: all of them, and no others, below SHORT words, four in five below LONG, three in five from there on; and
they are three in five of the longer of the two. Paragraph breaks are no borders here; what `[…]` cut out is.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from annotations.reuse.words import Words
from annotations.text.spans import Span

RULE = "quotations-1"
"""Name of the rule; what was looked up by another is looked up again."""
SHORT, LONG = 5, 8
LEAST = 0.6
"""The share of equal words in the longer of a part and what it stands for."""
_UNSEEN = {ord(each): None for each in "\u00ad\u200c\u200d\u2060"}


@dataclass(frozen=True, slots=True)
class Part:
    """Words in a row: as they are written, folded, and their places in the text."""

    written: tuple[str, ...]
    folded: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a quotation stands in another text, in code points, and how much of it: `score` from 0 to 1."""

    span: Span
    is_verbatim: bool
    score: float


def parts_of(words: Words, text: str, within: tuple[int, int] | None = None) -> list[Part]:
    """Return the words of a text, or of some of them, in parts between cuts."""
    first, end = within if within is not None else (0, len(words.forms))
    borders = [each.first for each in words.stretches if each.after_cut and first < each.first < end]
    edges = [first, *borders, end]
    return [
        Part(
            tuple(as_written(text[words.starts[n] : words.ends[n]]) for n in range(a, b)),
            words.forms[a:b],
            words.starts[a:b],
            words.ends[a:b],
        )
        for a, b in pairwise(edges)
        if a < b
    ]


@lru_cache(maxsize=50_000)
def as_written(word: str) -> str:
    """Return a word as verbatim quoting compares it: composed, without signs that are not seen."""
    return word if word.isascii() else unicodedata.normalize("NFC", word.translate(_UNSEEN))


def least_share(n_words: int) -> float:
    """Return the share of a part's words, by their number, that have to stand elsewhere for it to count as altered.

    >>> least_share(4), least_share(7), least_share(8)
    (1.0, 0.8, 0.6)
    """
    return 1.0 if n_words < SHORT else 0.8 if n_words < LONG else LEAST


def match_quotation(parts: Sequence[Part], other: Sequence[Part]) -> Match | None:
    """Return the best place of a quotation in another text, the first of equal ones, or None.

    Its parts stand in order, each after the one before.
    """
    if not parts:
        return None
    found: list[tuple[Span, float, bool, int]] = []
    after = 0
    for part in parts:
        placed = _place(part, other, after)
        if placed is None:
            return None
        found.append((*placed, len(part.written)))
        after = placed[0].end
    n_words = sum(n for _span, _share, _is_verbatim, n in found)
    score = sum(share * n for _span, share, _is_verbatim, n in found) / n_words
    return Match(Span(found[0][0].start, found[-1][0].end), all(each[2] for each in found), round(score, 4))


def _place(part: Part, other: Sequence[Part], after: int) -> tuple[Span, float, bool] | None:
    """Return where a part stands behind an offset: span, share and whether it is verbatim."""
    behind = [_behind(each, after) for each in other]
    for each in behind:
        for at in _in_a_row(part.written, each.written):
            return Span(each.starts[at], each.ends[at + len(part.written) - 1]), 1.0, True
    for each in behind:
        for at in _in_a_row(part.folded, each.folded):
            return Span(each.starts[at], each.ends[at + len(part.folded) - 1]), 1.0, False
    if len(part.folded) < SHORT:
        return None
    best: tuple[float, Span] | None = None
    for each in behind:
        near = _nearest(part.folded, each.folded)
        if near is not None and (best is None or near[0] > best[0]):
            best = near[0], Span(each.starts[near[1]], each.ends[near[2] - 1])
    return (best[1], best[0], False) if best is not None else None


def _behind(part: Part, after: int) -> Part:
    n = bisect_left(part.starts, after)
    return Part(part.written[n:], part.folded[n:], part.starts[n:], part.ends[n:]) if n else part


def _in_a_row(wanted: Sequence[str], words: Sequence[str]) -> Iterator[int]:
    """Yield where the words stand in a row."""
    n, first = len(wanted), wanted[0]
    at = -1
    for _time in range(len(words)):
        try:
            at = words.index(first, at + 1)
        except ValueError:
            return
        if words[at : at + n] == wanted:
            yield at


def _nearest(wanted: Sequence[str], words: Sequence[str]) -> tuple[float, int, int] | None:
    """Return share, first and end of the words in a row most like those wanted; None where none is like enough.

    The share is the longest common subsequence against the longer of the two; of equal ones the first, then the
    shortest. Only where enough of the wanted words stand close together is it counted, one bit a word.
    """
    n = len(wanted)
    fewest, most = math.ceil(least_share(n) * n), math.floor(n / LEAST)
    counts = Counter(wanted)
    if sum((Counter(words) & counts).values()) < fewest:
        return None
    bits: dict[str, int] = {}
    for place, word in enumerate(wanted):
        bits[word] = bits.get(word, 0) | 1 << place
    at = [place for place, word in enumerate(words) if word in bits]
    full = (1 << n) - 1
    best: tuple[float, int, int] | None = None
    for i, first in enumerate(at):
        if i + fewest > len(at) or at[i + fewest - 1] - first >= most:
            continue
        row = full
        for place in at[i:]:
            length = place - first + 1
            if length > most:
                break
            common = row & bits[words[place]]
            row = (row + common | row - common) & full
            equal = n - row.bit_count()
            share = equal / max(n, length)
            if equal >= fewest and share >= LEAST and (best is None or share > best[0]):
                best = share, first, place + 1
    return best
