"""What agreement is measured on: the spans that annotators of one project handed in, article by article.

Measured is what two or more people handed in of the same text. Who had a text and marked nothing counts: they decided
that there was nothing to mark. People of an imported file have no assignments; of them those count who marked anything
in the text. What lies in boilerplate is no part of it. Where a text has gold annotations, each person who handed it in
is held against them too.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    Fragment,
    Membership,
    Project,
    Region,
    Sentence,
)
from annotations.text.sentences import split_sentences

from .counting import Text
from .spans import Span

BATCH = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose work may count."""

    id: int
    uuid: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is measured: these labels, of these people, whose numbers are their places.

    With a round it is the work of that round, past or not, else the work that stands.
    """

    project_id: int
    labels: tuple[str, ...]
    people: tuple[Person, ...]
    round_id: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One text as it stands, with when the last of its people handed it in."""

    version_id: int
    text: Text
    handed_in_at: datetime | None

    @property
    def digest(self) -> bytes:
        """Return a mark of everything that counts, by which a later look tells whether it is the same still."""
        spans = {str(person): sorted(map(list, each)) for person, each in self.text.spans.items()}
        gold = None if self.text.gold is None else sorted(map(list, self.text.gold))
        body = [self.text.length, list(map(list, self.text.sentences)), spans, gold]
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def scope_of(
    project: Project,
    *,
    labels: Iterable[str] | None = None,
    people: Iterable[Any] | None = None,
    of_round: int | None = None,
) -> Scope:
    """Return what is measured of a project: all labels that anybody used, and everybody, or those named; 2 queries.

    `people` are the UUIDs of memberships.
    """
    every = Annotation.objects if of_round is None else Annotation.every
    rows = every.filter(project=project, withdrawn_at__isnull=True).exclude(layer=Annotation.Layer.GOLD)
    used = rows.order_by("label__key").values_list("label__key", flat=True).distinct()
    wanted = None if labels is None else set(labels)
    keys = tuple(key for key in used if wanted is None or key in wanted)
    members = Membership.objects.filter(project=project).order_by("pseudonym")
    chosen = None if people is None else {str(each) for each in people}
    found = (Person(pk, str(uuid), name) for pk, uuid, name in members.values_list("pk", "uuid", "pseudonym"))
    return Scope(project.pk, keys, tuple(each for each in found if chosen is None or each.uuid in chosen), of_round)


def articles_of(project_id: int, of_round: int | None = None) -> QuerySet[Article]:
    """Return the articles whose texts may count: all, or those that somebody was given in a round."""
    rows = _articles(project_id)
    if of_round is None:
        return rows
    given = Assignment.every.filter(round_id=of_round, version=OuterRef("current_version"))
    return rows.filter(Exists(given))


def _articles(project_id: int) -> QuerySet[Article]:
    return Article.objects.filter(project_id=project_id, current_version__isnull=False, merged_into__isnull=True)


def read_texts(scope: Scope, versions: Sequence[int], left_out: Counter[str]) -> Iterator[Read]:
    """Yield the texts that two people count on, or one beside gold, and note what is left out and why; 5 to 8 queries.

    `versions` are at most some hundreds: their spans are in memory together.
    """
    numbers = {person.id: n for n, person in enumerate(scope.people)}
    had, began, at = _people(versions, numbers, scope.round_id)
    spans, gold = _spans(scope, versions, numbers, had, began, left_out)
    left_out["texts_of_one_annotator"] += sum(len(had[version]) == 1 for version in versions)
    counted = [version for version in versions if len(had[version]) > 1 or (had[version] and version in gold)]
    if not counted:
        return
    boilerplate, stated = _boilerplate(counted), _stated_sentences(counted)
    texts = ArticleVersion.objects.filter(pk__among=counted).order_by("pk").only("pk", "text", "length")
    for version in texts:
        outside = boilerplate[version.pk]
        sentences = stated[version.pk] or [(each.start, each.end) for each in split_sentences(version.text)]
        of_people = {}
        for person in had[version.pk]:
            marked = spans[version.pk][person]
            of_people[numbers[person]] = inside = _outside(marked, outside)
            left_out["spans_in_boilerplate"] += len(marked) - len(inside)
        text = Text(
            version.length,
            [(start, end) for start, end in sentences if not _lies_in(outside, start, end)],
            of_people,
            _outside(gold[version.pk], outside) if version.pk in gold else None,
        )
        yield Read(version.pk, text, at.get(version.pk))


