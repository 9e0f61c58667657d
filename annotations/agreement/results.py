"""Looking at what was measured: runs and figures, the texts of a run, and the spans of two people side by side.

A run keeps numbers. The spans behind them are read as they are now, and it is said where they have changed since.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Abs, Cast, StrIndex, Substr
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere
from annotations.models import (
    AgreementAnswer,
    AgreementFigure,
    AgreementRun,
    AgreementText,
    ArticleVersion,
    Membership,
)

from .counting import GOLD, preference
from .naming import answer_key, pair_mark, person_of
from .periods import bounds_of
from .questions import BINARY, Question, written
from .running import question_of_run, questions_of_run, scope_of_run
from .spans import Span
from .texts import Read, annotations_of, read_texts

SAME, BOUNDS, LABEL, BOTH_DIFFER, ONE_ONLY, OTHER_ONLY = "same", "bounds", "label", "both", "one", "other"
DIFFERENT = "answer"
QUOTE_LENGTH = 300


def runs_of(by: Membership) -> QuerySet[AgreementRun]:
    """Return the runs of the project, newest first. Raises `Forbidden`."""
    require(by, Act.SEE_AGREEMENT)
    rows = AgreementRun.objects.filter(project_id=by.project_id)
    return rows.select_related("job", "requested_by", "label_set", "round").order_by("-pk")


def find_run(by: Membership, uuid: UUID) -> AgreementRun:
    """Find a run, or raise `NotThere`; 1 query."""
    found = runs_of(by).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("agreement_run_not_found", _("There is no such run in this project."))
    return found


def find_figure(run: AgreementRun, uuid: UUID) -> AgreementFigure:
    """Find a figure of a run, or raise `NotThere`; 1 query."""
    found = run.figures.filter(uuid=uuid).first()
    if found is None:
        raise NotThere("agreement_figure_not_found", _("There is no such figure in this run."))
    return found


def hardest_texts(run: AgreementRun, *, of: AgreementFigure | None = None) -> QuerySet[AgreementText]:
    """Return the texts of a run, those with the least overlap first; of a figure those that it rests on.

    Those of two people are in the order of how far these two agree, which each has as `of_two`: their exact F1.
    """
    rows = run.texts.select_related("version__article").defer("version__text")
    hardest: list[Any] = [F("overlap").asc(nulls_last=True), F("exact").asc(nulls_last=True), "pk"]
    if of is None:
        return rows.filter(n_people__gt=1).order_by(*hardest)
    kind, _colon, name = of.scope.partition(":")
    if kind == "label":
        rows = rows.filter(labels__contains=f",{name},")
    rows = rows.filter(has_gold=True) if kind == "gold" else rows.filter(n_people__gt=1)
    rows = rows.filter(_in_period(name, "handed_in_at")) if kind == "time" else rows
    pair = people_of(run, of.scope)
    for number in pair:
        rows = rows if number == GOLD else rows.filter(people__contains=f",{number},")
    if pair:
        rows, hardest = rows.annotate(of_two=_of_two(pair)), [F("of_two").asc(nulls_last=True), *hardest]
    return rows.order_by(*hardest)


LONGEST_SHARE = 6
"""Characters of a share as `of_pairs` has it: 0.1234."""


def _of_two(pair: tuple[int, ...]) -> Case:
    """Return, as an expression for texts, the exact F1 of two people; none where neither has a span."""
    mark = pair_mark(pair)
    at = StrIndex("of_pairs", Value(mark))
    share = Cast(Substr("of_pairs", at + len(mark), LONGEST_SHARE), FloatField())
    return Case(When(of_pairs__contains=mark, then=share), default=None, output_field=FloatField())


def _in_period(period: str, name: str) -> Q:
    """Match what was handed in within a period; `name` is the column of the time."""
    first, following = (datetime.combine(day, time(), UTC) for day in bounds_of(period))
    return Q(**{f"{name}__gte": first, f"{name}__lt": following})


def question_of(figure: AgreementFigure) -> Question | None:
    """Return the question that a figure is of; its run is loaded already."""
    return None if figure.question is None else question_of_run(figure.run, figure.question)


def hardest_answers(run: AgreementRun, of: AgreementFigure) -> QuerySet[AgreementAnswer]:
    """Return what was answered to the question of a figure, text by text, where people are farthest apart first.

    Of two people, what both answered, each row with how far these two are apart as `of_two`.
    """
    if of.question is None:
        return AgreementAnswer.objects.none()
    rows = AgreementAnswer.objects.filter(text__run=run, question=of.question)
    rows = rows.select_related("text__version__article").defer("text__version__text")
    pair = people_of(run, of.scope)
    kind, _colon, name = of.scope.partition(":")
    rows = rows.filter(_in_period(name, "text__handed_in_at")) if kind == "time" else rows
    if not pair:
        return rows.filter(n_people__gt=1).order_by(F("apart").desc(nulls_last=True), "text_id")
    one, other = (Cast(KT(f"answers__{answer_key(number)}"), FloatField()) for number in pair)
    rows = rows.annotate(one=one, other=other).filter(one__isnull=False, other__isnull=False)
    question = question_of(of)
    is_nominal = question is not None and question.metric == "nominal"
    differs = Case(When(one=F("other"), then=Value(0.0)), default=Value(1.0), output_field=FloatField())
    of_two = differs if is_nominal else Abs(F("one") - F("other"))
    return rows.annotate(of_two=of_two).order_by("-of_two", F("apart").desc(nulls_last=True), "text_id")


def people_of(run: AgreementRun, scope: str) -> tuple[int, ...]:
    """Return the numbers of the two whom a figure compares, none for a figure of everybody."""
    kind, _colon, name = scope.partition(":")
    if kind not in ("pair", "gold"):
        return ()
    names = [each["pseudonym"] for each in run.people]
    if kind == "gold":
        return (names.index(name), GOLD)
    return next(
        (one, names.index(rest))
        for one, first in enumerate(names)
        if name.startswith(f"{first}/") and (rest := name[len(first) + 1 :]) in names
    )


def name_of(run: AgreementRun, number: int) -> str:
    """Return what somebody was called when the run was made."""
    return _("gold") if number == GOLD else str(run.people[number]["pseudonym"])


@dataclass(frozen=True, slots=True)
class Aligned:
    """A span of one and what the other has there: `state` says how they stand; either may be missing."""

    state: str
    one: Span | None
    other: Span | None
    quote: str
    key: UUID | None = None

    @property
    def start(self) -> int:
        """Return where it begins."""
        return min(span[1] for span in (self.one, self.other) if span is not None)


@dataclass(frozen=True, slots=True)
class Answered:
    """What two people answered to one question on a text, in words; either may have answered nothing."""

    question: Question
    one: str | None
    other: str | None

    @property
    def state(self) -> str:
        """Say how they stand."""
        if self.one is None or self.other is None:
            return OTHER_ONLY if self.one is None else ONE_ONLY
        return SAME if self.one == self.other else DIFFERENT


@dataclass(frozen=True, slots=True)
class OpenedText:
    """One text of a run as it stands now; `has_changed` tells that what was counted is not what is there.

    Its answers are those that were counted.
    """

    row: AgreementText
    has_changed: bool
    pair: tuple[int, int]
    pairs: list[tuple[int, int]]
    aligned: list[Aligned]
    answers: list[Answered]


def open_text(run: AgreementRun, article: UUID, pair: tuple[int, int] | None = None) -> OpenedText:
    """Return what two people say side by side, those named or the first two; 10 to 13 queries. Raises `NotThere`."""
    row = run.texts.select_related("version__article").filter(version__article__uuid=article).first()
    if row is None:
        raise NotThere("agreement_text_not_found", _("This text was not measured in this run."))
    answers = {each.question: each.answers for each in row.answers.all()} if run.questions else {}
    answered = {person_of(key) for given in answers.values() for key in given}
    people = sorted({*(int(number) for number in row.people.split(",") if number), *answered} - {GOLD})
    pairs = [(one, other) for n, one in enumerate(people) for other in people[n + 1 :]]
    pairs += [(one, GOLD) for one in people] if row.has_gold or GOLD in answered or not pairs else []
    if not pairs or (pair is not None and pair not in pairs):
        raise NotThere("agreement_pair_not_found", _("These two were not compared on this text."))
    chosen = pair or pairs[0]
    read = next(read_texts(scope_of_run(run), [row.version_id], Counter()), None)
    has_changed = read is None or read.digest != bytes(row.digest)
    aligned = _aligned(row.version, read, chosen, run) if read is not None else []
    return OpenedText(row, has_changed, chosen, pairs, aligned, _answered(run, answers, chosen))


def _answered(run: AgreementRun, answers: dict[int, dict[str, int]], pair: Sequence[int]) -> list[Answered]:
    """Return the answers of two people; a question that neither answered, or both with no, is left out."""
    found = []
    for n, question in enumerate(questions_of_run(run)):
        given = [answers.get(n, {}).get(answer_key(number)) for number in pair]
        one, other = (None if each is None else written(question, each) for each in given)
        if (one is not None or other is not None) and (given != [0, 0] or question.kind not in BINARY):
            found.append(Answered(question, one, other))
    return found


def _aligned(version: ArticleVersion, read: Read, pair: tuple[int, int], run: AgreementRun) -> list[Aligned]:
    one, other = (_spans(read, number) for number in pair)
    keys = _keys(version, run, pair)
    found = []
    for mine, theirs in side_by_side(one, other):
        span = mine or theirs
        assert span is not None
        quote = version.text[span[1] : min(span[2], span[1] + QUOTE_LENGTH)]
        found.append(Aligned(_state(mine, theirs), mine, theirs, quote, keys.get(span)))
    return found


def _spans(read: Read, number: int) -> list[Span]:
    return sorted(set((read.text.gold or []) if number == GOLD else read.text.spans.get(number, [])), key=_by_place)


def _keys(version: ArticleVersion, run: AgreementRun, pair: tuple[int, int]) -> dict[Span, UUID]:
    """Return the key of an annotation for each span, by which the article is opened there."""
    ids = [run.people[number]["id"] for number in pair if number != GOLD]
    rows = (
        annotations_of(run.round_id).filter(version=version, withdrawn_at__isnull=True, created_by__in=ids).order_by()
    )
    return {
        (label, start, end): key for label, start, end, key in rows.values_list("label__key", "start", "end", "key")
    }


def side_by_side(one: Sequence[Span], other: Sequence[Span]) -> Iterator[tuple[Span | None, Span | None]]:
    """Pair the spans of two people in text order, each at most once: those of one label first, then by what they share.

    >>> list(side_by_side([("X", 0, 4)], [("Y", 1, 4), ("X", 8, 9)]))
    [(('X', 0, 4), ('Y', 1, 4)), (None, ('X', 8, 9))]
    """
    near = [(preference(one[n][1:], one[n][0], other[m][1:], other[m][0]), n, m) for n, m in _overlapping(one, other)]
    of_one: dict[int, int] = {}
    taken: set[int] = set()
    for _order, n, m in sorted(near):
        if n not in of_one and m not in taken:
            of_one[n] = m
            taken.add(m)
    rows: list[tuple[Span | None, Span | None]] = [
        (mine, other[of_one[n]] if n in of_one else None) for n, mine in enumerate(one)
    ]
    rows += [(None, theirs) for m, theirs in enumerate(other) if m not in taken]
    yield from sorted(rows, key=lambda row: _by_place(row[0] or row[1] or ("", 0, 0)))


def _overlapping(one: Sequence[Span], other: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of spans that share something, in one walk through the text."""
    coming = deque(sorted(range(len(other)), key=lambda m: other[m][1]))
    reached: list[int] = []
    for n in sorted(range(len(one)), key=lambda n: one[n][1]):
        _label, start, end = one[n]
        while coming and other[coming[0]][1] < end:
            reached.append(coming.popleft())
        reached = [m for m in reached if other[m][2] > start]
        yield from ((n, m) for m in reached if other[m][1] < end)


