"""Measuring a project here and now, without a job: the same numbers, of all texts in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from annotations.models import Project

from .counting import count
from .figures import Figure
from .parts import Part
from .summing import Totals, summed_up
from .texts import BATCH, Scope, articles_of, read_texts, scope_of


@dataclass(frozen=True, slots=True)
class Run:
    """One measured agreement: of which measure, on which unit, of what, and what was left out of it."""

    measure: str
    unit: str
    scope: str
    figure: Figure
    left_out: dict[str, int] = field(default_factory=dict)
    question: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return what a program gets."""
        figure = self.figure
        return {
            "measure": self.measure,
            "unit": self.unit,
            "question": self.question,
            "scope": self.scope,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "observed": figure.observed,
            "expected": figure.expected,
            "n_items": figure.n_items,
            "n_annotators": figure.n_annotators,
            "left_out": self.left_out,
            **({"undefined": figure.why} if figure.value is None else {}),
        }


def measure(project: Project, *, seed: int = 1) -> list[Run]:
    """Measure everything there is: over all labels, each label, each pair, against gold and over time, and questions.

    Memory grows by some hundred bytes for each text, never with the texts themselves or their spans.
    """
    scope = scope_of(project)
    packed, days = list[bytes](), set[str]()
    for part in parts_of(scope):
        packed.append(part.packed())
        days |= part.days
    totals = Totals(scope.labels, map(Part.unpacked, packed), scope.questions, days=days)
    names = [person.pseudonym for person in scope.people]
    found = summed_up(totals, lambda: map(Part.unpacked, packed), names, seed=seed)
    left_out = {name: n for name, n in sorted(totals.left_out.items()) if n}
    keys = [question.key for question in scope.questions]
    return [
        Run(each.measure, each.unit, each.scope, each.figure, left_out, _key(keys, each.question)) for each in found
    ]


def _key(keys: list[str], n: int | None) -> str:
    return "" if n is None else keys[n]


def parts_of(scope: Scope) -> Iterator[Part]:
    """Yield what the texts of a scope add up to, some hundred at a time."""
    present = articles_of(scope.project_id).order_by("pk").values_list("current_version_id", flat=True)
    versions = (pk for pk in present.iterator(chunk_size=BATCH) if pk is not None)
    while batch := list(islice(versions, BATCH)):
        part, left_out = Part(), Counter[str]()
        for read in read_texts(scope, batch, left_out):
            counts = count(read.text, scope.labels, part.confusion)
            part.add(counts, read.handed_in_at.date().isoformat() if read.handed_in_at else "", read.answers)
        part.left_out.update(left_out)
        yield part
