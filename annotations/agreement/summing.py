"""From what single texts add up to, to the figures of a run: each measure on everything, by label, pair, gold and time.

The parts are gone through twice: once for the sums and for how large a column gets, once for the resamples. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import add
from typing import Any

from .chance import cohen_kappa
from .counting import OF_LABEL, OF_PAIR, REALS, Confusion
from .figures import NO_PAIRS, NO_VARIATION, Figure, beyond_chance
from .parts import CountedText, Pair, Part, as_rows, cells_of, confusion_of, is_with_gold, overlapping
from .periods import periods_of
from .questions import Question
from .resampling import Resamples
from .summing_answers import AnswerPlan, AnswerTotals, Found

ALL = "all"
MOST_PAIRS_WITH_INTERVAL = 200
"""Beyond so many pairs of people, as of 20, their figures have no intervals: each pair is six columns."""
OF_PERIOD = ("both", "one", "none", "exact", "exact_of")
Value = Callable[[Sequence[float]], float | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure: of which measure, on which unit, of what; and the matrix that it opens to.

    One of a question names it by its number among those of the run.
    """

    measure: str
    unit: str
    scope: str
    figure: Figure
    matrix: list[list[Any]] = field(default_factory=list)
    question: int | None = None


class Totals:
    """What all texts add up to, and which columns the resamples need.

    `days` are all on which a text was handed in; a text of another day is in no period.
    """

    def __init__(
        self,
        labels: Sequence[str],
        parts: Iterable[Part],
        questions: Sequence[Question] = (),
        *,
        days: Iterable[str] = (),
    ) -> None:
        self.labels = list(labels)
        self.answers = AnswerTotals(questions)
        self.period_of = periods_of(days)
        self.n_texts = self.n_compared = self.n_with_gold = 0
        self.most_people = 0
        self.most_people_by_label: Counter[str] = Counter()
        self.n_items = 0
        self.n_spans: Counter[str] = Counter()
        self.n_units: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.of_label = {label: _Columns(len(OF_LABEL)) for label in self.labels}
        self.of_pair: dict[Pair, _Columns] = {}
        self.of_period: dict[str, _Columns] = {}
        confusion = Confusion()
        for part in parts:
            self._add(part)
            for names, pairs in part.confusion.cells.items():
                confusion.join(names, pairs.items())
        self.matrices = confusion.matrices()

    def _add(self, part: Part) -> None:
        for text in part.texts:
            self.n_texts += 1
            self.n_with_gold += any(map(is_with_gold, text.pairs))
            if text.n_people > 1:
                self._add_compared(text)
            for pair, numbers in text.pairs.items():
                self.of_pair.setdefault(pair, _Columns(len(OF_PAIR))).add(numbers)
            self.answers.add(text.answers, self.period_of.get(text.day))
        self.n_spans.update(part.n_spans)
        self.n_units.update(part.n_units)
        self.left_out.update(part.left_out)

    def _add_compared(self, text: CountedText) -> None:
        self.n_compared += 1
        self.most_people = max(self.most_people, text.n_people)
        self.n_items += text.n_sentences
        for label in self.labels:
            self.of_label[label].add(numbers_of(text, label))
            if label in text.labels:
                self.most_people_by_label[label] = max(self.most_people_by_label[label], text.n_people)
        if period := self.period_of.get(text.day):
            self.of_period.setdefault(period, _Columns(len(OF_PERIOD))).add(of_period(text, self.labels))


def numbers_of(text: CountedText, label: str) -> list[float]:
    """Return the numbers of a label in a text, where nobody used it too."""
    found = text.labels.get(label)
    if found is not None and text.n_people > 1:
        return found
    none = float(text.n_sentences * text.n_people) if text.n_people > 1 else 0.0
    return [0.0, 0.0, none, *[0.0] * (len(OF_LABEL) - 3)]


def of_period(text: CountedText, labels: Sequence[str]) -> list[float]:
    """Return what a text adds to its period, over all labels."""
    rows = [numbers_of(text, label) for label in labels]
    wanted = [OF_LABEL.index(name) for name in OF_PERIOD]
    return [sum(row[n] for row in rows) for n in wanted]