def _by_place(span: Span) -> tuple[int, int, str]:
    return span[1], span[2], span[0]


def _state(one: Span | None, other: Span | None) -> str:
    if one is None or other is None:
        return OTHER_ONLY if one is None else ONE_ONLY
    if one == other:
        return SAME
    if one[0] == other[0]:
        return BOUNDS
    return LABEL if one[1:] == other[1:] else BOTH_DIFFER


def figure_json(figure: AgreementFigure) -> dict[str, Any]:
    """Represent a figure without its matrix; its run is loaded already."""
    question = question_of(figure)
    return {
        "measure": figure.measure,
        "unit": figure.unit,
        "scope": figure.scope,
        "question": question.key if question is not None else None,
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "observed": figure.observed,
        "expected": figure.expected,
        "n_items": figure.n_items,
        "n_annotators": figure.n_annotators,
        **({"undefined": figure.why} if figure.value is None else {}),
    }


def run_json(run: AgreementRun) -> dict[str, Any]:
    """Represent a run without its figures; its job, requester and label set are loaded already."""
    return {
        "uuid": str(run.uuid),
        "job": str(run.job.uuid),
        "state": run.job.state,
        "requested_by": run.requested_by.pseudonym if run.requested_by else None,
        "options": run.options,
        "seed": run.seed,
        "code_version": run.code_version,
        "label_set_version": run.label_set.version if run.label_set else None,
        "labels": run.labels,
        "people": [each["pseudonym"] for each in run.people],
        "questions": [
            {
                "key": each.key,
                "name": each.name,
                "kind": each.kind,
                "values": list(each.values),
                "is_measured": each.metric is not None,
            }
            for each in questions_of_run(run)
        ],
        "texts": run.n_texts,
        "texts_compared": run.n_compared,
        "texts_with_gold": run.n_with_gold,
        "left_out": run.left_out,
        "created_at": utc(run.created_at),
        "measured_at": utc(run.measured_at),
    }


