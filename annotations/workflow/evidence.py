"""Evidence for and against claims: attach a source, change it, withdraw it, bring it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Refused
from annotations.models import Annotation, Claim, EvidenceItem, EvidenceSet, Membership, Source
from annotations.text.urls import BadUrl, canonical_url, check_source_url, url_sha256

from .acts import Request, carry_out_once, record
from .claiming import claim_of, refuse_where_submitted
from .judging import check_version, find_visible, lock_own, refuse_after_submission, supersede

MAX_QUOTE = 10_000
MAX_TITLE = 1_000


@dataclass(frozen=True, slots=True)
class SourceLink:
    """What a person says of a source: where it is, what it is called, how it stands to the claim."""

    url: str
    title: str = ""
    stance: str = EvidenceItem.Stance.SUPPORTS
    quote: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A source link for a claim, or for an annotation whose claim is made where there is none.

    `claim_key` and `mention_key` name the claim and the mention that may have to be made.
    """

    key: UUID
    link: SourceLink
    claim: UUID | None = None
    annotation: UUID | None = None
    claim_key: UUID | None = None
    mention_key: UUID | None = None


def attach_source(new: NewEvidence, *, by: Membership, request: Request | None = None) -> EvidenceItem:
    """Attach a source link as evidence. Raises `Refused` for a bad address, stance or length."""

    def act() -> EvidenceItem:
        claim = _claim_for(new, by)
        values = _checked(new.link)
        evidence = EvidenceItem.objects.create(
            key=new.key,
            project_id=by.project_id,
            created_by=by,
            evidence_set=EvidenceSet.objects.get_or_create(project_id=by.project_id, claim=claim, n=1)[0],
            source=_source(by.project_id, values["url"]),
            **values,
        )
        record(
            by,
            "evidence.created",
            "evidence",
            new.key,
            after={"claim": str(claim.key), "stance": evidence.stance},
            text={"url": evidence.url},
            request=request,
        )
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, new.key))


def change_evidence(
    key: UUID, changes: dict[str, str], *, by: Membership, base_version: int, request: Request | None = None
) -> EvidenceItem:
    """Change one's own evidence; `changes` may name url, title, stance, quote and note."""

    def act() -> EvidenceItem:
        evidence = _lock(key, by)
        check_version(evidence, base_version)
        new = _checked(SourceLink(**{name: changes.get(name, getattr(evidence, name)) for name in _FIELDS}))
        changed: dict[str, Any] = {name: value for name, value in new.items() if value != getattr(evidence, name)}
        if not changed:
            return evidence
        if "url" in changed:
            changed["source"] = _source(by.project_id, changed["url"])
        supersede(evidence, by=by, **changed)
        after = {"stance": evidence.stance, "version": evidence.version_number}
        record(by, "evidence.changed", "evidence", key, after=after, text={"url": evidence.url}, request=request)
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def set_evidence_withdrawn(
    key: UUID, withdrawn: bool, *, by: Membership, base_version: int, request: Request | None = None
) -> EvidenceItem:
    """Withdraw one's own evidence, or bring it back. Doing so twice is no error."""

    def act() -> EvidenceItem:
        evidence = _lock(key, by)
        if (evidence.withdrawn_at is not None) == withdrawn:
            return evidence
        check_version(evidence, base_version)
        supersede(evidence, by=by, withdrawn_at=timezone.now() if withdrawn else None)
        verb = "evidence.withdrawn" if withdrawn else "evidence.restored"
        record(by, verb, "evidence", key, after={"version": evidence.version_number}, request=request)
        return evidence

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


_FIELDS = ("url", "title", "stance", "quote", "note")


def evidence_rows() -> QuerySet[EvidenceItem]:
    """Return evidence with what its representation needs."""
    return EvidenceItem.objects.select_related("evidence_set__claim", "created_by")


def _claim_for(new: NewEvidence, by: Membership) -> Claim:
    if new.claim is not None:
        claim = find_visible(Claim.objects.all(), by=by, key=new.claim)
        refuse_where_submitted(claim, by)
        return claim
    if new.annotation is None or new.claim_key is None or new.mention_key is None:
        message = _("Name a claim, or an annotation with keys for the claim and the mention to be made.")
        raise Refused("claim_missing", message, field="claim")
    annotation = find_visible(Annotation.objects.all(), by=by, key=new.annotation)
    refuse_after_submission(by, annotation.version_id)
    return claim_of(annotation, key=new.claim_key, mention_key=new.mention_key, by=by)


def _lock(key: UUID, by: Membership) -> EvidenceItem:
    """Lock assignment, then evidence, in this order everywhere."""
    found = _own(by, key)
    if found is not None:
        refuse_where_submitted(found.evidence_set.claim, by)
    return lock_own(evidence_rows(), by=by, key=key)


def _checked(link: SourceLink) -> dict[str, str]:
    if link.stance not in EvidenceItem.Stance.values:
        message = _("“%(stance)s” is no stance. Send one of: %(all)s.")
        values = {"stance": link.stance[:40], "all": ", ".join(EvidenceItem.Stance.values)}
        raise Refused("stance_unknown", message % values, field="stance")
    for field, most in (("title", MAX_TITLE), ("quote", MAX_QUOTE), ("note", MAX_QUOTE)):
        if len(getattr(link, field)) > most:
            message = _("At most %(most)s characters are kept here; you sent %(found)s.")
            found = len(getattr(link, field))
            raise Refused(f"{field}_too_long", message % {"most": most, "found": found}, field=field)
    return {
        "url": _checked_url(link.url),
        "title": link.title,
        "stance": link.stance,
        "quote": link.quote,
        "note": link.note,
    }


def _checked_url(url: str) -> str:
    try:
        return check_source_url(url)
    except BadUrl as error:
        raise Refused(error.code, error.message, field="url") from None


def _source(project_id: int, url: str) -> Source:
    """Find or make the source of an address; the caller learns nothing of which it was."""
    canonical = canonical_url(url)
    return Source.objects.get_or_create(
        project_id=project_id, url_sha256=url_sha256(canonical), defaults={"url": url, "canonical_url": canonical}
    )[0]


def _own(by: Membership, key: UUID) -> EvidenceItem | None:
    return evidence_rows().filter(project_id=by.project_id, created_by=by, key=key).first()
