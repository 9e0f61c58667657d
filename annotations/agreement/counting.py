"""What one text adds to every measure, counted in one pass over the spans that differ.

Most annotators mark much the same, so the spans of a text are few however many people marked it: each distinct span is
looked at once, with the people who marked it as the bits of a number. What `spans`, `unitising` and `alpha` define pair
by pair is counted here from how many people share what; tests hold both to the same values.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from .spans import Span
from .unitising import Unit, expected_disagreement, without_overlaps

REALS = ("both", "one", "none", "apart", "by_chance")
COUNTS = ("exact", "exact_of", "overlap", "overlap_of", "character", "character_of")
OF_LABEL = (*REALS, *COUNTS)
"""What is kept of a label in a text: coincidences of marking a sentence, distances of units, spans in common."""
OF_PAIR = ("exact", "exact_of", "both", "marked_by_first", "marked_by_second", "items")
GOLD = -1
"""Stands for the settled annotations in a pair, in the place of a second person."""
NOTHING = ""
"""Stands for a label in a matrix of confusion where the other person marked nothing."""
WIDTH = 20
"""Bits for a person in a number that stands for two."""
Bits = int
Places = dict[Unit, Bits]
Matrix = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Text:
    """One text: its length, its sentences, and the spans of everybody who counts, by a number for each person."""

    length: int
    sentences: Sequence[tuple[int, int]]
    spans: Mapping[int, Sequence[Span]]
    gold: Sequence[Span] | None = None


@dataclass
class Counts:
    """What one text adds up to."""

    n_people: int
    n_sentences: int
    labels: dict[str, list[float]] = field(default_factory=dict)
    """For each label that anybody put on a span, the numbers of `OF_LABEL`."""
    n_spans: Counter[str] = field(default_factory=Counter)
    n_units: Counter[str] = field(default_factory=Counter)
    n_merged: int = 0
    pairs: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """For each two people, the lower number first, and each with `GOLD`, the numbers of `OF_PAIR`."""


class Confusion:
    """How often one person put a label where another put a label, or nothing: over many texts and all people.

    People are kept as one number for two of them, as there is one increment for each span and each other person.
    """

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def matrices(self) -> dict[tuple[int, int], Matrix]:
        """Return for each person and another which label the other had where the first put one."""
        found: dict[tuple[int, int], Matrix] = defaultdict(Counter)
        for labels, pairs in self.cells.items():
            for key, n in pairs.items():
                one, other = (key >> WIDTH) - 1, (key & (1 << WIDTH) - 1) - 1
                if one != other:
                    found[one, other][labels] += n
        return found

    def join(self, labels: tuple[str, str], pairs: Iterable[tuple[int, int]]) -> None:
        """Add what was counted elsewhere."""
        cells = self.cells[labels]
        for key, n in pairs:
            cells[key] += n


def count(text: Text, labels: Sequence[str], confusion: Confusion) -> Counts:
    """Count one text for the measures, and who put what where into the confusion; other labels are left out."""
    people = sorted(text.spans)
    marked = [text.spans[person] for person in people]
    counts = Counts(len(people), len(text.sentences))
    places = _places(marked, frozenset(labels))
    votes: dict[str, dict[int, Bits]] = {}
    for label, spans in places.items():
        votes[label] = _votes(text.sentences, spans)
        counts.labels[label] = _of_label(text, label, spans, votes[label], counts)
    if text.gold is not None:
        people, marked = [*people, GOLD], [*marked, text.gold]
        places = _places(marked, frozenset(labels))
        votes = {label: _votes(text.sentences, spans) for label, spans in places.items()}
    _count_pairs(counts, people, places, votes, items=len(text.sentences) * len(labels))
    _count_confusion(confusion, people, places)
    return counts


def _places(marked: Sequence[Sequence[Span]], labels: frozenset[str]) -> dict[str, Places]:
    """Give the distinct spans of each label in text order, each with the people who marked it."""
    found: dict[str, Places] = defaultdict(lambda: defaultdict(int))
    for n, spans in enumerate(marked):
        bit = 1 << n
        for label, start, end in spans:
            if label in labels:
                found[label][start, end] |= bit
    return {label: dict(sorted(places.items())) for label, places in sorted(found.items())}


def _of_label(text: Text, label: str, spans: Places, votes: Mapping[int, Bits], counts: Counts) -> list[float]:
    n_people = counts.n_people
    counts.n_spans[label] = sum(each.bit_count() for each in spans.values())
    others = n_people - 1
    touched = _touched(spans)
    exact = sum(each.bit_count() * (each.bit_count() - 1) for each in spans.values())
    overlap = sum(
        each.bit_count() * (touch.bit_count() - 1) for each, touch in zip(spans.values(), touched, strict=True)
    )
    of = others * counts.n_spans[label]
    units, of_people, n_merged = _units(spans, n_people)
    counts.n_merged += n_merged
    counts.n_units[label] = sum(map(len, of_people))
    if n_people < 2:
        return [0.0] * 5 + [0] * 6
    distance, character = _distances(units, n_people)
    length_of_all = sum((end - start) * each.bit_count() for (start, end), each in units.items())
    return [
        *_coincidences(votes.values(), len(text.sentences), n_people),
        2 * distance / (n_people * others * text.length**2) if text.length else 0.0,
        expected_disagreement(text.length, of_people) if text.length else 0.0,
        *(exact, of, overlap, of, character, others * length_of_all),
    ]


def _coincidences(votes: Iterable[Bits], n_sentences: int, n_people: int) -> tuple[float, float, float]:
    """Return how often both, one, or none of two people marked a sentence, each item weighed as α weighs it."""
    both = one = n_marked = none = 0
    for each in votes:
        yes = each.bit_count()
        no = n_people - yes
        n_marked += 1
        both += yes * (yes - 1)
        one += yes * no
        none += no * (no - 1)
    none += (n_sentences - n_marked) * n_people * (n_people - 1)
    weight = n_people - 1
    return both / weight, one / weight, none / weight


def _votes(sentences: Sequence[tuple[int, int]], spans: Places) -> dict[int, Bits]:
    """Return who marked anything in a sentence, by its number, where anybody did."""
    starts = [start for start, _end in sentences]
    found: dict[int, Bits] = defaultdict(int)
    for (start, end), who in spans.items():
        n = max(0, bisect_right(starts, start) - 1)
        while n < len(sentences) and sentences[n][0] < end:
            if sentences[n][1] > start:
                found[n] |= who
            n += 1
    return found


def _overlapping(places: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Yield each two places that overlap, by their numbers; the places are in text order."""
    for n, (_start, end) in enumerate(places):
        other = n + 1
        while other < len(places) and places[other][0] < end:
            yield n, other
            other += 1


