"""What a measurement says: a value with what it was computed from, or why there is none; and its interval."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

RESAMPLES = 1_000
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured agreement.

    `value` is None where the measure is undefined, and `why` says the reason. `observed` and `expected` are what the
    measure compares: agreement for Cohen, Scott, Fleiss and Gwet, disagreement for Krippendorff. `low` and `high` are
    the ends of the interval over articles, None where none was asked for or too few resamples had a value.
    """

    value: float | None
    observed: float | None = None
    expected: float | None = None
    n_items: int = 0
    n_annotators: int = 0
    why: str = ""
    low: float | None = None
    high: float | None = None


NO_PAIRS = "no_pairs"
"""Nobody decided on anything that another decided on."""
NO_VARIATION = "no_variation"
"""Everybody always chose the same: there is nothing that chance could have made different."""
UNEQUAL = "unequal_numbers"
"""Not every item has as many annotators as the others, which the measure needs."""


def beyond_chance(observed: float, expected: float) -> float | None:
    """Return what agreement there is beyond chance, as a share of what there could be; None where chance explains all.

    >>> beyond_chance(0.7, 0.4)
    0.5
    """
    return None if expected >= 1 else round((observed - expected) / (1 - expected), 15)


def with_interval(
    figure: Figure, columns: Sequence[Sequence[float]], measure: Callable[[list[float]], float | None], *, seed: int
) -> Figure:
    """Add the percentile interval of a bootstrap over articles (Efron 1979): whole articles are drawn, with repeats.

    `columns` holds, for each sum that the measure is made of, what each article adds to it; `measure` computes the
    value from the sums. Without at least two articles there is no interval.
    """
    count = len(columns[0]) if columns else 0
    if figure.value is None or count < 2:
        return figure
    chance, articles = random.Random(seed), range(count)  # noqa: S311 -- anybody may draw the sample again
    values = []
    for _time in range(RESAMPLES):
        drawn = chance.choices(articles, k=count)
        value = measure([sum(map(column.__getitem__, drawn)) for column in columns])
        if value is not None:
            values.append(value)
    if len(values) < RESAMPLES / 2:
        return figure
    values.sort()
    tail = (1 - COVERAGE) / 2
    return replace(figure, low=quantile(values, tail), high=quantile(values, 1 - tail))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ordered values, between two of them where it lies between.

    >>> quantile([0.0, 1.0, 4.0], 0.75)
    2.5
    """
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