def text_json(row: AgreementText) -> dict[str, Any]:
    """Represent what one text said in a run; its article is loaded already."""
    return {
        "article": str(row.version.article.uuid),
        "title": row.version.article.title,
        "version": str(row.version.uuid),
        "people": row.n_people,
        "spans": row.n_spans,
        "f1_exact": row.exact,
        "f1_overlap": row.overlap,
        "f1_character": row.character,
        "alpha_nominal": row.alpha,
        "handed_in_at": utc(row.handed_in_at),
        **({"f1_exact_of_two": row.of_two} if hasattr(row, "of_two") else {}),
    }


def opened_json(run: AgreementRun, opened: OpenedText) -> dict[str, Any]:
    """Represent a text with the spans of two people side by side."""

    def span(given: Span | None) -> dict[str, Any] | None:
        return None if given is None else {"label": given[0], "start": given[1], "end": given[2]}

    return text_json(opened.row) | {
        "has_changed": opened.has_changed,
        "pair": [name_of(run, number) for number in opened.pair],
        "pairs": [[name_of(run, number) for number in pair] for pair in opened.pairs],
        "aligned": [
            {"state": each.state, "one": span(each.one), "other": span(each.other), "quote": each.quote}
            for each in opened.aligned
        ],
        "answers": [
            {"question": each.question.key, "state": each.state, "one": each.one, "other": each.other}
            for each in opened.answers
        ],
    }


