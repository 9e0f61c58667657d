"""From what people answered on single texts, to the figures of each question: of all, by pair, against gold, over time.

Which numbers of a text's answers the resamples need is laid out here, beside those of its spans. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from operator import add
from typing import Any

from . import answering
from .counting import GOLD
from .figures import Figure
from .questions import DECIMALS, MOST_NUMBER, Answer, Answers, Question

MOST_MILLIONTHS = MOST_NUMBER * 10**DECIMALS
MOST_COLUMNS = 600
"""Beyond so many numbers a text, further figures of questions have no interval: first everybody's, then by pair."""
MOST_COLUMNS_OVER_TIME = 1_000
"""The same of figures over time, question by question."""
MOST_OF_PAIRS = 10_000
"""Beyond so many, further questions have no figures of pairs."""
PAIRS_NOT_MEASURED = "questions_without_pairs"
WIDTH, ANSWER_BITS = 30, 10
"""Bits for a person with an answer, and those of them for the answer, in a number that stands for two people."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One figure of a question, with its matrix, where its numbers stand among the columns, and how they are read."""

    question: int
    measure: str
    pair: Pair | None
    figure: Figure
    matrix: list[list[Any]]
    n_texts: int
    at: int | None
    period: str = ""


@dataclass
class _Sums:
    """What the texts that count add up to: on one question, of everybody, or of two people."""

    sums: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    matrix: dict[tuple[Answer, Answer], float] = field(default_factory=dict)
    sizes: set[int] = field(default_factory=set)
    n_texts: int = 0

    def add(self, row: Sequence[float], n_people: int) -> None:
        self.n_texts += 1
        self.sizes.add(n_people)
        self.sums = list(map(add, self.sums, row)) if self.sums else list(row)
        self.most = list(map(max, self.most, row)) if self.most else list(row)

    def join(self, other: _Sums) -> None:
        self.n_texts += other.n_texts
        self.sizes |= other.sizes
        self.sums = list(map(add, self.sums, other.sums)) if self.sums else list(other.sums)
        self.most = list(map(max, self.most, other.most)) if self.most else list(other.most)
        for cell, times in other.matrix.items():
            self.matrix[cell] = self.matrix.get(cell, 0) + times


