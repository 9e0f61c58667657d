"""Several people's spans of one text, aligned into units: what all of them have alike, and clusters that differ.

Pure: nothing here knows whose people they are or where the spans are kept.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

SPAN = "span"
SAME_PLACE = 0.5
"""Spans of different labels are versions of one another where they share at least so much of what both cover."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One person's label on one span; `start` and `end` in code points, half-open.

    `key` and `version` name the state of the annotation that was looked at; `more` is whatever else must be the same
    for two people to agree: attributes, and the parts of a span that leaves words out.
    """

    key: str
    version: int
    person: int
    label: str
    start: int
    end: int
    more: str = ""

    @property
    def what(self) -> tuple[int, int, str, str]:
        """Return what was said, without by whom."""
        return self.start, self.end, self.label, self.more


@dataclass(frozen=True, slots=True)
class Unit:
    """Spans that are settled together: one span that everybody has, or different versions of one place.

    Of another kind than "span" it is what people said of one thing: a label on the text, or a link between two spans.
    """

    spans: tuple[Marked, ...]
    is_agreed: bool
    kind: str = SPAN

    @property
    def start(self) -> int:
        """Return where the first of them begins."""
        return min(span.start for span in self.spans)

    @property
    def end(self) -> int:
        """Return where the last of them ends."""
        return max(span.end for span in self.spans)

    @property
    def name(self) -> str:
        """Return 32 hexadecimal digits that are the same as long as the same states of the same spans are in it."""
        states = sorted(f"{span.key}:{span.version}" for span in self.spans)
        return hashlib.sha256("\n".join(states).encode()).hexdigest()[:32]

    def of(self, person: int) -> tuple[Marked, ...]:
        """Return one person's version, which may be nothing."""
        return tuple(span for span in self.spans if span.person == person)


def units(spans: Iterable[Marked], people: Iterable[int]) -> list[Unit]:
    """Return the units of a text in its order. `people` are all who looked at it, also those who marked nothing.

    >>> ada, ben = Marked("a", 1, 1, "claim", 0, 9), Marked("b", 1, 2, "claim", 0, 7)
    >>> [(unit.start, unit.end, unit.is_agreed) for unit in units([ada, ben], [1, 2])]
    [(0, 9, False)]
    """
    everybody = frozenset(people)
    alike: dict[tuple[int, int, str, str], list[Marked]] = defaultdict(list)
    for span in spans:
        alike[span.what].append(span)
    found: list[Unit] = []
    differing: list[Marked] = []
    for same in alike.values():
        if everybody <= {span.person for span in same}:
            found.append(Unit(tuple(sorted(same, key=_order)), is_agreed=True))
        else:
            differing += same
    found += [Unit(tuple(sorted(each, key=_order)), is_agreed=False) for each in _clusters(differing)]
    return sorted(found, key=lambda unit: (unit.start, unit.end, unit.spans[0].label, unit.name))


def units_about(said: Iterable[tuple[Hashable, Marked]], people: Iterable[int], kind: str) -> list[Unit]:
    """Return a unit for each thing that something is said about, in the order of their places.

    All agree where everybody said the same of it, and nobody anything else: `people` are all who had to say it.

    >>> ada, ben = Marked("a", 1, 1, "satire", 0, 9), Marked("b", 1, 2, "satire", 0, 9, '[{"sure":"no"}]')
    >>> [(unit.kind, unit.is_agreed) for unit in units_about([("satire", ada), ("satire", ben)], [1, 2], "x")]
    [('x', False)]
    """
    everybody = frozenset(people)
    about: dict[Hashable, list[Marked]] = defaultdict(list)
    for thing, one in said:
        about[thing].append(one)
    found = [
        Unit(
            tuple(sorted(each, key=_order)),
            is_agreed=everybody <= {one.person for one in each} and len({one.what for one in each}) == 1,
            kind=kind,
        )
        for each in about.values()
    ]
    return sorted(found, key=lambda unit: (unit.start, unit.end, unit.spans[0].label, unit.name))


def units_tied(said: Iterable[tuple[Iterable[Hashable], Marked]], people: Iterable[int], kind: str) -> list[Unit]:
    """Return units of what is tied by a thing that both name, or lies at one place; others join through these.

    All agree where everybody said the same, wherever each found it.

    >>> ada, ben = Marked("a", 1, 1, "claim", 0, 9, "It rained."), Marked("b", 1, 2, "claim", 4, 9, "It rained.")
    >>> [unit.is_agreed for unit in units_tied([(["x"], ada), (["y"], ben)], [1, 2], "x")]
    [True]
    """
    everybody = frozenset(people)
    ordered = sorted(said, key=lambda each: _order(each[1]))
    ones = [one for _things, one in ordered]
    leads_to = list(range(len(ones)))
    first_with: dict[Hashable, int] = {}
    for n, (things, _one) in enumerate(ordered):
        for thing in things:
            leads_to[_first(leads_to, n)] = _first(leads_to, first_with.setdefault(thing, n))
    _tie_overlapping(ones, leads_to)
    found = []
    for each in _groups(ones, leads_to):
        is_agreed = everybody <= {one.person for one in each} and len({one.more for one in each}) == 1
        found.append(Unit(tuple(each), is_agreed, kind))
    return sorted(found, key=lambda unit: (unit.start, unit.end, unit.spans[0].label, unit.name))


def _clusters(spans: Sequence[Marked]) -> Iterator[list[Marked]]:
    """Yield the spans that belong together, directly or through others; one pass over those that overlap."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    leads_to = list(range(len(ordered)))
    _tie_overlapping(ordered, leads_to)
    yield from _groups(ordered, leads_to)


def _tie_overlapping(ordered: Sequence[Marked], leads_to: list[int]) -> None:
    """Join those that are versions of one another; they come in the order of their places."""
    active: list[int] = []
    for n, span in enumerate(ordered):
        active = [m for m in active if ordered[m].end > span.start]
        for m in active:
            if _belong_together(ordered[m], span):
                leads_to[_first(leads_to, n)] = _first(leads_to, m)
        active.append(n)


def _groups(spans: Sequence[Marked], leads_to: list[int]) -> Iterable[list[Marked]]:
    groups: dict[int, list[Marked]] = defaultdict(list)
    for n, span in enumerate(spans):
        groups[_first(leads_to, n)].append(span)
    return groups.values()


def _first(leads_to: list[int], n: int) -> int:
    while leads_to[n] != n:
        leads_to[n] = n = leads_to[leads_to[n]]
    return n


def _belong_together(one: Marked, other: Marked) -> bool:
    """Tell whether two spans that may overlap are versions of one another: a number within a quotation is not."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    if shared <= 0:
        return False
    covered = max(one.end, other.end) - min(one.start, other.start)
    return one.label == other.label or shared >= SAME_PLACE * covered


def _order(span: Marked) -> tuple[int, int, int, str, str]:
    return span.start, span.end, span.person, span.label, span.key
