"""Looking at what was measured: runs and figures, the texts of a run, and the spans of two people side by side.

A run keeps numbers. The spans behind them are read as they are now, and it is said where they have changed since.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere
from annotations.models import AgreementFigure, AgreementRun, AgreementText, ArticleVersion, Membership

from .counting import GOLD, preference
from .running import scope_of_run
from .spans import Span
from .texts import Read, annotations_of, read_texts

SAME, BOUNDS, LABEL, BOTH_DIFFER, ONE_ONLY, OTHER_ONLY = "same", "bounds", "label", "both", "one", "other"
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
    """Return the texts of a run, those with the least overlap first; of a figure those that it rests on."""
    rows = run.texts.select_related("version__article").defer("version__text")
    if of is not None:
        kind, _colon, name = of.scope.partition(":")
        if kind == "label":
            rows = rows.filter(labels__contains=f",{name},")
        for number in people_of(run, of.scope):
            if number != GOLD:
                rows = rows.filter(people__contains=f",{number},")
        if kind == "gold":
            rows = rows.filter(has_gold=True)
    if of is None or not of.scope.startswith("gold:"):
        rows = rows.filter(n_people__gt=1)
    return rows.order_by(F("overlap").asc(nulls_last=True), F("exact").asc(nulls_last=True), "pk")


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
class OpenedText:
    """One text of a run as it stands now; `has_changed` tells that what was counted is not what is there."""

    row: AgreementText
    has_changed: bool
    pair: tuple[int, int]
    pairs: list[tuple[int, int]]
    aligned: list[Aligned]


def open_text(run: AgreementRun, article: UUID, pair: tuple[int, int] | None = None) -> OpenedText:
    """Return the spans of two people side by side, those named or the first two; 9 queries. Raises `NotThere`."""
    row = run.texts.select_related("version__article").filter(version__article__uuid=article).first()
    if row is None:
        raise NotThere("agreement_text_not_found", _("This text was not measured in this run."))
    people = [int(number) for number in row.people.strip(",").split(",") if number]
    pairs = [(one, other) for n, one in enumerate(people) for other in people[n + 1 :]]
    pairs += [(one, GOLD) for one in people] if row.has_gold else []
    if pair is not None and pair not in pairs:
        raise NotThere("agreement_pair_not_found", _("These two were not compared on this text."))
    chosen = pair or pairs[0]
    read = next(read_texts(scope_of_run(run), [row.version_id], Counter()), None)
    has_changed = read is None or read.digest != bytes(row.digest)
    aligned = _aligned(row.version, read, chosen, run) if read is not None else []
    return OpenedText(row, has_changed, chosen, pairs, aligned)


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
    """Represent a figure without its matrix."""
    return {
        "measure": figure.measure,
        "unit": figure.unit,
        "scope": figure.scope,
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


def pair_address(pair: Sequence[int]) -> str:
    """Return a pair as addresses have it."""
    return "-".join("g" if number == GOLD else str(number) for number in pair)


def utc(moment: datetime | None) -> str | None:
    """Write a time in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
