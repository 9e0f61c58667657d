"""The door of every page of a project: log-in, membership, the act's permission, and the frame around the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from annotations.access import Act, allows, membership_of, require
from annotations.errors import Conflict, Forbidden, NotThere, TooMany, WorkbenchError
from annotations.models import Membership, User

from .forms.fields import LANGUAGES

STATUS = {NotThere: 404, Forbidden: 403, Conflict: 409, TooMany: 429}
ProjectView = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of a project's navigation."""

    name: str
    address: str
    is_current: bool


def project_page(act: Act) -> Callable[[ProjectView], ProjectView]:
    """Let a view of a project be entered only by members whose role allows the act.

    The view gets the membership in place of the slug. A refusal becomes a page in the usual frame:
    404 where one may not know, 403 where one may not do.
    """

    def decorate(view: ProjectView) -> ProjectView:
        @login_required
        @wraps(view)
        def entered(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            member = None
            try:
                member = membership_of(person(request), slug)
                require(member, act)
                return view(request, member, **kwargs)
            except WorkbenchError as refusal:
                return refused(request, refusal, member)

        return entered

    return decorate


def person(request: HttpRequest) -> User:
    """Return who is logged in; for views behind `login_required`."""
    return cast(User, request.user)


def page(
    request: HttpRequest, template: str, member: Membership, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of a project in its frame."""
    frame = {
        "project": member.project,
        "member": member,
        "tabs": tabs_of(request, member),
        "may": _Permissions(member),
        "languages_by_name": LANGUAGES,
    }
    return render(request, f"annotations/{template}", frame | context, status=status)


def refused(request: HttpRequest, refusal: WorkbenchError, member: Membership | None = None) -> HttpResponse:
    """Show a refusal as a page of its own."""
    status = next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 422)
    context: dict[str, Any] = {"refusal": refusal, "status": status}
    if member is not None:
        response = page(request, "refused.html", member, context, status=status)
    else:
        response = render(request, "annotations/refused.html", context, status=status)
    response.refusal_code = refusal.code  # type: ignore[attr-defined]
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.seconds)
    return response


def say(request: HttpRequest, refusal: WorkbenchError) -> None:
    """Put a refusal above the next page."""
    messages.error(request, refusal.message)


def tabs_of(request: HttpRequest, member: Membership) -> list[Tab]:
    """Return the navigation of a project: what the membership may open."""
    here = request.path
    entries = (
        (_("Articles"), "articles", Act.VIEW),
        (_("Claims"), "claims", Act.VIEW),
        (pgettext("articles that tell the same events", "Stories"), "stories", Act.VIEW),
        (_("Sources"), "sources", Act.VIEW),
        (_("Search"), "search", Act.VIEW),
        (_("Passages"), "passages", Act.VIEW),
        (_("Quotations"), "quotations", Act.VIEW),
        (_("Questions"), "questions", Act.VIEW),
        (_("Guidelines"), "guidelines", Act.VIEW),
        (_("Labels"), "labels", Act.VIEW),
        (_("Import"), "import", Act.ADD_ARTICLES),
        (_("Export"), "export", Act.EXPORT),
        (pgettext("noun", "Review"), "review_list", Act.SEE_REVIEWS),
        (_("Progress"), "progress", Act.SEE_ALL_WORK),
        (_("Agreement"), "agreement", Act.SEE_AGREEMENT),
        (_("Jobs"), "jobs", Act.SEE_JOBS),
        (_("Members"), "members", Act.MANAGE_MEMBERS),
        (_("Settings"), "settings", Act.MANAGE_PROJECT),
        (_("Acts"), "audit", Act.SEE_AUDIT),
    )
    allowed = [(name, url_name) for name, url_name, act in entries if allows(member, act)]
    addresses = [(name, reverse(f"annotations:{url_name}", args=[member.project.slug])) for name, url_name in allowed]
    start = reverse("annotations:articles", args=[member.project.slug])
    if here.startswith(f"{start}articles/") and here.endswith("/review/"):
        here = f"{start}review/"
    elif here.startswith((f"{start}articles/", f"{start}annotations/", f"{start}bulk/", f"{start}skipped/")):
        here = start
    if here.startswith(f"{start}invitations/"):
        here = f"{start}members/"
    if here.startswith(tuple(f"{start}{part}/" for part in ("assignments", "give", "rounds", "dashboard"))):
        here = f"{start}progress/"
    if here.startswith(f"{start}verdict-scale/"):
        here = f"{start}claims/"
    return [
        Tab(name, address, here == address or (address != start and here.startswith(address)))
        for name, address in addresses
    ]


class _Permissions:
    """What the membership may do, for templates: `{% if may.assign %}`."""

    def __init__(self, member: Membership) -> None:
        self._member = member

    def __getitem__(self, name: str) -> bool:
        return allows(self._member, Act(name))
