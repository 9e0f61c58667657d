"""How well the suggester does: precision and recall against spans that a person marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .english import Proposal, propose

Gold = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one kind. A hit overlaps a span of the gold set of the same kind; an exact one has its very bounds."""

    gold: int
    proposed: int
    right: int
    found: int
    exact: int

    @property
    def precision(self) -> float | None:
        """Return the share of proposals that touch a marked span; None where nothing was proposed."""
        return self.right / self.proposed if self.proposed else None

    @property
    def recall(self) -> float | None:
        """Return the share of marked spans that a proposal touches; None where none is marked."""
        return self.found / self.gold if self.gold else None


def places_of(text: str, quotes: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the quotes stand as whole words; `quote#2` is the second place. Raises `ValueError` if nowhere."""
    found = []
    for quote in quotes:
        words, _mark, number = quote.partition("#")
        places = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]
        if len(places) < int(number or 1):
            raise ValueError(quote)
        found.append(places[int(number or 1) - 1])
    return found


def measure(text: str, gold: Gold, proposals: Iterable[Proposal] | None = None) -> dict[str, Counter[str]]:
    """Count, by kind, what is marked, proposed, right, found and exact in one text."""
    given = list(propose(text) if proposals is None else proposals)
    counts: dict[str, Counter[str]] = {}
    for kind, quotes in gold.items():
        marked = places_of(text, quotes)
        mine = [(one.start, one.end) for one in given if one.kind == kind]
        counts[kind] = Counter(
            gold=len(marked),
            proposed=len(mine),
            right=sum(any(_touch(one, other) for other in marked) for one in mine),
            found=sum(any(_touch(one, other) for other in mine) for one in marked),
            exact=len(set(marked) & set(mine)),
        )
    return counts


def total(parts: Iterable[Mapping[str, Counter[str]]]) -> dict[str, Score]:
    """Add the counts of several texts up."""
    sums: dict[str, Counter[str]] = {}
    for part in parts:
        for kind, counts in part.items():
            sums.setdefault(kind, Counter()).update(counts)
    names = ("gold", "proposed", "right", "found", "exact")
    return {kind: Score(*(counts[name] for name in names)) for kind, counts in sums.items()}


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
