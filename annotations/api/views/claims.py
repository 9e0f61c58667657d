"""Claims and where they are expressed: make, reword, mention, withdraw, restore."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply
from annotations.api.representations import desk_json, represent, scale_json, verdict_json, whole_claims_json
from annotations.api.serializers import (
    Based,
    ClaimChangeInput,
    ClaimMergeInput,
    ClaimPartInput,
    DeskInput,
    MentionChangeInput,
    NewClaimInput,
    NewMentionInput,
    NewVerdictInput,
    ScaleInput,
)
from annotations.models import Claim
from annotations.search.claim_filters import FIELDS, ClaimFilters, claim_page
from annotations.search.claim_matches import ClaimMatch, matching_claims
from annotations.workflow.claiming import (
    ClaimDetails,
    NewMention,
    change_claim,
    change_mention,
    make_claim,
    mention_claim,
    set_claim_withdrawn,
    set_mention_withdrawn,
)
from annotations.workflow.desk import DeskChange, change_desk, merge_claims, part_claim
from annotations.workflow.judging import CLAIM_DETAILS, find_visible
from annotations.workflow.scales import NewValue, current_scale, revise_scale
from annotations.workflow.verdicts import MergedSet, NewVerdict, reach_verdict, verdict_rows

from .base import JudgementView, ProjectView, read


class ClaimList(JudgementView):
    """The claims of a project."""

    parameters = PARAMETERS | set(FIELDS)

    @extend_schema(responses=shapes.page(shapes.WholeClaimShape), parameters=[*shapes.CLAIM_FILTERS, *shapes.PAGING])
    def get(self, request: Request, slug: str) -> Response:
        """List the claims that match, the newest first; of those merged into another, that one only."""
        asked = {name: request.query_params[name] for name in FIELDS if name in request.query_params}
        cursor = cursor_of(request)
        place = {"before" if cursor.is_before else "after": str(cursor.uuid)} if cursor else {}
        found = claim_page(ClaimFilters.parse(asked), self.membership, size=limit_of(request), **place)
        following = str(Cursor(found.next)) if found.next else None
        previous = str(Cursor(found.previous, is_before=True)) if found.previous else None
        return Response(reply(whole_claims_json(found.claims, self.membership), following, previous))

    @extend_schema(request=NewClaimInput, responses={201: shapes.ClaimShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make a claim and say, where it is given, which annotation expresses it."""
        sent = read(NewClaimInput, request)
        mention = None
        if "annotation" in sent:
            mention = NewMention(sent["mention_key"], sent["annotation"], sent["stance"])
        claim = make_claim(
            sent["key"],
            sent["text"],
            claimant=sent["claimant"],
            claim_date=sent["claim_date"],
            details=ClaimDetails(**{name: sent[name] for name in CLAIM_DETAILS}),
            by=self.membership,
            mention=mention,
            request=self.request_once(),
        )
        return Response(represent(claim, self.membership), status=201)


class ClaimDetail(JudgementView):
    """One claim."""

    @extend_schema(responses=shapes.WholeClaimShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give a claim with its mentions, its evidence and the verdicts on it."""
        found = find_visible(Claim.objects.all(), by=self.membership, key=key)
        return Response(whole_claims_json([found], self.membership)[0])

    @extend_schema(request=ClaimChangeInput, responses=shapes.ClaimShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Change one's own claim; in an open project reviewers and managers change any."""
        sent = read(ClaimChangeInput, request)
        base_version = sent.pop("base_version")
        claim = change_claim(
            key, dict(sent), by=self.membership, base_version=base_version, request=self.request_once()
        )
        return Response(represent(claim, self.membership))


class ClaimMatches(JudgementView):
    """Other claims that may say the same."""

    @extend_schema(responses=shapes.ClaimMatchesShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Name claims that may say the same, the likeliest first, each with its ground. To merge is another act."""
        claim = find_visible(Claim.objects.all(), by=self.membership, key=key)
        return Response({"results": [_match_json(each) for each in matching_claims(claim, self.membership)]})


def _match_json(match: ClaimMatch) -> dict[str, Any]:
    return {
        "key": str(match.claim.key),
        "text": match.claim.text,
        "claimant": match.claim.claimant,
        "share": round(match.share, 4),
        "shared": list(match.shared),
        "numbers_here": list(match.numbers_here),
        "numbers_there": list(match.numbers_there),
        "has_same_claimant": match.has_same_claimant,
    }


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


class ClaimVerdicts(JudgementView):
    """The verdicts on a claim."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=NewVerdictInput, responses={201: shapes.VerdictShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Reach a verdict. It supersedes the one that stands, which is kept; the claim is in check then."""
        sent = read(NewVerdictInput, request)
        numbers = tuple(sent.pop("evidence_sets"))
        merged = tuple(MergedSet(**each) for each in sent.pop("merged_sets"))
        new = NewVerdict(claim=key, evidence_sets=numbers, merged_sets=merged, **sent)
        made = reach_verdict(new, by=self.membership, request=self.request_once())
        return Response(verdict_json(verdict_rows().get(pk=made.pk), self.membership), status=201)


class ClaimAtDesk(JudgementView):
    """Where the work on a claim stands."""

    acts: ClassVar[dict[str, Act]] = {"PATCH": Act.JUDGE_CLAIMS}

    @extend_schema(request=DeskInput, responses=shapes.DeskShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Move a claim on, give it to somebody, say until when. Another than the verdict's author publishes it."""
        sent = read(DeskInput, request)
        due_on = (sent["due_on"] or "") if "due_on" in sent else None
        change = DeskChange(sent.get("state"), sent.get("assignee"), due_on, sent["note"])
        once, by = self.request_once(), self.membership
        return Response(desk_json(change_desk(key, change, by=by, base_version=sent["base_version"], request=once)))


class ClaimMerge(JudgementView):
    """Two claims that are one."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=ClaimMergeInput, responses=shapes.DeskShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let another claim stand for this one: its mentions and evidence show there, and stay whose they are."""
        sent, by = read(ClaimMergeInput, request), self.membership
        base_version, once = sent["base_version"], self.request_once()
        return Response(desk_json(merge_claims(key, sent["into"], by=by, base_version=base_version, request=once)))


class ClaimParting(JudgementView):
    """A claim that was merged into another."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=ClaimPartInput, responses=shapes.DeskShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let a claim that was merged into another stand for itself again. Doing so twice is no error."""
        base_version, once = read(ClaimPartInput, request)["base_version"], self.request_once()
        return Response(desk_json(part_claim(key, by=self.membership, base_version=base_version, request=once)))


class Scale(ProjectView):
    """The verdict scale in force."""

    tag = "projects"
    acts = {"GET": Act.VIEW, "PUT": Act.EDIT_SCALE}

    @extend_schema(responses=shapes.ScaleShape)
    def get(self, request: Request, slug: str) -> Response:
        """Give the verdict scale in force."""
        return Response(scale_json(current_scale(self.membership.project)))

    @extend_schema(request=ScaleInput, responses=shapes.ScaleShape)
    def put(self, request: Request, slug: str) -> Response:
        """Put a new version of the scale in force; verdicts keep the value they were reached on."""
        sent = read(ScaleInput, request)
        values = [NewValue(**value) for value in sent["values"]]
        made = revise_scale(values, by=self.membership, name=sent["name"], base_version=sent["base_version"])
        return Response(scale_json(made))
