"""One's own second factor, and one's identities at a provider. For a person at a browser: no key opens these."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access.login import attempt_of, forget, seconds_to_wait
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import identity_json
from annotations.api.representations import utc
from annotations.api.serializers import CodeInput, Nothing, OwnPasswordInput
from annotations.errors import NotThere, Refused, TooMany
from annotations.models import ExternalIdentity, User
from annotations.web.entering import keep_session
from annotations.workflow.identities import unlink_identity
from annotations.workflow.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    state_of,
    turn_off_second_factor,
)

from .base import PersonView, read


class SecondFactorState(PersonView):
    """Where one stands with one's second factor."""

    @extend_schema(responses=shapes.SecondFactorShape)
    def get(self, request: Request) -> Response:
        """Tell whether it is on, how many recovery codes are left, and whether it is required."""
        return Response(_state(self.user))


class SecondFactorBegin(PersonView):
    """Beginning to set it up."""

    @extend_schema(request=OwnPasswordInput, responses=shapes.NewSecondFactorShape)
    def post(self, request: Request) -> Response:
        """Make a secret for an app. It counts once a first code was sent; beginning again makes another."""
        _check_password(request, self.user, read(OwnPasswordInput, request)["password"])
        new = begin_second_factor(self.user)
        return Response({"secret": new.secret, "uri": new.uri})


class SecondFactorConfirmation(PersonView):
    """Turning it on."""

    @extend_schema(request=CodeInput, responses=shapes.RecoveryCodesShape)
    def post(self, request: Request) -> Response:
        """Turn it on with a first code. The recovery codes are in this reply and nowhere else; other sessions end."""
        codes = confirm_second_factor(self.user, read(CodeInput, request)["code"])
        keep_session(request._request, self.user, is_verified=True)
        return Response({"recovery_codes": codes})


class SecondFactorCodes(PersonView):
    """New recovery codes."""

    @extend_schema(request=CodeInput, responses=shapes.RecoveryCodesShape)
    def post(self, request: Request) -> Response:
        """Make new recovery codes in place of the old ones. They are in this reply and nowhere else."""
        return Response({"recovery_codes": renew_recovery_codes(self.user, read(CodeInput, request)["code"])})


class SecondFactorRemoval(PersonView):
    """Turning it off."""

    @extend_schema(request=CodeInput, responses=shapes.SecondFactorShape)
    def post(self, request: Request) -> Response:
        """Turn it off, with a code. Other sessions end."""
        turn_off_second_factor(self.user, read(CodeInput, request)["code"])
        keep_session(request._request, self.user, is_verified=False)
        return Response(_state(self.user))


class IdentityList(PersonView):
    """One's identities at a provider."""

    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.IdentityShape), parameters=shapes.PAGING)
    def get(self, request: Request) -> Response:
        """List the identities by which one can log in. A browser links another: see the account page."""
        rows, following = page_of(ExternalIdentity.objects.filter(user=self.user), request, order="-pk")
        return Response(reply([identity_json(row) for row in rows], following))


class IdentityUnlinking(PersonView):
    """Taking an identity off."""

    @extend_schema(request=Nothing, responses=shapes.IdentityShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Unlink one's own identity; refused where it is the only way in."""
        read(Nothing, request)
        row = ExternalIdentity.objects.select_related("user").filter(user=self.user, uuid=uuid).first()
        if row is None:
            raise NotThere("identity_not_found", _("You have no such identity."))
        told = identity_json(row)
        unlink_identity(row, by=self.user)
        return Response(told)


def _state(user: User) -> dict[str, object]:
    state = state_of(user)
    return {
        "is_on": state.factor is not None,
        "since": utc(state.factor.confirmed_at) if state.factor else None,
        "codes_left": state.codes_left,
        "is_required": state.is_required,
    }


def _check_password(request: Request, user: User, password: str) -> None:
    """Ask for one's own password, under the same waits as at the door; who has none is not asked."""
    if not user.has_usable_password():
        return
    attempt = attempt_of(request._request, user.get_username())
    seconds = seconds_to_wait(attempt)
    if seconds:
        raise TooMany("too_many_attempts", _("There were too many attempts. Try again later."), seconds=seconds)
    if not user.check_password(password):
        raise Refused("password_wrong", _("This is not your password."), field="password")
    forget(attempt)