def _touched(spans: Places) -> list[Bits]:
    """Return for each span who has that span or one that overlaps it."""
    places, who = list(spans), list(spans.values())
    touched = who.copy()
    for one, other in _overlapping(places):
        touched[one] |= who[other]
        touched[other] |= who[one]
    return touched


def _units(spans: Places, n_people: int) -> tuple[Places, list[list[Unit]], int]:
    """Merge what one person marked twice with a label; return the units, those of each person, and how many merged."""
    of_people: list[list[Unit]] = [[] for _person in range(n_people)]
    for unit, who in spans.items():
        for n in bits(who):
            of_people[n].append(unit)
    places, masks = list(spans), list(spans.values())
    if not any(masks[one] & masks[other] for one, other in _overlapping(places)):
        return spans, of_people, 0
    units: Places = defaultdict(int)
    merged = 0
    for n, own in enumerate(of_people):
        of_people[n], n_merged = without_overlaps(own)
        merged += n_merged
        for unit in of_people[n]:
            units[unit] |= 1 << n
    return dict(sorted(units.items())), of_people, merged


def _distances(units: Places, n_people: int) -> tuple[int, int]:
    """Return the distances of all pairs of people added up, and twice the characters that they share."""
    places, who = list(units), [each.bit_count() for each in units.values()]
    touched = _touched(units)
    apart = shared = 0
    for (start, end), n, touch in zip(places, who, touched, strict=True):
        apart += (end - start) ** 2 * n * (n_people - touch.bit_count())
        shared += (end - start) * n * (n - 1)
    for one, other in _overlapping(places):
        (start, end), (start_there, end_there) = places[one], places[other]
        pairs = who[one] * who[other]
        apart += ((start - start_there) ** 2 + (end - end_there) ** 2) * pairs
        shared += 2 * (min(end, end_there) - start_there) * pairs
    return apart, shared


