"""Up to which moment everything that was stored can be seen, though transactions commit in another order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

OVERLAP = timedelta(minutes=1)
"""Twice this is read again each time: for clocks that differ, and on SQLite for the one writer that may be at work."""


def settled_at() -> datetime:
    """Return a moment before which no row can be stored any more; 1 query on PostgreSQL.

    It says something of others' transactions only where one has run for longer than OVERLAP.
    """
    usual = timezone.now() - 2 * OVERLAP
    oldest = _oldest_transaction() if connection.vendor == "postgresql" else None
    return min(usual, oldest - OVERLAP) if oldest is not None else usual


def _oldest_transaction() -> datetime | None:
    """Return when the oldest transaction began that has written something or is at work on a first statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(CASE WHEN backend_xid IS NOT NULL THEN xact_start WHEN state = 'active' THEN query_start END)"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]