def summed_up(
    totals: Totals,
    parts: Callable[[], Iterable[Part]],
    people: Sequence[str],
    *,
    seed: int,
    tick: Callable[[int], None] = lambda done: None,
) -> list[Measured]:
    """Return every figure with its interval, the most general first; `people` gives each number its name.

    `tick` is told after each part how many texts were resampled.
    """
    plan = _Plan(totals, people)
    totals.left_out.update(plan.answers.left_out)
    found = list(plan.figures())
    if totals.n_texts < 2:
        return [each for each, _value, _n in found]
    resamples = Resamples(totals.n_texts, plan.most, plan.are_counts, seed=seed)
    done = 0
    for part in parts():
        for text in part.texts:
            resamples.add(plan.row_of(text))
        done += len(part.texts)
        tick(done)
    asked = [
        (n, value)
        for n, (each, value, n_texts) in enumerate(found)
        if value is not None and each.figure.value is not None and n_texts > 1
    ]
    measured = [each for each, _value, _n in found]
    for (n, _value), interval in zip(asked, resamples.intervals([value for _n, value in asked]), strict=True):
        if interval is not None:
            low, high = interval
            measured[n] = replace(measured[n], figure=replace(measured[n].figure, low=low, high=high))
    return measured


@dataclass
class _Columns:
    """Sums of some columns, the largest value of each, and how many texts had any."""

    size: int
    sums: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    n_texts: int = 0

    def __post_init__(self) -> None:
        self.sums, self.most = [0] * self.size, [0] * self.size

    def add(self, numbers: Sequence[float]) -> None:
        self.n_texts += any(numbers)
        self.sums = list(map(add, self.sums, numbers))
        self.most = list(map(max, self.most, numbers))