def _count_pairs(
    counts: Counts,
    people: Sequence[int],
    places: Mapping[str, Places],
    votes: Mapping[str, Mapping[int, Bits]],
    *,
    items: int,
) -> None:
    n_spans = [0] * len(people)
    marked = [0] * len(people)
    shared: Counter[tuple[int, int]] = Counter()
    both: Counter[tuple[int, int]] = Counter()
    for label, spans in places.items():
        for who in spans.values():
            each = bits(who)
            if len(each) > 1:
                shared.update(combinations(each, 2))
            for n in each:
                n_spans[n] += 1
        for who in votes[label].values():
            each = bits(who)
            if len(each) > 1:
                both.update(combinations(each, 2))
            for n in each:
                marked[n] += 1
    for one, other in combinations(range(len(people)), 2):
        counts.pairs[people[one], people[other]] = [
            2 * shared[one, other],
            n_spans[one] + n_spans[other],
            both[one, other],
            marked[one],
            marked[other],
            items,
        ]


def _count_confusion(confusion: Confusion, people: Sequence[int], places: Mapping[str, Places]) -> None:
    """Say for each span of a person which label each other person has there: its own if they have it, else the most."""
    everybody = (1 << len(people)) - 1
    spans = sorted((unit, label, who) for label, units in places.items() for unit, who in units.items())
    near: list[list[int]] = [[] for _span in spans]
    for one, other in _overlapping([unit for unit, _label, _who in spans]):
        near[one].append(other)
        near[other].append(one)
    for n, (unit, label, who) in enumerate(spans):
        firsts = [people[m] + 1 << WIDTH for m in bits(who)]
        left = everybody & ~who
        others = [(label, who)] if len(firsts) > 1 else []
        if len(near[n]) > 1:
            near[n].sort(key=lambda m: preference(unit, label, spans[m][0], spans[m][1]))
        for m in near[n]:
            if got := spans[m][2] & left:
                others.append((spans[m][1], got))
                left &= ~got
        if left:
            others.append((NOTHING, left))
        for other_label, got in others:
            cells = confusion.cells[label, other_label]
            seconds = [people[m] + 1 for m in bits(got)]
            for first in firsts:
                for second in seconds:
                    cells[first + second] += 1


def preference(unit: Unit, label: str, other: Unit, other_label: str) -> tuple[bool, int, int, int]:
    """Order the spans that overlap one: those of its label first, then by what is shared, then the shortest."""
    shared = min(unit[1], other[1]) - max(unit[0], other[0])
    return label != other_label, -shared, other[1] - other[0], other[0]


_BLOCK, _MOST_KNOWN = 10, 4096
_BITS: dict[Bits, tuple[int, ...]] = {}
_OF_BLOCK: dict[tuple[int, Bits], tuple[int, ...]] = {}


def bits(who: Bits) -> tuple[int, ...]:
    """Return the numbers of the people that the bits stand for.

    >>> bits(0b1011), bits(1 << 10 | 1 << 23)
    ((0, 1, 3), (10, 23))
    """
    found = _BITS.get(who)
    if found is None:
        found = ()
        for first in range(0, who.bit_length(), _BLOCK):
            found += _of_block(first, who >> first & (1 << _BLOCK) - 1)
        if len(_BITS) < _MOST_KNOWN:
            _BITS[who] = found
    return found


def _of_block(first: int, block: Bits) -> tuple[int, ...]:
    """Return the same of ten people from a first one; there are at most 1,024 for each ten."""
    found = _OF_BLOCK.get((first, block))
    if found is None:
        found = _OF_BLOCK[first, block] = tuple(first + n for n in range(_BLOCK) if block >> n & 1)
    return found
