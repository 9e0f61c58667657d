"""What a difference looks like on the page of a review: each person's version, what is gold, and what can be edited."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Annotation, ArticleLabel, ClaimMention, EvidenceItem, Label, Membership, Relation, Ruling
from annotations.text.attributes import key_of, name_of, values_of
from annotations.text.units import SPAN
from annotations.workflow.reviewing import ARTICLE_LABEL, CLAIM, EVIDENCE, RELATION, Review, Row, UnitState

APPLIES_TO = {
    SPAN: Label.AppliesTo.SPAN,
    ARTICLE_LABEL: Label.AppliesTo.ARTICLE,
    RELATION: Label.AppliesTo.RELATION,
}
NOTHING = {
    SPAN: gettext_lazy("marked nothing here"),
    CLAIM: gettext_lazy("made no claim here"),
    EVIDENCE: gettext_lazy("did not cite this"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is shown: a label or a stance, its words, the names of further values with what they are."""

    row: Row
    words: str
    said: Sequence[tuple[str, str]]
    label: Label | None = None
    stance: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One annotator's version of a unit, with the number by whose key it is chosen."""

    number: int
    person: Membership
    rows: Sequence[Shown]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a label that has no place of its own, as it is edited; `chosen` are its values as words."""

    key: str
    name: str
    kind: str
    values: Sequence[str]
    chosen: Sequence[str]


@dataclass(frozen=True, slots=True)
class Card:
    """One difference as it is settled; `place` is where editing begins, `ends` are the gold spans of a relation.

    `first` is what editing begins with: gold, or the first person's version. `given` is what a reviewer wrote of it, as
    JSON: the script sends it along with a remark. `about` is the gold span of a claim, or the claim of evidence.
    """

    n: int
    state: UnitState
    versions: Sequence[Version]
    gold: Sequence[Shown]
    first: Row
    place: tuple[int, int]
    merged: tuple[int, int]
    labels: Sequence[Label]
    attributes: Sequence[Field]
    ends: Sequence[Annotation]
    given: str
    nothing: str
    about: str
    url: str

    @property
    def ruling(self) -> Ruling | None:
        """Return how it is settled, or what is remarked on it."""
        return self.state.ruling

    @property
    def label(self) -> str:
        """Return the key of the label that editing begins with."""
        return self.first.label.key if isinstance(self.first, Annotation | Relation | ArticleLabel) else ""

    @property
    def stances(self) -> Sequence[tuple[str, Any]]:
        """Return the stances that can be chosen, of a claim or of evidence."""
        return type(self.first).Stance.choices if isinstance(self.first, ClaimMention | EvidenceItem) else []


def card_of(n: int, read: Review, state: UnitState, labels: Sequence[Label]) -> Card:
    """Gather what is shown of one difference."""
    kind, ruling = state.unit.kind, state.ruling
    versions = []
    for number, person in enumerate(read.people, start=1):
        rows = _shown(read.rows_of(state.unit.of(person.pk)))
        is_chosen = ruling is not None and ruling.outcome == Ruling.Outcome.CHOSEN and ruling.chosen_id == person.pk
        versions.append(Version(number, person, rows, is_chosen))
    gold = read.gold_from(state.standing)
    first = (gold or [shown.row for version in versions for shown in version.rows])[0]
    return Card(
        n=n,
        state=state,
        versions=versions,
        gold=_shown(gold),
        first=first,
        place=(first.start, first.end) if isinstance(first, Annotation) else (0, 0),
        merged=(state.unit.start, state.unit.end),
        labels=[label for label in labels if label.applies_to == APPLIES_TO.get(kind)],
        attributes=_fields(first) if isinstance(first, Relation | ArticleLabel) else [],
        ends=[read.gold[SPAN][pk] for pk in read.ends_of(state.unit) or ()],  # type: ignore[misc]
        given=json.dumps(_given(first)),
        nothing=str(NOTHING.get(kind, _("did not say this"))),
        about=_about(read, state, first),
        url=first.url if isinstance(first, EvidenceItem) else "",
    )


def _given(first: Row) -> dict[str, Any]:
    """Return what a ruling by editing sends that leaves gold as it is."""
    if isinstance(first, ClaimMention):
        claim = first.claim
        day = claim.claim_date.isoformat() if claim.claim_date else None
        said = {"text": claim.text, "claimant": claim.claimant, "claim_date": day, "stance": first.stance}
        return {"claim": said}
    if isinstance(first, EvidenceItem):
        return {"stance": first.stance}
    return {"given": {"label": first.label.key, "attributes": first.attributes}}


def _about(read: Review, state: UnitState, first: Row) -> str:
    if state.unit.kind == CLAIM and isinstance(first, ClaimMention):
        return first.annotation.quote
    if state.unit.kind == EVIDENCE:
        claim = read.shared[state.unit.spans[0].key]
        rows = (row for row in read.gold[CLAIM].values() if isinstance(row, ClaimMention))
        return next((row.claim.text for row in rows if row.claim_id == claim), "")
    return ""


def _shown(rows: Sequence[Row]) -> list[Shown]:
    """Show rows; two mentions of one claim by one person are shown once."""
    found: list[Shown] = []
    claims: set[tuple[int, str]] = set()
    for row in rows:
        if isinstance(row, ClaimMention):
            if (row.claim_id, row.stance) not in claims:
                found.append(_claim(row))
            claims.add((row.claim_id, row.stance))
        elif isinstance(row, EvidenceItem):
            found.append(_evidence(row))
        else:
            said = [(name, ", ".join(map(_word, _listed(row, name)))) for name in row.attributes]
            note = [(_("Note"), row.note)] if row.note else []
            found.append(Shown(row, row.quote if isinstance(row, Annotation) else "", note + said, row.label))
    return found


def _claim(row: ClaimMention) -> Shown:
    claim = row.claim
    said = [(_("Claimant"), claim.claimant), (_("Date of the claim"), _day(claim.claim_date))]
    return Shown(row, claim.text, [each for each in said if each[1]], stance=row.get_stance_display())


def _evidence(row: EvidenceItem) -> Shown:
    said = [
        (_("Title"), row.title),
        (_("Address"), row.url),
        (_("Question"), row.question),
        (_("Asked whom"), row.asked_whom),
        (_("Note"), row.note),
        (_("Strength"), row.get_strength_display() if row.strength else ""),
    ]
    return Shown(row, row.quote, [each for each in said if each[1]], stance=row.get_stance_display())


def _day(day: Any) -> str:
    return day.isoformat() if day else ""


def _listed(row: Annotation | Relation | ArticleLabel, name: str) -> list[Any]:
    value = row.attributes.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _fields(row: Relation | ArticleLabel) -> list[Field]:
    """Return the attributes of a row's label with the values that the row has."""
    fields = []
    for definition in row.label.attributes:
        if isinstance(definition, dict):
            key, kind = key_of(definition), str(definition.get("kind", ""))
            choices = [_("yes"), _("no")] if kind == "yes_no" else values_of(definition)
            fields.append(Field(key, name_of(definition), kind, choices, [_word(each) for each in _listed(row, key)]))
    return fields
