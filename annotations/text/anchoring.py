"""Finding a quoted passage again in a text: by its exact words and what stood before and after them. Pure.

The rule, all of it: the words have to stand in the text as they were quoted, or, where they do not, with each run of
white space taken as one space. Of several places the one is taken whose surroundings repeat more of the prefix and
the suffix than those of every other place. Where two places do so equally well, none is taken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from annotations.text.spans import Span

MOST_PLACES = 10_000
"""A quote that stands in a text more often is taken for ambiguous."""
_SPACES = re.compile(r"\s+")
_LONG_RUN = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Anchored:
    """Where a quote was found: `span` is None where it stands nowhere, or at several places alike (`n_places`)."""

    span: Span | None
    n_places: int


def anchor(text: str, exact: str, prefix: str = "", suffix: str = "") -> Anchored:
    """Return where a quote stands.

    >>> anchor("Rain fell. Rain stayed.", "Rain", suffix=" stayed").span
    Span(start=11, end=15)
    >>> anchor("Rain fell. Rain stayed.", "Rain")
    Anchored(span=None, n_places=2)
    """
    if not exact:
        return Anchored(None, 0)
    found = _best(text, exact, prefix, suffix)
    if found.n_places:
        return found
    folded = _Folded(text)
    words = _SPACES.sub(" ", exact).strip()
    if not words:
        return found
    inside = _best(folded.text, words, _SPACES.sub(" ", prefix), _SPACES.sub(" ", suffix))
    return inside if inside.span is None else Anchored(folded.unfolded(inside.span), inside.n_places)


def _best(text: str, exact: str, prefix: str, suffix: str) -> Anchored:
    places = list(_places(text, exact))
    if len(places) == 1:
        return Anchored(places[0], 1)
    if not places or len(places) > MOST_PLACES or not (prefix or suffix):
        return Anchored(None, len(places))
    scored = [(_likeness(text, place, prefix, suffix), place) for place in places]
    best = max(score for score, _place in scored)
    winners = [place for score, place in scored if score == best]
    return Anchored(winners[0] if len(winners) == 1 else None, len(places))


def _places(text: str, exact: str) -> Iterator[Span]:
    at = text.find(exact)
    for _n in range(MOST_PLACES + 1):
        if at < 0:
            return
        yield Span(at, at + len(exact))
        at = text.find(exact, at + 1)


def _likeness(text: str, place: Span, prefix: str, suffix: str) -> int:
    """Count the characters next to a place that repeat the prefix, backwards, and the suffix, forwards."""
    before = text[max(0, place.start - len(prefix)) : place.start]
    after = text[place.end : place.end + len(suffix)]
    return _shared(before[::-1], prefix[::-1]) + _shared(after, suffix)


def _shared(one: str, other: str) -> int:
    n = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        n += 1
    return n


class _Folded:
    """A text with each run of white space as one space, and the way back to its own offsets."""

    def __init__(self, text: str) -> None:
        self._places: list[int] = []
        self._removed = [0]
        for run in _LONG_RUN.finditer(text):
            self._places.append(run.start() - self._removed[-1])
            self._removed.append(self._removed[-1] + run.end() - run.start() - 1)
        self.text = _SPACES.sub(" ", text)

    def unfolded(self, span: Span) -> Span:
        return Span(self._unfolded(span.start), self._unfolded(span.end))

    def _unfolded(self, place: int) -> int:
        return place + self._removed[bisect_left(self._places, place)]
