"""What every way in ends with: a session of the person, and a browser that knows them."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from annotations.access.login import DEVICE_AGE, DEVICE_COOKIE, device_mark
from annotations.models import User

from . import languages

logger = logging.getLogger("annotations.accounts")


def enter(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Begin a session of somebody who has shown who they are, and go on to what they asked for."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
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


def safe_target(request: HttpRequest) -> str:
    """Return where to go after logging in: an address of this site, else the start."""
    return checked_target(request, request.POST.get("next") or request.GET.get("next") or "")


def checked_target(request: HttpRequest, asked: str) -> str:
    """Return an address of this site as it is, and the start for any other."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours else reverse("annotations:home")
