"""How much those differ who handed in a text, kept as a number: what the list of reviews is ordered by.

Whoever changes what counts, notes the texts, in the same transaction and at the cost of one statement. Whoever reads
the list counts those that were noted, and workers do, who have time: the work is in proportion to what changed.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from annotations.models import (
    Annotation,
    ArticleLabel,
    Assignment,
    ClaimMention,
    EvidenceItem,
    Fragment,
    Project,
    Relation,
    ReviewCount,
)
from annotations.models.among import Many

from .reviewing import place_of_evidence, wording

AT_ONCE = 200
GOLD = Annotation.Layer.GOLD


def note_changed(versions: Iterable[int], project: int) -> None:
    """Note texts of a project whose handed-in work is another now; 1 query, none for none."""
    ids = sorted(set(versions))
    if not ids:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_NOTE_CHANGED.format(given="unnest(%s::bigint[]) AS given(version)"), [project, ids])
        else:
            given = "(SELECT value AS version FROM json_each(%s))"
            cursor.execute(_NOTE_CHANGED.format(given=given), [project, json.dumps(ids)])


_NOTE_CHANGED = """
INSERT INTO annotations_reviewcount (version_id, project_id, n_people, n_given, n_missing, is_stale)
SELECT version, %s, 0, 0, 0, TRUE FROM {given} WHERE TRUE
ON CONFLICT (version_id) DO UPDATE SET is_stale = TRUE
"""


def note_claims_changed(claims: Iterable[int]) -> None:
    """Note the texts that express claims which are others now, or have other evidence; 1 query."""
    mentioned = ClaimMention.objects.filter(claim__in=list(claims)).order_by().values("annotation__version")
    ReviewCount.objects.filter(version__in=mentioned).update(is_stale=True)


def count_differences(project_id: int, *, most: int | None = None) -> int:
    """Count texts of a project that were noted, at most so many; return how many still wait.

    2 queries where nothing was noted, else 11 more for each 200.
    """
    waiting = ReviewCount.objects.filter(project=project_id, is_stale=True)
    n_waiting = left = waiting.count()
    while left and (most is None or n_waiting - left < most):
        _count_some(waiting)
        left = waiting.count()
    return left


def count_waiting_differences(until: float) -> bool:
    """Count texts of any project that were noted, up to a moment (monotonic); tell whether there are more."""
    waiting = ReviewCount.objects.filter(is_stale=True)
    while waiting.exists():
        if time.monotonic() >= until:
            return True
        _count_some(waiting)
    return False


def _count_some(waiting: QuerySet[ReviewCount]) -> None:
    with transaction.atomic():
        # whoever notes a text that is being counted waits, and notes it again
        rows = waiting.select_for_update().order_by("version_id")[:AT_ONCE]
        _count({row.version_id: row for row in rows})


def count_all_differences(project: Project) -> int:
    """Count all texts of a project that anybody handed in, or a file brought work on; return how many were wrong."""
    handed_in = Assignment.objects.filter(project=project, state__in=Assignment.HANDED_IN)
    by_file = Annotation.objects.filter(project=project, created_by_job__isnull=False)
    found = set(handed_in.order_by().values_list("version_id", flat=True).distinct())
    found |= set(by_file.order_by().values_list("version_id", flat=True).distinct())
    count_differences(project.pk)  # what only waits to be counted is not wrong
    known = set(ReviewCount.objects.filter(project=project).values_list("version_id", flat=True))
    before = _counted(project)
    note_changed(found | known, project.pk)
    count_differences(project.pk)
    after = _counted(project)
    return sum(before.get(pk, (0, 0, 0)) != counted for pk, counted in after.items())


def wrong_differences() -> Iterator[tuple[int, tuple[int, int, int], tuple[int, int, int]]]:
    """Yield the texts whose count is not what is there: people, given, missing, as kept and as they are.

    What waits to be counted is not wrong. Nothing is changed; 9 queries for each 200 texts. Work that is done meanwhile
    makes its text wait: one that differs is looked at once more.
    """
    last = 0
    while rows := list(ReviewCount.objects.filter(pk__gt=last, is_stale=False).order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        texts = _texts_of([row.version_id for row in rows])
        for row in rows:
            found = texts[row.version_id]
            kept, is_so = (row.n_people, row.n_given, row.n_missing), (len(found.people), *found.counted())
            if kept != is_so and _still_says(row):
                yield row.version_id, kept, is_so


def _still_says(row: ReviewCount) -> bool:
    same = {"n_people": row.n_people, "n_given": row.n_given, "n_missing": row.n_missing}
    return ReviewCount.objects.filter(pk=row.pk, is_stale=False, **same).exists()


def without_count() -> QuerySet[Assignment]:
    """Return the work that was handed in on texts which have no count, so that no review would list them."""
    return Assignment.objects.filter(state__in=Assignment.HANDED_IN, version__review_count__isnull=True)


def _counted(project: Project) -> dict[int, tuple[int, int, int]]:
    rows = ReviewCount.objects.filter(project=project, is_stale=False)
    columns = rows.values_list("version_id", "n_people", "n_given", "n_missing")
    return {pk: (people, given, missing) for pk, people, given, missing in columns}


@dataclass(slots=True)
class _Text:
    """Who handed in a text, and who said what; `sides` are the stances to what is cited, by what it is."""

    people: set[int] = field(default_factory=set)
    said: dict[Hashable, set[int]] = field(default_factory=lambda: defaultdict(set))
    sides: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))

    def counted(self) -> tuple[int, int]:
        """Return how much is given in all, and how much somebody has and another has not."""
        given = sum(map(len, self.said.values()))
        missing = len(self.people) * len(self.said) - given
        for stances in self.sides.values():
            holders = set().union(*stances.values())
            n = sum(map(len, stances.values()))
            given += n
            missing += len(holders) * len(stances) - n
        return given, missing


def _texts_of(counts: Iterable[int]) -> dict[int, _Text]:
    """Return who said what on texts, by their ids; 7 queries at most."""
    texts: dict[int, _Text] = defaultdict(_Text)
    states = _states(counts)
    for (version, person), state in states.items():
        if state in Assignment.HANDED_IN:
            texts[version].people.add(person)
    places: dict[int, tuple[Any, ...]] = {}
    for version, person, pk, place in _marks(counts, states):
        places[pk] = place
        texts[version].people.add(person)
        texts[version].said[place].add(person)
    for version, person, what in (*_labels(counts, states), *_links(counts, states, places)):
        texts[version].people.add(person)
        texts[version].said[what].add(person)
    _add_claims(counts, texts)
    return texts


def _count(counts: dict[int, ReviewCount]) -> None:
    """Count texts by their ids, whose rows are locked; 8 queries at most."""
    texts = _texts_of(counts)
    for version, row in counts.items():
        row.n_people = len(texts[version].people)
        row.n_given, row.n_missing = texts[version].counted()
        row.is_stale = False
    ReviewCount.objects.bulk_create(
        list(counts.values()),
        update_conflicts=True,
        unique_fields=["version"],
        update_fields=["n_people", "n_given", "n_missing", "is_stale"],
    )


States = dict[tuple[int, int], str]


def _states(counts: Iterable[int]) -> States:
    rows = Assignment.objects.filter(version__among=Many(list(counts))).order_by()
    return {
        (version, person): state for version, person, state in rows.values_list("version_id", "annotator_id", "state")
    }


def _handed_in(
    model: type[Any], counts: Iterable[int], states: States, *columns: str
) -> Iterator[tuple[int, int, Any]]:
    """Yield what stands of a kind and was handed in, or came with a file: the text, the person, further columns."""
    rows: QuerySet[Any] = model.objects.filter(version__among=Many(list(counts)), withdrawn_at__isnull=True)
    rows = rows.exclude(layer=GOLD).order_by()
    for version, person, job, *more in rows.values_list("version_id", "created_by_id", "created_by_job_id", *columns):
        state = states.get((version, person))
        if state in Assignment.HANDED_IN or (state is None and job is not None):
            yield version, person, more


def _marks(counts: Iterable[int], states: States) -> Iterator[tuple[int, int, int, tuple[Any, ...]]]:
    parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    fragments = Fragment.objects.filter(version__among=Many(list(counts))).order_by("annotation_id", "n")
    for annotation, start, end in fragments.values_list("annotation_id", "start", "end"):
        parts[annotation].append((start, end))
    columns = ("pk", "start", "end", "label__key", "attributes")
    for version, person, (pk, start, end, label, attributes) in _handed_in(Annotation, counts, states, *columns):
        yield version, person, pk, (start, end, label, _written(attributes), tuple(parts.get(pk, ())))


def _labels(counts: Iterable[int], states: States) -> Iterator[tuple[int, int, Hashable]]:
    for version, person, (label, attributes) in _handed_in(ArticleLabel, counts, states, "label__key", "attributes"):
        yield version, person, (label, _written(attributes))


def _links(
    counts: Iterable[int], states: States, places: dict[int, tuple[Any, ...]]
) -> Iterator[tuple[int, int, Hashable]]:
    """Yield relations by the places, with their labels, that they lead from and to."""
    columns = ("from_annotation_id", "to_annotation_id", "label__key", "attributes")
    for version, person, (start, end, label, attributes) in _handed_in(Relation, counts, states, *columns):
        if start in places and end in places:
            yield version, person, (places[start][:3], places[end][:3], label, _written(attributes))


def _written(attributes: dict[str, Any]) -> bytes:
    return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS) if attributes else b""


def _add_claims(counts: Iterable[int], texts: dict[int, _Text]) -> None:
    """Add the claims that people made, by their words, and where they cite the same for and against them; 2 queries."""
    standing = Q(withdrawn_at__isnull=True, claim__withdrawn_at__isnull=True, annotation__withdrawn_at__isnull=True)
    rows = ClaimMention.objects.filter(standing, annotation__version__among=Many(list(counts)))
    rows = rows.filter(annotation__past_round__isnull=True).exclude(annotation__layer=GOLD).order_by()
    on: dict[int, set[int]] = defaultdict(set)
    for mention in rows.select_related("claim").annotate(text_id=F("annotation__version")):
        text = texts[mention.text_id]
        if mention.created_by_id in text.people:
            text.said[wording(mention)].add(mention.created_by_id)
            on[mention.claim_id].add(mention.text_id)
    if not on:
        return
    items = EvidenceItem.objects.filter(evidence_set__claim__in=list(on), withdrawn_at__isnull=True).order_by()
    for item in items.select_related("evidence_set"):
        for version in on[item.evidence_set.claim_id]:
            if item.created_by_id in texts[version].people:
                texts[version].sides[place_of_evidence(item)][item.stance].add(item.created_by_id)
