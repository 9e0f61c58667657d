"""What agreement is measured on: the spans that annotators of one project handed in, article by article.

Measured is what two or more people handed in of the same text. Who had a text and marked nothing counts: they decided
that there was nothing to mark. People of an imported file have no assignments; of them those count who marked anything
in the text. Of a project that was revealed, what was handed in before counts, as it was then. What lies in boilerplate
is no part of it. Where a text has gold annotations, each person who handed it in is held against them too; where its
review is finished without any, gold says that there is nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import (
    Adjudication,
    Annotation,
    AnnotationRevision,
    Article,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Assignment,
    Fragment,
    Membership,
    Project,
    Region,
    Round,
    Sentence,
)
from annotations.text.sentences import split_sentences
from annotations.workflow.rounds import stands_in

from .counting import Text
from .labelled import Handed, asked_in, read_answers
from .questions import Answers, Question
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
    """What is measured: these labels on spans, of these people, whose numbers are their places, and these questions.

    With a round it is the work of that round, past or not, else the work that stands.
    """

    project_id: int
    labels: tuple[str, ...]
    people: tuple[Person, ...]
    round_id: int | None = None
    revealed_at: datetime | None = None
    questions: tuple[Question, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Return the labels on spans and on articles, in their order."""
        return sorted({*self.labels, *(question.label for question in self.questions)})


@dataclass(frozen=True, slots=True)
class Read:
    """One text as it stands, with when the last of its people handed it in, and what they answered."""

    version_id: int
    text: Text
    handed_in_at: datetime | None
    answers: Answers = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """Return a mark of everything that counts, by which a later look tells whether it is the same still."""
        spans = {str(person): sorted(map(list, each)) for person, each in self.text.spans.items()}
        gold = None if self.text.gold is None else sorted(map(list, self.text.gold))
        body: list[Any] = [self.text.length, list(map(list, self.text.sentences)), spans, gold]
        if self.answers:
            body.append([[n, sorted(given.items())] for n, given in sorted(self.answers.items())])
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def scope_of(
    project: Project,
    *,
    labels: Iterable[str] | None = None,
    people: Iterable[Any] | None = None,
    of_round: int | None = None,
) -> Scope:
    """Return what is measured of a project: all labels that anybody used, and everybody, or those named.

    `people` are the UUIDs of memberships. 3 to 7 queries.
    """
    wanted = None if labels is None else set(labels)
    keys, asked = (
        tuple(key for key in used if wanted is None or key in wanted)
        for used in (_used(project, Annotation, of_round), _used(project, ArticleLabel, of_round))
    )
    fixed = Round.objects.select_related("label_set").filter(pk=of_round).first() if of_round is not None else None
    questions = asked_in(project, asked, fixed.label_set if fixed is not None else None)
    members = Membership.objects.filter(project=project).order_by("pseudonym")
    chosen = None if people is None else {str(each) for each in people}
    found = (Person(pk, str(uuid), name) for pk, uuid, name in members.values_list("pk", "uuid", "pseudonym"))
    people_chosen = tuple(each for each in found if chosen is None or each.uuid in chosen)
    return Scope(project.pk, keys, people_chosen, of_round, project.revealed_at, questions)


def _used(project: Project, model: type[Annotation] | type[ArticleLabel], of_round: int | None) -> list[str]:
    """Return the keys of the labels that anybody used of a kind, in their order; 1 or 2 queries."""
    every: Any = model.objects if of_round is None else model.every
    rows = every.filter(project=project, withdrawn_at__isnull=True).exclude(layer=Annotation.Layer.GOLD)
    if project.revealed_at is not None:
        return _used_before_reveal(project, rows, model)
    return list(rows.order_by("label__key").values_list("label__key", flat=True).distinct())


def _used_before_reveal(project: Project, standing: QuerySet[Any], model: type[Any]) -> list[str]:
    """Return the labels that stood when the project was revealed; 2 queries."""
    revisions: Any = AnnotationRevision if model is Annotation else ArticleLabelRevision
    name = "annotation" if model is Annotation else "article_label"
    changes = revisions.objects.filter(after_reveal=True)
    before = Q(created_at__lt=project.revealed_at) | Q(created_by_job__isnull=False)
    kept = standing.filter(before).exclude(Exists(changes.filter(**{name: OuterRef("pk")})))
    earlier = changes.filter(**{name: OuterRef(name)}, version_number__lt=OuterRef("version_number"))
    made = Q(**{f"{name}__created_at__lt": project.revealed_at}) | Q(**{f"{name}__created_by_job__isnull": False})
    changed = changes.filter(made, ~Exists(earlier), withdrawn_at__isnull=True, **{f"{name}__project": project})
    changed = changed.exclude(**{f"{name}__layer": Annotation.Layer.GOLD})
    found = set(kept.order_by().values_list("label__key", flat=True).distinct())
    return sorted(found | set(changed.order_by().values_list("label__key", flat=True).distinct()))


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
    """Yield the texts that two people count on, or one beside gold, and note what is left out and why; 6 to 11 queries.

    `versions` are at most some hundreds: their spans are in memory together.
    """
    numbers = {person.id: n for n, person in enumerate(scope.people)}
    had, began, at = _people(scope, versions, numbers, left_out)
    reviewed = _reviewed(versions, scope.round_id)
    answers: dict[int, Answers] = {}
    if scope.questions:
        handed = Handed(numbers, had, began, reviewed, scope.revealed_at, scope.round_id)
        answers = read_answers(scope.questions, versions, handed, left_out)
    spans, gold = _spans(scope, versions, numbers, had, began, left_out)
    gold = {version: [] for version in reviewed} | gold
    left_out["texts_of_one_annotator"] += sum(len(had[version]) == 1 for version in versions)
    counted = [
        version
        for version in versions
        if len(had[version]) > 1 or (had[version] and version in gold) or version in answers
    ]
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
        yield Read(version.pk, text, at.get(version.pk), answers.get(version.pk, {}))


