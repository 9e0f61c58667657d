"""Claims and where they are expressed: make, reword, mention, withdraw, restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows, require, visible_to
from annotations.errors import Refused
from annotations.models import Annotation, Claim, ClaimMention, EvidenceItem, EvidenceSet, Membership, RulingSource

from .acts import Request, carry_out_once, record
from .judging import check_version, find_visible, lock_own, refuse_after_submission, state_of, supersede

MAX_TEXT = 2_000
MAX_CLAIMANT = 300


@dataclass(frozen=True, slots=True)
class NewMention:
    """Where a claim is expressed: an annotation, and the stance its article takes."""

    key: UUID
    annotation: UUID
    stance: str = ClaimMention.Stance.ASSERTS


@dataclass(frozen=True, slots=True)
class ClaimDetails:
    """What is known of a claim besides its normal form; empty means that nobody said it."""

    claim_type: str = ""
    check_worthiness: str = ""
    evidence_cutoff: date | None = None


NO_DETAILS = ClaimDetails()


def claim_rows(by: Membership) -> QuerySet[Claim]:
    """Return the claims a membership may see, with the mentions and the evidence it may see; 4 queries."""
    mentions = visible_to(by, ClaimMention.objects.select_related("annotation", "created_by"))
    items = visible_to(by, EvidenceItem.objects.select_related("created_by", "version__article", "source", "capture"))
    items = items.defer("version__text", "version__article__metadata", "capture__text")
    sets = EvidenceSet.objects.prefetch_related(Prefetch("items", items.order_by("id")))
    return (
        visible_to(by, Claim.objects.all())
        .select_related("created_by")
        .prefetch_related(Prefetch("mentions", mentions.order_by("id")), Prefetch("evidence_sets", sets))
    )


def make_claim(
    key: UUID,
    text: str,
    *,
    by: Membership,
    mention: NewMention | None = None,
    claimant: str = "",
    claim_date: date | None = None,
    details: ClaimDetails = NO_DETAILS,
    request: Request | None = None,
) -> Claim:
    """Make a claim, and say at once which annotation expresses it."""

    def act() -> Claim:
        claim = create_claim(key, text, by, claimant=claimant, claim_date=claim_date, details=details)
        after = None
        if mention is not None:
            after = {"mention": str(mention.key), **_told_of(create_mention(claim, mention, by))}
        record(by, "claim.created", "claim", key, after=after, text=said_of(claim), request=request)
        return claim

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def claim_of(annotation: Annotation, *, key: UUID, mention_key: UUID, by: Membership) -> Claim:
    """Return one's claim that an annotation expresses, made from its quote where there is none yet.

    Runs in the caller's transaction.
    """
    mentions = ClaimMention.objects.filter(annotation=annotation, withdrawn_at__isnull=True)
    mention = visible_to(by, mentions).filter(claim__withdrawn_at__isnull=True).select_related("claim").first()
    if mention is not None:
        return mention.claim
    claim = create_claim(key, annotation.quote[:MAX_TEXT], by)
    made = create_mention(claim, NewMention(mention_key, annotation.key), by)
    after = {"mention": str(mention_key), **_told_of(made)}
    record(by, "claim.created", "claim", key, after=after, text=said_of(claim))
    return claim


def reword_claim(key: UUID, text: str, *, by: Membership, base_version: int, request: Request | None = None) -> Claim:
    """Change the wording of one's own claim."""
    return change_claim(key, {"text": text}, by=by, base_version=base_version, request=request)


def change_claim(
    key: UUID, changes: dict[str, Any], *, by: Membership, base_version: int, request: Request | None = None
) -> Claim:
    """Change what `said_of` names of one's own claim; those who judge claims change any in an open project."""

    def act() -> Claim:
        claim = _lock_to_change(key, by)
        check_version(claim, base_version)
        reword(claim, changes, by, request)
        return claim

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _found_again(by, key))


