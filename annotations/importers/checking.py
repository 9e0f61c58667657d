"""Checks of values that come with annotations, claims and evidence of a file: each gives the value or a sentence."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _


def is_unstorable(value: str) -> bool:
    """Tell whether a string holds NUL or half of a surrogate pair.

    >>> is_unstorable("Zoë 📈"), is_unstorable("a\\x00"), is_unstorable("\\ud83d")
    (False, True, True)
    """
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return "\x00" in value


class BadValue(Exception):
    """A value that cannot be taken; says which field, what stood there and what would be right."""

    def __init__(self, field: str, value: Any, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.value = value if isinstance(value, str) else repr(value)
        self.message = message


def text(data: dict[str, Any], field: str, *, most: int, default: str | None = None) -> str:
    """Return a string of at most `most` characters; an absent one or null is the default."""
    value = data.get(field)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadValue(field, value, _("Write a text here."))
    if len(value) > most:
        raise BadValue(
            field, value, _("At most %(most)s characters are kept; this has %(n)s.") % {"most": most, "n": len(value)}
        )
    if is_unstorable(value):
        raise BadValue(field, value, _("The text holds NUL or half of a surrogate pair. Remove it."))
    return value


def whole(data: dict[str, Any], field: str, *, least: int = 0, default: int | None = None) -> int:
    """Return a whole number that a column can hold."""
    value = data.get(field)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 2_147_483_647:
        raise BadValue(field, value, _("Write a whole number from %(least)s up.") % {"least": least})
    return value


def key(data: dict[str, Any], field: str) -> uuid.UUID:
    """Return a UUID."""
    value = data.get(field)
    try:
        return uuid.UUID(value) if isinstance(value, str) else _not_a_key(field, value)
    except ValueError:
        return _not_a_key(field, value)


def key_bytes(data: dict[str, Any], field: str) -> bytes:
    """Return the 16 bytes of a UUID; for the usual way of writing one in a tenth of the time that the object takes."""
    value = data.get(field)
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        try:
            return bytes.fromhex(value.replace("-", ""))
        except ValueError:
            return _not_a_key(field, value).bytes
    return key(data, field).bytes


def _not_a_key(field: str, value: Any) -> uuid.UUID:
    raise BadValue(field, value, _("Write a UUID, such as 0190b5a2-7c1e-4f60-9c55-7a1c3d1f2b10."))


def moment(data: dict[str, Any], field: str, default: datetime | None = None) -> datetime | None:
    """Return a time with its zone, in UTC; an absent one or null is the default."""
    value = data.get(field)
    if value is None:
        return default
    try:
        return _in_utc(value)
    except (TypeError, ValueError, OverflowError):
        raise BadValue(field, value, _("Write a time with its zone, such as 2024-03-18T08:14:52.000000Z.")) from None


@lru_cache(maxsize=4_096)
def _in_utc(value: str) -> datetime:
    """Read a time in UTC; a row is mostly changed when it was made, many rows at one time."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(UTC)


def one_of(data: dict[str, Any], field: str, allowed: Collection[str], *, default: str | None = None) -> str:
    """Return one of the allowed words."""
    value = data.get(field)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or value not in allowed:
        raise BadValue(field, value, _("Write one of: %(all)s.") % {"all": ", ".join(sorted(allowed))})
    return value


def listed(data: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """Return a list of objects; an absent one or null is empty."""
    value = data.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadValue(field, value, _("Write a list of objects."))
    return value


def carried(data: dict[str, Any], field: str) -> dict[str, Any]:
    """Return an object that is stored as it is; an absent one or null is empty."""
    value = data.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadValue(field, value, _("Write an object."))
    if value:
        refuse_unstorable(field, value)
    return value


def refuse_unstorable(field: str, value: Any) -> None:
    """Raise `BadValue` where a nested value holds a character that the database cannot store."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str) and is_unstorable(each):
            raise BadValue(field, each, _("The text holds NUL or half of a surrogate pair. Remove it."))


def fraction(data: dict[str, Any], field: str) -> float | None:
    """Return a number from 0 to 1, or None."""
    value = data.get(field)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise BadValue(field, value, _("Write a number from 0 to 1."))
    return float(value)
