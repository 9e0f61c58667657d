"""What a label set is held to before it is in force: keys to press, typed attributes, what is in use already.

Files bring label sets as they were; this is asked where a person changes one.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.text.attributes import CHOOSING, KINDS, fits, key_of, name_of, values_of

SHORTCUTS = "1234567890" + string.ascii_uppercase
"""The keys that labels may have: digits by the physical key, and letters typed with Shift."""
SHORTCUT = re.compile(r"[0-9A-Za-z]")
MOST_ATTRIBUTES = 50
MOST_CHOICES = 100
LONGEST_WORD = 100
SHOWN_FREE = 8
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")


def free_shortcuts(taken: Iterable[str]) -> list[str]:
    """Return the keys that no label has yet, digits first.

    >>> free_shortcuts("1234567890ABC")[:2]
    ['D', 'E']
    """
    gone = {shortcut.upper() for shortcut in taken}
    return [shortcut for shortcut in SHORTCUTS if shortcut not in gone]


def check_shortcuts(labels: Iterable[tuple[str, str]]) -> None:
    """Raise `Refused` for a key that is a command's, or two labels'. Takes the name and the shortcut of each label."""
    rows = list(labels)
    holders: dict[str, str] = {}
    for position, (name, shortcut) in enumerate(rows):
        field = f"labels.{position}.shortcut"
        if shortcut and not SHORTCUT.fullmatch(shortcut):
            message = _("A shortcut is one digit, or one letter that is typed with Shift.")
            raise Refused("shortcut_reserved", f"{message} {say_free(each for _name, each in rows)}", field=field)
        if shortcut.upper() in holders:
            message = _("“%(value)s” belongs to the label “%(other)s” already.")
            sentence = message % {"value": shortcut.upper(), "other": holders[shortcut.upper()]}
            raise Refused("shortcut_taken", f"{sentence} {say_free(each for _name, each in rows)}", field=field)
        if shortcut:
            holders[shortcut.upper()] = name


def say_free(taken: Iterable[str]) -> str:
    """Say which keys are free, the first few of them."""
    free = free_shortcuts(taken)
    if not free:
        return _("No key is free.")
    return _("Free are: %(keys)s.") % {"keys": ", ".join(free[:SHOWN_FREE])}


def check_definitions(definitions: list[Any], field: str, *, known: Iterable[Any] = ()) -> None:
    """Raise `Refused` for a definition of an attribute that people could not fill in.

    Those that the label had already stay, whatever they are: they may have come with a file. `field` says where in
    the input the label stands.
    """
    if len(definitions) > MOST_ATTRIBUTES:
        raise Refused(
            "attributes_many", _("A label has at most %(n)s attributes.") % {"n": MOST_ATTRIBUTES}, field=field
        )
    kept = {_written(each) for each in known}
    taken: set[str] = set()
    for place, each in enumerate(definitions):
        at = f"{field}.{place}"
        key = key_of(each) if isinstance(each, Mapping) else ""
        if key and key in taken:
            message = _("Two attributes of this label have the key “%(key)s”.")
            raise Refused("attribute_key_taken", message % {"key": key[:80]}, field=at)
        taken.add(key)
        if _written(each) not in kept:
            _check_definition(each, at)
            _check_condition(each, definitions, at)


def _written(definition: Any) -> str:
    return json.dumps(definition, sort_keys=True)


def _check_definition(definition: Any, field: str) -> None:
    if not isinstance(definition, Mapping) or not _KEY.fullmatch(str(definition.get("key", ""))):
        message = _("An attribute needs a key: small letters, digits and _, beginning with a letter.")
        raise Refused("attribute_key", message, field=field)
    name = name_of(definition)
    if len(name) > LONGEST_WORD:
        message = _("The name of an attribute has at most %(n)s characters.")
        raise Refused("attribute_name", message % {"n": LONGEST_WORD}, field=field)
    if definition.get("kind") not in KINDS:
        message = _("“%(name)s” needs a kind: one of %(all)s.")
        raise Refused("attribute_kind", message % {"name": name, "all": ", ".join(KINDS)}, field=field)
    if not isinstance(definition.get("required", False), bool):
        message = _("“%(name)s” is required or not: say true or false.")
        raise Refused("attribute_required", message % {"name": name}, field=field)
    if definition["kind"] in CHOOSING:
        _check_choices(definition, name, field)
    if definition["kind"] == "number":
        _check_bounds(definition, name, field)
    default = definition.get("default")
    if default is not None and not fits(definition, default):
        message = _("“%(name)s” cannot have the value “%(value)s” it is to begin with.")
        raise Refused("attribute_default", message % {"name": name, "value": str(default)[:80]}, field=field)


def _check_condition(definition: Mapping[str, Any], definitions: list[Any], field: str) -> None:
    """Hold what an attribute is required under to another attribute of its label, and to the values that has."""
    condition, name = definition.get("required_if"), name_of(definition)
    if condition is None:
        return
    values = condition.get("values") if isinstance(condition, Mapping) else None
    others = {key_of(each): each for each in definitions if isinstance(each, Mapping) and each is not definition}
    other = others.get(str(condition.get("key", ""))) if isinstance(condition, Mapping) else None
    if other is None or not isinstance(values, list) or not values:
        message = _("“%(name)s” has to be given where another attribute of its label has certain values: name both.")
        raise Refused("attribute_condition", message % {"name": name}, field=field)
    for value in values:
        if not fits(other, [value] if other.get("kind") == "many" else value):
            message = _("“%(name)s” has to be given where “%(other)s” is “%(value)s”, which that cannot be.")
            shown = {"name": name, "other": name_of(other), "value": str(value)[:80]}
            raise Refused("attribute_condition", message % shown, field=field)


def _check_choices(definition: Mapping[str, Any], name: str, field: str) -> None:
    choices = values_of(definition)
    if not choices or len(choices) > MOST_CHOICES:
        message = _("“%(name)s” needs 1 to %(n)s values to choose from.")
        raise Refused("attribute_values", message % {"name": name, "n": MOST_CHOICES}, field=field)
    unfit = [choice for choice in choices if not choice.strip() or len(choice) > LONGEST_WORD]
    if unfit:
        message = _("A value of “%(name)s” is empty or longer than %(n)s characters.")
        raise Refused("attribute_values", message % {"name": name, "n": LONGEST_WORD}, field=field)
    twice = next((choice for n, choice in enumerate(choices) if choice in choices[:n]), None)
    if twice is not None:
        message = _("“%(name)s” has the value “%(value)s” twice.")
        raise Refused("attribute_values", message % {"name": name, "value": twice}, field=field)


def _check_bounds(definition: Mapping[str, Any], name: str, field: str) -> None:
    low, high = definition.get("min"), definition.get("max")
    unbounded = {"kind": "number"}
    if any(bound is not None and not fits(unbounded, bound) for bound in (low, high)) or (
        low is not None and high is not None and low > high
    ):
        message = _("The least value of “%(name)s” is a number that is not above its greatest.")
        raise Refused("attribute_bounds", message % {"name": name}, field=field)
