"""Who is asking: a person with a session, or their program with a key. What they may do is asked of `access/`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from annotations.models import ApiToken, User
from annotations.workflow.accounts import token_of


class TokenAuthentication(authentication.BaseAuthentication):
    """Accept `Authorization: Bearer KEY`. Comes first, so that a stranger is told 401 and not 403."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the key's owner; None where no key was sent; refuse one that is not valid now."""
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_of(secret.strip())
        if token is None:
            raise exceptions.AuthenticationFailed(
                _("This key is unknown, has expired or was revoked. Make a new one on the page “Keys”."),
                code="invalid_token",
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the way to log in that a 401 offers."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """Accept the session of the pages; every unsafe request needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse with our own code and sentence; the reason Django gives is for developers."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            raise exceptions.PermissionDenied(
                _("The request carries no valid X-CSRFToken. Load the page again and repeat what you did."),
                code="csrf_failed",
            ) from None
