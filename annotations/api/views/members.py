"""The members of a project: who has which part, adding people, ending a part. For managers."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import member_json
from annotations.api.serializers import MatchInput, NewMemberInput, Nothing, RoleInput
from annotations.errors import NotThere
from annotations.models import Membership, User
from annotations.workflow.people import add_new_account, match_person
from annotations.workflow.projects import add_member, change_role, end_membership

from .base import ProjectView, read


class MembersView(ProjectView):
    """What the views of members share."""

    tag = "members"
    acts = {"GET": Act.MANAGE_MEMBERS, "POST": Act.MANAGE_MEMBERS, "PATCH": Act.MANAGE_MEMBERS}

    def find_member(self, uuid: UUID) -> Membership:
        """Find a member of the project, or raise `NotThere`; 1 query."""
        rows = Membership.objects.select_related("user").filter(project_id=self.membership.project_id)
        found = rows.filter(uuid=uuid).first()
        if found is None:
            raise NotThere("member_not_found", _("There is no such member in this project."))
        return found


class MemberList(MembersView):
    """All members."""

    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.MemberShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the members, those who left included, by pseudonym."""
        rows = Membership.objects.select_related("user").filter(project_id=self.membership.project_id)
        members, following = page_of(rows, request, order="pseudonym")
        return Response(reply([member_json(member) for member in members], following))

    @extend_schema(request=NewMemberInput, responses={201: shapes.NewMemberShape})
    def post(self, request: Request, slug: str) -> Response:
        """Give a person a part. The password of an account made with it is in this reply and nowhere else."""
        sent, by = read(NewMemberInput, request), self.membership
        if sent["creates_account"]:
            made = add_new_account(sent["username"], sent["role"], by=by)
            return Response(member_json(made.member) | {"password": made.password}, status=201)
        member = add_member(_account_named(sent["username"]), sent["role"], by=by, pseudonym=sent["pseudonym"])
        return Response(member_json(member) | {"password": None}, status=201)


class MemberDetail(MembersView):
    """One member."""

    @extend_schema(request=RoleInput, responses=shapes.MemberShape)
    def patch(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Give a member another role; a project keeps at least one manager."""
        role = read(RoleInput, request)["role"]
        return Response(member_json(change_role(self.find_member(uuid), role, by=self.membership)))


class MemberMatch(MembersView):
    """Matching an annotator known from a file to a person."""

    @extend_schema(request=MatchInput, responses=shapes.MemberShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """Say who an annotator is that a file brought along: their work there is the person's from now on."""
        member, sent = self.find_member(uuid), read(MatchInput, request)
        return Response(member_json(match_person(member, _account_named(sent["username"]), by=self.membership)))


class MemberEnd(MembersView):
    """Ending a part."""

    @extend_schema(request=Nothing, responses=shapes.MemberShape)
    def post(self, request: Request, slug: str, uuid: UUID) -> Response:
        """End a member's part at once; their judgements stay. Doing so twice is no error."""
        read(Nothing, request)
        return Response(member_json(end_membership(self.find_member(uuid), by=self.membership)))


def _account_named(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        message = _("There is no active account “%(name)s”. Check the spelling, or have an account made.")
        raise NotThere("user_not_found", message % {"name": username}, field="username")
    return found
