"""What the dashboard shows: progress, pace, labels, disagreement, time and the hardest articles, as plain rows.

Disagreement comes from the newest agreement run that fits; nothing is measured here. For who sees everybody's work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth, TruncWeek
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import (
    AgreementRun,
    Annotation,
    ArticleLabel,
    Assignment,
    Membership,
    Project,
    Round,
    TimeSpent,
)

from .results import hardest_texts, name_of, people_of
from .running import question_of_run

MOST_DAYS, MOST_ROWS, HARDEST = 92, 30, 15
MEASURE = "f1_overlap"
PERIODS: dict[str, Callable[[str], Any]] = {
    "day": F,
    "week": TruncWeek,
    "month": TruncMonth,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dashboard is narrowed to. `first` and `last` are days, both included."""

    project: Project
    first: date
    last: date
    person: Membership | None = None
    label: str = ""
    round: Round | None = None

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return the times at which the period begins and ends."""
        begin = datetime.combine(self.first, time.min, UTC)
        return begin, datetime.combine(self.last + timedelta(days=1), time.min, UTC)

    @property
    def narrowed_by(self) -> tuple[str, ...]:
        """Name what narrows it; there is always a period."""
        given = (("period", True), ("person", self.person), ("label", self.label), ("round", self.round))
        return tuple(name for name, value in given if value)


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: rows of a name and numbers, the first of which is drawn. `part` says that the second is its whole.

    `kind` is "bars", or "days" for a row a day. `article` addresses stand beside the rows of a chart of articles.
    `not_narrowed_by` names what was asked for and does not narrow it.
    """

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    kind: str = "bars"
    is_part: bool = False
    n_left_out: int = 0
    addresses: tuple[str, ...] = ()
    not_narrowed_by: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """Say what was asked for and does not narrow it."""
        return [str(NOT_NARROWED[name]) for name in self.not_narrowed_by]


NOT_NARROWED = {
    "period": gettext_lazy("The period does not narrow this."),
    "person": gettext_lazy("The person does not narrow this."),
    "label": gettext_lazy("The label does not narrow this."),
}
TITLES = {
    "progress": gettext_lazy("Progress by person"),
    "pace": gettext_lazy("Articles handed in per day"),
    "labels": gettext_lazy("Annotations by label"),
    "by-label": gettext_lazy("Disagreement by label"),
    "by-pair": gettext_lazy("Disagreement by pair of annotators"),
    "by-question": gettext_lazy("Disagreement on questions about articles"),
    "over-time": gettext_lazy("Disagreement over time"),
    "time": gettext_lazy("Hours on task by person"),
    "hardest": gettext_lazy("Hardest articles"),
}


def chart(name: str, asked: Asked) -> Chart:
    """Return one chart by its name; at most 2 queries."""
    make = _OF_A_RUN.get(name)
    return _CHARTS[name](asked) if make is None else make(asked, newest_run(asked))


def charts(asked: Asked) -> list[Chart]:
    """Return all charts; at most 10 queries, whatever the project's size and whatever they are narrowed to."""
    run = newest_run(asked)
    return [_OF_A_RUN[name](asked, run) if name in _OF_A_RUN else _CHARTS[name](asked) for name in TITLES]


def newest_run(asked: Asked) -> AgreementRun | None:
    """Return the newest run that was measured of the round that is asked for, or of all work that stands."""
    rows = AgreementRun.objects.filter(project=asked.project, measured_at__isnull=False, round=asked.round)
    return rows.order_by("-measured_at").first()


def hours(asked: Asked, period: str = "day") -> list[tuple[date, str, int]]:
    """Return (first day of the period, pseudonym, seconds), in this order; 1 query. Idle time is not in it."""
    rows = _times(asked).annotate(period=PERIODS[period]("day")).order_by("period", "assignment__annotator__pseudonym")
    found = rows.values_list("period", "assignment__annotator__pseudonym").annotate(seconds=Sum("seconds"))
    return [(_day(at), name, seconds) for at, name, seconds in found]


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _progress(asked: Asked) -> Chart:
    begin, end = asked.moments
    rows = Assignment.every.filter(project=asked.project, created_at__lt=end)
    rows = rows.filter(annotator=asked.person) if asked.person else rows
    rows = rows.filter(round=asked.round) if asked.round else rows
    handed_in = Q(state__in=Assignment.HANDED_IN)
    by_then = handed_in & (Q(submitted_at__lt=end) | Q(submitted_at__isnull=True))
    counted = (
        rows.order_by()
        .values_list("annotator__pseudonym")
        .annotate(
            by_then=Count("pk", filter=by_then),
            given=Count("pk"),
            within=Count("pk", filter=handed_in & Q(submitted_at__gte=begin, submitted_at__lt=end)),
        )
    )
    found = sorted(counted, key=lambda row: (-row[2], row[0]))
    about = _("Of the articles that each person was given by the end of the period, how many were handed in by then.")
    columns = (_("Person"), _("Handed in"), _("Given"), _("Handed in within the period"))
    return _bars("progress", about, columns, found, asked, is_part=True, but=("label",))


