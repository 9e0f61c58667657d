"""Ends sessions that lay idle too long or are too old. Logging in and out is Django's."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

STARTED_AT = "started_at"
SEEN_AT = "seen_at"
NOTED_EVERY = timedelta(minutes=5).total_seconds()
"""How exact `seen_at` is, in seconds: noting each request would cost a database write each time."""


class SessionLimitsMiddleware:
    """Apply WORKBENCH_SESSION_IDLE and WORKBENCH_SESSION_AGE to the sessions of people who are logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.session.session_key and SESSION_KEY in request.session:
            _limit(request)
        return self.get_response(request)


def _limit(request: HttpRequest) -> None:
    session, now = request.session, timezone.now().timestamp()
    started_at, seen_at = session.get(STARTED_AT, now), session.get(SEEN_AT, now)
    is_idle = now - seen_at > settings.WORKBENCH_SESSION_IDLE.total_seconds()
    is_old = now - started_at > settings.WORKBENCH_SESSION_AGE.total_seconds()
    if is_idle or is_old:
        session.flush()
    elif SEEN_AT not in session or now - seen_at > NOTED_EVERY:
        session[STARTED_AT], session[SEEN_AT] = started_at, now
