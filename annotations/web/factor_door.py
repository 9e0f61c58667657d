"""Holds those to a second factor of whom this installation asks one, on pages, in the admin and by API.

A key of a program has no session and is not asked: it was made in a session that was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from annotations.access.people import must_have_second_factor
from annotations.models import User
from annotations.workflow.second_factor import has_second_factor

from .entering import VERIFIED

OPEN = ("/account/second-factor/", "/api/v1/me/second-factor/", "/logout/", "/language/", "/static/", "/healthz")
"""What opens without: setting the factor up, and going away."""


class SecondFactorMiddleware:
    """Lead managers without a second factor to setting one up, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.WORKBENCH_SECOND_FACTOR == "managers" and _is_to_be_asked(request):
            return _led_away(request)
        return self.get_response(request)


def _is_to_be_asked(request: HttpRequest) -> bool:
    if SESSION_KEY not in request.session or request.session.get(VERIFIED) or request.path.startswith(OPEN):
        return False
    return bool(request.user.is_authenticated) and must_have_second_factor(cast(User, request.user))


def _led_away(request: HttpRequest) -> HttpResponseBase:
    message = _("Managers here log in with a second factor. Set yours up to go on.")
    if request.path.startswith(("/api/", "/events/")):
        problem = {"code": "second_factor_needed", "message": message, "field": ""}
        return JsonResponse({"problems": [problem]}, status=403)
    if has_second_factor(cast(User, request.user)):  # on, but not shown in this session: it is none of theirs
        logout(request)
        return HttpResponseRedirect(reverse("annotations:login"))
    messages.warning(request, message)
    return HttpResponseRedirect(reverse("annotations:second_factor"))