def _pace(asked: Asked) -> Chart:
    begin, end = asked.moments
    rows = Assignment.every.filter(project=asked.project, submitted_at__gte=begin, submitted_at__lt=end)
    rows = rows.filter(annotator=asked.person) if asked.person else rows
    rows = rows.filter(round=asked.round) if asked.round else rows
    rows = rows.filter(_carries(asked.label)) if asked.label else rows
    found = dict(
        rows.order_by().annotate(day=TruncDate("submitted_at", tzinfo=UTC)).values_list("day").annotate(n=Count("pk"))
    )
    n_days = (asked.last - asked.first).days + 1
    days = [asked.first + timedelta(days=n) for n in range(n_days)]
    about = _("By the day on which an article was last handed in, in UTC.")
    columns = (_("Day"), _("Articles"))
    return Chart("pace", str(TITLES["pace"]), about, columns, [(day, found.get(day, 0)) for day in days], "days")


def _labels(asked: Asked) -> Chart:
    begin, end = asked.moments
    rows = Annotation.every.filter(project=asked.project, withdrawn_at__isnull=True)
    found = rows.filter(created_at__gte=begin, created_at__lt=end)
    found = found.exclude(layer=Annotation.Layer.GOLD)
    found = found.filter(created_by=asked.person) if asked.person else found
    found = found.filter(label__key=asked.label) if asked.label else found
    found = found.filter(_of_round(asked.round)) if asked.round else found
    by_key: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    counted = found.order_by().values_list("label__key", "label__name", "label__label_set__version")
    for key, name, _version, n in sorted(counted.annotate(n=Count("pk")), key=lambda row: row[2]):
        by_key[key] += n
        names[key] = name
    rows_of_labels = sorted(((names[key], n) for key, n in by_key.items()), key=lambda row: (-row[1], row[0]))
    about = _("By when they were made, those of past rounds too; withdrawn ones and gold are not counted.")
    return _bars("labels", about, (_("Label"), _("Annotations")), rows_of_labels, asked)


def _of_round(found: Round) -> Q:
    place = Q(version__article__round__isnull=True) if found.takes_new else Q(version__article__round=found)
    return Q(past_round=found) | (Q(past_round__isnull=True) & place)


def _by_label(asked: Asked, run: AgreementRun | None) -> Chart:
    """Say where people differ, label by label; of one person from the matrices of the pairs that they are in."""
    rows: list[tuple[Any, ...]] = []
    about = _("1 − F1 of overlapping spans, from the newest agreement run.")
    if run is not None and asked.person is not None:
        about = _("From the matrices of the person’s pairs: of what has the label for either, the share not for both.")
        whole: Counter[tuple[str, str]] = Counter()
        for _pair, matrix in _matrices(run, asked.person):
            whole.update({(own, other): n for own, other, n in matrix})
        labels = {label for cell in whole for label in cell if label}
        rows = [(label, *found) for label in labels if (found := _of_matrix(whole, label)) is not None]
    elif run is not None:
        figures = run.figures.filter(measure=MEASURE, scope__startswith="label:", value__isnull=False)
        rows = [
            (scope.partition(":")[2], round(1 - value, 4), n)
            for scope, value, n in figures.values_list("scope", "value", "n_items")
            if value is not None
        ]
    rows = [row for row in rows if asked.label in ("", row[0])]
    columns = (_("Label"), _("Disagreement"), _("Spans"))
    return _bars("by-label", _of_run(about, run), columns, _worst_first(rows), asked, but=("period",))


