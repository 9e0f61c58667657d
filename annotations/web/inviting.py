"""Inviting by link: the manager's forms on the page of members, and the page on which a link is taken."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.access import Act
from annotations.errors import WorkbenchError
from annotations.fetching.provider import provider
from annotations.models import Invitation, Membership
from annotations.workflow.inviting import (
    invitation_by,
    invite,
    part_of,
    require_new_people,
    take_invitation,
    take_invitation_anew,
    withdraw_invitation,
)
from annotations.workflow.mailing import send_mail

from .doors import person, project_page, refused, say
from .entering import enter
from .forms.accounts import NewPersonForm
from .forms.fields import put_refusal
from .forms.projects import InvitationForm
from .links import forget_secret, secret_of, take_secret
from .people import members_page
from .provider import forget_identity, waiting_identity

LINK = "invitation"


@never_cache
@require_POST
@project_page(Act.MANAGE_MEMBERS)
def make_invitation(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a link; the reply to this request is the only place that ever shows it."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return members_page(request, member, invitation_form=form)
    try:
        row, secret = invite(form.new_invitation(), by=member)
    except WorkbenchError as refusal:
        put_refusal(form, refusal)
        return members_page(request, member, invitation_form=form)
    link = link_of(request, secret)
    if form.cleaned_data["sends"]:
        _send(request, row, link)
    return members_page(request, member, link=link, invitation=row)


@require_POST
@project_page(Act.MANAGE_MEMBERS)
def end_invitation(request: HttpRequest, member: Membership, *, uuid: UUID) -> HttpResponse:
    """Withdraw a link."""
    withdraw_invitation(uuid, by=member)
    messages.success(request, _("The invitation is withdrawn: its link no longer works."))
    return redirect("annotations:members", member.project.slug)


def link_of(request: HttpRequest, secret: str) -> str:
    """Return the whole address of a link."""
    return request.build_absolute_uri(reverse("annotations:invitation_link", args=[secret]))


def write_invitation(to: str, project: str, link: str) -> None:
    """Send somebody their link. Raises `Refused` where the mail does not go out."""
    text = _(
        "You are invited to work on “%(project)s”. Open this link to join; it is for you only:\n\n%(link)s\n\n"
        "If you did not expect this mail, leave it."
    )
    send_mail(to, _("Invitation to “%(project)s”") % {"project": project}, text % {"project": project, "link": link})


@never_cache
@require_safe
def invitation_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a link's secret out of the address."""
    return take_secret(LINK, secret, reverse("annotations:invitation"))


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Say what one is invited to; join with the account one has, or make one and join with it."""
    secret = secret_of(request, LINK)
    try:
        row = invitation_by(secret, person(request) if request.user.is_authenticated else None)
        if request.user.is_authenticated:
            return _join(request, secret, row) if request.method == "POST" else _ask(request, row)
        return _join_anew(request, secret, row)
    except WorkbenchError as refusal:
        return refused(request, refusal)


def _ask(request: HttpRequest, row: Invitation) -> HttpResponse:
    part = part_of(person(request), row)
    return render(request, "annotations/invitation.html", {"invitation": row, "part": part})


def _join(request: HttpRequest, secret: str, row: Invitation) -> HttpResponse:
    earlier = part_of(person(request), row)
    part = take_invitation(secret, person(request))
    words = {"project": row.project.name, "role": part.get_role_display()}
    if earlier is not None and earlier.ended_at is None:
        messages.info(request, _("You are in “%(project)s” already, as %(role)s. Nothing is changed.") % words)
    else:
        messages.success(request, _("You are in “%(project)s” now, as %(role)s.") % words)
    return forget_secret(redirect("annotations:articles", row.project.slug), LINK)


def _join_anew(request: HttpRequest, secret: str, row: Invitation) -> HttpResponse:
    try:
        require_new_people(row)
    except WorkbenchError as refusal:
        return render(request, "annotations/invitation.html", {"invitation": row, "refusal": refusal})
    identity = waiting_identity(request)
    form = NewPersonForm(request.POST or None, needs_password=identity is None)
    if request.method == "POST" and form.is_valid():
        try:
            part = take_invitation_anew(secret, form.new_person(), identity)
        except WorkbenchError as refusal:
            if refusal.field not in form.fields:
                raise
            put_refusal(form, refusal)
        else:
            assert part.user is not None
            words = {"project": row.project.name, "role": part.get_role_display()}
            messages.success(request, _("You are in “%(project)s” now, as %(role)s.") % words)
            target = reverse("annotations:articles", args=[row.project.slug])
            forget_identity(request)
            return forget_secret(enter(request, part.user, target), LINK)
    context = {"invitation": row, "form": form, "identity": identity, "provider": provider()}
    return render(request, "annotations/invitation.html", context, status=422 if form.errors else 200)


def _send(request: HttpRequest, row: Invitation, link: str) -> None:
    try:
        write_invitation(row.memo, row.project.name, link)
        messages.success(request, _("The link is on its way to %(to)s.") % {"to": row.memo})
    except WorkbenchError as refusal:
        say(request, refusal)
