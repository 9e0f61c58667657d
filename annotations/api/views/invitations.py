"""Invitations by link: a manager's, and taking one."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import invitation_json, member_json
from annotations.api.serializers import NewInvitationInput, NewPersonInput, Nothing, TakenInvitationInput
from annotations.errors import Refused
from annotations.web.inviting import write_invitation
from annotations.workflow.inviting import (
    NewInvitation,
    NewPerson,
    invitations_of,
    invite,
    take_invitation,
    take_invitation_anew,
    withdraw_invitation,
)

from .base import ApiView, PersonView, ProjectView, read


class InvitationList(ProjectView):
    """The links of a project that can be taken."""

    tag = "members"
    parameters = PARAMETERS
    acts = {"GET": Act.MANAGE_MEMBERS, "POST": Act.MANAGE_MEMBERS}

    @extend_schema(responses=shapes.page(shapes.InvitationShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the invitations that can still be taken, the newest first; never their links."""
        rows, following = page_of(invitations_of(self.membership.project), request, order="-pk")
        return Response(reply([invitation_json(row) for row in rows], following))

    @extend_schema(request=NewInvitationInput, responses={201: shapes.NewInvitationShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make a link. It is in this reply and nowhere else."""
        sent = read(NewInvitationInput, request)
        new = NewInvitation(sent["role"], sent["memo"], sent["days"], sent["most_uses"])
        row, secret = invite(new, by=self.membership)
        link = request.build_absolute_uri(reverse("annotations:invitation_link", args=[secret]))
        is_sent = sent["sends"] and _is_sent(row.memo, self.membership.project.name, link)
        return Response(invitation_json(row) | {"link": link, "is_sent": is_sent}, status=201)


class InvitationWithdrawal(ProjectView):
    """Ending a link."""

    tag = "members"
    acts = {"POST": Act.MANAGE_MEMBERS}

    @extend_schema(request=Nothing, responses=shapes.InvitationShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Make a link worthless at once. Doing so twice is no error."""
        read(Nothing, request)
        return Response(invitation_json(withdraw_invitation(uuid, by=self.membership)))


class InvitationTaking(PersonView):
    """Taking a link with the account one has."""

    tag = "members"

    @extend_schema(request=TakenInvitationInput, responses=shapes.JoinedShape)
    def post(self, request: Request) -> Response:
        """Join the project that a link is for. Who is a member already keeps the role they have."""
        part = take_invitation(read(TakenInvitationInput, request)["token"], self.user)
        return Response({"project": part.project.slug, "me": member_json(part)})


class InvitationAccount(ApiView):
    """Taking a link without an account."""

    tag = "members"
    permission_classes = (AllowAny,)  # type: ignore[assignment]

    @extend_schema(request=NewPersonInput, responses={201: shapes.JoinedShape})
    def post(self, request: Request) -> Response:
        """Make an account and join with it the project that a link is for. Log in with it afterwards."""
        sent = read(NewPersonInput, request)
        person = NewPerson(sent["username"], sent["password"], sent["display_name"], sent["email"])
        part = take_invitation_anew(sent["token"], person)
        return Response({"project": part.project.slug, "me": member_json(part)}, status=201)


def _is_sent(to: str, project: str, link: str) -> bool:
    try:
        write_invitation(to, project, link)
    except Refused:
        return False
    return True
