"""Earlier states of judgements: what each was before it was changed, when that was, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from annotations.models import (
    AnnotationRevision,
    ArticleLabelRevision,
    ClaimRevision,
    EvidenceRevision,
    MentionRevision,
    RegionRevision,
    RelationRevision,
    Revision,
)
from annotations.workflow.judging import EVIDENCE_DETAILS

from .scope import OWNER_OF_REVISION, Scope
from .values import in_key_order, moment

Row = dict[str, Any]
_COLUMNS: dict[type[Revision], tuple[str, ...]] = {
    AnnotationRevision: (
        "label__key",
        "label_set_version",
        "start",
        "end",
        "quote",
        "note",
        "attributes",
        "confidence",
        "fragments",
    ),
    RelationRevision: ("label__key", "label_set_version", "note", "attributes"),
    ArticleLabelRevision: ("label__key", "label_set_version", "note", "attributes", "confidence"),
    ClaimRevision: ("text", "claimant", "claim_date"),
    MentionRevision: ("stance",),
    EvidenceRevision: ("url", "title", "stance", "quote", "note", *EVIDENCE_DETAILS),
    RegionRevision: ("kind", "start", "end", "publisher__name", "url"),
}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "attributes": in_key_order,
    **dict.fromkeys(("claim_date", "asked_on", "answer_by", "answered_on"), _day),
}
_ABSENT_WHEN_EMPTY = ("fragments", *EVIDENCE_DETAILS)


def put_revisions(model: type[Revision], rows: dict[int, Row], scope: Scope) -> None:
    """Give judgements, by their ids, the list of their earlier states; at most one query."""
    if not rows or not scope.holds(model):
        return
    for owner, states in _revisions(model, rows).items():
        rows[owner]["revisions"] = states


def _revisions(model: type[Revision], owners: Iterable[int]) -> dict[int, list[Row]]:
    owner, columns = OWNER_OF_REVISION[model], _COLUMNS[model]
    found: dict[int, list[Row]] = defaultdict(list)
    rows = model._default_manager.filter(**{f"{owner}__among": list(owners)}).order_by(owner, "version_number")
    for pk, version, replaced_by, replaced_at, after_reveal, withdrawn_at, *values in rows.values_list(
        f"{owner}_id",
        "version_number",
        "replaced_by__pseudonym",
        "replaced_at",
        "after_reveal",
        "withdrawn_at",
        *columns,
    ):
        found[pk].append(
            {
                "version": version,
                **_values(columns, values),
                "withdrawn_at": moment(withdrawn_at),
                "replaced_by": replaced_by,
                "replaced_at": moment(replaced_at),
                "after_reveal": after_reveal,
            }
        )
    return found


def _values(columns: tuple[str, ...], values: list[Any]) -> Row:
    named = {
        column.partition("__")[0]: _WRITTEN.get(column, lambda value: value)(value)
        for column, value in zip(columns, values, strict=True)
    }
    return {name: value for name, value in named.items() if value or name not in _ABSENT_WHEN_EMPTY}
