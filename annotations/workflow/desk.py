"""The desk of claims: where the work on a claim stands, who has it, until when; which claims are one.

Every act locks the claim first, then its desk. A claim without a desk is new: its desk has version 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.access.visibility import who_talk
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import Claim, ClaimDesk, Membership, Notice, Verdict

from .acts import Request, carry_out_once, record
from .editions import stands, write_edition
from .inbox import tell
from .judging import find_visible

State = ClaimDesk.State
MOVES: dict[str, tuple[str, ...]] = {
    State.NEW: (State.IN_CHECK, State.DROPPED),
    State.IN_CHECK: (State.IN_SECOND_REVIEW, State.NEW, State.DROPPED),
    State.IN_SECOND_REVIEW: (State.PUBLISHED, State.IN_CHECK, State.DROPPED),
    State.PUBLISHED: (State.IN_CHECK,),
    State.CORRECTED: (State.IN_CHECK,),
    State.DROPPED: (State.IN_CHECK, State.NEW),
}
"""Where a claim can go from each state. Publishing a second time is a correction: its state says so by itself."""


@dataclass(frozen=True, slots=True)
class DeskChange:
    """What is to be different. None leaves it as it is; an empty assignee or due date takes it away.

    `note` tells readers what changed, where a page that stands is published anew on the same verdict.
    """

    state: str | None = None
    assignee: str | None = None
    due_on: date | str | None = None
    note: str = ""


def desk_of(claim: Claim) -> ClaimDesk:
    """Return a claim's desk, or an unsaved one of version 0 that says what is so without one; at most 1 query."""
    found = ClaimDesk.objects.filter(claim=claim).select_related("assignee", "changed_by").first()
    return found or ClaimDesk(claim=claim, project_id=claim.project_id, version_number=0)


def change_desk(
    key: UUID, change: DeskChange, *, by: Membership, base_version: int, request: Request | None = None
) -> ClaimDesk:
    """Move a claim on, give it to somebody, say until when.

    Raises `Conflict` where the desk, or the verdict, was changed since; `Forbidden` where one's own verdict is to be
    published.
    """

    def act() -> ClaimDesk:
        claim = lock_claim(key, by)
        desk = desk_of(claim)
        check_desk(desk, base_version)
        values = _values(change, desk, by)
        if values.get("state") == State.PUBLISHED:
            values["state"] = _publish(claim, by, change.note)
        elif values.get("state") == State.IN_SECOND_REVIEW and standing_verdict(claim, by) is None:
            message = _("Reach a verdict first: the second reviewer looks at it.")
            raise Refused("verdict_missing", message, field="state")
        elif values.get("state") == State.DROPPED and stands(claim):
            message = _("Readers find this claim at its address. Withdraw its page first.")
            raise Refused("page_stands", message, field="state")
        if not values:
            return desk
        before = _told(desk, values)
        write_desk(desk, by, **values)
        record(by, "claim.moved", "claim", key, before=before, after=_told(desk, values), request=request)
        if values.get("assignee") not in (None, by):
            tell(values["assignee"], Notice.Kind.CLAIM, key)
        return desk

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found_again(key, by))


def merge_claims(
    key: UUID, into: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> ClaimDesk:
    """Let another claim stand for this one: its mentions and evidence show there, and stay whose they are."""

    def act() -> ClaimDesk:
        if key == into:
            raise Refused("merge_with_itself", _("A claim cannot be merged into itself."), field="into")
        first, second = (lock_claim(each, by) for each in sorted((key, into)))  # one order, so that two do not wait
        claim, kept = (first, second) if first.key == key else (second, first)
        desk = desk_of(claim)
        check_desk(desk, base_version)
        join_claim(claim, desk, kept, by, request)
        return desk

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found_again(key, by))


def part_claim(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> ClaimDesk:
    """Let a claim that was merged into another stand for itself again. Doing so twice is no error."""

    def act() -> ClaimDesk:
        claim = find_visible(Claim.objects.select_for_update(of=("self",)), by=by, key=key)
        desk = desk_of(claim)
        if desk.merged_into is None:
            return desk
        check_desk(desk, base_version)
        part_from(claim, desk, by, request)
        return desk

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found_again(key, by))


def join_claim(claim: Claim, desk: ClaimDesk, kept: Claim, by: Membership, request: Request | None = None) -> None:
    """Let another claim stand for one, and for those that it stood for, in the caller's transaction; 3 to 5 queries.

    Raises `Refused` where it is published.
    """
    if is_published(claim, desk):
        message = _("This claim is published and keeps its address. Merge the other one into it.")
        raise Refused("claim_published", message, field="into")
    before = {"claim": str(desk.merged_into)} if desk.merged_into else None
    write_desk(desk, by, merged_into=kept.key)
    for earlier in ClaimDesk.objects.select_for_update().filter(project_id=by.project_id, merged_into=claim.key):
        write_desk(earlier, by, merged_into=kept.key)
    record(by, "claim.merged", "claim", claim.key, before=before, after={"claim": str(kept.key)}, request=request)


def part_from(claim: Claim, desk: ClaimDesk, by: Membership, request: Request | None = None) -> None:
    """Let a claim stand for itself again, in the caller's transaction; 2 queries."""
    before = {"claim": str(desk.merged_into)}
    write_desk(desk, by, merged_into=None)
    record(by, "claim.parted", "claim", claim.key, before=before, request=request)


