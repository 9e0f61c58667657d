"""Two wordings of a text compared: what is the same, gone and new, and where a passage of the old one now stands.

A passage is carried over with certainty in three cases, and in no other:
1. it stands, with all of its prefix and suffix, in words that the comparison found unchanged;
2. its place in unchanged words is also the one that its quote and context lead to;
3. its words stand once in either wording, moved together with all that was before or all that was behind them.
Whatever else is found is a proposal for a person to decide on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from annotations.text.anchoring import anchor
from annotations.text.spans import CONTEXT, Span, quote

MOST_CANDIDATES = 5
MOST_COMPARED = 4_000_000
"""Parts of more pairs of words than this are not compared word by word: the whole part counts as replaced."""
_PARAGRAPH = re.compile(r"[^\n]+\n*|\n+")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and what became of it; the pieces that are not new are the old text, in order."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a passage stands in the new wording; `span` is None where a person has to decide among `candidates`."""

    span: Span | None
    candidates: tuple[Span, ...] = ()


class Comparison:
    """An old and a new wording, compared word by word.

    >>> [(piece.kind.value, piece.text) for piece in Comparison("It rained long.", "It snowed long.").pieces]
    [('same', 'It '), ('gone', 'rained'), ('new', 'snowed'), ('same', ' long.')]
    """

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self.pieces = tuple(_joined(_compare(old, new)))
        self._same: list[tuple[int, int, int]] = []
        at_old = at_new = 0
        for piece in self.pieces:
            if piece.kind == Kind.SAME:
                self._same.append((at_old, at_old + len(piece.text), at_new))
            at_old += len(piece.text) if piece.kind != Kind.NEW else 0
            at_new += len(piece.text) if piece.kind != Kind.GONE else 0
        self._starts = [start for start, _end, _new in self._same]

    def carry(self, span: Span) -> Carried:
        """Return where the passage of the old wording stands in the new one."""
        words, there = quote(self.old, span), self._unchanged(span)
        if there is not None and quote(self.new, there) == words:
            return Carried(there)
        near = there.start if there is not None else self._near(span.start)
        found = anchor(self.new, words.exact, words.prefix, words.suffix, near=near)
        if found.span is not None and self._is_certain(span, found.span, there, found.n_places):
            return Carried(found.span)
        return Carried(None, tuple(self._candidates(span, there, found.span)))

    def _is_certain(self, span: Span, found: Span, there: Span | None, n_places: int) -> bool:
        if there is not None:
            return found == there
        before, now = quote(self.old, span), quote(self.new, found)
        is_moved_whole = (len(before.prefix) == CONTEXT and now.prefix == before.prefix) or (
            len(before.suffix) == CONTEXT and now.suffix == before.suffix
        )
        once = n_places == 1 and self.old.find(before.exact) == self.old.rfind(before.exact)
        return once and now.exact == before.exact and is_moved_whole

    def _unchanged(self, span: Span) -> Span | None:
        """Return where the span went, if it lies in one stretch that is the same in both."""
        n = bisect_right(self._starts, span.start) - 1
        if n < 0:
            return None
        start, end, new = self._same[n]
        moved = new - start
        return Span(span.start + moved, span.end + moved) if span.end <= end else None

    def _near(self, place: int) -> int:
        """Return about where a place of the old wording went."""
        n = bisect_right(self._starts, place) - 1
        if n < 0:
            return 0
        start, end, new = self._same[n]
        return new + min(place, end) - start

    def _candidates(self, span: Span, there: Span | None, found: Span | None) -> Iterator[Span]:
        """Yield proposals, the best first: unchanged words, the quote elsewhere, then what stands in its place now."""
        offered = [place for place in (there, found) if place is not None]
        words, at, near = span.text_of(self.old), -1, self._near(span.start)
        elsewhere: list[Span] = []
        while len(elsewhere) < 1_000 and (at := self.new.find(words, at + 1)) >= 0:
            elsewhere.append(Span(at, at + len(words)))
        offered += sorted(elsewhere, key=lambda place: abs(place.start - near))
        if not offered and (replaced := self._replacement(span)) is not None:
            offered.append(replaced)
        yield from list(dict.fromkeys(offered))[:MOST_CANDIDATES]

    def _replacement(self, span: Span) -> Span | None:
        """Return what stands between the unchanged words around the span, without outer white space."""
        start = self._near(span.start)
        n = bisect_right(self._starts, span.end - 1) - 1
        is_inside = n >= 0 and span.end <= self._same[n][1]
        following = self._same[n + 1][2] if n + 1 < len(self._same) else len(self.new)
        end = self._same[n][2] + span.end - self._same[n][0] if is_inside else following
        inside = self.new[start:end]
        start, end = end - len(inside.lstrip()), start + len(inside.rstrip())
        return Span(start, end) if start < end else None


def _compare(old: str, new: str) -> Iterator[Piece]:
    """Compare by paragraph, and by word where paragraphs differ."""
    for kind, before, after in _aligned(_PARAGRAPH.findall(old), _PARAGRAPH.findall(new)):
        if kind == Kind.SAME:
            yield Piece(Kind.SAME, before)
            continue
        for inner, gone, made in _aligned(_WORD.findall(before), _WORD.findall(after)):
            if inner == Kind.SAME:
                yield Piece(Kind.SAME, gone)
            else:
                yield Piece(Kind.GONE, gone)
                yield Piece(Kind.NEW, made)


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind, str, str]]:
    """Yield stretches that are the same, or of which the first was replaced by the second."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    yield Kind.SAME, "".join(old[:head]), "".join(new[:head])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > MOST_COMPARED:
        yield Kind.GONE, "".join(left), "".join(right)
    else:
        for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            yield Kind.SAME if tag == "equal" else Kind.GONE, "".join(left[a:b]), "".join(right[c:d])
    yield Kind.SAME, "".join(old[len(old) - tail :]), "".join(new[len(new) - tail :])


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Leave empty pieces out and join neighbours of one kind."""
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last is not None and last.kind == piece.kind:
            last = Piece(last.kind, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