def _people(
    versions: Sequence[int], numbers: dict[int, int], of_round: int | None
) -> tuple[dict[int, set[int]], dict[int, set[int]], dict[int, datetime]]:
    """Return who handed each text in, who has it without having handed it in, and when the last handed it in."""
    had: dict[int, set[int]] = defaultdict(set)
    began: dict[int, set[int]] = defaultdict(set)
    at: dict[int, datetime] = {}
    rows = Assignment.objects.all() if of_round is None else Assignment.every.filter(round_id=of_round)
    rows = rows.filter(version__among=versions).order_by()
    for version, person, state, moment in rows.values_list("version_id", "annotator_id", "state", "submitted_at"):
        if person not in numbers:
            continue
        (had if state in Assignment.HANDED_IN else began)[version].add(person)
        if state in Assignment.HANDED_IN and moment is not None:
            at[version] = max(moment, at.get(version, moment))
    return had, began, at


def _spans(
    scope: Scope,
    versions: Sequence[int],
    numbers: dict[int, int],
    had: dict[int, set[int]],
    began: dict[int, set[int]],
    left_out: Counter[str],
) -> tuple[dict[int, dict[int, list[Span]]], dict[int, list[Span]]]:
    """Return the spans of each text by person, and its gold ones; who came by a file is added to those who had it."""
    spans: dict[int, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    gold: dict[int, list[Span]] = {}
    labels = frozenset(scope.labels)
    rows = annotations_of(scope.round_id).filter(version__among=versions, withdrawn_at__isnull=True).order_by()
    rows = rows.annotate(in_parts=Exists(Fragment.objects.filter(annotation=OuterRef("pk"))))
    columns = ("in_parts", "version_id", "created_by_id", "label__key", "start", "end", "layer", "created_by_job_id")
    for in_parts, version, person, label, start, end, layer, job in rows.values_list(*columns).iterator(
        chunk_size=2_000
    ):
        if layer == Annotation.Layer.GOLD:
            gold.setdefault(version, [])
            if label in labels:
                gold[version].append((label, start, end))
            else:
                left_out["gold_of_other_labels"] += 1
            continue
        if person not in numbers:
            left_out["spans_of_people_not_chosen"] += 1
            continue
        if person not in had[version]:
            if job is None or person in began[version]:
                left_out["spans_not_handed_in"] += 1
                continue
            had[version].add(person)
        if label not in labels:
            left_out["spans_of_labels_not_chosen"] += 1
            continue
        left_out["gaps_of_discontinuous_spans"] += in_parts
        spans[version][person].append((label, start, end))
    return spans, gold


def annotations_of(of_round: int | None) -> QuerySet[Annotation]:
    """Return the annotations that stand; of a round those that were left to it, or stand on what is in it now.

    Gold that stands counts for every round: people are held to what is known today.
    """
    if of_round is None:
        return Annotation.objects.all()
    given = Assignment.objects.filter(
        round_id=of_round, version_id=OuterRef("version_id"), annotator_id=OuterRef("created_by_id")
    )
    present = Q(past_round__isnull=True) & (Q(layer=Annotation.Layer.GOLD) | Exists(given))
    return Annotation.every.filter(Q(past_round_id=of_round) | present)


def _boilerplate(versions: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Region.objects.filter(version__among=versions, kind=Region.Kind.BOILERPLATE, withdrawn_at__isnull=True)
    for version, start, end in rows.order_by().values_list("version_id", "start", "end"):
        found[version].append((start, end))
    return found


def _stated_sentences(versions: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = Sentence.objects.filter(version__among=versions).order_by("version_id", "n")
    for version, start, end in rows.values_list("version_id", "start", "end"):
        found[version].append((start, end))
    return found


def _outside(spans: list[Span], stretches: list[tuple[int, int]]) -> list[Span]:
    return [span for span in spans if not _lies_in(stretches, span[1], span[2])] if stretches else spans


def _lies_in(stretches: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(from_ <= start and end <= to for from_, to in stretches)
