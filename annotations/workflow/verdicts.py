"""Verdicts: a reasoned judgement on a claim, on the project's scale. A later one supersedes the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import Claim, ClaimDesk, EvidenceSet, Membership, Verdict, VerdictValue

from .acts import Request, carry_out_once, record
from .desk import desk_of, lock_claim, standing_verdict, write_desk
from .scales import current_scale

MAX_RATIONALE = 100_000
MAX_CORRECTION = 10_000
AT_WORK = (ClaimDesk.State.IN_CHECK, ClaimDesk.State.IN_SECOND_REVIEW)


@dataclass(frozen=True, slots=True)
class MergedSet:
    """An evidence set of a claim that was merged into another, by its number on its own claim.

    So it is called the same whatever is merged and parted later.
    """

    claim: UUID
    n: int


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """What somebody concludes about a claim. `evidence_sets` are the numbers of sets of this claim.

    `merged_sets` are those of claims merged into it. What a verdict rests on stays so when these are parted again.
    `supersedes` is the verdict that stood when its author read the claim; None where there was none.
    """

    key: UUID
    claim: UUID
    value: str
    rationale: str
    evidence_sets: tuple[int, ...] = ()
    supersedes: UUID | None = None
    correction_note: str = ""
    merged_sets: tuple[MergedSet, ...] = ()


def reach_verdict(new: NewVerdict, *, by: Membership, request: Request | None = None) -> Verdict:
    """Reach a verdict; the claim is in check from then on, unless it is looked at a second time already.

    Raises `Conflict` where another verdict was reached since its author read the claim.
    """

    def act() -> Verdict:
        claim = lock_claim(new.claim, by)  # so that of two verdicts the second meets the first
        before = standing_verdict(claim, by)
        if (before.key if before else None) != new.supersedes:
            message = _("Another verdict was reached in the meantime. Read it; yours would supersede it.")
            raise Conflict("stale_verdict", message, current=before, field="supersedes")
        value, sets = _value(new.value, by), _sets(claim, new.evidence_sets)
        sets += _merged_sets(claim, new.merged_sets, by)
        note = _checked_note(new.correction_note, before)
        verdict = Verdict.objects.create(
            key=new.key,
            project_id=by.project_id,
            created_by=by,
            claim=claim,
            value=value,
            rationale=_checked_rationale(new.rationale),
            supersedes=before,
            correction_note=note,
        )
        verdict.evidence_sets.set(sets)
        desk = desk_of(claim)
        write_desk(desk, by, state=desk.state if desk.state in AT_WORK else ClaimDesk.State.IN_CHECK)
        record(
            by,
            "verdict.reached",
            "verdict",
            new.key,
            after={
                "claim": str(claim.key),
                "value": value.key,
                "supersedes": str(before.key) if before else "",
                "sets": [{"claim": str(each.claim.key), "n": each.n} for each in sets],
                "state": desk.state,
            },
            text={"rationale": verdict.rationale, **({"correction_note": note} if note else {})},
            request=request,
        )
        return verdict

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _own(by, new.key))


def verdict_rows() -> QuerySet[Verdict]:
    """Return verdicts with what their representation needs, the newest first; 2 queries."""
    rows = Verdict.objects.select_related("value__scale", "created_by", "supersedes", "claim")
    sets = EvidenceSet.objects.select_related("claim").order_by("claim_id", "n")
    return rows.prefetch_related(Prefetch("evidence_sets", sets)).order_by("-created_at", "-pk")


def sets_of_merged(claim: Claim, by: Membership) -> QuerySet[EvidenceSet]:
    """Return the evidence sets of the claims merged into one, as far as one may know of that; 1 query."""
    merged = visible_to(by, ClaimDesk.objects.filter(merged_into=claim.key))
    rows = EvidenceSet.objects.filter(claim__in=merged.values("claim")).select_related("claim")
    return rows.order_by("claim_id", "n")


def _value(key: str, by: Membership) -> VerdictValue:
    scale = current_scale(by.project)
    if scale is None:
        raise Refused("scale_missing", _("The project has no verdict scale. A manager makes one."), field="value")
    values = {value.key: value for value in scale.values.all()}
    if key not in values:
        message = _("“%(value)s” is no value of the scale. Send one of: %(all)s.")
        raise Refused("value_unknown", message % {"value": key[:50], "all": ", ".join(values)}, field="value")
    return values[key]


def _sets(claim: Claim, numbers: tuple[int, ...]) -> list[EvidenceSet]:
    found = list(EvidenceSet.objects.select_related("claim").filter(claim=claim, n__in=numbers))
    if len(found) != len(set(numbers)):
        raise Refused("evidence_set_unknown", _("Name evidence sets of this claim."), field="evidence_sets")
    return found


def _merged_sets(claim: Claim, named: tuple[MergedSet, ...], by: Membership) -> list[EvidenceSet]:
    if not named:
        return []
    wanted = set(named)
    found = [row for row in sets_of_merged(claim, by) if MergedSet(row.claim.key, row.n) in wanted]
    if len(found) != len(wanted):
        claims = {each.claim for each in wanted}
        if visible_to(by, Claim.objects.filter(key__in=claims)).count() != len(claims):
            raise NotThere("claim_not_found", _("There is no such claim, or you may not see it."), field="merged_sets")
        message = _("Name evidence sets of claims that are merged into this one.")
        raise Refused("evidence_set_unknown", message, field="merged_sets")
    return found


def _checked_rationale(rationale: str) -> str:
    if not rationale.strip():
        raise Refused("rationale_empty", _("Say why: a verdict stands on its rationale."), field="rationale")
    if len(rationale) > MAX_RATIONALE:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        values = {"most": MAX_RATIONALE, "found": len(rationale)}
        raise Refused("rationale_too_long", message % values, field="rationale")
    return rationale


def _checked_note(note: str, before: Verdict | None) -> str:
    if before is not None and before.published_at is not None and not note.strip():
        message = _("The verdict before this one is published. Say to its readers what was wrong.")
        raise Refused("correction_note_missing", message, field="correction_note")
    if len(note) > MAX_CORRECTION:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        values = {"most": MAX_CORRECTION, "found": len(note)}
        raise Refused("correction_note_too_long", message % values, field="correction_note")
    return note


def _own(by: Membership, key: UUID) -> Verdict | None:
    return verdict_rows().filter(project_id=by.project_id, created_by=by, key=key).first()
