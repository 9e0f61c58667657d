"""Earlier states of judgements in a file: checked one by one, written with the judgements they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    AnnotationRevision,
    ArticleLabelRevision,
    Attribution,
    AttributionRevision,
    Claim,
    ClaimMention,
    ClaimRevision,
    EvidenceItem,
    EvidenceRevision,
    Label,
    MentionRevision,
    RegionRevision,
    RelationRevision,
    Revision,
    StoryRevision,
)
from annotations.text.spans import Span
from annotations.text.urls import BadUrl, check_source_url
from annotations.text.zones import KINDS
from annotations.workflow.annotating import MAX_NOTE
from annotations.workflow.claiming import MAX_TEXT
from annotations.workflow.evidence import MAX_ASKED, MAX_ORIGIN, MAX_QUOTE, MAX_TITLE

from . import checking
from .checking import BadValue
from .context import ANNOTATOR_UNNAMED, PSEUDONYM_LENGTH, Context, ignores_conflicts
from .limits import PUBLISHER_LENGTH
from .placing import find_label

Leave = Callable[[str, BadValue], None]
"""Told of a state that is left out: the field, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class State:
    """One earlier state that fits: the values of its row, and who replaced it."""

    replaced_by: str
    values: dict[str, Any]


def read_states(
    model: type[Revision], data: dict[str, Any], context: Context, leave: Leave, text: str = ""
) -> list[State]:
    """Return the earlier states that a judgement of a file lists; those that do not fit are left out and named.

    `text` is the one that an annotation's states lie on.
    """
    found: dict[int, State] = {}
    try:
        listed = checking.listed(data, "revisions")
    except BadValue as bad:
        leave("revisions", bad)
        return []
    for number, row in enumerate(listed):
        try:
            state = _state(model, row, context, text)
            n = state.values["version_number"]
            if n in found or n >= checking.whole(data, "version", least=1, default=1):
                raise BadValue("version", n, _("Each earlier state has a number of its own, below the present one's."))
            found[n] = state
        except BadValue as bad:
            leave(f"revisions.{number}.{bad.field}", bad)
    return list(found.values())


def write_states(model: type[Revision], owner: str, states: Iterable[tuple[int, list[State]]], context: Context) -> int:
    """Write the earlier states of judgements that have just been made; `owner` names the column of their ids.

    Return how many. The people were met before.
    """
    rows = [
        model(**{owner: pk}, replaced_by_id=context.person(state.replaced_by), **state.values)
        for pk, listed in states
        for state in listed
    ]
    model._default_manager.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())
    return len(rows)


def _state(model: type[Revision], row: dict[str, Any], context: Context, text: str) -> State:
    by = checking.text(row, "replaced_by", most=PSEUDONYM_LENGTH, default="").strip() or ANNOTATOR_UNNAMED
    return State(
        by,
        {
            "version_number": checking.whole(row, "version", least=1),
            "replaced_at": checking.moment(row, "replaced_at", context.now),
            "after_reveal": row.get("after_reveal") is True,
            "withdrawn_at": checking.moment(row, "withdrawn_at"),
            **_VALUES[model](row, context, text),
        },
    )


def _labelled(row: dict[str, Any], context: Context, applies_to: str) -> dict[str, Any]:
    return {
        "label_id": find_label(row, context, applies_to),
        "label_set_version": checking.whole(row, "label_set_version", least=1, default=1),
        "note": checking.text(row, "note", most=MAX_NOTE, default=""),
        "attributes": checking.carried(row, "attributes"),
    }


