"""Politeness: one request a host at a time over all workers, a pause between two, and what robots.txt asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.robotparser import RobotFileParser
from uuid import uuid4

from django.db.models import Q
from django.utils import timezone

from annotations.models import FetchHost

from .fetcher import TOTAL, Fetcher
from .outcomes import FetchFailed, Outcome
from .targets import Target

HELD_FOR = timedelta(seconds=TOTAL + 5)
"""A killed worker holds a host no longer than this."""
PAUSE = timedelta(seconds=1)
LONGEST_WAIT = 4.0
LOOK = 0.1
ROBOTS_KEPT = timedelta(hours=24)
ROBOTS_KEPT_UNKNOWN = timedelta(minutes=10)
LONGEST_ROBOTS = 256 * 1024
ROBOTS_TYPES = frozenset({"text/plain", "text/html", "application/octet-stream", ""})


@contextmanager
def turn(host: str) -> Iterator[None]:
    """Hold a host for one request. Raises `FetchFailed` (busy) where others have it for too long."""
    mark = uuid4()
    until = time.monotonic() + LONGEST_WAIT
    FetchHost.objects.get_or_create(host=host)
    while not _take(host, mark):
        if time.monotonic() >= until:
            raise FetchFailed(Outcome.BUSY)
        time.sleep(LOOK)
    try:
        yield
    finally:
        FetchHost.objects.filter(host=host, held_by=mark).update(held_by=None, free_at=timezone.now() + PAUSE)


def _take(host: str, mark: object) -> bool:
    """Take a host that is free, or whose holder is dead; the row count closes the race."""
    now = timezone.now()
    is_free = Q(free_at__isnull=True) | Q(free_at__lte=now)
    return FetchHost.objects.filter(is_free, host=host).update(held_by=mark, free_at=now + HELD_FOR) == 1


def robots_asker(fetcher: Fetcher) -> Callable[[Target], None]:
    """Return what asks a host's robots.txt before a page of it is asked for; kept for a day.

    Who has none (4xx) forbids nothing; of whom it cannot be read nothing is asked (RFC 9309, section 2.3.1).
    """

    def ask(target: Target) -> None:
        if not _allows(_rules_of(target, fetcher), fetcher.agent, target):
            raise FetchFailed(Outcome.ROBOTS)

    return ask


def _rules_of(target: Target, fetcher: Fetcher) -> str:
    place = f"{target.scheme}://{target.authority}"
    kept = (
        FetchHost.objects.filter(host=place, robots_until__gt=timezone.now()).values_list("robots", flat=True).first()
    )
    if kept is not None:
        return kept
    rules, kept_for = _NOTHING, ROBOTS_KEPT
    try:
        found = fetcher.fetch(target.robots_url, media_types=ROBOTS_TYPES)
        rules = found.body[:LONGEST_ROBOTS].decode("utf-8", "replace").replace("\x00", "")
    except FetchFailed as failure:
        if failure.outcome not in (Outcome.GONE, Outcome.NOT_GIVEN, Outcome.MEDIA_TYPE):
            rules, kept_for = _EVERYTHING, ROBOTS_KEPT_UNKNOWN
            if failure.outcome != Outcome.SERVER_ERROR:
                raise
    values = {"robots": rules, "robots_until": timezone.now() + kept_for}
    FetchHost.objects.update_or_create(host=place, defaults=values)
    return rules


_NOTHING = ""
_EVERYTHING = "User-agent: *\nDisallow: /\n"


def _allows(rules: str, agent: str, target: Target) -> bool:
    parser = RobotFileParser()
    parser.parse(rules.splitlines())
    return parser.can_fetch(agent.partition("/")[0], target.url)
