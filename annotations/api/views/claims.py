"""Claims and where they are expressed: make, reword, mention, withdraw, restore."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.representations import represent
from annotations.api.serializers import (
    Based,
    ClaimChangeInput,
    MentionChangeInput,
    NewClaimInput,
    NewMentionInput,
)
from annotations.workflow.claiming import (
    NewMention,
    change_mention,
    make_claim,
    mention_claim,
    reword_claim,
    set_claim_withdrawn,
    set_mention_withdrawn,
)

from .base import JudgementView, read


class ClaimList(JudgementView):
    """The claims of a project."""

    @extend_schema(request=NewClaimInput, responses={201: shapes.ClaimShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make a claim and say, where it is given, which annotation expresses it."""
        sent = read(NewClaimInput, request)
        mention = None
        if "annotation" in sent:
            mention = NewMention(sent["mention_key"], sent["annotation"], sent["stance"])
        claim = make_claim(sent["key"], sent["text"], by=self.membership, mention=mention, request=self.request_once())
        return Response(represent(claim, self.membership), status=201)


class ClaimDetail(JudgementView):
    """One claim."""

    @extend_schema(request=ClaimChangeInput, responses=shapes.ClaimShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change the wording of one's own claim."""
        sent = read(ClaimChangeInput, request)
        claim = reword_claim(
            key, sent["text"], by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(represent(claim, self.membership))


class ClaimWithdrawal(JudgementView):
    """Taking a claim back."""

    withdraws: ClassVar[bool] = True

    @extend_schema(request=Based, responses=shapes.ClaimShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own claim, or bring it back."""
        base_version = read(Based, request)["base_version"]
        claim = set_claim_withdrawn(
            key, self.withdraws, by=self.membership, base_version=base_version, request=self.request_once()
        )
        return Response(represent(claim, self.membership))


class ClaimRestoration(ClaimWithdrawal):
    """Bringing a claim back."""

    withdraws = False


class ClaimMentions(JudgementView):
    """The annotations that express a claim."""

    @extend_schema(request=NewMentionInput, responses={201: shapes.MentionAndClaimShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Say that an annotation expresses the claim."""
        sent = read(NewMentionInput, request)
        new = NewMention(sent["key"], sent["annotation"], sent["stance"])
        mention = mention_claim(key, new, by=self.membership, request=self.request_once())
        made = {"mention": represent(mention, self.membership), "claim": represent(mention.claim, self.membership)}
        return Response(made, status=201)


class MentionDetail(JudgementView):
    """One mention of a claim."""

    @extend_schema(request=MentionChangeInput, responses=shapes.MentionShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change the stance of one's own mention."""
        sent = read(MentionChangeInput, request)
        mention = change_mention(
            key, sent["stance"], by=self.membership, base_version=sent["base_version"], request=self.request_once()
        )
        return Response(represent(mention, self.membership))


class MentionWithdrawal(JudgementView):
    """Taking back that an annotation expresses a claim."""

    withdraws: ClassVar[bool] = True

    @extend_schema(request=Based, responses=shapes.MentionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw one's own mention, or bring it back."""
        base_version = read(Based, request)["base_version"]
        mention = set_mention_withdrawn(
            key, self.withdraws, by=self.membership, base_version=base_version, request=self.request_once()
        )
        return Response(represent(mention, self.membership))


class MentionRestoration(MentionWithdrawal):
    """Bringing a mention back."""

    withdraws = False
