"""Refusals of the domain: a stable code and a sentence. How they travel (HTTP, page) is said elsewhere."""

from __future__ import annotations

from typing import Any


class WorkbenchError(Exception):
    """A refusal that a person can understand and answer.

    `code` is stable, `message` a sentence that says what would be right, `field` the input it is about.
    """

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = str(message)
        self.field = field


class Refused(WorkbenchError):
    """What was asked breaks a rule of the domain."""


class NotThere(WorkbenchError):
    """The object does not exist, or not for this person; both look the same."""


class Forbidden(WorkbenchError):
    """The person may see the object, but not do this to it."""


class TooMany(WorkbenchError):
    """Too often in too short a time; it may be asked again after `seconds`."""

    def __init__(self, code: str, message: str, *, seconds: int) -> None:
        super().__init__(code, message)
        self.seconds = seconds


class Conflict(WorkbenchError):
    """Somebody changed the object first; `current` is what it is now."""

    def __init__(self, code: str, message: str, *, current: Any = None, field: str = "") -> None:
        super().__init__(code, message, field=field)
        self.current = current