def is_published(claim: Claim, desk: ClaimDesk) -> bool:
    """Tell whether readers find a claim at its address, so that it has to stand; at most 1 query."""
    return desk.state in (State.PUBLISHED, State.CORRECTED) or stands(claim)


def standing_verdict(claim: Claim, by: Membership) -> Verdict | None:
    """Return the verdict on a claim that none supersedes, the newest of several; 1 query."""
    rows = visible_to(by, Verdict.objects.filter(claim=claim))
    return standing(rows).select_related("value__scale", "created_by").first()


def standing(rows: QuerySet[Verdict]) -> QuerySet[Verdict]:
    """Narrow verdicts to those that stand, the newest first."""
    rows = rows.filter(superseded_by_verdict__isnull=True, withdrawn_at__isnull=True)
    return rows.order_by("-created_at", "-pk")


def lock_claim(key: UUID, by: Membership) -> Claim:
    """Lock a claim that can be worked on: neither withdrawn nor merged into another; 2 queries."""
    claim = find_visible(Claim.objects.select_for_update(of=("self",)), by=by, key=key)
    if claim.withdrawn_at is not None:
        raise Refused("claim_withdrawn", _("This claim was withdrawn."))
    if ClaimDesk.objects.filter(claim=claim, merged_into__isnull=False).exists():
        raise Refused("claim_merged", _("This claim was merged into another. Work on that one, or part them first."))
    return claim


def check_desk(desk: ClaimDesk, base_version: int) -> None:
    """Raise `Conflict` where somebody worked on the claim since the client read it."""
    if desk.version_number != base_version:
        message = _("Somebody worked on this claim in the meantime. Look at what is there now.")
        raise Conflict("stale_version", message, current=desk, field="base_version")


def write_desk(desk: ClaimDesk, by: Membership, **changes: Any) -> None:
    """Write a desk in the caller's transaction, which holds the claim; 1 query."""
    for name, value in {**changes, "changed_by": by, "changed_at": timezone.now()}.items():
        setattr(desk, name, value)
    desk.version_number += 1
    desk.save()


def assignable_to_claims(by: Membership) -> QuerySet[Membership]:
    """Return who can be given claims: the members who see everybody's work and may work themselves."""
    return who_talk(by.project).exclude(role=Membership.Role.VIEWER).order_by("pseudonym")


def _values(change: DeskChange, desk: ClaimDesk, by: Membership) -> dict[str, Any]:
    """Return the columns that change. Raises `Refused`."""
    values: dict[str, Any] = {}
    if change.state is not None and change.state != desk.state:
        values["state"] = _checked_state(change.state, desk)
    if change.assignee is not None:
        person = _person(change.assignee, by) if change.assignee else None
        if (person.pk if person else None) != desk.assignee_id:
            values["assignee"] = person
    if change.due_on is not None and (change.due_on or None) != desk.due_on:
        values["due_on"] = change.due_on or None
    return values


def _checked_state(state: str, desk: ClaimDesk) -> str:
    if state not in State.values:
        message = _("“%(state)s” is no state of a claim. Send one of: %(all)s.")
        raise Refused("state_unknown", message % {"state": state[:40], "all": ", ".join(State.values)}, field="state")
    wanted = State.PUBLISHED if state == State.CORRECTED else state
    if wanted not in MOVES[desk.state]:
        message = _("A claim that is %(now)s cannot become %(wanted)s. It can become: %(all)s.")
        names = ", ".join(str(State(each).label) for each in MOVES[desk.state])
        values = {"now": desk.get_state_display(), "wanted": State(state).label, "all": names}
        raise Refused("state_move", message % values, field="state")
    return wanted


def _person(uuid: str, by: Membership) -> Membership:
    try:
        found = assignable_to_claims(by).filter(uuid=UUID(uuid)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotThere("member_not_found", _("Give a claim to a member who may see all work."), field="assignee")
    return found


def _publish(claim: Claim, by: Membership, note: str) -> str:
    """Publish the standing verdict, if another than its author does; return the state that the claim has then.

    Where the project publishes, readers find it at the claim's address from then on.
    """
    verdict = standing_verdict(claim, by)
    if verdict is None:
        raise Refused("verdict_missing", _("There is no verdict to publish."), field="state")
    if verdict.created_by_id == by.pk:
        raise Forbidden("own_verdict", _("Another person than the author of the verdict publishes it."), field="state")
    was_published = Verdict.objects.filter(claim=claim, published_at__isnull=False).exclude(pk=verdict.pk).exists()
    if verdict.published_at is None:
        verdict.published_at = verdict.updated_at = verdict.stored_at = timezone.now()
        verdict.version_number += 1
        verdict.save(update_fields=["published_at", "updated_at", "stored_at", "version_number"])
        record(by, "verdict.published", "verdict", verdict.key, after={"claim": str(claim.key)})
    if by.project.publishes:
        write_edition(claim, verdict, by, note=note)
    return State.CORRECTED if was_published else State.PUBLISHED


def _told(desk: ClaimDesk, values: dict[str, Any]) -> dict[str, Any]:
    """Return what of a desk is written into the record of acts."""
    told: dict[str, Any] = {}
    if "state" in values:
        told["state"] = desk.state
    if "assignee" in values:
        told["assignee"] = str(desk.assignee.uuid) if desk.assignee else ""
    if "due_on" in values:
        told["due_on"] = desk.due_on.isoformat() if desk.due_on else ""
    return told


def _found_again(key: UUID, by: Membership) -> ClaimDesk | None:
    try:
        return desk_of(find_visible(Claim.objects.all(), by=by, key=key))
    except NotThere:
        return None