def reword(claim: Claim, changes: dict[str, Any], by: Membership, request: Request | None = None) -> None:
    """Write what is different of a claim, in the caller's transaction, which holds it. Raises `Refused`."""
    new = {name: _CHECKS[name](value) for name, value in changes.items() if value != getattr(claim, name)}
    if new:
        _record_change("claim.changed", claim, new, by, request)


def revert_claim(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> Claim:
    """Make an earlier state of a claim current again, as a new one; who may change the claim may do this.

    One that was withdrawn stands again; only its owner brings it back. Raises `NotThere` for a state that is not kept.
    """

    def act() -> Claim:
        claim = _lock_to_change(key, by)
        check_version(claim, base_version)
        state = state_of(claim.revisions.all(), version)
        new = {name: getattr(state, name) for name in _CHECKS if getattr(state, name) != getattr(claim, name)}
        if claim.withdrawn_at is not None:
            claim = _lock(key, by)
            new["withdrawn_at"] = None
        if new:
            _record_change("claim.reverted", claim, new, by, request)
        return claim

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _found_again(by, key))


def _record_change(verb: str, claim: Claim, new: dict[str, Any], by: Membership, request: Request | None) -> None:
    names = [name for name in new if name in _CHECKS]
    before, earlier = _state(claim), {name: _told(getattr(claim, name)) for name in names}
    supersede(claim, by=by, **new)
    text = {name: _told(new[name]) for name in names} | {"earlier": earlier} if names else None
    record(by, verb, "claim", claim.key, before=before, after=_state(claim), text=text, request=request)


def _state(judgement: Claim | ClaimMention) -> dict[str, Any]:
    """Return what a record of a change says of a row before or after it, beside its texts."""
    state = {"version": judgement.version_number, "withdrawn": judgement.withdrawn_at is not None}
    return state | ({"stance": judgement.stance} if isinstance(judgement, ClaimMention) else {})


def said_of(claim: Claim) -> dict[str, Any]:
    """Return what the record of acts says of a new claim, as text."""
    return {name: _told(value) for name in _CHECKS if (value := getattr(claim, name))}


def _told_of(mention: ClaimMention) -> dict[str, str]:
    """Return what the record of acts says of a new mention."""
    return {"annotation": str(mention.annotation.key), "stance": mention.stance}


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def may_change(claim: Claim, by: Membership) -> bool:
    """Tell whether the membership may change a claim it sees: where work is blind, nobody is to notice another."""
    if claim.created_by_id == by.pk:
        return allows(by, Act.ANNOTATE)
    return not by.project.is_blind and allows(by, Act.JUDGE_CLAIMS)


def mention_claim(claim: UUID, mention: NewMention, *, by: Membership, request: Request | None = None) -> ClaimMention:
    """Say that an annotation expresses a claim."""

    def act() -> ClaimMention:
        found = find_visible(Claim.objects.all(), by=by, key=claim)
        made = create_mention(found, mention, by)
        after = {"claim": str(claim), **_told_of(made)}
        record(by, "mention.created", "mention", mention.key, after=after, request=request)
        return made

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_mention(by, mention.key))


def change_mention(
    key: UUID, stance: str, *, by: Membership, base_version: int, request: Request | None = None
) -> ClaimMention:
    """Change the stance of one's own mention."""

    def act() -> ClaimMention:
        mention = _lock_mention(key, by)
        check_version(mention, base_version)
        if mention.stance != stance:
            before = _state(mention)
            supersede(mention, by=by, stance=check_stance(stance))
            record(by, "mention.changed", "mention", key, before=before, after=_state(mention), request=request)
        return mention

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_mention(by, key))


def revert_mention(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> ClaimMention:
    """Make an earlier state of one's own mention current again, as a new one; one that was withdrawn stands again."""

    def act() -> ClaimMention:
        mention = _lock_mention(key, by)
        check_version(mention, base_version)
        state, is_back = state_of(mention.revisions.all(), version), mention.withdrawn_at is not None
        if state.stance == mention.stance and not is_back:
            return mention
        if is_back:
            _refuse_second_mention(mention.claim, mention.annotation, by)
        before = _state(mention)
        supersede(mention, by=by, stance=state.stance, withdrawn_at=None)
        record(by, "mention.reverted", "mention", key, before=before, after=_state(mention), request=request)
        return mention

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_mention(by, key))


