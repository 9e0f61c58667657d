"""Who holds sessions, of many at once: what Django's `get_user` tells of the one session of a request."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from annotations.models import Membership, User


def holders_of(session_keys: Collection[str]) -> dict[str, User]:
    """Return who is logged in by each session, without those that ended; 2 queries.

    A session ends with a log-out, with its time, with a new password set elsewhere, and when its person may no longer
    log in.
    """
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions = {row.session_key: row.get_decoded() for row in rows}
    ids = {User._meta.pk.to_python(data[SESSION_KEY]) for data in sessions.values() if SESSION_KEY in data}
    people = User.objects.filter(is_active=True).in_bulk(ids)
    found = {key: people.get(User._meta.pk.to_python(data.get(SESSION_KEY))) for key, data in sessions.items()}
    return {key: user for key, user in found.items() if user is not None and _is_held_by(user, sessions[key])}


def parts_of(holders: Collection[User], slugs: Collection[str]) -> dict[tuple[int, str], Membership]:
    """Return people's parts in projects, by person and the project's slug; 1 query."""
    rows = Membership.objects.filter(user__in=holders, project__slug__in=slugs, ended_at__isnull=True)
    there = rows.filter(project__deleted_at__isnull=True).select_related("project")
    return {(row.user_id, row.project.slug): row for row in there if row.user_id is not None}


def _is_held_by(user: User, data: dict[str, Any]) -> bool:
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    sent = data.get(HASH_SESSION_KEY, "")
    known = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(sent, each) for each in known)
