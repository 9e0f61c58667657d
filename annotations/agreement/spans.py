"""F1 between the spans of two annotators: exact, overlapping, and by labelled character.

Nobody can say what two annotators agree not to have marked, so there is no correction for chance; F1 is the same
whoever of the two is taken for right (Hripcsak and Rothschild 2005).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from .figures import NO_PAIRS, Figure, with_interval
from .unitising import without_overlaps

Span = tuple[str, int, int]
"""(label, start, end), half-open, in code points."""
Match = Literal["exact", "overlap", "character"]


@dataclass
class Matches:
    """What pairs of annotators have in common and what each has, article by article: two numbers an article."""

    match: Match = "exact"
    n_items: int = 0
    n_annotators: int = 0
    articles: list[tuple[float, float]] = field(default_factory=list)

    def add_article(self, annotators: Sequence[Iterable[Span]]) -> None:
        """Take in one article: the spans of each annotator who had it, none for who found nothing to mark."""
        if len(annotators) < 2:
            return
        sets = [_Spans(spans) for spans in annotators]
        self.n_annotators = max(self.n_annotators, len(sets))
        self.n_items += sum(len(each.spans) for each in sets)
        common = total = 0.0
        for one, other in combinations(sets, 2):
            shared, both = one.in_common(other, self.match)
            common, total = common + shared, total + both
        self.articles.append((common, total))

    def f1(self, *, seed: int | None = None) -> Figure:
        """Return F1 over all pairs and articles; with a seed also its interval over articles."""
        columns = [list(column) for column in zip(*self.articles, strict=True)]
        sums = [sum(column) for column in columns]
        value = _f1(sums) if sums else None
        why = NO_PAIRS if value is None else ""
        found = Figure(value, value, None, self.n_items, self.n_annotators, why)
        return found if seed is None else with_interval(found, columns, _f1, seed=seed)


def f1(one: Iterable[Span], other: Iterable[Span], match: Match = "exact") -> float | None:
    """Return F1 of two annotators on one article; None where neither marked anything.

    >>> f1([("X", 0, 10), ("Y", 20, 30)], [("X", 0, 10)])
    0.6666666666666666
    """
    return _f1(list(_Spans(one).in_common(_Spans(other), match)))


def _f1(sums: Sequence[float]) -> float | None:
    common, total = sums
    return common / total if total else None


class _Spans:
    """One annotator's spans of one article, in the forms that comparing asks for."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = frozenset(spans)
        self._by_label: dict[str, list[tuple[int, int]]] | None = None

    def in_common(self, other: _Spans, match: Match) -> tuple[float, float]:
        """Return twice what both share, and what each has, added up: their quotient is F1."""
        if match == "exact":
            return 2 * len(self.spans & other.spans), len(self.spans) + len(other.spans)
        mine, theirs = self._stretches(match), other._stretches(match)
        labels = mine.keys() & theirs.keys()
        if match == "character":
            shared = sum(_shared_length(mine[label], theirs[label]) for label in labels)
            return 2.0 * shared, float(_length(mine) + _length(theirs))
        touched = sum(_touched(mine[label], theirs[label]) + _touched(theirs[label], mine[label]) for label in labels)
        return float(touched), float(len(self.spans) + len(other.spans))

    def _stretches(self, match: Match) -> dict[str, list[tuple[int, int]]]:
        """Give the spans by label in text order; for characters without counting any twice."""
        if self._by_label is None:
            found: dict[str, list[tuple[int, int]]] = defaultdict(list)
            for label, start, end in sorted(self.spans):
                found[label].append((start, end))
            if match == "character":
                found = {label: without_overlaps(each)[0] for label, each in found.items()}
            self._by_label = found
        return self._by_label


def _length(by_label: dict[str, list[tuple[int, int]]]) -> int:
    return sum(end - start for each in by_label.values() for start, end in each)


def _shared_length(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> int:
    """Return how many characters lie in both; neither overlaps itself, both are in order."""
    shared = n = m = 0
    while n < len(one) and m < len(other):
        shared += max(0, min(one[n][1], other[m][1]) - max(one[n][0], other[m][0]))
        if one[n][1] <= other[m][1]:
            n += 1
        else:
            m += 1
    return shared


def _touched(spans: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """Return how many of the spans overlap any of the others."""
    return sum(
        any(start < end_there and start_there < end for start_there, end_there in others) for start, end in spans
    )
