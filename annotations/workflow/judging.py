"""What every change of a judgement does: find one's own row under a lock, check the version, keep the old state."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import visible_to
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import (
    AccountCell,
    AccountCellRevision,
    AccountRow,
    AccountRowRevision,
    Annotation,
    AnnotationRevision,
    ArticleLabel,
    ArticleLabelRevision,
    ArticleVersion,
    Assignment,
    Attribution,
    AttributionRevision,
    Claim,
    ClaimMention,
    ClaimRevision,
    CommentThread,
    EvidenceItem,
    EvidenceRevision,
    Judgement,
    Membership,
    MentionRevision,
    Region,
    RegionRevision,
    Relation,
    RelationRevision,
    Revision,
    Statement,
    Story,
    StoryRevision,
)

from .differing import note_claims_changed

J = TypeVar("J", bound=Judgement)
R = TypeVar("R", bound=Revision)

#: what else is known of a piece of evidence, besides what it says and where
EVIDENCE_DETAILS = ("question", "strength", "origin", "asked_whom", "asked_on", "answer_by", "answered_on")

#: what is known of a claim, besides its normal form
CLAIM_DETAILS = ("claim_type", "check_worthiness", "evidence_cutoff")

#: what an attribution says; all of it may change
ATTRIBUTION_DETAILS = (
    *("speaker_id", "speaker_name", "cue", "cue_start", "cue_end", "mode", "voice", "voice_name", "note"),
)


def find_visible(rows: QuerySet[J], *, by: Membership, key: UUID) -> J:
    """Find a judgement the membership may see, or raise `NotThere`; one query."""
    found = visible_to(by, rows).filter(key=key).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    return found


def lock_own(rows: QuerySet[J], *, by: Membership, key: UUID) -> J:
    """Lock one's own judgement; raise `NotThere`, or `Forbidden` for somebody else's; one query."""
    judgement = find_visible(rows.select_for_update(of=("self",)), by=by, key=key)
    if judgement.created_by_id != by.pk:
        raise Forbidden("not_yours", _("Only the person who made this may change it."))
    return judgement


def check_version(judgement: Judgement | Region | CommentThread, base_version: int) -> None:
    """Raise `Conflict` with the row as it is now, where it was changed since the client read it."""
    if judgement.version_number != base_version:
        message = _("This was changed in the meantime: you changed version %(base)s, it is at version %(now)s.")
        raise Conflict(
            "stale_version",
            message % {"base": base_version, "now": judgement.version_number},
            current=judgement,
            field="base_version",
        )


def refuse_after_submission(by: Membership, version: ArticleVersion | int) -> None:
    """Raise `Refused` where the membership has submitted this version; locks the assignment; one query.

    The lock closes the race between a submission in one tab and a late change in another.
    """
    version_id = version if isinstance(version, int) else version.pk
    assignment = Assignment.objects.select_for_update().filter(version_id=version_id, annotator=by).first()
    if assignment is not None:
        require_writable(assignment)


def require_writable(assignment: Assignment) -> None:
    """Raise `Refused` where the assignment is no longer its annotator's to change."""
    if not assignment.is_writable:
        message = _("You have handed this article in (%(state)s). Reopen it to change your work.")
        state = Assignment.State.SUBMITTED.label if assignment.is_late else assignment.get_state_display()
        raise Refused("assignment_closed", message % {"state": state})


def state_of(revisions: QuerySet[R], version: int) -> R:
    """Find an earlier state of a row by its number, or raise `NotThere`; one query."""
    found = revisions.filter(version_number=version).first()
    if found is None:
        raise NotThere("state_not_found", _("This earlier state is not kept."), field="version")
    return found


def supersede_zone(zone: Region, *, by: Membership, **changes: Any) -> None:
    """Keep the present state of a zone as a revision and write the new one; 2 queries. It has no owner of its own."""
    RegionRevision.objects.create(
        region=zone,
        version_number=zone.version_number,
        replaced_by=by,
        withdrawn_at=zone.withdrawn_at,
        kind=zone.kind,
        start=zone.start,
        end=zone.end,
        publisher_id=zone.publisher_id,
        url=zone.url,
    )
    for name, value in changes.items():
        setattr(zone, name, value)
    zone.version_number += 1
    zone.stored_at = timezone.now()
    zone.save(update_fields=[*changes, "version_number", "stored_at"])


