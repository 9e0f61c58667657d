"""Gives each request an identifier that the reply, the log and the audit trail share."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Give the identifier of the request being answered; empty in a worker or a command."""
    return _request_id.get()


class RequestIdMiddleware:
    """Make a new identifier for each request; one sent by the client is not believed, it could forge log lines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _request_id.set(uuid.uuid4().hex)
        response = self.get_response(request)
        response["X-Request-ID"] = current_request_id()
        return response
