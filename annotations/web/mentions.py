"""Where a person is called in comments, in all their projects."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.access import present_parts_of
from annotations.workflow.announcing import announced_to, note_announcements
from annotations.workflow.discussing import hide_in_calls, mentions_of, read_mentions

from .doors import person
from .markdown import render_markdown

MOST = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mentions(request: HttpRequest) -> HttpResponse:
    """List the newest comments that call one; note one of them, or all, as read."""
    user = person(request)
    if request.method == "POST":
        if request.POST.get("what") == "announcements":
            note_announcements(user)
        else:
            read_mentions(user, _keys(request.POST.get("comment", "")))
        return redirect("annotations:mentions")
    rows = list(mentions_of(user).order_by("-pk")[:MOST])
    hide_in_calls(user, rows)
    parts = present_parts_of(user)
    announced = [(each, render_markdown(each.guidelines.announcement)) for each in announced_to(parts)]
    context = {
        "announced": announced,
        "has_new_guidelines": any(each.is_unread for each, _html in announced),
        "mentions": rows,
        "has_unread": any(row.read_at is None for row in rows),
    }
    return render(request, "annotations/mentions.html", context)


def _keys(sent: str) -> list[UUID] | None:
    """Return the comment that was sent, or None for all; what names nothing is no comment."""
    if not sent:
        return None
    try:
        return [UUID(sent)]
    except ValueError:
        return []