def _people(
    scope: Scope, versions: Sequence[int], numbers: dict[int, int], left_out: Counter[str]
) -> tuple[dict[int, set[int]], dict[int, set[int]], dict[int, datetime]]:
    """Return who handed each text in, who has it without having handed it in, and when the last handed it in."""
    had: dict[int, set[int]] = defaultdict(set)
    began: dict[int, set[int]] = defaultdict(set)
    at: dict[int, datetime] = {}
    rows = Assignment.objects.all() if scope.round_id is None else Assignment.every.filter(round_id=scope.round_id)
    rows = rows.filter(version__among=versions).order_by()
    columns = ("version_id", "annotator_id", "state", "submitted_at", "in_before_reveal")
    for version, person, state, moment, before_reveal in rows.values_list(*columns):
        if person not in numbers:
            continue
        is_in = state in Assignment.HANDED_IN
        if scope.revealed_at is not None:
            left_out["texts_handed_in_after_reveal"] += is_in and not before_reveal
            is_in = before_reveal
        (had if is_in else began)[version].add(person)
        if is_in and moment is not None:
            moment = min(moment, scope.revealed_at or moment)
            at[version] = max(moment, at.get(version, moment))
    return had, began, at


def _reviewed(versions: Sequence[int], of_round: int | None) -> set[int]:
    """Return the texts whose review is finished, now or in that round; 1 query.

    What gold they have is all there is, even if it is none.
    """
    standing = Q(past_round__isnull=True)
    rows = Adjudication.every.filter(version__among=versions, state=Adjudication.State.FINISHED)
    rows = rows.filter(standing if of_round is None else standing | Q(past_round=of_round))
    return set(rows.values_list("version_id", flat=True))


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
    for in_parts, version, person, label, start, end, layer, job in _marked(scope, versions, left_out):
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
    return Annotation.objects.all() if of_round is None else Annotation.every.filter(stands_in(of_round))


_COLUMNS = ("in_parts", "version_id", "created_by_id", "label__key", "start", "end", "layer", "created_by_job_id")


def _marked(scope: Scope, versions: Sequence[int], left_out: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the annotations that stand; of a project that was revealed, those that stood then, as they were."""
    rows = annotations_of(scope.round_id).filter(version__among=versions).order_by()
    rows = rows.annotate(in_parts=Exists(Fragment.objects.filter(annotation=OuterRef("pk"))))
    if scope.revealed_at is None:
        standing = rows.filter(withdrawn_at__isnull=True).values_list(*_COLUMNS)
        yield from standing.iterator(chunk_size=2_000)
        return
    before = _before_reveal(versions)
    columns = ("pk", "created_at", "withdrawn_at", *_COLUMNS)
    for pk, created_at, withdrawn_at, *row in rows.values_list(*columns).iterator(chunk_size=2_000):
        version, person, layer, job = row[1], row[2], row[6], row[7]
        if layer == Annotation.Layer.GOLD:  # a review goes on after the reveal
            if withdrawn_at is None:
                yield tuple(row)
        elif created_at >= scope.revealed_at and job is None:
            left_out["spans_made_after_reveal"] += withdrawn_at is None
        elif pk in before:
            left_out["changes_after_reveal"] += 1
            was_withdrawn, label, start, end, fragments = before[pk]
            if was_withdrawn is None:
                yield bool(fragments), version, person, label, start, end, layer, job
        elif withdrawn_at is None:
            yield tuple(row)


def _before_reveal(versions: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Return the states that were the first to be replaced after the reveal, by their annotations; 1 query."""
    rows = AnnotationRevision.objects.filter(annotation__version__among=versions, after_reveal=True)
    states: dict[int, tuple[Any, ...]] = {}
    columns = ("annotation_id", "withdrawn_at", "label__key", "start", "end", "fragments")
    for pk, *state in rows.order_by("annotation_id", "-version_number").values_list(*columns):
        states[pk] = tuple(state)
    return states


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
