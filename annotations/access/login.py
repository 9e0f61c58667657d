"""Slows down whoever guesses passwords: growing waits per account and per address, counted before the check.

A browser that has logged in as a person before carries a signed mark and is counted by itself. So
strangers who fail on that account, or from the same address, cannot keep its owner out.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from annotations.models import LoginThrottle, User

DEVICE_COOKIE = f"{settings.COOKIE_PREFIX}workbench_device"
DEVICE_AGE = timedelta(days=365)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
FREE_ATTEMPTS = {"account": 5, "device": 5, "address": 20, "factor": 5, "reset": 5}

_SALT = "annotations.access.login.device"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whom an attempt is counted against."""

    subjects: tuple[tuple[str, bytes], ...]


def attempt_of(request: HttpRequest, username: str) -> Attempt:
    """Say whom a log-in with this name, from this browser and address, is counted against."""
    name = username.strip().casefold()
    if _is_known_device(request, name):
        return Attempt((("device", _digest("device", name, request.COOKIES[DEVICE_COOKIE])),))
    address = request.META.get("REMOTE_ADDR", "")  # the client's: TrustedProxyMiddleware has seen to it
    return Attempt((("account", _digest("account", name)), ("address", _digest("address", address))))


def attempt_on(subject: str, name: str) -> Attempt:
    """Say whom something else that can be guessed, or asked for too often, is counted against."""
    return Attempt(((subject, _digest(subject, name)),))


def seconds_to_wait(attempt: Attempt) -> int:
    """Count one attempt and return 0 where it may be tried, else the seconds until the next may be.

    The attempt counts before its password is looked at, under a lock, so a burst of parallel
    attempts gets no more tries than a slow one. An attempt that must wait is not counted.
    """
    with transaction.atomic():
        rows = [_locked(subject, digest) for subject, digest in sorted(attempt.subjects)]
        now = timezone.now()  # under the lock: an attempt that had to queue for it is no earlier than the one before
        waits_until = max(row.waits_until for row in rows)
        if waits_until > now:
            return int((waits_until - now).total_seconds()) + 1
        for row in rows:
            _count(row, now)
    return 0


def forget(attempt: Attempt) -> None:
    """Forget the failures after the right password; those of an address only by one, it may be shared."""
    with transaction.atomic():
        for subject, digest in sorted(attempt.subjects):
            rows = LoginThrottle.objects.select_for_update().filter(subject=subject, digest=digest)
            for row in rows:
                row.failures = max(0, row.failures - 1) if subject == "address" else 0
                row.waits_until = row.last_at
                row.save(update_fields=["failures", "waits_until"])


def forget_name(username: str) -> int:
    """Forget the failures counted against an account name from strange browsers; return how many there were."""
    digest = _digest("account", username.strip().casefold())
    rows = LoginThrottle.objects.select_for_update().filter(subject="account", digest=digest)
    failures = sum(row.failures for row in rows)
    rows.delete()
    return failures


@transaction.atomic
def remove_old_counts() -> int:
    """Remove what was counted so long ago that it counts no more; return how many rows."""
    old = LoginThrottle.objects.filter(last_at__lt=timezone.now() - FORGOTTEN_AFTER)
    # one that is locked is being counted anew: it stays, and nobody waits for the other crosswise
    free = old.select_for_update(skip_locked=True)
    return old.filter(pk__in=free.values("pk")).delete()[0]


def device_mark(user: User) -> str:
    """Return the signed mark that says: this browser has logged in as this person before."""
    return signing.dumps({"name": user.get_username().casefold(), "user": str(user.uuid)}, salt=_SALT)


def _locked(subject: str, digest: bytes) -> LoginThrottle:
    now = timezone.now()
    rows = LoginThrottle.objects.select_for_update()
    return rows.get_or_create(subject=subject, digest=digest, defaults={"waits_until": now, "last_at": now})[0]


def _count(row: LoginThrottle, now: datetime) -> None:
    if now - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_at = now
    surplus = row.failures - FREE_ATTEMPTS[row.subject]
    wait = timedelta(seconds=2 ** min(surplus, 12)) if surplus >= 0 else timedelta()
    row.waits_until = now + min(wait, LONGEST_WAIT)
    row.save(update_fields=["failures", "last_at", "waits_until"])


def _is_known_device(request: HttpRequest, name: str) -> bool:
    try:
        mark = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=_SALT, max_age=DEVICE_AGE)
    except signing.BadSignature:
        return False
    return isinstance(mark, dict) and mark.get("name") == name


def _digest(*parts: str) -> bytes:
    """Digest a name or an address, so that the table holds neither."""
    return hmac.new(settings.SECRET_KEY.encode(), "\x00".join(parts).encode(), hashlib.sha256).digest()
