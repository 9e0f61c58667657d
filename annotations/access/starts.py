"""How often one person may start an import, an export, a fetch: counted in the database, so by all processes."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from annotations.errors import TooMany
from annotations.models import Membership, StartCounter, User

WINDOW = timedelta(hours=1)


def count_start(by: Membership | None, kind: str) -> None:
    """Count one start by a person, in all projects together; raise `TooMany` where there were too many of late.

    As many as an hour allows may come at once; after that one more is free with each share of the hour. The operator
    of this machine, who is no member, is not counted, and a limit of 0 is none.
    """
    if by is not None and by.user is not None:
        count_start_of(by.user, kind)


def count_start_of(user: User, kind: str) -> None:
    """Count one start by a person outside of any project; raises as `count_start` does."""
    most = _most(kind)
    if not most:
        return
    now, share = timezone.now(), WINDOW / most
    with transaction.atomic():
        StartCounter.objects.get_or_create(user_id=user.pk, kind=kind, defaults={"spent_until": now})
        row = StartCounter.objects.select_for_update().get(user_id=user.pk, kind=kind)
        spent_until = max(row.spent_until, now) + share
        if spent_until - now <= WINDOW:
            row.spent_until = spent_until
            row.save(update_fields=["spent_until"])
            return
    seconds = int((spent_until - now - WINDOW).total_seconds()) + 1
    message = ngettext(
        "You have started %(most)s in the last hour, the most there may be. Start again in %(seconds)s second.",
        "You have started %(most)s in the last hour, the most there may be. Start again in %(seconds)s seconds.",
        seconds,
    )
    raise TooMany("too_many_starts", message % {"most": most, "seconds": seconds}, seconds=seconds)


def _most(kind: str) -> int:
    return int(getattr(settings, f"WORKBENCH_{_COUNTED[kind]}_PER_HOUR"))


_COUNTED = {"import": "IMPORTS", "export": "EXPORTS", "fetch": "FETCHES"}
