"""What members decided about shared passages and places of quotations, as a native file lists it under each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from annotations.workflow.annotating import MAX_NOTE

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .records import ImportedRecord, Problem
from .tally import Tally

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """What one person decided: the values of the row, and of its earlier states."""

    by: str
    values: Values
    states: list[Values] = field(default_factory=list)


def read_decisions(
    data: Values, states: Collection[str], context: Context, more: Mapping[str, Collection[str]] | None = None
) -> list[Decided]:
    """Return what was decided; `more` names further fields with their words. Raises `BadValue`."""
    found: dict[str, Decided] = {}
    for n, row in enumerate(checking.listed(data, "decisions")):
        try:
            by = checking.text(row, "decided_by", most=PSEUDONYM_LENGTH).strip()
            if not by or by in found:
                raise BadValue("decided_by", by, _("Each decision names another person."))
            values = _values(row, states, context, more or {})
            former = [
                {**_values(each, states, context, more or {}), "replaced_at": checking.moment(each, "replaced_at")}
                for each in checking.listed(row, "revisions")
            ]
        except BadValue as bad:
            raise BadValue(f"decisions.{n}.{bad.field}", bad.value, bad.message) from None
        numbers = {each["version_number"] for each in former}
        if len(numbers) < len(former) or any(number >= values["version_number"] for number in numbers):
            message = _("Each earlier state has a number of its own, below the present one's.")
            raise BadValue(f"decisions.{n}.revisions", str(sorted(numbers)), message)
        found[by] = Decided(by, values, [each | {"replaced_at": each["replaced_at"] or context.now} for each in former])
    return list(found.values())


def _values(row: Values, states: Collection[str], context: Context, more: Mapping[str, Collection[str]]) -> Values:
    return {
        "state": checking.one_of(row, "state", states),
        **{name: checking.one_of(row, name, ["", *words], default="") for name, words in more.items()},
        "note": checking.text(row, "note", most=MAX_NOTE, default=""),
        "version_number": checking.whole(row, "version", least=1, default=1),
        "decided_at": checking.moment(row, "decided_at", context.now),
    }


def write_decisions(
    decision: type[Model], revision: type[Model], of: str, decided: Iterable[tuple[int, Decided]], context: Context
) -> int:
    """Write decisions about rows, by the column `of`; who has decided there keeps what they said; return how many.

    3 queries, none where nothing was decided. The people were met before.
    """
    wanted = {(pk, context.person(each.by)): each for pk, each in decided}
    if not wanted:
        return 0
    rows = decision._default_manager.filter(**{f"{of}__in": {pk for pk, _person in wanted}})
    known = set(rows.values_list(of, "decided_by_id"))
    new = {pair: each for pair, each in wanted.items() if pair not in known}
    decision._default_manager.bulk_create(
        [
            decision(
                **{of: pk},
                project=context.project,
                decided_by_id=person,
                created_by_job_id=context.job.pk,
                **each.values,
            )
            for (pk, person), each in new.items()
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    if any(each.states for each in new.values()):
        ids = {(pk, person): row for row, pk, person in rows.values_list("pk", of, "decided_by_id")}
        former = [revision(decision_id=ids[pair], **state) for pair, each in new.items() for state in each.states]
        revision._default_manager.bulk_create(former, batch_size=500, ignore_conflicts=ignores_conflicts())
    return len(new)


def leave(kind: str, record: ImportedRecord, tally: Tally, bad: BadValue) -> None:
    """Name what is left out of a file."""
    problem = Problem(record.file, record.line, bad.field, bad.value, bad.message, is_rejection=False)
    tally.leave_out(kind, problem)


def each_checked(
    kind: str, records: Iterable[ImportedRecord], check: Callable[[ImportedRecord], None], tally: Tally
) -> None:
    """Check records one by one; those that do not fit are left out and named."""
    for record in records:
        try:
            check(record)
        except BadValue as bad:
            leave(kind, record, tally, bad)
