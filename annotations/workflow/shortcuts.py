"""The keys of the article page: the usual ones, and those that a person changed for themselves.

Labels take digits, by the physical key, and letters typed with Shift; so small letters and signs are for commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import User

from .accounts import change_own_account

USUAL_KEYS = {
    "passages": "s",
    "where-else": "h",
    "zone": "z",
    "say-who": "y",
    "cite": "b",
    "find-text": "q",
    "ask": "!",
    "next-hit": ".",
    "previous-hit": ",",
    "filter-list": "c",
    "next-span": "n",
    "previous-span": "p",
    "next-paragraph": "j",
    "previous-paragraph": "k",
    "add-evidence": "e",
    "show-guidelines": "g",
    "relate": "r",
    "attributes": "f",
    "lines": "l",
    "accept-suggestion": "a",
    "reject-suggestion": "x",
    "undo": "u",
    "caret": "v",
    "help": "?",
    "find-label": "/",
    "split": "t",
    "merge": "m",
    "include": "i",
    "exclude": "d",
    "others": "o",
    "snap-words": "w",
    "end-back": "[",
    "end-on": "]",
    "start-back": "{",
    "start-on": "}",
}
"""Command → key; `static/annotations/js/state/keys.js` has the same, which a test compares."""

# Without those that stand on the digit keys of a French keyboard: a label's digit goes by the physical key.
_SIGN = re.compile(r"[/?+*,.;:#=<>!$%@|\[\]{}\\]")
_ON_DIGIT_KEYS = "éèçà"


def keys_of(user: User) -> dict[str, str]:
    """Return the keys as they are for a person: command → key."""
    return USUAL_KEYS | {command: key for command, key in user.shortcuts.items() if command in USUAL_KEYS}


def set_shortcuts(user: User, own: Mapping[str, str]) -> None:
    """Let these be the keys that a person changed; none at all brings back the usual ones.

    Raises `Refused` for a command that is not there, a key that cannot be a command's, or one that two would have.
    """
    changed = {command: key for command, key in own.items() if USUAL_KEYS.get(command) != key}
    for command, key in changed.items():
        _check(command, key)
    taken: dict[str, str] = {}
    for command, key in (USUAL_KEYS | changed).items():
        if key in taken:
            message = _("“%(key)s” would mean two things: %(one)s and %(other)s.")
            values = {"key": key, "one": taken[key], "other": command}
            raise Refused("shortcut_taken", message % values, field=command if command in changed else taken[key])
        taken[key] = command
    user.shortcuts = changed
    change_own_account(user, ["shortcuts"])


def _check(command: str, key: str) -> None:
    if command not in USUAL_KEYS:
        raise Refused("shortcut_unknown", _("There is no command “%(name)s”.") % {"name": command[:80]}, field="own")
    is_letter = len(key) == 1 and key.isalpha() and key == key.lower() and key not in _ON_DIGIT_KEYS
    if not is_letter and not _SIGN.fullmatch(key):
        message = _("A command has a small letter or a sign; digits and letters with Shift are for labels.")
        raise Refused("shortcut_reserved", message, field=command)
