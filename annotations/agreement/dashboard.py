"""What the dashboard shows: progress, pace, labels, disagreement, time and the hardest articles, as plain rows.

Disagreement comes from the newest agreement run that fits; nothing is measured here. For who sees everybody's work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth, TruncWeek
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import AgreementRun, Annotation, Assignment, Membership, Project, Round, TimeSpent
from annotations.workflow.progress import counts_of_round
from annotations.workflow.rounds import rounds_of

from .results import hardest_texts

MOST_DAYS, MOST_ROWS, HARDEST = 92, 30, 15
MEASURE = "f1_overlap"
PERIODS: dict[str, Callable[[str], Any]] = {
    "day": TruncDate,
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


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: rows of a name and numbers, the first of which is drawn. `part` says that the second is its whole.

    `kind` is "bars", or "days" for a row a day. `article` addresses stand beside the rows of a chart of articles.
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


TITLES = {
    "progress": gettext_lazy("Progress by person"),
    "pace": gettext_lazy("Articles handed in per day"),
    "labels": gettext_lazy("Annotations by label"),
    "by-label": gettext_lazy("Disagreement by label"),
    "by-pair": gettext_lazy("Disagreement by pair of annotators"),
    "time": gettext_lazy("Hours on task by person"),
    "hardest": gettext_lazy("Hardest articles"),
}


def chart(name: str, asked: Asked) -> Chart:
    """Return one chart by its name; at most 3 queries."""
    return _CHARTS[name](asked)


def charts(asked: Asked) -> list[Chart]:
    """Return all charts; at most 12 queries, whatever the project's size."""
    return [make(asked) for make in _CHARTS.values()]


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
    rounds = [asked.round] if asked.round else rounds_of(asked.project)
    handed_in: dict[str, int] = defaultdict(int)
    given: dict[str, int] = defaultdict(int)
    for each in rounds:
        for counts in counts_of_round(each):
            if asked.person in (None, counts.person):
                handed_in[counts.person.pseudonym] += counts.handed_in
                given[counts.person.pseudonym] += counts.total
    rows = sorted(((name, handed_in[name], n) for name, n in given.items()), key=lambda row: (-row[2], row[0]))
    about = _("Of the articles that each person was given, how many are handed in. The period does not narrow this.")
    columns = (_("Person"), _("Handed in"), _("Given"))
    return _bars("progress", about, columns, rows, is_part=True)


def _pace(asked: Asked) -> Chart:
    begin, end = asked.moments
    rows = Assignment.every.filter(project=asked.project, submitted_at__gte=begin, submitted_at__lt=end)
    rows = rows.filter(annotator=asked.person) if asked.person else rows
    rows = rows.filter(round=asked.round) if asked.round else rows
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
    return _bars("labels", about, (_("Label"), _("Annotations")), rows_of_labels)


def _of_round(found: Round) -> Q:
    place = Q(version__article__round__isnull=True) if found.takes_new else Q(version__article__round=found)
    return Q(past_round=found) | (Q(past_round__isnull=True) & place)


def _disagreement(asked: Asked, kind: str) -> Chart:
    run = newest_run(asked)
    rows: list[tuple[Any, ...]] = []
    if run is not None:
        figures = run.figures.filter(measure=MEASURE, scope__startswith=f"{kind}:", value__isnull=False)
        for scope, value, n_items in figures.values_list("scope", "value", "n_items"):
            name = scope.partition(":")[2]
            if value is not None and _is_asked_for(asked, kind, name):
                rows.append((name.replace("/", " · ") if kind == "pair" else name, round(1 - value, 4), n_items))
    about = _("1 − F1 of overlapping spans, from the newest agreement run.")
    if run is None:
        about = _("No agreement was measured yet; start a run on the page of agreement.")
    elif run.measured_at is not None:
        about += " " + _("Measured on %(day)s.") % {"day": run.measured_at.date().isoformat()}
    first = _("Label") if kind == "label" else _("Pair")
    columns = (first, _("Disagreement"), _("Spans"))
    return _bars(f"by-{kind}", about, columns, sorted(rows, key=lambda row: (-row[1], row[0])))


def _is_asked_for(asked: Asked, kind: str, name: str) -> bool:
    if kind == "label":
        return asked.label in ("", name)
    return asked.person is None or asked.person.pseudonym in name.split("/")


def _by_label(asked: Asked) -> Chart:
    return _disagreement(asked, "label")


def _by_pair(asked: Asked) -> Chart:
    return _disagreement(asked, "pair")


def _times(asked: Asked) -> QuerySet[TimeSpent]:
    rows = TimeSpent.objects.filter(project=asked.project, day__gte=asked.first, day__lte=asked.last)
    rows = rows.filter(assignment__annotator=asked.person) if asked.person else rows
    return rows.filter(assignment__round=asked.round) if asked.round else rows


def _time(asked: Asked) -> Chart:
    found = _times(asked).order_by().values_list("assignment__annotator__pseudonym")
    counted = found.annotate(seconds=Sum("seconds"), n=Count("assignment", distinct=True))
    rows = [(name, round(seconds / 3600, 2), n, round(seconds / n / 60, 1)) for name, seconds, n in counted if n]
    about = _("Time in which the page was in front and something was done in the last two minutes; the rest is idle.")
    columns = (_("Person"), _("Hours"), _("Articles"), _("Minutes an article"))
    return _bars("time", about, columns, sorted(rows, key=lambda row: (-row[1], row[0])))


def _hardest(asked: Asked) -> Chart:
    run = newest_run(asked)
    rows: list[tuple[Any, ...]] = []
    addresses = []
    if run is not None:
        for text in hardest_texts(run).filter(overlap__isnull=False)[:HARDEST]:
            rows.append((text.version.article.title, round(1 - (text.overlap or 0), 4), text.n_spans, text.n_people))
            addresses.append(str(text.version.article.uuid))
    about = _("1 − F1 of overlapping spans of each article, from the newest agreement run.")
    if run is None:
        about = _("No agreement was measured yet; start a run on the page of agreement.")
    columns = (_("Article"), _("Disagreement"), _("Spans"), _("People"))
    return Chart("hardest", str(TITLES["hardest"]), about, columns, rows, addresses=tuple(addresses))


def _bars(
    name: str, about: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, is_part: bool = False
) -> Chart:
    return Chart(
        name, str(TITLES[name]), about, columns, rows, is_part=is_part, n_left_out=max(0, len(rows) - MOST_ROWS)
    )


_CHARTS: dict[str, Callable[[Asked], Chart]] = {
    "progress": _progress,
    "pace": _pace,
    "labels": _labels,
    "by-label": _by_label,
    "by-pair": _by_pair,
    "time": _time,
    "hardest": _hardest,
}
