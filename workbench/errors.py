"""What people see when something fails: a page or, below /api/, a problem in JSON. Never the path, query or stack."""

import sys
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from workbench.request_id import current_request_id
from workbench.uploads import too_large

RETRY_AFTER = 5
"""Seconds after which a browser or program may try again what a lost database prevented."""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: also given for a host name we do not serve. What goes beyond a limit gets 413 and its sentence."""
    sentence = too_large(exception)
    if sentence:
        return _reply(request, 413, "too_large", sentence)
    return _reply(request, 400, "bad_request", _("This request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _reply(request, 403, "not_allowed", _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that did not come from our own page, or came from one that was open for very long."""
    reply = _reply(
        request, 403, "csrf_failed", _("This form has expired. Go back, load the page again and send it once more.")
    )
    reply.refusal_code = "csrf_failed"  # type: ignore[attr-defined]
    return reply


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: the same words whether a thing is not there or may not be seen."""
    return _reply(request, 404, "not_found", _("There is nothing here, or you may not see it."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; everything else about it is in the log, under the request's identifier.

    A database that cannot be reached, or stopped a statement, is no failure of ours: 503, and when to try again.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        message = _("The database cannot be reached just now. Nothing was changed. Try again.")
        response = _reply(request, 503, "busy", message)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    return _reply(
        request, 500, "server_error", _("Something went wrong on our side. What you saved before is safe. Try again.")
    )


def _reply(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        problem: dict[str, Any] = {"code": code, "message": message, "field": None}
        return JsonResponse({"problems": [problem], "request_id": current_request_id()}, status=status)
    context: dict[str, Any] = {"message": message, "request_id": current_request_id()}
    if status in (403, 404, 413) and _is_logged_in(request):
        context |= {"status": status, "refusal": {"code": code, "message": message}}
        return HttpResponse(render_to_string("annotations/refused.html", context, request), status=status)
    template = "400.html" if status == 413 else f"{status}.html"
    return HttpResponse(render_to_string(template, context), status=status)


def _is_logged_in(request: HttpRequest) -> bool:
    """Tell whether the reply may have the usual frame. Without a database it gets the bare one."""
    user = getattr(request, "user", None)
    try:
        return user is not None and user.is_authenticated
    except DatabaseError:
        return False