def answer_json(run: AgreementRun, question: Question, row: AgreementAnswer) -> dict[str, Any]:
    """Represent what was answered to a question on a text; the text and its article are loaded already.

    Gold is by nobody.
    """
    given = sorted((person_of(key), answer) for key, answer in row.answers.items())
    return text_json(row.text) | {
        "people": row.n_people,
        "apart": row.apart,
        "answers": [
            {"by": None if person == GOLD else name_of(run, person), "answer": written(question, answer)}
            for person, answer in given
        ],
    }


def whole_json(run: AgreementRun) -> dict[str, Any]:
    """Represent a run with all its figures and their matrices."""
    figures = [
        {"uuid": str(each.uuid), **figure_json(each), "matrix": each.matrix} for each in run.figures.order_by("n")
    ]
    return run_json(run) | {"figures": figures}


def pair_numbered(text: str) -> tuple[int, int] | None:
    """Read a pair as addresses have it, two numbers of people, `g` for gold; None for what is none.

    >>> pair_numbered("0-g"), pair_numbered("mood")
    ((0, -1), None)
    """
    one, _dash, other = text.partition("-")
    numbers = [
        GOLD if each == "g" else int(each) if each.isascii() and each.isdecimal() else None for each in (one, other)
    ]
    first, second = numbers
    return None if first is None or second is None else (first, second)


def utc(moment: datetime | None) -> str | None:
    """Write a time in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
