"""How times and judgements are written in records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from annotations.models import Article

JUDGEMENT = ("created_by__pseudonym", "version_number", "created_at", "updated_at", "withdrawn_at")
"""The columns that every judgement has, as `judgement` writes them."""


def judgement(row: Iterable[Any]) -> dict[str, Any]:
    """Write what every judgement has."""
    annotator, version, created_at, updated_at, withdrawn_at = row
    return {
        "annotator": annotator,
        "version": version,
        "created_at": moment(created_at),
        "updated_at": moment(updated_at),
        "withdrawn_at": moment(withdrawn_at),
    }


def moment(value: datetime | None) -> str | None:
    """Write a time in UTC with microseconds and Z.

    >>> moment(datetime(2024, 3, 18, 8, 14, 52, tzinfo=UTC))
    '2024-03-18T08:14:52.000000Z'
    """
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def dated(value: datetime | None, precision: str) -> str | None:
    """Write a date as precisely as it is known."""
    if value is None:
        return None
    return date.isoformat(value.astimezone(UTC).date()) if precision == Article.Precision.DAY else moment(value)