def set_claim_withdrawn(
    key: UUID, withdrawn: bool, *, by: Membership, base_version: int, request: Request | None = None
) -> Claim:
    """Withdraw one's own claim, or bring it back. Doing so twice is no error."""

    def act() -> Claim:
        claim = _lock(key, by)
        _set_withdrawn(claim, withdrawn, by, base_version, "claim", request)
        return claim

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def set_mention_withdrawn(
    key: UUID, withdrawn: bool, *, by: Membership, base_version: int, request: Request | None = None
) -> ClaimMention:
    """Withdraw one's own mention of a claim, or bring it back. Doing so twice is no error."""

    def act() -> ClaimMention:
        mention = _lock_mention(key, by)
        if not withdrawn and mention.withdrawn_at is not None:
            _refuse_second_mention(mention.claim, mention.annotation, by)
        _set_withdrawn(mention, withdrawn, by, base_version, "mention", request)
        return mention

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own_mention(by, key))


def _set_withdrawn(
    judgement: Claim | ClaimMention,
    withdrawn: bool,
    by: Membership,
    base_version: int,
    kind: str,
    request: Request | None,
) -> None:
    if (judgement.withdrawn_at is not None) == withdrawn:
        return
    check_version(judgement, base_version)
    refuse_if_settled(judgement)
    before = _state(judgement)
    supersede(judgement, by=by, withdrawn_at=timezone.now() if withdrawn else None)
    verb = f"{kind}.withdrawn" if withdrawn else f"{kind}.restored"
    record(by, verb, kind, judgement.key, before=before, after=_state(judgement), request=request)


def refuse_if_settled(judgement: Claim | ClaimMention | EvidenceItem) -> None:
    """Raise `Refused` for what a ruling made, and a claim that it made: these go and come with it; 1 query.

    An annotator's own draft never is one, whatever stands for it: they are not to learn of it.
    """
    match judgement:
        case Claim():
            own = {"gold_mention__claim": judgement, "gold_mention__created_by": judgement.created_by_id}
            made = RulingSource.objects.filter(**own, gold_mention__withdrawn_at__isnull=True)
        case ClaimMention():
            made = RulingSource.objects.filter(gold_mention=judgement)
        case _:
            made = RulingSource.objects.filter(gold_evidence=judgement)
    if made.exists():
        raise Refused("adjudicated", _("This was settled in a review. Change it on the review's page."))


def create_mention(claim: Claim, mention: NewMention, by: Membership) -> ClaimMention:
    """Write a mention in the caller's transaction, where the annotation may be worked on."""
    annotation = find_visible(Annotation.objects.all(), by=by, key=mention.annotation)
    refuse_after_submission(by, annotation.version_id)
    _refuse_second_mention(claim, annotation, by)
    return ClaimMention.objects.create(
        key=mention.key,
        project_id=by.project_id,
        created_by=by,
        claim=claim,
        annotation=annotation,
        stance=check_stance(mention.stance),
    )


def refuse_where_submitted(claim: Claim, by: Membership) -> None:
    """Raise `Refused` where a claim belongs to the one text it is expressed in, and that was handed in.

    Locks the assignment; 1 or 2 queries.
    """
    mentions = claim.mentions.filter(created_by=by, withdrawn_at__isnull=True)
    version_ids = set(mentions.values_list("annotation__version_id", flat=True))
    if len(version_ids) == 1:
        refuse_after_submission(by, version_ids.pop())


def _lock(key: UUID, by: Membership) -> Claim:
    """Lock assignment, then claim, in this order everywhere."""
    claim = _own(by, key)
    if claim is not None:
        refuse_where_submitted(claim, by)
    return lock_own(Claim.objects.select_related("created_by"), by=by, key=key)


