"""Krippendorff's α: any number of annotators, any number of values an item, classes, ranks or numbers.

Source: K. Krippendorff, Content Analysis, 2nd edition 2004, chapter 11. Values are indices into an ordered list of
classes; for the interval metric the classes have numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from .figures import NO_PAIRS, NO_VARIATION, Figure, with_interval

Metric = Literal["nominal", "ordinal", "interval"]
Item = Sequence[int]
"""The values that annotators gave one item, in any order; who gave none is left out."""


@dataclass
class Coincidences:
    """How often each pair of classes stood beside each other, article by article.

    An item with m values adds each ordered pair of them with the weight 1 / (m - 1). What an article adds is kept
    only for the interval; memory grows by one row an article, never with the items.
    """

    n_classes: int
    n_items: int = 0
    n_annotators: int = 0
    articles: list[list[float]] = field(default_factory=list)

    def add_article(self, items: Iterable[Item]) -> None:
        """Take in the items of one article."""
        self.add_counts(Counter(tuple(map(item.count, range(self.n_classes))) for item in items))

    def add_counts(self, items: Mapping[tuple[int, ...], int]) -> None:
        """Take in one article of which it is known how many items have each count of values, class by class."""
        size = self.n_classes
        row = [0.0] * (size * size)
        for counts, n_items in items.items():
            n_values = sum(counts)
            self.n_annotators = max(self.n_annotators, n_values)
            if n_values < 2:
                continue
            self.n_items += n_items
            weight = n_items / (n_values - 1)
            present = [value for value in range(size) if counts[value]]
            for one in present:
                for other in present:
                    row[one * size + other] += counts[one] * (counts[other] - (one == other)) * weight
        self.articles.append(row)

    def alpha(self, metric: Metric = "nominal", *, numbers: Sequence[float] = (), seed: int | None = None) -> Figure:
        """Return α over all articles; with a seed also its interval over articles.

        `numbers` gives each class its number, for the interval metric; ranks are taken where it is left out.
        """
        columns = list(zip(*self.articles, strict=True))
        sums = [sum(column) for column in columns] or [0.0] * self.n_classes**2
        observed, expected = disagreements(sums, self.n_classes, metric, numbers)
        why = "" if expected else NO_VARIATION if self.n_items else NO_PAIRS
        value = 1 - observed / expected if expected else None
        found = Figure(value, observed, expected, self.n_items, self.n_annotators, why)
        if seed is None:
            return found
        used = [n for n, column in enumerate(columns) if any(column)]  # most pairs of classes never meet

        def value_of(drawn: list[float]) -> float | None:
            drawn_sums = [0.0] * len(sums)
            for place, drawn_sum in zip(used, drawn, strict=True):
                drawn_sums[place] = drawn_sum
            apart, by_chance = disagreements(drawn_sums, self.n_classes, metric, numbers)
            return 1 - apart / by_chance if by_chance else None

        return with_interval(found, [columns[n] for n in used], value_of, seed=seed)


def alpha(
    items: Iterable[Item], n_classes: int, metric: Metric = "nominal", *, numbers: Sequence[float] = ()
) -> Figure:
    """Return α of items that are not grouped into articles.

    >>> alpha([[0, 0], [1, 1], [0, 1], [1, 1]], 2).value
    0.5333333333333333
    """
    coincidences = Coincidences(n_classes)
    coincidences.add_article(items)
    return coincidences.alpha(metric, numbers=numbers)


def disagreements(sums: Sequence[float], size: int, metric: Metric, numbers: Sequence[float]) -> tuple[float, float]:
    """Return observed and expected disagreement of a matrix of coincidences."""
    uses = [sum(sums[one * size : (one + 1) * size]) for one in range(size)]
    total = sum(uses)
    if total <= 1:
        return 0.0, 0.0
    below = [0.0, *accumulate(uses)]
    observed = expected = 0.0
    for one in range(size):
        for other in range(one + 1, size):
            if not uses[one] or not uses[other]:
                continue
            if metric == "nominal":
                apart = 1.0
            elif metric == "interval":
                apart = (numbers[one] - numbers[other]) ** 2 if numbers else float((one - other) ** 2)
            else:
                apart = (below[other + 1] - below[one] - (uses[one] + uses[other]) / 2) ** 2
            observed += (sums[one * size + other] + sums[other * size + one]) * apart
            expected += 2 * uses[one] * uses[other] * apart
    return observed / total, expected / (total * (total - 1))