class _Plan:
    """Which column stands where, and how each figure is computed from the columns."""

    def __init__(self, totals: Totals, people: Sequence[str]) -> None:
        self.totals, self.people = totals, people
        self.named_pairs = sorted(totals.of_pair, key=lambda pair: (is_with_gold(pair), self._names(pair)))
        has_room = len(self.named_pairs) <= MOST_PAIRS_WITH_INTERVAL
        self.pairs = self.named_pairs if has_room else []
        self.periods = dict(sorted(totals.of_period.items()))
        self.answers = AnswerPlan(totals.answers, dict(enumerate(people)), most_pairs=MOST_PAIRS_WITH_INTERVAL)
        self._lay_out()

    def _lay_out(self) -> None:
        self.most: list[float] = []
        self.are_counts: list[bool] = []
        self.at: dict[Any, int] = {}
        groups: list[tuple[Any, tuple[str, ...], _Columns]] = [
            *((label, OF_LABEL, self.totals.of_label[label]) for label in self.totals.labels),
            *((pair, OF_PAIR, self.totals.of_pair[pair]) for pair in self.pairs),
            *((("period", period), OF_PERIOD, columns) for period, columns in self.periods.items()),
        ]
        for key, names, columns in groups:
            self.at[key] = len(self.most)
            self.most += columns.most
            self.are_counts += [name not in REALS or names == OF_PAIR for name in names]
        self.at_answers = len(self.most)
        self.most += self.answers.most
        self.are_counts += self.answers.are_counts

    def row_of(self, text: CountedText) -> list[float]:
        """Return what a text adds to each column."""
        row: list[float] = [0] * len(self.most)
        period = self.totals.period_of.get(text.day)
        if text.n_people > 1:
            for label in self.totals.labels:
                at = self.at[label]
                row[at : at + len(OF_LABEL)] = numbers_of(text, label)
            if period:
                at = self.at["period", period]
                row[at : at + len(OF_PERIOD)] = of_period(text, self.totals.labels)
        if self.pairs:
            for pair, numbers in text.pairs.items():
                at = self.at[pair]
                row[at : at + len(OF_PAIR)] = numbers
        self.answers.fill(row, self.at_answers, text.answers, period)
        return row

    def figures(self) -> Iterator[tuple[Measured, Value | None, int]]:
        """Yield each figure without interval, how a resample gives its value, and how many texts it rests on."""
        if self.totals.labels or not self.totals.answers.questions:  # who asks only questions has no spans to speak of
            for scope in (ALL, *self.totals.labels):
                yield from self._of_labels(scope)
            for pair in self.named_pairs:
                yield from self._of_pair(pair)
            for period, columns in self.periods.items():
                yield from self._of_period(period, columns)
        for found in self.answers.figures():
            yield self._of_question(found)

    def _of_question(self, found: Found) -> tuple[Measured, Value | None, int]:
        scope = f"time:{found.period}" if found.period else ALL if found.pair is None else self._names(found.pair)
        measured = Measured(found.measure, "article", scope, found.figure, found.matrix, found.question)
        return measured, self.answers.value_of(found, self.at_answers), found.n_texts

    def _of_labels(self, scope: str) -> Iterator[tuple[Measured, Value | None, int]]:
        totals = self.totals
        labels = totals.labels if scope == ALL else [scope]
        named = scope if scope == ALL else f"label:{scope}"
        columns = [totals.of_label[label] for label in labels]
        sums = [sum(each.sums[n] for each in columns) for n in range(len(OF_LABEL))]
        n_texts = [_n_texts(totals, columns, name) for name in ("none", "by_chance", "exact_of")]
        confusion = self._confusion(scope)
        n_items = totals.n_items * len(labels)
        nominal = _alpha(sums[0], sums[1], sums[2], n_items, totals.most_people)
        picked = _picker([self.at[label] for label in labels])
        is_marked = [["", "", round(sums[2], 6)], ["", scope, round(sums[1], 6)]]
        is_marked += [[scope, "", round(sums[1], 6)], [scope, scope, round(sums[0], 6)]]
        yield (
            Measured("alpha_nominal", "sentence", named, nominal, is_marked),
            lambda drawn: alpha_value(picked(drawn, 0), picked(drawn, 1), picked(drawn, 2)),
            n_texts[0],
        )
        n_units = sum(totals.n_units[label] for label in labels)
        yield (
            Measured("alpha_u", "span", named, _alpha_u(sums[3], sums[4], n_units, totals), confusion),
            lambda drawn: _one_minus(picked(drawn, 3), picked(drawn, 4)),
            n_texts[1],
        )
        n_spans = sum(totals.n_spans[label] for label in labels)
        most = totals.most_people if scope == ALL else totals.most_people_by_label[scope]
        for place, match in zip((5, 7, 9), ("exact", "overlap", "character"), strict=True):
            value = _share(sums[place], sums[place + 1])
            figure = Figure(value, value, None, n_spans, most, NO_PAIRS if value is None else "")
            unit = "character" if match == "character" else "span"
            yield (
                Measured(f"f1_{match}", unit, named, figure, confusion),
                partial(_picked_share, picked, place),
                n_texts[2],
            )

    def _of_pair(self, pair: Pair) -> Iterator[tuple[Measured, Value | None, int]]:
        totals, columns = self.totals, self.totals.of_pair[pair]
        one_way, other_way = totals.matrices[pair], totals.matrices[pair[::-1]]
        confusion = as_rows(confusion_of(one_way, other_way))
        scope = self._names(pair)
        sums = [int(value) for value in columns.sums]
        at = self.at.get(pair)
        value = _share(sums[0], sums[1])
        figure = Figure(value, value, None, sums[1], 2, NO_PAIRS if value is None else "")
        exact = None if at is None else (lambda drawn: _share(drawn[at], drawn[at + 1]))
        yield Measured("f1_exact", "span", scope, figure, confusion), exact, columns.n_texts
        value = _share(overlapping(one_way, other_way), sums[1])
        figure = Figure(value, value, None, sums[1], 2, NO_PAIRS if value is None else "")
        yield Measured("f1_overlap", "span", scope, figure, confusion), None, columns.n_texts
        table = list(cells_of(sums))
        cells = [["" if not a else ALL, "" if not b else ALL, table[a][b]] for a in (0, 1) for b in (0, 1)]
        kappa = None if at is None else (lambda drawn: _kappa(drawn[at : at + len(OF_PAIR)]))
        found = replace(cohen_kappa(table), n_items=sums[-1])
        yield Measured("cohen_kappa", "sentence", scope, found, cells), kappa, columns.n_texts

    def _of_period(self, period: str, columns: _Columns) -> Iterator[tuple[Measured, Value | None, int]]:
        both, one, none, exact, exact_of = columns.sums
        at, scope = self.at["period", period], f"time:{period}"
        nominal = _alpha(both, one, none, columns.n_texts, 0)
        yield (
            Measured("alpha_nominal", "sentence", scope, nominal),
            lambda drawn: alpha_value(drawn[at], drawn[at + 1], drawn[at + 2]),
            columns.n_texts,
        )
        value = _share(exact, exact_of)
        figure = Figure(value, value, None, columns.n_texts, 0, NO_PAIRS if value is None else "")
        yield (
            Measured("f1_exact", "span", scope, figure),
            lambda drawn: _share(drawn[at + 3], drawn[at + 4]),
            columns.n_texts,
        )

    def _confusion(self, scope: str) -> list[list[Any]]:
        """Return which label the others had where one had this; of one label the rows and columns that name it."""
        whole: Counter[tuple[str, str]] = Counter()
        for pair, matrix in self.totals.matrices.items():
            if not is_with_gold(pair):
                whole.update(matrix)
        return as_rows(Counter({key: n for key, n in whole.items() if scope in (ALL, *key)}))

    def _names(self, pair: Pair) -> str:
        if is_with_gold(pair):
            return f"gold:{self.people[max(pair)]}"
        return f"pair:{self.people[pair[0]]}/{self.people[pair[1]]}"


