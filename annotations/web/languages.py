"""The language of the interface: what the browser asks for, unless somebody chose another.

A choice is a cookie, so that no request asks the database for it and the log-in page can have one; that of an account
is kept with it too, and put into the cookie of each browser that logs in. `LocaleMiddleware` reads cookie and header.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Take a choice made on the log-in page, and show that page again. Open to everybody."""
    target = request.POST.get("next", "")
    address = reverse("annotations:login")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        address += "?" + urlencode({"next": target})
    response = HttpResponseRedirect(address)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        keep(response, language)
    return response


def keep(response: HttpResponse, language: str) -> None:
    """Have the browser ask for pages in this language; without one, in that of its own settings."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
