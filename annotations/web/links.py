"""Links that hold a secret: it is moved from the address into a cookie at once.

So it stands in no log of later requests, no address that the browser sends on or keeps, and no row of sessions.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

KEPT_FOR = timedelta(hours=1)


def take_secret(name: str, secret: str, target: str) -> HttpResponse:
    """Put the secret of a link into a cookie and go on to the page that asks for it; right or wrong is told there."""
    response = HttpResponseRedirect(target)
    response.set_cookie(
        _cookie(name),
        secret,
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def secret_of(request: HttpRequest, name: str) -> str:
    """Return the secret that a link brought, or nothing."""
    return request.COOKIES.get(_cookie(name), "")


def forget_secret(response: HttpResponse, name: str) -> HttpResponse:
    """Have the browser forget the secret once it was used."""
    response.delete_cookie(_cookie(name), samesite="Lax")
    return response


def _cookie(name: str) -> str:
    return f"{settings.COOKIE_PREFIX}workbench_{name}"
