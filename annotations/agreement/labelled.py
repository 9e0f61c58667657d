"""What people answered to the questions about articles: the labels they put on texts, and the attributes of these.

The same people count as for spans: whoever handed a text in has decided on each label, and answered those attributes
that they filled in. People of a file count where they put any label on the text. Of a project that was revealed, labels
count as they stood then. Gold says yes or no of each label where any gold label stands, or the review is finished.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from annotations.models import (
    Annotation,
    ArticleLabel,
    ArticleLabelRevision,
    Label,
    LabelSet,
    Project,
)
from annotations.workflow.rounds import stands_in

from .counting import GOLD
from .questions import HAS_LABEL, MOST_QUESTIONS, Answers, Question, answer_of, is_blank, questions_of

FREE_TEXT = "answers_in_words"
NOT_FITTING = "answers_that_do_not_fit"
ALONE = "answers_of_one_person"


@dataclass(frozen=True, slots=True)
class Handed:
    """Who handed each text in, who has it without having done so, and which are reviewed to the end, by their ids."""

    numbers: Mapping[int, int]
    had: Mapping[int, set[int]]
    began: Mapping[int, set[int]]
    reviewed: Set[int]
    revealed_at: datetime | None
    round_id: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its number, and what is asked of it again for each answer."""

    n: int
    question: Question
    is_measured: bool
    is_first: bool


def asked_in(project: Project, keys: Sequence[str], label_set: LabelSet | None) -> tuple[Question, ...]:
    """Return what the labels of these keys ask, as the newest label set says that has it; a round's own goes first.

    At most 300, one for each value of an attribute that has many; 1 query.
    """
    if not keys:
        return ()
    rows = Label.objects.filter(project=project, applies_to=Label.AppliesTo.ARTICLE, key__in=keys)
    first = label_set.pk if label_set is not None else None
    newest: dict[str, tuple[str, list[Any]]] = {}
    for row in sorted(rows.select_related("label_set"), key=lambda row: _order(row, first)):
        _name, definitions = newest.setdefault(row.key, (row.name, []))
        known = {str(each.get("key") or each.get("name")) for each in definitions}
        for each in row.attributes:
            if isinstance(each, Mapping) and str(each.get("key") or each.get("name")) not in known:
                definitions.append(each)
    found = [each for key in sorted(newest) for each in questions_of(key, *newest[key])]
    return tuple(found[:MOST_QUESTIONS])


def _order(row: Label, first: int | None) -> tuple[bool, int]:
    return row.label_set_id != first, -row.label_set.version


def read_answers(
    questions: Sequence[Question], versions: Sequence[int], handed: Handed, left_out: Counter[str]
) -> dict[int, Answers]:
    """Return the answers on each text that two people gave, or one beside gold; 1 or 2 queries.

    `versions` are at most some hundreds.
    """
    said, people = _said(questions, versions, handed, left_out)
    has_gold = {version for version in versions if GOLD in said[version]} | handed.reviewed
    asked = [_Asked(n, each, each.metric is not None, _is_first(questions, n)) for n, each in enumerate(questions)]
    found: dict[int, Answers] = {}
    for version in versions:
        given = [*sorted(people[version], key=handed.numbers.__getitem__)]
        everybody = [*given, GOLD] if version in has_gold else given
        answers: Answers = defaultdict(dict)
        for person in everybody:
            number = GOLD if person == GOLD else handed.numbers[person]
            for n, answer in _answers(asked, said[version].get(person, {}), left_out, is_gold=person == GOLD):
                answers[n][number] = answer
        compared = {n: each for n, each in answers.items() if len(each) > 1}
        left_out[ALONE] += sum(
            1 for n, each in answers.items() if len(each) == 1 and GOLD not in each and asked[n].is_first
        )
        if compared:
            found[version] = compared
    return found


def _is_first(questions: Sequence[Question], n: int) -> bool:
    """Tell whether a question stands for its attribute: of the values of one that has many, the first."""
    this, before = questions[n], questions[n - 1] if n else None
    return this.kind != HAS_LABEL and (
        before is None or (before.label, before.attribute) != (this.label, this.attribute)
    )


