"""Has the record of acts keep what signed-in people tried and were refused, whatever door they came through (AP-1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from annotations.workflow.refusing import note_refusal

logger = logging.getLogger(__name__)
SAFE = ("GET", "HEAD", "OPTIONS")
REFUSED = (403, 404)


class RefusalMiddleware:
    """Note a changing request that is answered with "you may not", or as if there were nothing there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code in REFUSED and request.method not in SAFE and request.resolver_match is not None:
            _note(request, response)
        return response


def _note(request: HttpRequest, response: HttpResponseBase) -> None:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return
    assert request.resolver_match is not None
    values = request.resolver_match.kwargs
    facts: dict[str, Any] = {"method": request.method, "status": response.status_code, "code": _code_of(response)}
    named = next((str(value) for value in values.values() if isinstance(value, UUID)), None)
    facts |= {"object": named} if named else {}
    try:
        note_refusal(user, request.resolver_match.route[:200], facts, slug=str(values.get("slug", "")))
    except DatabaseError:
        logger.exception("a refused attempt could not be recorded")


def _code_of(response: HttpResponseBase) -> str:
    """Return the code of the refusal, as API and pages have it; empty where it came from elsewhere."""
    data = getattr(response, "data", None)
    if isinstance(data, dict) and data.get("problems"):
        return str(data["problems"][0]["code"])
    return str(getattr(response, "refusal_code", ""))
