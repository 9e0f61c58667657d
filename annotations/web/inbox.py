"""One's inbox in all projects, and the mail that tells of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations.errors import Forbidden, WorkbenchError
from annotations.workflow.digests import send_test_mail
from annotations.workflow.inbox import inbox_of, item_of, parts_of, read_items

from .doors import person, refused, say

PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """List what came in, the newest first; note one item, or all, as read."""
    user = person(request)
    if request.method == "POST":
        read_items(user, _keys(request.POST.get("item", "")))
        return redirect("annotations:inbox")
    parts = parts_of(user)
    after = _keys(request.GET.get("after", ""))
    before = item_of(parts, after[0]) if after else None
    found = inbox_of(parts, most=PAGE + 1, before=before)
    items = found[:PAGE]
    context = {
        "items": items,
        "has_unread": any(item.read_at is None for item in items),
        "following": items[-1].uuid if len(found) > PAGE else None,
        "is_first": before is None,
    }
    return render(request, "annotations/inbox.html", context)


@login_required
@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """Send a mail to whoever asks, so that they see whether mail goes out."""
    user = person(request)
    try:
        send_test_mail(user)
        messages.success(request, _("A test mail is on its way to %(to)s.") % {"to": user.email})
    except Forbidden as refusal:
        return refused(request, refusal)
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect("annotations:account")


def _keys(sent: str) -> list[UUID] | None:
    """Return the item that was sent, or None for all; what names nothing is no item."""
    if not sent:
        return None
    try:
        return [UUID(sent)]
    except ValueError:
        return []