def _by_pair(asked: Asked, run: AgreementRun | None) -> Chart:
    """Say which pairs differ; on one label from their matrices."""
    rows: list[tuple[Any, ...]] = []
    about = _("1 − F1 of overlapping spans, from the newest agreement run.")
    if run is not None and asked.label:
        about = _("From the matrix of each pair: of what has the label for either of the two, the share not for both.")
        for pair, matrix in _matrices(run, asked.person):
            cells = Counter({(own, other): n for own, other, n in matrix})
            found = _of_matrix(cells, asked.label)
            rows += [(_pair_named(run, pair), *found)] if found is not None else []
    elif run is not None:
        figures = run.figures.filter(measure=MEASURE, scope__startswith="pair:", value__isnull=False)
        for scope, value, n in figures.values_list("scope", "value", "n_items"):
            pair = people_of(run, scope)
            if value is not None and _is_of(run, pair, asked.person):
                rows.append((_pair_named(run, pair), round(1 - value, 4), n))
    columns = (_("Pair"), _("Disagreement"), _("Spans"))
    return _bars("by-pair", _of_run(about, run), columns, _worst_first(rows), asked, but=("period",))


def _by_question(asked: Asked, run: AgreementRun | None) -> Chart:
    rows: list[tuple[Any, ...]] = []
    if run is not None:
        figures = run.figures.filter(question__isnull=False, scope="all", measure__startswith="alpha_")
        for n, value, n_items in figures.filter(value__isnull=False).values_list("question", "value", "n_items"):
            question = question_of_run(run, n or 0)
            if value is not None and asked.label in ("", question.label):
                rows.append((question.name, round(1 - value, 4), n_items))
    about = _of_run(_("1 − Krippendorff’s α of the answers about articles, from the newest agreement run."), run)
    columns = (_("Question"), _("Disagreement"), _("Articles"))
    return _bars("by-question", about, columns, _worst_first(rows), asked, but=("period", "person"))


def _over_time(asked: Asked, run: AgreementRun | None) -> Chart:
    rows: list[tuple[Any, ...]] = []
    if run is not None:
        figures = run.figures.filter(measure="f1_exact", scope__startswith="time:", value__isnull=False)
        for scope, value, n_items in figures.order_by("n").values_list("scope", "value", "n_items"):
            first, last = days_of(scope.partition(":")[2])
            if value is not None and first <= asked.last and last >= asked.first:
                rows.append((scope.partition(":")[2], round(1 - value, 4), n_items))
    about = _("1 − exact F1 of spans, by when the last of an article’s people handed it in, from the newest run.")
    columns = (_("Time"), _("Disagreement"), _("Articles"))
    return _bars("over-time", _of_run(about, run), columns, rows, asked, but=("person", "label"))


def days_of(period: str) -> tuple[date, date]:
    """Return the first and the last day of a period as runs name them: a week, a month or a year.

    >>> days_of("2026-W48"), days_of("2026-11")[1], days_of("2026")[0]
    ((datetime.date(2026, 11, 23), datetime.date(2026, 11, 29)), datetime.date(2026, 11, 30), datetime.date(2026, 1, 1))
    """
    year, _dash, rest = period.partition("-")
    if rest.startswith("W"):
        return date.fromisocalendar(int(year), int(rest[1:]), 1), date.fromisocalendar(int(year), int(rest[1:]), 7)
    if not rest:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    following = date(int(year) + (rest == "12"), int(rest) % 12 + 1, 1)
    return date(int(year), int(rest), 1), following - timedelta(days=1)


def _matrices(run: AgreementRun, person: Membership | None) -> Iterator[tuple[tuple[int, ...], list[list[Any]]]]:
    """Yield the matrix of the labels of each pair, or of those that a person is in; 1 query."""
    figures = run.figures.filter(measure=MEASURE, scope__startswith="pair:")
    for scope, matrix in figures.values_list("scope", "matrix"):
        pair = people_of(run, scope)
        if _is_of(run, pair, person):
            yield pair, matrix


def _is_of(run: AgreementRun, pair: tuple[int, ...], person: Membership | None) -> bool:
    return person is None or any(run.people[number]["uuid"] == str(person.uuid) for number in pair)


def _of_matrix(cells: Counter[tuple[str, str]], label: str) -> tuple[float, int] | None:
    """Return which share of what names a label for either of two does not for both, and of how much; None for nothing.

    >>> _of_matrix(Counter({("a", "a"): 3, ("a", ""): 1, ("b", "a"): 1}), "a")
    (0.4, 5)
    """
    named = sum(n for cell, n in cells.items() if label in cell)
    return (round(1 - cells[label, label] / named, 4), named) if named else None


