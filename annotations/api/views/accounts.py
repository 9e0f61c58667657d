"""Accounts, for administrators of the installation; and a forgotten password, for everybody."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import account_json
from annotations.api.serializers import ForgottenInput, NewPasswordInput, Nothing
from annotations.models import User
from annotations.web.resetting import ask
from annotations.workflow.administrating import account_for, require_superuser, set_active
from annotations.workflow.resetting import make_reset_link, reset_password
from annotations.workflow.second_factor import remove_second_factor

from .base import ApiView, PersonView, read


class AccountList(PersonView):
    """All accounts."""

    tag = "accounts"
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.AccountShape), parameters=shapes.PAGING)
    def get(self, request: Request) -> Response:
        """List the accounts of the installation, the newest first. For administrators."""
        require_superuser(self.user)
        rows, following = page_of(User.objects.all(), request, order="-pk")
        return Response(reply([account_json(row) for row in rows], following))


class AccountDeactivation(PersonView):
    """Shutting somebody out."""

    tag = "accounts"

    @extend_schema(request=Nothing, responses=shapes.AccountShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Deactivate an account: sessions and keys end at once, and for good. Doing so twice is no error."""
        read(Nothing, request)
        set_active(account_for(self.user, uuid), False, by=self.user)
        return Response(account_json(account_for(self.user, uuid)))


class AccountActivation(PersonView):
    """Letting somebody in again."""

    tag = "accounts"

    @extend_schema(request=Nothing, responses=shapes.AccountShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Activate an account: its person can log in again. Doing so twice is no error."""
        read(Nothing, request)
        set_active(account_for(self.user, uuid), True, by=self.user)
        return Response(account_json(account_for(self.user, uuid)))


class AccountResetLink(PersonView):
    """A link for a new password."""

    tag = "accounts"

    @extend_schema(request=Nothing, responses={201: shapes.ResetLinkShape})
    def post(self, request: Request, uuid: UUID) -> Response:
        """Make a link to hand on: it works once, for an hour, and is in this reply and nowhere else."""
        read(Nothing, request)
        secret = make_reset_link(account_for(self.user, uuid), by=self.user)
        link = request.build_absolute_uri(reverse("annotations:reset_link", args=[secret]))
        return Response({"link": link}, status=201)


class AccountFactorRemoval(PersonView):
    """Taking a second factor from who lost it."""

    tag = "accounts"

    @extend_schema(request=Nothing, responses=shapes.AccountShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Turn somebody's second factor off; their sessions end. Doing so twice is no error."""
        read(Nothing, request)
        person = account_for(self.user, uuid)
        remove_second_factor(person, by=self.user)
        return Response(account_json(person))


class PasswordForgotten(ApiView):
    """Asking for a link."""

    tag = "accounts"
    permission_classes = (AllowAny,)  # type: ignore[assignment]

    @extend_schema(request=ForgottenInput, responses={202: shapes.NothingShape})
    def post(self, request: Request) -> Response:
        """Have a link mailed for a new password; the answer is the same whether there is such an account."""
        ask(request._request, read(ForgottenInput, request)["name"])
        return Response({}, status=202)


class PasswordReset(ApiView):
    """Using a link."""

    tag = "accounts"
    permission_classes = (AllowAny,)  # type: ignore[assignment]

    @extend_schema(request=NewPasswordInput, responses=shapes.NothingShape)
    def post(self, request: Request) -> Response:
        """Set a new password with a link's secret; it gives no session: log in afterwards."""
        sent = read(NewPasswordInput, request)
        reset_password(sent["token"], sent["password"])
        return Response({})