class AnswerTotals:
    """What all texts add up to, question by question."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = list(questions)
        self.of: dict[tuple[int, str], _Sums] = {}
        """Of a question in a period; of texts that are in none, under no name."""
        self._codes: dict[int, Counter[int]] = defaultdict(Counter)
        self._numbers: dict[tuple[int, Pair], list[int]] = {}
        self.bounds: dict[int, tuple[Answer, Answer]] = {}

    def add(self, answers: Answers, period: str | None = None) -> None:
        """Take in one text of a period, or of none."""
        for n, given in answers.items():
            question = self.questions[n]
            if question.metric is None:
                continue
            if question.metric == "interval":
                low, high = self.bounds.get(n, (MOST_MILLIONTHS, -MOST_MILLIONTHS))
                self.bounds[n] = (min(low, *given.values()), max(high, *given.values()))
            values = of_people(given)
            if len(values) > 1:
                sums = self.of.setdefault((n, period or ""), _Sums())
                sums.add(answering.row(question, values), len(values))
                if question.metric != "interval":
                    for cell, times in answering.coincidences(values):
                        sums.matrix[cell] = sums.matrix.get(cell, 0) + times
            self._add_pairs(n, question, given)

    def _add_pairs(self, n: int, question: Question, given: Mapping[int, Answer]) -> None:
        """Count who stands beside whom: classes and ranks as one number for two people and both answers, in one go."""
        people = sorted(given, key=_gold_last)
        if question.metric != "interval":
            said = [person + 1 << ANSWER_BITS | given[person] for person in people]
            self._codes[n].update([one << WIDTH | other for one, other in combinations(said, 2)])
            return
        for pair in combinations(people, 2):
            one, other = given[pair[0]], given[pair[1]]
            sums = self._numbers.setdefault((n, pair), [0, 0, 0, 0])
            sums[0] += 2
            sums[1] += one + other
            sums[2] += one * one + other * other
            sums[3] += 2 * (one - other) ** 2 << answering.FINENESS

    def of_everybody(self) -> dict[int, _Sums]:
        """Return what all texts add up to on each question that two people answered on any."""
        found: dict[int, _Sums] = {}
        for (n, _period), sums in sorted(self.of.items()):
            found.setdefault(n, _Sums()).join(sums)
        return found

    def of_pairs(self) -> dict[tuple[int, Pair], _Sums]:
        """Return what each two people add up to on each question that both answered."""
        found: dict[tuple[int, Pair], _Sums] = {}
        for n, codes in self._codes.items():
            for code, times in codes.items():
                (one, answer), (other, other_answer) = _decoded(code >> WIDTH), _decoded(code & (1 << WIDTH) - 1)
                sums = found.setdefault((n, (one, other)), _Sums(sizes={2}))
                sums.n_texts += times
                sums.matrix[answer, other_answer] = times
        for key, numbers in self._numbers.items():
            found[key] = _Sums(sums=list(numbers), sizes={2}, n_texts=numbers[0] // 2)
        return found


def _gold_last(person: int) -> tuple[bool, int]:
    return person == GOLD, person


def _decoded(said: int) -> tuple[int, Answer]:
    return (said >> ANSWER_BITS) - 1, said & (1 << ANSWER_BITS) - 1


class AnswerPlan:
    """Which numbers of the answers stand where among the columns, and the figures that are computed from them."""

    def __init__(self, totals: AnswerTotals, names: Mapping[int, str], *, most_pairs: int) -> None:
        self.totals, self.questions = totals, totals.questions
        self.left_out: Counter[str] = Counter()
        self.of_all = totals.of_everybody()
        self.periods: dict[int, list[str]] = {}
        for n, period in sorted(totals.of):
            if period:
                self.periods.setdefault(n, []).append(period)
        self.of_pair = totals.of_pairs()
        self.pairs = self._measured_pairs(names)
        self.most: list[float] = []
        self.are_counts: list[bool] = []
        self.at: dict[int, int] = {}
        self.pairs_at: dict[int, list[tuple[Pair, int]]] = {}
        self.periods_at: dict[tuple[int, str], int] = {}
        self._lay_out(most_pairs)

    def _measured_pairs(self, names: Mapping[int, str]) -> dict[int, list[Pair]]:
        """Return the pairs of each question that has figures of them, gold last, by name."""
        found: dict[int, list[Pair]] = {}
        for n, pair in self.of_pair:
            found.setdefault(n, []).append(pair)
        n_measured = 0
        for n in sorted(found):
            n_measured += len(found[n])
            if n_measured > MOST_OF_PAIRS:
                del found[n]
                self.left_out[PAIRS_NOT_MEASURED] += 1
                continue
            found[n].sort(key=lambda pair: (GOLD in pair, names[max(pair)] if GOLD in pair else names[pair[0]], pair))
        return found

    def _lay_out(self, most_pairs: int) -> None:
        for n, sums in sorted(self.of_all.items()):
            question = self.questions[n]
            if len(self.most) + answering.width(question) <= MOST_COLUMNS:
                self.at[n] = len(self.most)
                most = self._most_of_numbers(n, max(sums.sizes)) if question.metric == "interval" else sums.most
                self.most += most
                self.are_counts += answering.are_counts(question)
        for n, pairs in sorted(self.pairs.items()):
            question = self.questions[n]
            size = answering.pair_width(question)
            if len(pairs) > most_pairs or len(self.most) + size * len(pairs) > MOST_COLUMNS:
                continue
            self.pairs_at[n] = []
            for pair in pairs:
                self.pairs_at[n].append((pair, len(self.most)))
                is_of_numbers = question.metric == "interval"
                self.most += self._most_of_numbers(n, 2) if is_of_numbers else [2.0] * size  # both chose a rank
                self.are_counts += [True] * size
        self._lay_out_periods()

    def _lay_out_periods(self) -> None:
        room = len(self.most) + MOST_COLUMNS_OVER_TIME
        for n, periods in sorted(self.periods.items()):
            question = self.questions[n]
            are_counts = answering.narrowed(question, answering.are_counts(question))
            if len(self.most) + len(are_counts) * len(periods) > room:
                continue
            for period in periods:
                sums = self.totals.of[n, period]
                is_of_numbers = question.metric == "interval"
                most = self._most_of_numbers(n, max(sums.sizes)) if is_of_numbers else sums.most
                self.periods_at[n, period] = len(self.most)
                self.most += answering.narrowed(question, most)
                self.are_counts += map(bool, are_counts)

    def _most_of_numbers(self, n: int, n_people: int) -> list[int]:
        low, high = self.totals.bounds[n]
        return answering.largest(self.questions[n], n_people, high - low)

    def fill(self, row: list[float], offset: int, answers: Answers, period: str | None = None) -> None:
        """Put what a text of a period adds into its row, whose numbers of answers begin at an offset."""
        for n, given in answers.items():
            place, in_period = self.at.get(n), self.periods_at.get((n, period or ""))
            if place is None and in_period is None and n not in self.pairs_at:
                continue
            question, low = self.questions[n], self.totals.bounds.get(n, (0, 0))[0]
            values = of_people(given)
            found = answering.row(question, values, low=low) if len(values) > 1 else []
            if found and place is not None:
                row[offset + place : offset + place + len(found)] = found
            if found and in_period is not None:
                narrow = answering.narrowed(question, found)
                row[offset + in_period : offset + in_period + len(narrow)] = narrow
            for pair, at in self.pairs_at.get(n, ()):
                if pair[0] in given and pair[1] in given:
                    found = answering.pair_row(question, given[pair[0]], given[pair[1]], low=low)
                    row[offset + at : offset + at + len(found)] = found

    def figures(self) -> Iterator[Found]:
        """Yield the figures of each question without intervals: everybody's, by pair, against gold, then over time."""
        for n, question in enumerate(self.questions):
            if question.metric is None:
                continue
            sums = self.of_all.get(n, _Sums())
            for measure in answering.measures(question, is_of_pair=False):
                yield self._found(n, measure, None, sums, sums.sums, frozenset(sums.sizes), self.at.get(n))
            places = dict(self.pairs_at.get(n, ()))
            for pair in self.pairs.get(n, ()):
                of_pair = self.of_pair[n, pair]
                numbers = of_pair.sums or _sums_of(question, of_pair.matrix)
                for measure in answering.measures(question, is_of_pair=True):
                    yield self._found(n, measure, pair, of_pair, numbers, frozenset({2}), places.get(pair))
            for period in self.periods.get(n, ()):
                yield self._found_in(n, period)

    def _found_in(self, n: int, period: str) -> Found:
        sums, measure = self.totals.of[n, period], answering.measure_over_time(self.questions[n])
        found = self._found(n, measure, None, sums, sums.sums, frozenset(sums.sizes), self.periods_at.get((n, period)))
        return replace(found, period=period)

    def _found(
        self,
        n: int,
        measure: str,
        pair: Pair | None,
        sums: _Sums,
        numbers: Sequence[float],
        sizes: frozenset[int],
        at: int | None,
    ) -> Found:
        question = self.questions[n]
        empty = [0.0] * (answering.width(question) if pair is None else answering.pair_width(question))
        figure = answering.figure(measure, question, numbers or empty, n_texts=sums.n_texts, sizes=sizes)
        matrix = [
            [question.values[one], question.values[other], round(times, 6)]
            for (one, other), times in sorted(sums.matrix.items())
        ]
        return Found(n, measure, pair, figure, matrix, sums.n_texts, at)

    def value_of(self, found: Found, offset: int) -> Any:
        """Return how a resample gives the value of a figure; None where its numbers are not among the columns."""
        if found.at is None:
            return None
        question = self.questions[found.question]
        if found.period:
            size = len(answering.narrowed(question, answering.are_counts(question)))
            return partial(_value_in_period, question, offset + found.at, size)
        size = answering.width(question) if found.pair is None else answering.pair_width(question)
        return partial(_value, found.measure, question, offset + found.at, size)


def _value(measure: str, question: Question, at: int, size: int, drawn: Sequence[float]) -> float | None:
    return answering.value(measure, question, drawn[at : at + size])


def _value_in_period(question: Question, at: int, size: int, drawn: Sequence[float]) -> float | None:
    return answering.alpha_of_narrowed(question, drawn[at : at + size])


def _sums_of(question: Question, matrix: Mapping[tuple[Answer, Answer], float]) -> list[float]:
    """Add up the rows of two people from how often each answer stood against each."""
    found = [0.0] * answering.pair_width(question)
    for (one, other), times in matrix.items():
        row = answering.pair_row(question, one, other)
        found = [total + times * each for total, each in zip(found, row, strict=True)]
    return found


def of_people(given: Mapping[int, Answer]) -> list[Answer]:
    """Return the answers of people, in the order of their numbers, without gold."""
    return [given[person] for person in sorted(given) if person != GOLD]
