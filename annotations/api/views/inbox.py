"""One's inbox in all projects."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from annotations.api import shapes
from annotations.api.pagination import PARAMETERS, Cursor, cursor_of, limit_of, reply, unknown_cursor
from annotations.api.representations import utc
from annotations.api.serializers import DigestInput, InboxReadInput, Nothing
from annotations.workflow.accounts import change_own_account
from annotations.workflow.digests import send_test_mail
from annotations.workflow.inbox import ABOUT_CLAIMS, Item, inbox_of, item_of, read_items

from .base import ApiView, PersonView, read

UNREAD = OpenApiParameter("unread", OpenApiTypes.BOOL, description="Only what was not read: true.")


class Inbox(ApiView):
    """What waits for one."""

    tag = "inbox"
    parameters = PARAMETERS | {"unread"}

    @extend_schema(responses=shapes.page(shapes.InboxItemShape), parameters=[*shapes.PAGING, UNREAD])
    def get(self, request: Request) -> Response:
        """List comments that call one, questions to managers and answers, work given back, claims given to one.

        Of all projects, the newest first.
        """
        parts, size, cursor = list(self.parts()), limit_of(request), cursor_of(request)
        before = item_of(parts, cursor.uuid) if cursor else None
        if cursor is not None and (before is None or cursor.is_before):
            raise unknown_cursor()
        found = inbox_of(parts, most=size + 1, before=before, is_unread=_is_unread(request))
        following = str(Cursor(found[size - 1].uuid)) if len(found) > size else None
        return Response(reply([_item_json(item) for item in found[:size]], following))


class InboxRead(ApiView):
    """Noting what one has read."""

    tag = "inbox"

    @extend_schema(request=InboxReadInput, responses=shapes.ReadShape)
    def post(self, request: Request) -> Response:
        """Note that one has read some items, or all. Doing so twice is no error."""
        items = read(InboxReadInput, request).get("items")
        bound = self.token.project_id if self.token else None
        return Response({"read": read_items(self.user, items, project_id=bound)})


class Digest(PersonView):
    """Whether one gets the daily mail."""

    tag = "inbox"

    @extend_schema(responses=shapes.DigestShape)
    def get(self, request: Request) -> Response:
        """Tell whether one wants the daily mail of what is new in the inbox."""
        return Response({"wants_digest": self.user.wants_digest})

    @extend_schema(request=DigestInput, responses=shapes.DigestShape)
    def put(self, request: Request) -> Response:
        """Switch the daily mail on or off."""
        self.user.wants_digest = read(DigestInput, request)["wants_digest"]
        change_own_account(self.user, ["wants_digest"])
        return Response({"wants_digest": self.user.wants_digest})


class TestMail(PersonView):
    """Trying the mail server."""

    __test__ = False
    tag = "inbox"

    @extend_schema(request=Nothing, responses={202: shapes.NothingShape})
    def post(self, request: Request) -> Response:
        """Send oneself a test mail; for managers of a project and administrators."""
        read(Nothing, request)
        send_test_mail(self.user)
        return Response({}, status=202)


def _is_unread(request: Request) -> bool:
    sent = request.query_params.get("unread", "false")
    if sent not in ("true", "false"):
        message = _("%(name)s: “%(value)s” is neither true nor false.")
        raise ValidationError({"unread": message % {"name": "unread", "value": sent[:40]}}, code="unread")
    return sent == "true"


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "uuid": str(item.uuid),
        "project": item.member.project.slug,
        "article": str(item.about) if item.kind not in ABOUT_CLAIMS else None,
        "thread": str(item.thread) if item.thread else None,
        "claim": str(item.about) if item.kind in ABOUT_CLAIMS else None,
        "title": item.title,
        "text": item.words,
        "by": item.by or None,
        "told_at": utc(item.told_at),
        "read_at": utc(item.read_at),
    }
