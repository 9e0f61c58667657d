"""What the answers to one question add up to, and the measures that come of the sums.

Each text adds one row of numbers, so that a resample of texts is the sum of their rows: `alpha` and `chance` define the
measures on items, and tests hold both to the same values. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from .alpha import disagreements
from .figures import NO_PAIRS, NO_VARIATION, UNEQUAL, Figure, beyond_chance
from .questions import DECIMALS, Answer, Question

FINENESS = 20
"""Bits after the point that the disagreement of numbers keeps, where more than two people share it out."""
Numbers = Sequence[float]


def width(question: Question) -> int:
    """Return how many numbers a text adds."""
    return len(are_counts(question))


def are_counts(question: Question) -> list[bool]:
    """Tell of each number whether it is whole."""
    size = len(question.values)
    match question.metric:
        case "nominal":
            return [False, False, *[True] * size, *[False] * size]
        case "ordinal":
            return [*[False] * (size * (size - 1) // 2), *[True] * size]
        case _:
            return [True] * 4


def row(question: Question, answers: Sequence[Answer], *, low: int = 0) -> list[float]:
    """Return what a text adds that two people or more answered; `low` is taken off numbers, which changes no figure."""
    size, m = len(question.values), len(answers)
    if question.metric == "interval":
        off = [answer - low for answer in answers]
        total, squares = sum(off), sum(each * each for each in off)
        return [m, total, squares, (2 * (m * squares - total * total) << FINENESS) // (m - 1)]
    counts = [0] * size
    for answer in answers:
        counts[answer] += 1
    if question.metric == "nominal":
        agreed = sum(n * (n - 1) for n in counts) / (m - 1)
        return [agreed, agreed / m, *counts, *(n / m for n in counts)]
    return [*(counts[one] * counts[other] / (m - 1) for one, other in combinations(range(size), 2)), *counts]


def largest(question: Question, n_people: int, spread: int) -> list[int]:
    """Return the most that a text can add to each number of a question for numbers that lie within a spread."""
    return [n_people, n_people * spread, n_people * spread**2, (n_people * spread**2 << FINENESS) + 1]


def measures(question: Question, *, is_of_pair: bool) -> tuple[str, ...]:
    """Return which measures a question has, of everybody or of two people."""
    if question.metric == "nominal":
        return ("cohen_kappa",) if is_of_pair else ("alpha_nominal", "fleiss_kappa", "gwet_ac1")
    return (f"alpha_{question.metric}",)


def measure_over_time(question: Question) -> str:
    """Return the one measure of everybody that is followed over time: α, which copes with gaps."""
    return f"alpha_{question.metric}"


def narrowed(question: Question, numbers: Numbers) -> list[float]:
    """Return those numbers of a text that α is made of."""
    return [numbers[0], *numbers[2 : 2 + len(question.values)]] if question.metric == "nominal" else list(numbers)


def alpha_of_narrowed(question: Question, sums: Numbers) -> float | None:
    """Return α of the sums of such numbers."""
    whole = [sums[0], 0.0, *sums[1:]] if question.metric == "nominal" else sums
    return value(measure_over_time(question), question, whole)


def compared(measure: str, question: Question, sums: Numbers) -> tuple[float, float] | None:
    """Return what a measure compares, observed and expected; None where there is nothing to compare."""
    size = len(question.values)
    match measure:
        case "alpha_nominal":
            counts = sums[2 : 2 + size]
            n = sum(counts)
            return ((n - sums[0]) / n, (n * n - sum(each * each for each in counts)) / (n * (n - 1))) if n else None
        case "fleiss_kappa":
            counts = sums[2 : 2 + size]
            n = sum(counts)
            return (sums[0] / n, sum((each / n) ** 2 for each in counts)) if n else None
        case "gwet_ac1":
            usual = sums[2 + size :]
            n = sum(usual)
            return (sums[1] / n, sum(each / n * (1 - each / n) for each in usual) / (size - 1)) if n else None
        case "cohen_kappa":
            ones, others = sums[1 : 1 + size], sums[1 + size :]
            n = sum(ones)
            by_chance = sum(one * other for one, other in zip(ones, others, strict=True))
            return (sums[0] / n, by_chance / n**2) if n else None
        case "alpha_ordinal":
            return disagreements(_matrix(size, sums), size, "ordinal", ()) if sum(sums) else None
        case _:
            n, total, squares, distances = sums
            by_chance = 2 * (n * squares - total * total)
            return (distances / n, (by_chance << FINENESS) / (n * (n - 1))) if n else None  # type: ignore[operator]


def value(measure: str, question: Question, sums: Numbers) -> float | None:
    """Return a measure of the sums; None where it is undefined."""
    found = compared(measure, question, sums)
    if found is None:
        return None
    observed, expected = found
    if measure.startswith("alpha"):
        return 1 - observed / expected if expected else None
    if measure == "gwet_ac1" and sum(share > 0 for share in sums[2 + len(question.values) :]) < 2:
        return None
    return beyond_chance(observed, expected)


def figure(measure: str, question: Question, sums: Numbers, *, n_texts: int, sizes: frozenset[int]) -> Figure:
    """Return a figure without its interval; `sizes` are how many people answered on the texts."""
    most = max(sizes, default=0)
    found = compared(measure, question, sums)
    if found is None:
        return Figure(None, n_annotators=most, why=NO_PAIRS)
    observed, expected = found
    if measure == "alpha_interval":  # from millionths to the numbers that people gave
        scale = 10 ** (2 * DECIMALS) << FINENESS
        observed, expected = observed / scale, expected / scale
    if measure == "fleiss_kappa" and len(sizes) > 1:
        return Figure(None, observed, expected, n_texts, most, UNEQUAL)
    got = value(measure, question, sums)
    return Figure(got, observed, expected, n_texts, most, NO_VARIATION if got is None else "")


def pair_width(question: Question) -> int:
    """Return how many numbers two people add on a text."""
    return 1 + 2 * len(question.values) if question.metric == "nominal" else width(question)


def pair_row(question: Question, one: Answer, other: Answer, *, low: int = 0) -> list[float]:
    """Return what two people add on a text that both answered."""
    if question.metric != "nominal":
        return row(question, (one, other), low=low)
    size = len(question.values)
    found: list[float] = [0] * (1 + 2 * size)
    found[0] = int(one == other)
    found[1 + one] = found[1 + size + other] = 1
    return found


def coincidences(answers: Sequence[Answer]) -> Iterator[tuple[tuple[Answer, Answer], float]]:
    """Yield how often two answers stand beside each other on a text, each two people as α weighs them."""
    counts = Counter(answers)
    weight = len(answers) - 1
    for one, n in counts.items():
        for other, n_other in counts.items():
            times = n * (n_other - (one == other))
            if times:
                yield (one, other), times / weight


def _matrix(size: int, sums: Numbers) -> list[float]:
    """Build the whole matrix of coincidences from what is above its diagonal and how often each rank was used."""
    n_above = size * (size - 1) // 2
    above, uses = sums[:n_above], list(sums[n_above:])
    found = [0.0] * (size * size)
    for (one, other), times in zip(combinations(range(size), 2), above, strict=True):
        found[one * size + other] = found[other * size + one] = times
        uses[one] -= times
        uses[other] -= times
    for each, left in enumerate(uses):
        found[each * size + each] = left
    return found
