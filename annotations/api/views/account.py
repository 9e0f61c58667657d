"""Who is asking, and their own keys."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import membership_of
from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.project_json import me_json, token_json
from annotations.api.serializers import NewTokenInput, Nothing, ReadingInput, ShortcutsInput
from annotations.errors import NotThere
from annotations.models import ApiToken
from annotations.workflow.accounts import issue_token, revoke_token
from annotations.workflow.reading_choice import reading_of, set_reading
from annotations.workflow.shortcuts import keys_of, set_shortcuts

from .base import ApiView, PersonView, read


class Me(ApiView):
    """Who is asking."""

    @extend_schema(responses=shapes.MeShape)
    def get(self, request: Request) -> Response:
        """Tell who is asking, with which key, and their parts in projects."""
        return Response(me_json(self.user, list(self.parts()[:1000]), self.token))


class Shortcuts(ApiView):
    """One's own keys on the article page."""

    @extend_schema(responses=shapes.ShortcutsShape)
    def get(self, request: Request) -> Response:
        """Give the key of each command, and which of them one changed."""
        return Response(self._reply())

    @extend_schema(request=ShortcutsInput, responses=shapes.ShortcutsShape)
    def put(self, request: Request) -> Response:
        """Set the keys that differ from the usual ones; a key that two commands would have is refused."""
        set_shortcuts(self.user, read(ShortcutsInput, request)["own"])
        return Response(self._reply())

    def _reply(self) -> dict[str, dict[str, str]]:
        return {"shortcuts": keys_of(self.user), "own": self.user.shortcuts}


class Reading(ApiView):
    """How one has the text of articles set."""

    @extend_schema(responses=shapes.ReadingShape)
    def get(self, request: Request) -> Response:
        """Give how one has the text of articles set, and what is folded away."""
        return Response(reading_of(self.user))

    @extend_schema(request=ReadingInput, responses=shapes.ReadingShape)
    def put(self, request: Request) -> Response:
        """Set it for oneself, in every browser."""
        set_reading(self.user, **read(ReadingInput, request))
        return Response(reading_of(self.user))


class TokenList(PersonView):
    """One's own keys."""

    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(shapes.TokenShape), parameters=shapes.PAGING)
    def get(self, request: Request) -> Response:
        """List one's own keys, the newest first; never their secrets."""
        rows = ApiToken.objects.select_related("project").filter(user=self.user)
        tokens, following = page_of(rows, request, order="-pk")
        return Response(reply([token_json(token) for token in tokens], following))

    @extend_schema(request=NewTokenInput, responses={201: shapes.NewTokenShape})
    def post(self, request: Request) -> Response:
        """Make a key. Its secret is in this reply and nowhere else."""
        sent = read(NewTokenInput, request)
        project = membership_of(self.user, sent["project"]).project if sent["project"] else None
        token, secret = issue_token(
            self.user,
            sent["name"],
            expires_at=sent["expires_at"],
            is_read_only=sent["is_read_only"],
            project=project,
        )
        return Response(token_json(token) | {"secret": secret}, status=201)


class TokenRevocation(PersonView):
    """Ending a key."""

    @extend_schema(request=Nothing, responses=shapes.TokenShape)
    def post(self, request: Request, uuid: UUID) -> Response:
        """Revoke one's own key at once. Doing so twice is no error."""
        read(Nothing, request)
        token = ApiToken.objects.select_related("project").filter(user=self.user, uuid=uuid).first()
        if token is None:
            raise NotThere("token_not_found", _("You have no such key."))
        revoke_token(token, user=self.user)
        return Response(token_json(token))
