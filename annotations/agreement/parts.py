"""What some texts add up to, small enough to be kept between the workers that count and the one that sums up."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from .counting import GOLD, NOTHING, OF_PAIR, Confusion, Counts, Matrix
from .questions import Answers

Pair = tuple[int, int]
LEFT_OUT_MERGED = "overlapping_units_merged"


@dataclass(slots=True)
class CountedText:
    """One text in numbers: `day` is when the last of its people handed it in, or empty; and what they answered."""

    day: str
    n_people: int
    n_sentences: int
    labels: dict[str, list[float]]
    pairs: dict[Pair, list[int]]
    answers: Answers = field(default_factory=dict)


@dataclass
class Part:
    """The numbers of some texts, each by itself, and what needs no resampling already added up."""

    texts: list[CountedText] = field(default_factory=list)
    n_spans: Counter[str] = field(default_factory=Counter)
    n_units: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    confusion: Confusion = field(default_factory=Confusion)

    def add(self, counts: Counts, day: str, answers: Answers | None = None) -> None:
        """Take in one text, whose confusion was counted into the part's."""
        of_text = (counts.n_people, counts.n_sentences, counts.labels, counts.pairs)
        self.texts.append(CountedText(day, *of_text, answers or {}))
        if counts.n_people > 1:
            self.n_spans.update(counts.n_spans)
            self.n_units.update(counts.n_units)
            self.left_out[LEFT_OUT_MERGED] += counts.n_merged

    @property
    def days(self) -> set[str]:
        """Return the days on which its texts were handed in."""
        return {text.day for text in self.texts if text.day}

    def packed(self) -> bytes:
        """Return it as bytes that need no code to be read."""
        return zlib.compress(orjson.dumps(self._as_json()), 1)

    @classmethod
    def unpacked(cls, content: bytes) -> Part:
        """Read what `packed` wrote."""
        sent = orjson.loads(zlib.decompress(content))
        texts = [
            CountedText(
                day,
                n_people,
                n_sentences,
                labels,
                {(row[0], row[1]): row[2:] for row in pairs},
                {n: dict(zip(people, values, strict=True)) for n, people, values in answers},
            )
            for day, n_people, n_sentences, labels, pairs, answers in sent["texts"]
        ]
        confusion = Confusion()
        for label, other, keys, times in sent["confusion"]:
            confusion.cells[label, other] = dict(zip(keys, times, strict=True))
        return cls(texts, Counter(sent["n_spans"]), Counter(sent["n_units"]), Counter(sent["left_out"]), confusion)

    def _as_json(self) -> dict[str, Any]:
        return {
            "texts": [
                [
                    text.day,
                    text.n_people,
                    text.n_sentences,
                    text.labels,
                    [[*pair, *numbers] for pair, numbers in text.pairs.items()],
                    [[n, list(given), list(given.values())] for n, given in text.answers.items()],
                ]
                for text in self.texts
            ],
            "n_spans": self.n_spans,
            "n_units": self.n_units,
            "left_out": self.left_out,
            "confusion": [
                [*labels, list(pairs), list(pairs.values())] for labels, pairs in self.confusion.cells.items()
            ],
        }


def is_with_gold(pair: Pair) -> bool:
    """Tell whether one side of the pair is the settled annotations."""
    return GOLD in pair


def as_rows(matrix: Matrix) -> list[list[Any]]:
    """Return a matrix as rows of label, label and count, in their order, for storing."""
    return [[own, other, n] for (own, other), n in sorted(matrix.items()) if n]


def confusion_of(one_way: Matrix, other_way: Matrix) -> Matrix:
    """Join two people's matrices into one: rows are the first one's labels, columns those of the second.

    A span that only the second has is in the row of nothing; what both have is counted once, from the first one's side.
    """
    joined = Counter(one_way)
    for (own, other), n in other_way.items():
        if other == NOTHING:
            joined[NOTHING, own] += n
    return joined


def overlapping(one_way: Matrix, other_way: Matrix) -> int:
    """Return how many spans of either touch a span of the other with the same label."""
    return sum(n for matrix in (one_way, other_way) for (own, other), n in matrix.items() if own == other)


def cells_of(numbers: list[int]) -> Iterator[list[int]]:
    """Yield the rows of the table of two people's decisions on sentences: neither marked, or one, or both."""
    found = dict(zip(OF_PAIR, numbers, strict=True))
    both, first, second = found["both"], found["marked_by_first"], found["marked_by_second"]
    yield [found["items"] - first - second + both, second - both]
    yield [first - both, both]
