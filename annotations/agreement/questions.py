"""What an article is asked, as agreement measures it: whether it has a label, and each attribute that the label has.

Of an attribute that has many of its values, each value is a question of its own: whether it was chosen. Free text is
listed and not measured: two wordings of one answer would count as disagreement. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from annotations.text.attributes import key_of, name_of, values_of

from .alpha import Metric

HAS_LABEL = "label"
NO_OR_YES = ("no", "yes")
BINARY = (HAS_LABEL, "many", "yes_no")
"""The kinds whose answers are no or yes."""
METRICS: dict[str, Metric] = {
    **dict.fromkeys((*BINARY, "one"), "nominal"),
    "ordinal": "ordinal",
    "number": "interval",
}
DECIMALS = 6
MOST_NUMBER = 10**12
"""Numbers are compared to six decimals; one beyond this, either way, is left out."""
MOST_QUESTIONS, MOST_VALUES = 300, 200
Answer = int
"""The place of a value among those of its question; of a number, how many millionths it is."""
Answers = dict[int, dict[int, Answer]]
"""By the number of the question, and the number of the person."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as a run keeps it. `values` are what can be answered, in their order; a number has none."""

    label: str
    attribute: str = ""
    option: str = ""
    kind: str = HAS_LABEL
    values: tuple[str, ...] = NO_OR_YES
    name: str = ""

    @property
    def key(self) -> str:
        """Return what names it in files and addresses.

        >>> Question("mood").key, Question("mood", "topics", "trade", "many").key
        ('mood', 'mood.topics=trade')
        """
        attribute = f".{self.attribute}" if self.attribute else ""
        return f"{self.label}{attribute}" + (f"={self.option}" if self.option else "")

    @property
    def metric(self) -> Metric | None:
        """Return how far two answers are apart: a yes or no, ranks, or numbers; None for what is not measured."""
        return METRICS.get(self.kind) if len(self.values) <= MOST_VALUES else None


def questions_of(key: str, name: str, definitions: Iterable[Any]) -> list[Question]:
    """Return what a label on articles asks.

    >>> [each.key for each in questions_of("mood", "Mood", [{"key": "tone", "kind": "many", "values": ["a", "b"]}])]
    ['mood', 'mood.tone=a', 'mood.tone=b']
    """
    found = [Question(key, name=name)]
    for each in definitions:
        if not isinstance(each, Mapping) or not key_of(each):
            continue
        kind, values = str(each.get("kind", "")), tuple(values_of(each))
        attribute, named = key_of(each), f"{name}: {name_of(each)}"
        if kind == "many":
            found += [Question(key, attribute, value, kind, NO_OR_YES, f"{named}: {value}") for value in values]
        elif kind == "yes_no":
            found.append(Question(key, attribute, "", kind, NO_OR_YES, named))
        else:
            found.append(Question(key, attribute, "", kind, () if kind == "number" else values, named))
    return found


def answer_of(question: Question, value: Any) -> Answer | None:
    """Return an answer as it is counted; None where the question has no such value.

    >>> answer_of(Question("mood", "tone", "", "ordinal", ("low", "high")), "high")
    1
    >>> answer_of(Question("mood", "n", "", "number", ()), 2.5), answer_of(Question("mood", "n", "", "number", ()), "x")
    (2500000, None)
    """
    match question.kind:
        case "many":
            is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
            return int(question.option in value) if is_list else None
        case "yes_no":
            return int(value) if isinstance(value, bool) else None
        case "number":
            return _millionths(value)
        case _:
            return question.values.index(value) if isinstance(value, str) and value in question.values else None


def _millionths(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value * 10**DECIMALS) if abs(value) <= MOST_NUMBER else None


def is_blank(value: Any) -> bool:
    """Tell whether a value says nothing, as the checks before submitting have it: none, no words, nothing chosen."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def written(question: Question, answer: Answer) -> str:
    """Return an answer in words, or as a number.

    >>> written(Question("mood", "n", "", "number", ()), 2500000), written(Question("mood"), 1)
    ('2.5', 'yes')
    """
    if question.kind != "number":
        return question.values[answer]
    whole, rest = divmod(abs(answer), 10**DECIMALS)
    sign = "-" if answer < 0 else ""
    return f"{sign}{whole}.{rest:0{DECIMALS}}".rstrip("0").rstrip(".")


def apart(question: Question, answers: Sequence[Answer]) -> float | None:
    """Return how far the answers to one question are apart on one text, the mean over all two; None for fewer.

    Classes differ or do not; ranks are apart by steps as a share of all there are; numbers by their difference.

    >>> apart(Question("mood"), [0, 1, 0, 1, 1, 1]) == 8 / 15, apart(Question("mood"), [1])
    (True, None)
    """
    if len(answers) < 2:
        return None
    pairs = len(answers) * (len(answers) - 1) / 2
    if question.metric == "nominal":
        return (pairs - sum(n * (n - 1) / 2 for n in Counter(answers).values())) / pairs
    steps = max(1, len(question.values) - 1) if question.metric == "ordinal" else 10**DECIMALS
    return sum(abs(one - other) for one, other in combinations(answers, 2)) / pairs / steps
