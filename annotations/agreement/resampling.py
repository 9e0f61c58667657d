"""One bootstrap over articles for every measure at once (Efron 1979), in memory that does not grow with the articles.

Whole articles are drawn, with repeats, as many as there are; a measure is computed from the sums over what was drawn.
Articles come one after another: how often each of them is in each resample is drawn as it comes, which gives the very
same chances as drawing them all beforehand. Each resample keeps its sums as one long whole number with a field a
column, so that taking in an article is one addition a resample, however many measures share the draw; an array library
would do the same work a few times faster, and be the largest dependency of the program.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

from .figures import COVERAGE, RESAMPLES, quantile

FRACTION = 1 << 44
"""Fineness of a column that is not made of counts: this many steps up to its largest value."""


class Resamples:
    """The sums of every resample, column by column.

    `most` holds the largest value that an article adds to each column, `counts` whether a column holds whole numbers.
    """

    def __init__(
        self, n_articles: int, most: Sequence[float], counts: Sequence[bool], *, seed: int, times: int = RESAMPLES
    ) -> None:
        self._left_articles = n_articles
        self._left = [n_articles] * times
        self._sums = [0] * times
        self._chance = random.Random(seed)  # noqa: S311 -- anybody may draw the sample again
        self._steps: list[float] = [  # a step of whole 1 keeps counts as they are, however large
            1 if is_count or not top else FRACTION / top for top, is_count in zip(most, counts, strict=True)
        ]
        tops = (int(top * step) + 1 for top, step in zip(most, self._steps, strict=True))
        self._widths = [((n_articles * top).bit_length() + 7) // 8 for top in tops]
        self._fields = [(step, size, bytes(size)) for step, size in zip(self._steps, self._widths, strict=True)]

    def add(self, values: Sequence[float]) -> None:
        """Take in one article."""
        packed = [  # most columns are of somebody else, or of another time
            int(value * step).to_bytes(width, "little") if value else nothing
            for value, (step, width, nothing) in zip(values, self._fields, strict=True)
        ]
        row = int.from_bytes(b"".join(packed), "little")
        chance, sums, left = self._chance.random, self._sums, self._left
        share = 1 / self._left_articles
        rest, ratio = 1 - share, share / (1 - share) if share < 1 else 0.0
        for n, remaining in enumerate(left):
            place = chance()
            term = rest**remaining
            if place < term:
                continue
            drawn = 0
            while place >= term and drawn < remaining:
                place -= term
                term *= ratio * (remaining - drawn) / (drawn + 1)
                drawn += 1
            if share == 1:
                drawn = remaining
            left[n] = remaining - drawn
            sums[n] += row if drawn == 1 else row * drawn
        self._left_articles -= 1

    def sums(self) -> Iterator[list[float]]:
        """Yield the sums of each resample, a number a column."""
        size = sum(self._widths)
        for packed in self._sums:
            data, at, found = packed.to_bytes(size, "little"), 0, list[float]()
            for width, step in zip(self._widths, self._steps, strict=True):
                total = int.from_bytes(data[at : at + width], "little")
                found.append(total if step == 1 else total / step)
                at += width
            yield found

    def intervals(
        self, measures: Sequence[Callable[[Sequence[float]], float | None]]
    ) -> list[tuple[float, float] | None]:
        """Return the percentile interval of each measure; None where too few resamples have a value."""
        values = [array("d") for _measure in measures]
        for sums in self.sums():
            for found, measure in zip(values, measures, strict=True):
                value = measure(sums)
                if value is not None:
                    found.append(value)
        return [interval_of(found, len(self._sums)) for found in values]


def interval_of(values: Iterable[float], times: int) -> tuple[float, float] | None:
    """Return the middle share of the values of as many resamples; None where fewer than half have any."""
    ordered = sorted(values)
    if len(ordered) < times / 2:
        return None
    tail = (1 - COVERAGE) / 2
    return quantile(ordered, tail), quantile(ordered, 1 - tail)
