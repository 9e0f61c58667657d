"""Attempts that were refused, as the record of acts keeps them: who wanted to do what, and why it was not done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from annotations.access import membership_of
from annotations.errors import NotThere
from annotations.models import AuditEvent, Membership, User

from .acts import record

VERB = "act.refused"
MOST_A_MINUTE = 30
"""So many of one person are kept a minute: whoever tries doors at random must not fill the database."""


def note_refusal(user: User, route: str, facts: dict[str, Any], *, slug: str = "") -> AuditEvent | None:
    """Record that a signed-in person was refused; None where they were too often just now; at most 3 queries.

    It stands in the project's record where the person has a part in it, else in that of the installation only.
    """
    recent = AuditEvent.objects.filter(object_type="refusal", object_key=str(user.uuid), verb=VERB)
    if recent.filter(created_at__gt=timezone.now() - timedelta(minutes=1)).count() >= MOST_A_MINUTE:
        return None
    by = _part_of(user, slug)
    if by is None and slug:
        facts = facts | {"project": slug}
    return record(by, VERB, "refusal", user.uuid, after=facts | {"route": route}, user=user)


def _part_of(user: User, slug: str) -> Membership | None:
    try:
        return membership_of(user, slug) if slug else None
    except NotThere:
        return None
