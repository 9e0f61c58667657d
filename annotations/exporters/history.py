"""Earlier states of judgements: what each was before it was changed, when that was, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet

from annotations.models import (
    AccountCellRevision,
    AccountRowRevision,
    AnnotationRevision,
    ArticleLabelRevision,
    AttributionRevision,
    ClaimRevision,
    EvidenceRevision,
    MentionRevision,
    RegionRevision,
    RelationRevision,
    Revision,
    StoryRevision,
)
from annotations.workflow.judging import CLAIM_DETAILS, EVIDENCE_DETAILS

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
    ClaimRevision: ("text", "claimant", "claim_date", *CLAIM_DETAILS),
    MentionRevision: ("stance",),
    EvidenceRevision: ("url", "title", "stance", "quote", "note", *EVIDENCE_DETAILS),
    RegionRevision: ("kind", "start", "end", "publisher__name", "url"),
    StoryRevision: ("name", "note", "merged_into"),
    AccountRowRevision: ("position", "kind", "text", "cues"),
    AccountCellRevision: ("state", "note", "proposed_by", "statements"),
    AttributionRevision: ("speaker_name", "cue", "cue_start", "cue_end", "mode", "voice", "voice_name", "note"),
}
_NAMED = {"speaker_name": "speaker"}
"""Columns that files call otherwise."""


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "attributes": in_key_order,
    "merged_into": lambda key: str(key) if key else None,
    "statements": lambda statements: [in_key_order(each) for each in statements],
    **dict.fromkeys(("claim_date", "evidence_cutoff", "asked_on", "answer_by", "answered_on"), _day),
}
_ABSENT_WHEN_EMPTY = ("fragments", "merged_into", "proposed_by", *CLAIM_DETAILS, *EVIDENCE_DETAILS)
_ABSENT_WHEN_UNKNOWN = ("cue_start", "cue_end")


def put_revisions(model: type[Revision], rows: dict[int, Row], scope: Scope) -> None:
    """Give judgements, by their ids, the list of their earlier states; at most one query."""
    if not rows or not scope.holds(model):
        return
    owner = OWNER_OF_REVISION[model]
    found = model._default_manager.filter(**{f"{owner}__among": list(rows)})
    for (pk,), state in _states(found, model, f"{owner}_id"):
        rows[pk].setdefault("revisions", []).append(state)


def revisions_on(model: type[Revision], owners: QuerySet[Any], *, key: str) -> Iterator[tuple[int, str, Row]]:
    """Yield the earlier states of judgements on texts, in order, each with the text's id and the judgement's key."""
    owner = OWNER_OF_REVISION[model]
    found = model._default_manager.filter(**{f"{owner}__in": owners.order_by().values("pk")})
    for (version, name), state in _states(found, model, f"{owner}__version_id", f"{owner}__{key}"):
        yield version, str(name), state


def _states(rows: QuerySet[Any], model: type[Revision], *of: str) -> Iterator[tuple[tuple[Any, ...], Row]]:
    """Yield earlier states in their order, each with those columns of what it is a state of that were asked for."""
    columns = _COLUMNS[model]
    common = ("version_number", "replaced_by__pseudonym", "replaced_at", "after_reveal", "withdrawn_at")
    ordered = rows.order_by(f"{OWNER_OF_REVISION[model]}_id", "version_number")
    for row in ordered.values_list(*of, *common, *columns):
        version, replaced_by, replaced_at, after_reveal, withdrawn_at, *values = row[len(of) :]
        state = {
            "version": version,
            **_values(columns, values),
            "withdrawn_at": moment(withdrawn_at),
            "replaced_by": replaced_by,
            "replaced_at": moment(replaced_at),
            "after_reveal": after_reveal,
        }
        yield row[: len(of)], state


def _values(columns: tuple[str, ...], values: list[Any]) -> Row:
    named = {
        _NAMED.get(column, column.partition("__")[0]): _WRITTEN.get(column, lambda value: value)(value)
        for column, value in zip(columns, values, strict=True)
    }
    return {
        name: value
        for name, value in named.items()
        if (value or name not in _ABSENT_WHEN_EMPTY) and (value is not None or name not in _ABSENT_WHEN_UNKNOWN)
    }