def supersede(judgement: Judgement, *, by: Membership, **changes: Any) -> None:
    """Keep the present state as a revision and write the new one, in the caller's transaction; 2 or 3 queries."""
    _keep_revision(judgement, by)
    for name, value in changes.items():
        setattr(judgement, name, value)
    judgement.version_number += 1
    judgement.updated_at = judgement.stored_at = timezone.now()
    judgement.save(update_fields=[*changes, "version_number", "updated_at", "stored_at"])
    if isinstance(judgement, Claim):  # such as are expressed in several texts change when these are handed in, too
        note_claims_changed([judgement.pk])
    elif isinstance(judgement, EvidenceItem):
        note_claims_changed([judgement.evidence_set.claim_id])


def _keep_revision(judgement: Judgement, by: Membership) -> None:
    common = {
        "version_number": judgement.version_number,
        "replaced_by": by,
        "withdrawn_at": judgement.withdrawn_at,
        "after_reveal": by.project.revealed_at is not None,
    }
    match judgement:
        case Annotation():
            AnnotationRevision.objects.create(
                **common,
                annotation=judgement,
                label_id=judgement.label_id,
                label_set_version=judgement.label.label_set.version,
                start=judgement.start,
                end=judgement.end,
                quote=judgement.quote,
                note=judgement.note,
                attributes=judgement.attributes,
                confidence=judgement.confidence,
                fragments=list(judgement.fragments.order_by("n").values("n", "start", "end", "quote")),
            )
        case Relation():
            RelationRevision.objects.create(
                **common,
                relation=judgement,
                label_id=judgement.label_id,
                label_set_version=judgement.label.label_set.version,
                note=judgement.note,
                attributes=judgement.attributes,
            )
        case ArticleLabel():
            ArticleLabelRevision.objects.create(
                **common,
                article_label=judgement,
                label_id=judgement.label_id,
                label_set_version=judgement.label.label_set.version,
                note=judgement.note,
                attributes=judgement.attributes,
                confidence=judgement.confidence,
            )
        case Claim():
            ClaimRevision.objects.create(
                **common,
                claim=judgement,
                text=judgement.text,
                claimant=judgement.claimant,
                claim_date=judgement.claim_date,
                **{name: getattr(judgement, name) for name in CLAIM_DETAILS},
            )
        case Attribution():
            AttributionRevision.objects.create(
                **common,
                attribution=judgement,
                **{name: getattr(judgement, name) for name in ATTRIBUTION_DETAILS},
            )
        case ClaimMention():
            MentionRevision.objects.create(**common, mention=judgement, stance=judgement.stance)
        case EvidenceItem():
            EvidenceRevision.objects.create(
                **common,
                evidence=judgement,
                source_id=judgement.source_id,
                url=judgement.url,
                title=judgement.title,
                stance=judgement.stance,
                quote=judgement.quote,
                note=judgement.note,
                **{name: getattr(judgement, name) for name in EVIDENCE_DETAILS},
            )
        case Story():
            StoryRevision.objects.create(
                **common,
                story=judgement,
                name=judgement.name,
                note=judgement.note,
                merged_into=judgement.merged_into,
            )
        case AccountRow():
            AccountRowRevision.objects.create(
                **common,
                row=judgement,
                position=judgement.position,
                kind=judgement.kind,
                text=judgement.text,
                cues=judgement.cues,
            )
        case AccountCell():
            statements = judgement.statements.select_related("version", "annotation").order_by("n")
            AccountCellRevision.objects.create(
                **common,
                cell=judgement,
                state=judgement.state,
                note=judgement.note,
                proposed_by=judgement.proposed_by,
                statements=[statement_values(each) for each in statements.defer("version__text")],
            )


def statement_values(statement: Statement) -> dict[str, Any]:
    """Return a statement of an answer as its revisions keep it."""
    return {
        "voice": statement.voice,
        "said_by": statement.said_by,
        "as_of": statement.as_of,
        "text": statement.text,
        "value": statement.value,
        "version": statement.version.n if statement.version else None,
        "start": statement.start,
        "end": statement.end,
        "quote": statement.quote,
        "annotation": str(statement.annotation.key) if statement.annotation else None,
    }
