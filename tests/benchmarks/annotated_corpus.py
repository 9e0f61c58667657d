"""A made-up project that twenty people annotated, written straight into the database; the same for the same seed.

Texts are those of `generated_corpus`. In each text ten places are true; whoever has it marks most of them as they are,
some a few characters off, some elsewhere, and some with another label. With WORKBENCH_BENCH_QUESTIONS each also labels
the article and answers what that asks: one of, ordinal, many of, and a number; one in ten leaves each out.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks.generated_corpus import SPANS_IN_AN_ARTICLE, Corpus
from tests.benchmarks.storing import store

PEOPLE = 20
AT_ONCE = 500
SHIFTS = (0, 0, 0, 0, 0, 0, -3, 4, 100)
RIGHT_LABEL = 0.9
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
ASKED: list[dict[str, Any]] = [
    {"key": "desk", "kind": "one", "values": ["home", "world", "money", "sport"]},
    {"key": "tone", "kind": "ordinal", "values": ["calm", "cool", "warm", "shrill", "alarmed"]},
    {"key": "topics", "kind": "many", "values": ["trade", "war", "weather"]},
    {"key": "dead", "kind": "number"},
]
Place = tuple[int, int, int]
"""(label, start, end)"""


def fill(slug: str, n_articles: int, each: int) -> None:
    """Make a project with so many articles, each handed in by `each` of its people, who take turns."""
    from django.db import connection, transaction

    from annotations.models import Label
    from annotations.workflow.rounds import first_round
    from tests import factories

    manager = factories.project(slug, manager=f"mia-{slug}")
    people = [factories.member(manager, f"{slug}-{n:02}").pk for n in range(PEOPLE)]
    labels = Label.objects.filter(project_id=manager.project_id, applies_to="span").order_by("key")
    mood = None
    if os.environ.get("WORKBENCH_BENCH_QUESTIONS"):
        mood = factories.label_for(manager.project, "mood", "article", attributes=ASKED).pk
    keys = list(labels.values_list("pk", flat=True))
    writer = _Writer(manager.project_id, first_round(manager.project_id).pk, keys, mood)
    corpus = Corpus(n_articles)
    for first in range(0, n_articles, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, n_articles))
        turns = [[people[(2 * n + k) % PEOPLE] for k in range(each)] for n in numbers]
        with transaction.atomic():
            writer.write([corpus.article(n) for n in numbers], turns)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Writer:
    """Writes articles with what people handed in of them."""

    def __init__(self, project: int, of_round: int, labels: Sequence[int], mood: int | None) -> None:
        self.project, self.round, self.labels, self.mood = project, of_round, labels, mood
        self.chance = random.Random(1)

    def write(self, records: Sequence[dict[str, Any]], turns: Sequence[Sequence[int]]) -> None:
        """Write them with texts, assignments and annotations, each of which `turns` gives its people."""
        from annotations.importers.placing import ANNOTATIONS
        from annotations.importers.writing import insert, new_ids
        from annotations.models import Annotation, Assignment

        versions = store([(each["external_id"], each["text"]) for each in records], self.project)
        Assignment.objects.bulk_create(
            Assignment(
                project_id=self.project,
                version=version,
                annotator_id=person,
                round_id=self.round,
                state=Assignment.State.SUBMITTED,
                submitted_at=BEGAN + timedelta(hours=version.pk % 1_000),
            )
            for version, people in zip(versions, turns, strict=True)
            for person in people
        )
        rows = [row for version, people in zip(versions, turns, strict=True) for row in self._rows(version, people)]
        ids = new_ids(Annotation, len(rows))
        insert(ANNOTATIONS, [(number, *row) for number, row in zip(ids, rows, strict=True)])
        if self.mood is not None:
            self._answer(versions, turns)

    def _answer(self, versions: Sequence[Any], turns: Sequence[Sequence[int]]) -> None:
        from annotations.models import ArticleLabel

        ArticleLabel.objects.bulk_create(
            ArticleLabel(
                key=uuid.uuid4(),
                project_id=self.project,
                version=version,
                length=version.length,
                label_id=self.mood,
                created_by_id=person,
                attributes=self._answers(version.pk),
            )
            for version, people in zip(versions, turns, strict=True)
            for person in people
        )

    def _answers(self, seed: int) -> dict[str, Any]:
        """Answer mostly what is true of the text, which its number decides."""
        found: dict[str, Any] = {}
        for each in ASKED:
            if self.chance.random() < 0.1:
                continue
            at = seed if self.chance.random() < 0.8 else self.chance.randrange(100)
            values = each.get("values")
            if values is None:
                found[each["key"]] = at % 17 + 0.5
            else:
                chosen = values[at % len(values)]
                found[each["key"]] = [chosen] if each["kind"] == "many" else chosen
        return found

    def _rows(self, version: Any, people: Sequence[int]) -> list[tuple[Any, ...]]:
        from annotations.importers.writing import new_key

        text, found = version.text, []
        truth = self._truth(len(text))
        for person in people:
            for label, start, end in map(self._seen, truth):
                found.append(
                    (
                        *(person, new_key(), self.project, version.pk, version.length, None, label, "annotator"),
                        *(start, end, text[start:end], text[max(0, start - 32) : start], text[end : end + 32]),
                        *("", {}, None, 1, BEGAN, BEGAN, None),
                    )
                )
        return found

    def _truth(self, length: int) -> list[Place]:
        room = (length - 250) // SPANS_IN_AN_ARTICLE
        starts = [n * room + self.chance.randrange(max(1, room - 100)) for n in range(SPANS_IN_AN_ARTICLE)]
        return [(self.chance.choice(self.labels), start, start + self.chance.randint(20, 79)) for start in starts]

    def _seen(self, place: Place) -> Place:
        label, start, end = place
        shift = self.chance.choice(SHIFTS)
        seen = label if self.chance.random() < RIGHT_LABEL else self.chance.choice(self.labels)
        return seen, max(0, start + shift), end + shift
