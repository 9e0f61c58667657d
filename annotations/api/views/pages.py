"""What a desk does for readers: publish, correct and withdraw the page of a claim; links to look at it before."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.representations import utc
from annotations.api.serializers import NewPreviewInput, Nothing, PageInput, PageWithdrawalInput
from annotations.errors import NotThere
from annotations.models import Claim, PreviewLink, Publication
from annotations.web.readers import address_of, review_of, search_review_of, snippet
from annotations.workflow.desk import desk_of
from annotations.workflow.editions import page_of, without_withheld
from annotations.workflow.judging import find_visible
from annotations.workflow.publishing import (
    NewPreview,
    make_preview,
    previews_of,
    publish_page,
    revoke_preview,
    withdraw_page,
)

from .base import JudgementView, read


class ClaimPage(JudgementView):
    """The page of a claim for readers."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.SEE_ALL_WORK, "POST": Act.JUDGE_CLAIMS}

    @extend_schema(responses=shapes.PageShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give the page with its editions, as HTML and JSON-LD for a site of the newsroom's own."""
        claim = find_visible(Claim.objects.all(), by=self.membership, key=key)
        page = page_of(claim)
        if page is None:
            raise NotThere("page_missing", _("This claim has no page for readers."))
        return Response(_page_json(request, page))

    @extend_schema(request=PageInput, responses=shapes.PageShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Publish a claim whose verdict is published, or correct its page. Another than the verdict's author does."""
        sent, by, once = read(PageInput, request), self.membership, self.request_once()
        page = publish_page(key, sent["note"], by=by, base_version=sent["base_version"], request=once)
        return Response(_page_json(request, page))


class PageWithdrawal(JudgementView):
    """Taking a page from its readers."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=PageWithdrawalInput, responses=shapes.PageShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Withdraw a page: its address answers 410 with the note. The claim is in check then."""
        sent, by, once = read(PageWithdrawalInput, request), self.membership, self.request_once()
        page = withdraw_page(key, sent["note"], by=by, base_version=sent["base_version"], request=once)
        return Response(_page_json(request, page))


class Previews(JudgementView):
    """Links that show a claim's page as it would be."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.JUDGE_CLAIMS, "POST": Act.JUDGE_CLAIMS}

    @extend_schema(responses=shapes.PreviewsShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """List the links that work, the newest first."""
        claim = find_visible(Claim.objects.all(), by=self.membership, key=key)
        return Response({"results": [_preview_json(link) for link in previews_of(claim, self.membership)]})

    @extend_schema(request=NewPreviewInput, responses={201: shapes.NewPreviewShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Make a link. Its address is in this reply and nowhere else."""
        sent = read(NewPreviewInput, request)
        new = NewPreview(sent["key"], key, sent["expires_at"], sent["name"])
        link, secret = make_preview(new, by=self.membership, request=self.request_once())
        address = request.build_absolute_uri(reverse("annotations:preview"))
        made = {**_preview_json(link), "address": f"{address}?token={secret}" if secret else ""}
        return Response(made, status=201)


class PreviewRevocation(JudgementView):
    """A link that is to work no longer."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.JUDGE_CLAIMS}

    @extend_schema(request=None, responses=shapes.PreviewShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Revoke a link. Doing so twice is no error."""
        read(Nothing, request)
        return Response(_preview_json(revoke_preview(uuid, by=self.membership, request=self.request_once())))


def _page_json(request: Request, page: Publication) -> dict[str, Any]:
    """Represent a page; 5 queries."""
    editions = list(page.editions.order_by("n"))
    is_shown = page.state == Publication.State.STANDS and page.project.publishes
    http = request._request
    shown = without_withheld([editions[-1].contents]) if is_shown else []
    return {
        "address": address_of(http, page),
        "state": page.state,
        "edition": page.edition,
        "editions": [
            {"n": each.n, "kind": each.kind, "note": each.note, "at": utc(each.created_at)} for each in editions[::-1]
        ],
        "desk_version": desk_of(page.claim).version_number,
        "html": snippet(http, page, editions) if is_shown else "",
        "claim_review": review_of(http, page, editions, *shown) if is_shown else None,
        "claim_review_for_search": search_review_of(http, page, editions, *shown) if is_shown else None,
    }


def _preview_json(link: PreviewLink) -> dict[str, Any]:
    return {
        "uuid": str(link.uuid),
        "name": link.name,
        "expires_at": utc(link.expires_at),
        "revoked_at": utc(link.revoked_at),
    }
