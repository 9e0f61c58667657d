"""α_u: agreement on where units begin and end in a continuum, and of which class they are.

Source: K. Krippendorff, Content Analysis, 2nd edition 2004, section 11.6, with Krippendorff 1995. Each article is a
continuum of its own; observed and expected disagreement are summed over articles. Units of one annotator and one class
must not overlap: `without_overlaps` merges them first and says how many it merged.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations

from .figures import NO_PAIRS, NO_VARIATION, Figure, with_interval

Unit = tuple[int, int]
"""(start, end), half-open, in code points."""


@dataclass
class Continua:
    """The disagreements on one class, article by article: two numbers an article, whatever its length."""

    n_units: int = 0
    n_annotators: int = 0
    articles: list[tuple[float, float]] = field(default_factory=list)

    def add_article(self, length: int, annotators: Sequence[Sequence[Unit]]) -> None:
        """Take in one article: its length and, for each annotator who had it, their units of the class in order."""
        if length < 1 or len(annotators) < 2:
            return
        self.n_annotators = max(self.n_annotators, len(annotators))
        self.n_units += sum(map(len, annotators))
        self.articles.append((observed_disagreement(length, annotators), expected_disagreement(length, annotators)))

    def alpha(self, *, seed: int | None = None) -> Figure:
        """Return α_u of the class; with a seed also its interval over articles."""
        return alpha_u([self], seed=seed)


def alpha_u(classes: Sequence[Continua], *, seed: int | None = None) -> Figure:
    """Return α_u over several classes, whose disagreements are added up before they are compared."""
    n_articles = max((len(each.articles) for each in classes), default=0)
    columns = [[0.0] * n_articles, [0.0] * n_articles]
    for each in classes:
        for n, (apart, by_chance) in enumerate(each.articles):
            columns[0][n] += apart
            columns[1][n] += by_chance
    observed, expected = sum(columns[0]), sum(columns[1])
    n_units = sum(each.n_units for each in classes)
    n_annotators = max((each.n_annotators for each in classes), default=0)
    why = "" if expected else NO_VARIATION if n_articles else NO_PAIRS
    found = Figure(_value([observed, expected]), observed, expected, n_units, n_annotators, why)
    return found if seed is None else with_interval(found, columns, _value, seed=seed)


def _value(sums: list[float]) -> float | None:
    return 1 - sums[0] / sums[1] if sums[1] else None


def observed_disagreement(length: int, annotators: Sequence[Sequence[Unit]]) -> float:
    """Return how far annotators are apart: the mean over pairs, as a share of the square of the length."""
    pairs = len(annotators) * (len(annotators) - 1)
    apart = sum(distance(one, other) for one, other in combinations(annotators, 2))
    return 2 * apart / (pairs * length**2)


def distance(one: Sequence[Unit], other: Sequence[Unit]) -> int:
    """Return the distance between the units of two annotators, in text order.

    Two units that overlap are as far apart as the squares of the distances of their ends; a unit that lies in a gap
    of the other annotator's is as far as the square of its length.

    >>> distance([(225, 295)], [(220, 300)]), distance([], [(400, 420)])
    (50, 400)
    """
    apart, at = 0, 0
    touched = [False] * len(other)
    for start, end in one:
        while at < len(other) and other[at][1] <= start:
            at += 1
        n, is_alone = at, True
        while n < len(other) and other[n][0] < end:
            apart += (start - other[n][0]) ** 2 + (end - other[n][1]) ** 2
            touched[n], is_alone = True, False
            n += 1
        if is_alone:
            apart += (end - start) ** 2
    for (start, end), is_touched in zip(other, touched, strict=True):
        if not is_touched:
            apart += (end - start) ** 2
    return apart


def expected_disagreement(length: int, annotators: Sequence[Sequence[Unit]]) -> float:
    """Return how far units and gaps of these lengths would be apart if they stood in any place."""
    lengths = [end - start for units in annotators for start, end in units]
    if not lengths:
        return 0.0
    gaps = sorted(_gaps(length, annotators))
    longer = [0, *accumulate(reversed(gaps))]  # the sum of the n longest
    apart = 0.0
    for unit in lengths:
        n = len(gaps) - bisect_left(gaps, unit)
        apart += (len(lengths) - 1) / 3 * (2 * unit**3 - 3 * unit**2 + unit)
        apart += unit**2 * (longer[n] - n * (unit - 1))
    whole = len(annotators) * length
    ways = whole * (whole - 1) - sum(unit * (unit - 1) for unit in lengths)
    return 2 / length * apart / ways if ways else 0.0


def _gaps(length: int, annotators: Iterable[Sequence[Unit]]) -> Iterable[int]:
    """Yield the lengths of what lies between units, before the first and after the last."""
    for units in annotators:
        at = 0
        for start, end in units:
            if start > at:
                yield start - at
            at = end
        if at < length:
            yield length - at


def without_overlaps(units: Iterable[Unit]) -> tuple[list[Unit], int]:
    """Merge units that overlap, in text order; return them and how many were merged into another.

    >>> without_overlaps([(5, 9), (0, 6), (9, 12)])
    ([(0, 9), (9, 12)], 1)
    """
    merged: list[Unit] = []
    n_merged = 0
    for start, end in sorted(units):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            n_merged += 1
        else:
            merged.append((start, end))
    return merged, n_merged