def _picker(places: Sequence[int]) -> Callable[[Sequence[float], int], float]:
    return lambda drawn, n: sum([drawn[place + n] for place in places])


def _picked_share(picked: Callable[[Sequence[float], int], float], n: int, drawn: Sequence[float]) -> float | None:
    return _share(picked(drawn, n), picked(drawn, n + 1))


def _n_texts(totals: Totals, columns: Sequence[_Columns], name: str) -> int:
    """Return on how many texts a column rests, roughly: as many as its label that has the most."""
    return max((each.n_texts for each in columns if each.sums[OF_LABEL.index(name)]), default=0)


def _alpha(both: float, one: float, none: float, n_items: int, n_people: int) -> Figure:
    total = both + 2 * one + none
    expected = 2 * (both + one) * (none + one) / (total * (total - 1)) if total > 1 else 0.0
    value = alpha_value(both, one, none)
    why = "" if value is not None else NO_VARIATION if n_items else NO_PAIRS
    return Figure(value, 2 * one / total if total else None, expected, n_items, n_people, why)


def alpha_value(both: float, one: float, none: float) -> float | None:
    total = both + 2 * one + none
    by_chance = (both + one) * (none + one)
    return 1 - one * (total - 1) / by_chance if total > 1 and by_chance else None


def _alpha_u(apart: float, by_chance: float, n_units: int, totals: Totals) -> Figure:
    why = "" if by_chance else NO_VARIATION if totals.n_compared else NO_PAIRS
    return Figure(_one_minus(apart, by_chance), apart, by_chance, n_units, totals.most_people, why)


def _one_minus(apart: float, by_chance: float) -> float | None:
    return 1 - apart / by_chance if by_chance else None


def _share(common: float, total: float) -> float | None:
    return common / total if total else None


def _kappa(numbers: Sequence[float]) -> float | None:
    """Return κ of two people who marked or left each sentence, as `cohen_kappa` does of the table."""
    _exact, _of, both, first, second, items = numbers
    if not items:
        return None
    by_chance = (first * second + (items - first) * (items - second)) / items**2
    return beyond_chance((items - first - second + 2 * both) / items, by_chance)
