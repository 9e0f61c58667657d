"""Log-in at a provider, and linking one's identity there to one's account here."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.errors import NotThere, Refused, WorkbenchError
from annotations.fetching.provider import Flow, Provider, begin, identity_of, provider
from annotations.models import ExternalIdentity
from annotations.workflow.identities import Identity, is_linked, link_identity, person_of, unlink_identity

from .doors import person, refused, say
from .entering import checked_target, enter, safe_target

logger = logging.getLogger("annotations.accounts")
FLOW, IDENTITY = "provider_flow", "provider_identity"
TIME_TO_COME_BACK = timedelta(minutes=10)


@never_cache
@require_safe
def go_to_provider(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider, and keep what it must come back with."""
    try:
        at = _provider()
        address, flow = begin(at, _back(request))
    except WorkbenchError as refusal:
        say(request, refusal)
        return redirect("annotations:login")
    request.session[FLOW] = flow.kept() | {"at": timezone.now().timestamp(), "target": safe_target(request)}
    return HttpResponseRedirect(address)


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """Take the browser back: let its person in, or ask them to link who they are there to who they are here."""
    kept = request.session.pop(FLOW, None)  # it serves once, whatever becomes of it
    try:
        at = _provider()
        if kept is None or timezone.now().timestamp() - kept["at"] > TIME_TO_COME_BACK.total_seconds():
            message = _("This log-in did not begin in this browser, or took too long. Begin again.")
            raise Refused("provider_flow", message)
        flow = Flow(kept["state"], kept["nonce"], kept["verifier"])
        identity = identity_of(at, flow, request.GET.dict(), _back(request))
        return _arrive(request, at, identity, checked_target(request, kept["target"]))
    except WorkbenchError as refusal:
        say(request, refusal)
        return redirect("annotations:account" if request.user.is_authenticated else "annotations:login")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Ask whether the identity that came from the provider is to be linked to this account; link it."""
    found, at = waiting_identity(request), provider()
    if found is None or at is None:
        messages.info(request, _("There is nothing to link. Begin again."))
        return redirect("annotations:account")
    if request.method != "POST":
        return render(request, "annotations/provider_link.html", {"identity": found, "provider": at})
    try:
        link_identity(found, person(request))
        messages.success(request, _("You can log in by %(name)s now.") % {"name": at.name})
    except WorkbenchError as refusal:
        say(request, refusal)
    request.session.pop(IDENTITY, None)
    return redirect("annotations:account")


@login_required
@require_POST
def unlink(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Take an identity off one's account."""
    row = ExternalIdentity.objects.select_related("user").filter(user=person(request), uuid=identity).first()
    try:
        if row is None:
            raise NotThere("identity_not_found", _("You have no such identity."))
        unlink_identity(row, by=person(request))
        messages.success(request, _("It is no longer linked to your account."))
    except NotThere as refusal:
        return refused(request, refusal)
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect("annotations:account")


def waiting_identity(request: HttpRequest) -> Identity | None:
    """Return who came from the provider a moment ago and has no account yet."""
    kept = request.session.get(IDENTITY) or {}
    if timezone.now().timestamp() - kept.get("at", 0) > TIME_TO_COME_BACK.total_seconds():
        return None
    return Identity(kept["issuer"], kept["subject"], kept["name"])


def forget_identity(request: HttpRequest) -> None:
    """Let go of it once it is linked."""
    request.session.pop(IDENTITY, None)


def _arrive(request: HttpRequest, at: Provider, identity: Identity, target: str) -> HttpResponse:
    user = person_of(identity)
    if request.user.is_authenticated:
        if user is not None and user.pk == request.user.pk:
            messages.info(request, _("You can log in by %(name)s already.") % {"name": at.name})
            return redirect("annotations:account")
        if is_linked(identity):
            raise Refused("identity_taken", _("This identity belongs to another account."))
    elif user is not None:
        return enter(request, user, target)
    elif is_linked(identity):
        raise Refused("account_inactive", _("This account is not active. Ask an administrator."))
    request.session[IDENTITY] = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": identity.name[:254],
        "at": timezone.now().timestamp(),
    }
    if request.user.is_authenticated:
        return redirect("annotations:provider_link")
    return render(request, "annotations/provider_unknown.html", {"identity": identity, "provider": at})


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise NotThere("no_provider", _("No other way to log in is set up here."))
    return found


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("annotations:provider_back"))