def _answers(
    asked: Sequence[_Asked], labels: Mapping[str, Mapping[str, Any]], left_out: Counter[str], *, is_gold: bool
) -> Iterator[tuple[int, int]]:
    """Yield the number of each question that somebody answered on a text, and the answer."""
    for each in asked:
        question = each.question
        if question.kind == HAS_LABEL:
            yield each.n, int(question.label in labels)
            continue
        given = labels.get(question.label)
        value = given.get(question.attribute) if given else None
        if is_blank(value):
            continue
        answer = answer_of(question, value) if each.is_measured else None
        if answer is not None:
            yield each.n, answer
        elif not is_gold and each.is_first:
            left_out[NOT_FITTING if each.is_measured else FREE_TEXT] += 1


Said = dict[int, dict[int, dict[str, Mapping[str, Any]]]]


def _said(
    questions: Sequence[Question], versions: Sequence[int], handed: Handed, left_out: Counter[str]
) -> tuple[Said, dict[int, set[int]]]:
    """Return the attributes of each label by text and person, gold for one of them, and who counts on each text."""
    said: Said = defaultdict(lambda: defaultdict(dict))
    people = {version: set(handed.had.get(version, ())) for version in versions}
    keys = {question.label for question in questions}
    for version, person, label, attributes, layer, job in _labels(versions, handed, left_out):
        if layer == Annotation.Layer.GOLD:
            said[version][GOLD][label] = attributes
            continue
        if person not in handed.numbers:
            left_out["article_labels_of_people_not_chosen"] += 1
            continue
        if person not in people[version]:
            if job is None or person in handed.began.get(version, ()):
                left_out["article_labels_not_handed_in"] += 1
                continue
            people[version].add(person)
        if label not in keys:
            left_out["article_labels_not_chosen"] += 1
            continue
        said[version][person][label] = attributes
    return said, people


def labels_of(of_round: int | None) -> QuerySet[ArticleLabel]:
    """Return the labels on articles that stand; of a round those left to it, or that stand on what is in it now."""
    return ArticleLabel.objects.all() if of_round is None else ArticleLabel.every.filter(stands_in(of_round))


_COLUMNS = ("version_id", "created_by_id", "label__key", "attributes", "layer", "created_by_job_id")


def _labels(versions: Sequence[int], handed: Handed, left_out: Counter[str]) -> Iterable[tuple[Any, ...]]:
    """Yield the labels that stand; of a project that was revealed, those that stood then, as they were."""
    rows = labels_of(handed.round_id).filter(version__among=versions).order_by("pk")
    if handed.revealed_at is None:
        yield from rows.filter(withdrawn_at__isnull=True).values_list(*_COLUMNS)
        return
    before = _before_reveal(versions)
    for pk, created_at, withdrawn_at, *row in rows.values_list("pk", "created_at", "withdrawn_at", *_COLUMNS):
        version, person, _label, _attributes, layer, job = row
        if layer == Annotation.Layer.GOLD:  # a review goes on after the reveal
            if withdrawn_at is None:
                yield tuple(row)
        elif created_at >= handed.revealed_at and job is None:
            left_out["article_labels_made_after_reveal"] += withdrawn_at is None
        elif pk in before:
            left_out["article_label_changes_after_reveal"] += 1
            was_withdrawn, label, attributes = before[pk]
            if was_withdrawn is None:
                yield version, person, label, attributes, layer, job
        elif withdrawn_at is None:
            yield tuple(row)


def _before_reveal(versions: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Return the states that were the first to be replaced after the reveal, by their labels; 1 query."""
    rows = ArticleLabelRevision.objects.filter(article_label__version__among=versions, after_reveal=True)
    states: dict[int, tuple[Any, ...]] = {}
    columns = ("article_label_id", "withdrawn_at", "label__key", "attributes")
    for pk, *state in rows.order_by("article_label_id", "-version_number").values_list(*columns):
        states[pk] = tuple(state)
    return states