def _annotation(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    fragments = [_placed(each, text) for each in checking.listed(row, "fragments")]
    return {
        **_labelled(row, context, Label.AppliesTo.SPAN),
        **_placed(row, text),
        "confidence": checking.fraction(row, "confidence"),
        "fragments": [{"n": n, **each} for n, each in enumerate(fragments)],
    }


def _placed(row: dict[str, Any], text: str) -> dict[str, Any]:
    start, end = checking.whole(row, "start"), checking.whole(row, "end")
    if not start < end <= len(text):
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        raise BadValue("end", end, message % {"start": start, "end": end, "length": len(text)})
    there = Span(start, end).text_of(text)
    if row.get("quote", there) != there:
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("quote", row["quote"], message % {"there": there[:80]})
    return {"start": start, "end": end, "quote": there}


def _relation(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return _labelled(row, context, Label.AppliesTo.RELATION)


def _article_label(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {
        **_labelled(row, context, Label.AppliesTo.ARTICLE),
        "confidence": checking.fraction(row, "confidence"),
    }


def _claim(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {
        "text": checking.text(row, "text", most=MAX_TEXT),
        "claimant": checking.text(row, "claimant", most=300, default=""),
        "claim_date": day(row, "claim_date"),
        **claim_details(row),
    }


def claim_details(row: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a claim besides its normal form. Raises `BadValue`."""
    return {
        "claim_type": checking.one_of(row, "claim_type", ["", *Claim.Type.values], default=""),
        "check_worthiness": checking.one_of(row, "check_worthiness", ["", *Claim.CheckWorthiness.values], default=""),
        "evidence_cutoff": day(row, "evidence_cutoff"),
    }


def _mention(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {"stance": checking.one_of(row, "stance", ClaimMention.Stance.values)}


def _evidence(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {
        "url": _url(row),
        "title": checking.text(row, "title", most=MAX_TITLE, default=""),
        "stance": checking.one_of(row, "stance", EvidenceItem.Stance.values),
        "quote": checking.text(row, "quote", most=MAX_QUOTE, default="") if "quote" in row else None,
        "note": checking.text(row, "note", most=MAX_QUOTE, default=""),
        **evidence_details(row),
    }


def evidence_details(row: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a piece of evidence besides what it says and where. Raises `BadValue`."""
    return {
        "question": checking.text(row, "question", most=MAX_QUOTE, default=""),
        "strength": checking.one_of(row, "strength", ["", *EvidenceItem.Strength.values], default=""),
        "origin": checking.text(row, "origin", most=MAX_ORIGIN, default=""),
        "asked_whom": checking.text(row, "asked_whom", most=MAX_ASKED, default=""),
        **{name: day(row, name) for name in ("asked_on", "answer_by", "answered_on")},
    }


def _region(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    place = _placed(row, text)
    return {
        "kind": checking.one_of(row, "kind", KINDS),
        "start": place["start"],
        "end": place["end"],
        "publisher": checking.text(row, "publisher", most=PUBLISHER_LENGTH, default="").strip(),
        "url": _url(row),
    }


def _story(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {
        "name": checking.text(row, "name", most=300),
        "note": checking.text(row, "note", most=MAX_NOTE, default=""),
        "merged_into": checking.key(row, "merged_into") if row.get("merged_into") else None,
    }


def _account_row(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    return {
        "position": checking.whole(row, "position", least=1),
        "kind": checking.one_of(row, "kind", AccountRow.Kind.values),
        "text": checking.text(row, "text", most=300),
        "cues": checking.text(row, "cues", most=300, default=""),
    }


def _account_cell(row: dict[str, Any], context: Context, text: str) -> dict[str, Any]:
    statements = checking.listed(row, "statements")
    checking.refuse_unstorable("statements", statements)
    return {
        "state": checking.one_of(row, "state", AccountCell.State.values),
        "note": checking.text(row, "note", most=MAX_NOTE, default=""),
        "proposed_by": checking.text(row, "proposed_by", most=60, default=""),
        "statements": statements,
    }


def attribution_values(row: dict[str, Any]) -> dict[str, Any]:
    """Return what an attribution says, checked as far as no text is needed. Raises `BadValue`."""
    start = checking.whole(row, "cue_start") if row.get("cue_start") is not None else None
    return {
        "speaker_name": " ".join(checking.text(row, "speaker", most=300, default="").split()),
        "cue": checking.text(row, "cue", most=300, default=""),
        "cue_start": start,
        "cue_end": checking.whole(row, "cue_end", least=start + 1) if start is not None else None,
        "mode": checking.one_of(row, "mode", Attribution.Mode.values, default=Attribution.Mode.DIRECT),
        "voice": checking.one_of(row, "voice", Attribution.Voice.values, default=Attribution.Voice.OWN),
        "voice_name": checking.text(row, "voice_name", most=300, default=""),
        "note": checking.text(row, "note", most=MAX_NOTE, default=""),
    }


def _url(row: dict[str, Any]) -> str:
    given = checking.text(row, "url", most=10_000, default="")
    try:
        return check_source_url(given) if given else ""
    except BadUrl as error:
        raise BadValue("url", given, error.message) from None


def day(data: dict[str, Any], name: str) -> date | None:
    """Return a day; an absent one or null is None. Raises `BadValue`."""
    value = data.get(name)
    try:
        return date.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError):
        raise BadValue(name, value, _("Write a date as YYYY-MM-DD.")) from None


_VALUES: dict[type[Revision], Callable[[dict[str, Any], Context, str], dict[str, Any]]] = {
    AnnotationRevision: _annotation,
    RegionRevision: _region,
    RelationRevision: _relation,
    ArticleLabelRevision: _article_label,
    ClaimRevision: _claim,
    MentionRevision: _mention,
    EvidenceRevision: _evidence,
    StoryRevision: _story,
    AccountRowRevision: _account_row,
    AccountCellRevision: _account_cell,
    AttributionRevision: lambda row, context, text: attribution_values(row),
}
