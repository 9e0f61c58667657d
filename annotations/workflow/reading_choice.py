"""How a person has the text of articles set, and what is folded away: kept with the account, for every browser."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.models import User

from .accounts import change_own_account

CHOICES = {
    "face": ("", "sans"),
    "size": ("small", "", "large", "larger"),
    "measure": ("narrow", "", "wide"),
}
"""The values of each choice; the empty one is the usual. `css/annotator.css` has a rule for each other."""
FOLDABLE = ("boilerplate", "caption")
"""Kinds of zones that are folded away; `js/state/zones.js` has the same."""


def set_reading(user: User, *, folds: Iterable[str], **chosen: str) -> None:
    """Keep how the text is set (`face`, `size`, `measure`) and what is folded; 2 queries, none where it is so already.

    Raises `Refused` for a value that is not known.
    """
    for name, value in chosen.items():
        _check(name, value, CHOICES[name])
    folded = set(folds)
    for value in sorted(folded):
        _check("folds", value, FOLDABLE)
    reading = {**chosen, "folds": [kind for kind in FOLDABLE if kind in folded]}
    if reading != user.reading:
        user.reading = reading
        change_own_account(user, ["reading"])


def reading_of(user: User) -> dict[str, object]:
    """Return what a person chose, and the usual for what they did not choose."""
    return dict.fromkeys(CHOICES, "") | {"folds": []} | user.reading


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        message = _("“%(value)s” is not known here. Write one of: %(all)s.")
        values = {"value": value[:40], "all": ", ".join(f"“{each}”" for each in known)}
        raise Refused("value_unknown", message % values, field=name)
