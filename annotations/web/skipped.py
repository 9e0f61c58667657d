"""What people skipped, for those who see all work: with reasons and counts, to be given back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.access import Act, require
from annotations.errors import NotThere, WorkbenchError
from annotations.models import Membership
from annotations.workflow.skipping import counts_by_reason, give_back, skipped_in

from .doors import page, project_page, say

MOST_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.SEE_ALL_WORK)
def skipped(request: HttpRequest, member: Membership) -> HttpResponse:
    """List what was skipped, the newest first; give one back."""
    if request.method == "POST":
        require(member, Act.ASSIGN)
        try:
            given = give_back(_assignment(request), by=member)
            values = {"title": given.version.article.title, "name": given.annotator.pseudonym}
            messages.success(request, _("“%(title)s” is open for %(name)s again.") % values)
        except WorkbenchError as refusal:
            say(request, refusal)
        return redirect("annotations:skipped", member.project.slug)
    counts = counts_by_reason(member.project)
    context = {
        "rows": skipped_in(member.project)[:MOST_SHOWN],
        "counts": counts,
        "total": sum(count for _reason, count in counts),
        "most": MOST_SHOWN,
    }
    return page(request, "skipped.html", member, context)


def _assignment(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("assignment", ""))
    except ValueError:
        raise NotThere("assignment_not_found", _("There is no such assignment in this project.")) from None
