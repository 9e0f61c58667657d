"""Evidence: attach a source link, change it, withdraw it, bring it back."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.representations import represent
from annotations.api.serializers import Based, EvidenceChangeInput, NewEvidenceInput
from annotations.workflow.evidence import (
    NewEvidence,
    Passage,
    SourceLink,
    attach_source,
    change_evidence,
    set_evidence_withdrawn,
)
from annotations.workflow.judging import EVIDENCE_DETAILS

from .base import JudgementView, read

LINK = ("url", "title", "stance", "quote", "note", *EVIDENCE_DETAILS)


class EvidenceList(JudgementView):
    """The evidence of a project."""

    @extend_schema(request=NewEvidenceInput, responses={201: shapes.EvidenceAndClaimShape})
    def post(self, request: Request, slug: str) -> Response:
        """Attach a source link to a claim, or to an annotation: its claim is made from its quote if need be."""
        sent = read(NewEvidenceInput, request)
        new = NewEvidence(
            key=sent["key"],
            link=SourceLink(**{name: sent[name] for name in LINK}, source=sent.get("source")),
            passage=Passage(**sent["passage"]) if sent.get("passage") else None,
            is_enquiry=sent["is_enquiry"],
            evidence_set=sent["evidence_set"],
            claim=sent.get("claim"),
            annotation=sent.get("annotation"),
            claim_key=sent.get("claim_key"),
            mention_key=sent.get("mention_key"),
        )
        evidence = attach_source(new, by=self.membership, request=self.request_once())
        claim = represent(evidence.evidence_set.claim, self.membership)
        return Response({"evidence": represent(evidence, self.membership), "claim": claim}, status=201)


class EvidenceDetail(JudgementView):
    """One piece of evidence."""

    @extend_schema(request=EvidenceChangeInput, responses=shapes.EvidenceShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own evidence."""
        sent = read(EvidenceChangeInput, request)
        changes = {name: sent[name] for name in LINK if name in sent}
        evidence = change_evidence(
            key, changes, by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(represent(evidence, self.membership))


class EvidenceWithdrawal(JudgementView):
    """Taking evidence back."""

    withdraws: ClassVar[bool] = True

    @extend_schema(request=Based, responses=shapes.EvidenceShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own evidence, or bring it back."""
        base_version = read(Based, request)["base_version"]
        evidence = set_evidence_withdrawn(
            key, self.withdraws, by=self.membership, base_version=base_version, request=self.request_once()
        )
        return Response(represent(evidence, self.membership))


class EvidenceRestoration(EvidenceWithdrawal):
    """Bringing evidence back."""

    withdraws = False