def _pair_named(run: AgreementRun, pair: tuple[int, ...]) -> str:
    return " · ".join(name_of(run, number) for number in pair)


def _worst_first(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _of_run(about: str, run: AgreementRun | None) -> str:
    if run is None or run.measured_at is None:
        return _("No agreement was measured yet; start a run on the page of agreement.")
    return about + " " + _("Measured on %(day)s.") % {"day": run.measured_at.date().isoformat()}


def _times(asked: Asked) -> QuerySet[TimeSpent]:
    rows = TimeSpent.objects.filter(project=asked.project, day__gte=asked.first, day__lte=asked.last)
    rows = rows.filter(assignment__annotator=asked.person) if asked.person else rows
    rows = rows.filter(assignment__round=asked.round) if asked.round else rows
    return rows.filter(_carries(asked.label, "assignment__")) if asked.label else rows


def _carries(label: str, path: str = "") -> Q:
    """Return, as a condition on assignments, that their annotator put a label on a span, or on the whole text."""
    own = {
        "version_id": OuterRef(f"{path}version_id"),
        "created_by_id": OuterRef(f"{path}annotator_id"),
        "label__key": label,
        "withdrawn_at__isnull": True,
    }
    spans = Annotation.every.filter(**own).exclude(layer=Annotation.Layer.GOLD)
    return Q(Exists(spans)) | Q(Exists(ArticleLabel.every.filter(**own).exclude(layer=Annotation.Layer.GOLD)))


def _time(asked: Asked) -> Chart:
    found = _times(asked).order_by().values_list("assignment__annotator__pseudonym")
    counted = found.annotate(seconds=Sum("seconds"), n=Count("assignment", distinct=True))
    rows = [(name, round(seconds / 3600, 2), n, round(seconds / n / 60, 1)) for name, seconds, n in counted if n]
    about = _("Time in which the page was in front and something was done in the last two minutes; the rest is idle.")
    columns = (_("Person"), _("Hours"), _("Articles"), _("Minutes an article"))
    return _bars("time", about, columns, _worst_first(rows), asked)


def _hardest(asked: Asked, run: AgreementRun | None) -> Chart:
    rows: list[tuple[Any, ...]] = []
    addresses = []
    if run is not None:
        begin, end = asked.moments
        within = Q(handed_in_at__isnull=True) | Q(handed_in_at__gte=begin, handed_in_at__lt=end)
        texts = hardest_texts(run).filter(within, overlap__isnull=False)
        texts = texts.filter(labels__contains=f",{asked.label},") if asked.label else texts
        if asked.person is not None:
            numbers = [n for n, each in enumerate(run.people) if each["uuid"] == str(asked.person.uuid)]
            texts = texts.filter(people__contains=f",{numbers[0]},") if numbers else texts.none()
        for text in texts[:HARDEST]:
            rows.append((text.version.article.title, round(1 - (text.overlap or 0), 4), text.n_spans, text.n_people))
            addresses.append(str(text.version.article.uuid))
    about = _(
        "1 − F1 of overlapping spans of each article handed in within the period, or nobody knows when; all labels."
    )
    columns = (_("Article"), _("Disagreement"), _("Spans"), _("People"))
    title, about = str(TITLES["hardest"]), _of_run(about, run)
    return Chart("hardest", title, about, columns, rows, addresses=tuple(addresses))


def _bars(
    name: str,
    about: str,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    asked: Asked,
    *,
    is_part: bool = False,
    but: tuple[str, ...] = (),
) -> Chart:
    """Return a chart of bars; `but` names what cannot narrow it, which is said where that was asked for."""
    return Chart(
        name,
        str(TITLES[name]),
        about,
        columns,
        rows,
        is_part=is_part,
        n_left_out=max(0, len(rows) - MOST_ROWS),
        not_narrowed_by=tuple(each for each in but if each in asked.narrowed_by),
    )


_CHARTS: dict[str, Callable[[Asked], Chart]] = {
    "progress": _progress,
    "pace": _pace,
    "labels": _labels,
    "time": _time,
}
_OF_A_RUN: dict[str, Callable[[Asked, AgreementRun | None], Chart]] = {
    "by-label": _by_label,
    "by-pair": _by_pair,
    "by-question": _by_question,
    "over-time": _over_time,
    "hardest": _hardest,
}
