"""The security headers of every reply, whatever made it: a page, a static file, an error, the admin, the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

CONTENT_SECURITY_POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)
NO_PAGE = ("sandbox", "default-src 'none'")
"""For what is no page: data, scripts, pictures, files. Should a browser show one by itself, it loads nothing."""
TRUSTED_TYPES = ("require-trusted-types-for 'script'", "trusted-types 'none'")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
HTML = "text/html"
View = Callable[..., HttpResponseBase]


def enforce_trusted_types(view: View) -> View:
    """Mark a view whose page must not turn any string into markup, not even in a library."""

    @wraps(view)
    def marked(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.enforces_trusted_types = True  # type: ignore[attr-defined]
        return response

    return marked


class HeadersMiddleware:
    """Add the headers; stands outermost so that no reply passes without.

    A view may set a header itself, to be stricter (a stored file is sent with `sandbox`) or to allow caching.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", "; ".join(_policy_of(response)))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _policy_of(response: HttpResponseBase) -> tuple[str, ...]:
    if getattr(response, "enforces_trusted_types", False):
        return CONTENT_SECURITY_POLICY + TRUSTED_TYPES
    return CONTENT_SECURITY_POLICY if response.get("Content-Type", HTML).startswith(HTML) else NO_PAGE