def _lock_to_change(key: UUID, by: Membership) -> Claim:
    claim = find_visible(Claim.objects.all(), by=by, key=key)
    if claim.created_by_id == by.pk or not may_change(claim, by):
        return _lock(key, by)
    return find_visible(Claim.objects.select_for_update(of=("self",)).select_related("created_by"), by=by, key=key)


def _lock_mention(key: UUID, by: Membership) -> ClaimMention:
    """Lock assignment, then mention, in this order everywhere."""
    mention = _own_mention(by, key)
    if mention is not None:
        refuse_after_submission(by, mention.annotation.version_id)
    return lock_own(ClaimMention.objects.select_related("annotation", "claim"), by=by, key=key)


def _refuse_second_mention(claim: Claim, annotation: Annotation, by: Membership) -> None:
    mine = ClaimMention.objects.filter(claim=claim, annotation=annotation, created_by=by, withdrawn_at__isnull=True)
    if mine.exists():
        raise Refused("mentioned_already", _("This annotation expresses the claim already."), field="annotation")


def create_claim(
    key: UUID,
    text: str,
    by: Membership,
    *,
    claimant: str = "",
    claim_date: date | None = None,
    details: ClaimDetails = NO_DETAILS,
) -> Claim:
    """Write a claim with its first set of evidence, in the caller's transaction; 2 queries. Raises `Refused`."""
    said = {"text": text, "claimant": claimant, "claim_date": claim_date, **asdict(details)}
    checked = {name: _CHECKS[name](value) for name, value in said.items()}
    claim = Claim.objects.create(key=key, project_id=by.project_id, created_by=by, **checked)
    EvidenceSet.objects.create(project_id=by.project_id, claim=claim, n=1)
    return claim


def _check_text(text: str) -> str:
    if not text.strip():
        raise Refused("claim_empty", _("A claim needs a text."), field="text")
    if len(text) > MAX_TEXT:
        message = _("A claim has at most %(most)s characters; this one has %(found)s.")
        raise Refused("claim_too_long", message % {"most": MAX_TEXT, "found": len(text)}, field="text")
    return text


def _check_claimant(claimant: str) -> str:
    if len(claimant) > MAX_CLAIMANT:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        values = {"most": MAX_CLAIMANT, "found": len(claimant)}
        raise Refused("claimant_too_long", message % values, field="claimant")
    return claimant


def _check_choice(field: str, choices: type[TextChoices]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value and value not in choices.values:
            message = _("%(field)s: “%(value)s” is not known. Send nothing, or one of: %(all)s.")
            values = {"field": field, "value": str(value)[:40], "all": ", ".join(choices.values)}
            raise Refused(f"{field}_unknown", message % values, field=field)
        return value

    return check


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "text": _check_text,
    "claimant": _check_claimant,
    "claim_date": lambda day: day,
    "claim_type": _check_choice("claim_type", Claim.Type),
    "check_worthiness": _check_choice("check_worthiness", Claim.CheckWorthiness),
    "evidence_cutoff": lambda day: day,
}


def check_stance(stance: str) -> str:
    """Return a stance that there is, or raise `Refused`."""
    if stance not in ClaimMention.Stance.values:
        message = _("“%(stance)s” is no stance. Send one of: %(all)s.")
        values = {"stance": stance[:40], "all": ", ".join(ClaimMention.Stance.values)}
        raise Refused("stance_unknown", message % values, field="stance")
    return stance


def _own(by: Membership, key: UUID) -> Claim | None:
    return Claim.objects.filter(project_id=by.project_id, created_by=by, key=key).first()


def _found_again(by: Membership, key: UUID) -> Claim | None:
    return visible_to(by, Claim.objects.select_related("created_by")).filter(key=key).first()


def _own_mention(by: Membership, key: UUID) -> ClaimMention | None:
    rows = ClaimMention.objects.select_related("annotation", "claim", "created_by")
    return rows.filter(project_id=by.project_id, created_by=by, key=key).first()
