"""What every way in ends with: the second factor where there is one, a session, and a browser that knows the person.

Whoever has shown a password, or come from a provider, has no session of theirs yet where a code is still asked for.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from annotations.access.login import DEVICE_AGE, DEVICE_COOKIE, device_mark
from annotations.models import User
from annotations.workflow.second_factor import has_second_factor

from . import languages

logger = logging.getLogger("annotations.accounts")
VERIFIED = "second_factor"
"""In a session: its person has shown their second factor in it."""
ENTERING = "entering"
"""In a session of nobody: who has shown all but the second factor, when, and where they go on."""
TIME_FOR_A_CODE = timedelta(minutes=10)


def enter(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Let somebody in who has shown who they are; ask for a code first where their account has a second factor."""
    if not has_second_factor(user):
        return finish(request, user, target)
    request.session.cycle_key()
    request.session[ENTERING] = {
        "user": str(user.uuid),
        "hash": user.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "target": target,
    }
    return HttpResponseRedirect(reverse("annotations:login_code"))


def who_enters(request: HttpRequest) -> tuple[User, str] | None:
    """Return who is to show a code and where they go on; None once the time is over or their password is another."""
    waiting = request.session.get(ENTERING) or {}
    if timezone.now().timestamp() - waiting.get("at", 0) > TIME_FOR_A_CODE.total_seconds():
        return None
    user = User.objects.filter(uuid=UUID(waiting["user"]), is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), waiting["hash"]):
        return None
    return user, checked_target(request, waiting["target"])


def finish(request: HttpRequest, user: User, target: str, *, is_verified: bool = False) -> HttpResponse:
    """Begin the session and go on to what was asked for."""
    request.session.pop(ENTERING, None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if is_verified:
        request.session[VERIFIED] = True
    logger.info("logged in", extra={"user": str(user.uuid), "address": request.META.get("REMOTE_ADDR", "")})
    response = HttpResponseRedirect(target)
    response.set_cookie(
        DEVICE_COOKIE,
        device_mark(user),
        max_age=DEVICE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    if user.language:
        languages.keep(response, user.language)
    return response


def keep_session(request: HttpRequest, user: User, *, is_verified: bool) -> None:
    """Keep this session where all sessions of its person were just ended."""
    update_session_auth_hash(request, user)
    if is_verified:
        request.session[VERIFIED] = True
    else:
        request.session.pop(VERIFIED, None)


def safe_target(request: HttpRequest) -> str:
    """Return where to go after logging in: an address of this site, else the start."""
    return checked_target(request, request.POST.get("next") or request.GET.get("next") or "")


def checked_target(request: HttpRequest, asked: str) -> str:
    """Return an address of this site as it is, and the start for any other."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours else reverse("annotations:home")
