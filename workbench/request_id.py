"""Gives each request an identifier that the reply, the log and the audit trail share, and notes its door."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_door: ContextVar[str] = ContextVar("door", default="command")
DOORS = {"api": "api", "admin": "admin"}


def current_request_id() -> str:
    """Give the identifier of the request being answered; empty in a worker or a command."""
    return _request_id.get()


def current_door() -> str:
    """Say what is being answered: `page`, `api`, `admin`; in a worker `job`, else `command`."""
    return _door.get()


@contextmanager
def through(door: str) -> Iterator[None]:
    """Note the door for as long as the block takes."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


class RequestIdMiddleware:
    """Make a new identifier for each request; one sent by the client is not believed, it could forge log lines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _request_id.set(uuid.uuid4().hex)
        with through(DOORS.get(request.path.split("/", 2)[1], "page")):
            response = self.get_response(request)
        response["X-Request-ID"] = current_request_id()
        return response
