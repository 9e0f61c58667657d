"""Typed attributes of labels: what a label's definition says of a value, and whether a value keeps to it.

A definition is an object with a `key`, a `name`, a `kind` (one, many, ordinal, number, text, yes_no), `values` to
choose from, and for numbers `min` and `max`. With `required` it has to be given before the work is handed in; with
`required_if`, an object of another attribute's `key` and some of its `values`, where that has one of these. `default`
is what it has as long as nobody says otherwise. What came from elsewhere and says nothing of these is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

KINDS = ("one", "many", "ordinal", "number", "text", "yes_no")
CHOOSING = ("one", "many", "ordinal")
"""The kinds that have values to choose from."""
MOST_CHARACTERS = 2_000
Definition = Mapping[str, Any]


def key_of(definition: Definition) -> str:
    """Return the name under which a value is kept.

    >>> key_of({"name": "certainty"})
    'certainty'
    """
    return str(definition.get("key") or definition.get("name") or "")


def values_of(definition: Definition) -> list[str]:
    """Return what can be chosen; a choice may be a word or an object with a key.

    >>> values_of({"values": ["low", {"key": "high", "name": "High"}]})
    ['low', 'high']
    """
    listed = definition.get("values")
    choices = listed if isinstance(listed, list) else []
    return [str(choice.get("key", "")) if isinstance(choice, Mapping) else str(choice) for choice in choices]


def name_of(definition: Definition) -> str:
    """Return what people call an attribute.

    >>> name_of({"key": "certainty"})
    'certainty'
    """
    return str(definition.get("name") or key_of(definition))


def defaults_of(definitions: Iterable[Any]) -> dict[str, Any]:
    """Return the values that a new annotation has before anybody chooses; what does not fit is no default.

    >>> defaults_of([{"key": "certainty", "kind": "one", "values": ["low"], "default": "low"}, {"key": "count"}])
    {'certainty': 'low'}
    """
    stated = [each for each in definitions if isinstance(each, Mapping) and each.get("default") is not None]
    return {key_of(each): each["default"] for each in stated if key_of(each) and fits(each, each["default"])}


def missing_of(definitions: Iterable[Any], values: Mapping[str, Any]) -> list[Definition]:
    """Return the attributes that have to be given and are not, or have a value that they cannot have.

    >>> [key_of(each) for each in missing_of([{"key": "count", "kind": "number", "required": True}], {"count": ""})]
    ['count']
    """
    wanted = [each for each in definitions if isinstance(each, Mapping) and key_of(each) and is_required(each, values)]
    return [each for each in wanted if not _is_given(each, values.get(key_of(each)))]


def is_required(definition: Definition, values: Mapping[str, Any]) -> bool:
    """Tell whether an attribute has to be given, beside what the others of its label are.

    >>> asked = {"key": "which", "kind": "text", "required_if": {"key": "names_source", "values": [True]}}
    >>> is_required(asked, {"names_source": True}), is_required(asked, {"names_source": False}), is_required(asked, {})
    (True, False, False)
    """
    condition = definition.get("required_if")
    if definition.get("required") or not isinstance(condition, Mapping):
        return bool(definition.get("required"))
    listed = condition.get("values")
    given = values.get(str(condition.get("key", "")))
    chosen = given if isinstance(given, list) else [given]
    return isinstance(listed, list) and any(_is_same(value, each) for value in chosen for each in listed)


def asks_for_any(definitions: Iterable[Any]) -> bool:
    """Tell whether any attribute has to be given, always or where another has a certain value."""
    return any(isinstance(each, Mapping) and (each.get("required") or each.get("required_if")) for each in definitions)


def fitting(definitions: Iterable[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without those that their definitions do not allow.

    >>> fitting([{"key": "count", "kind": "number"}], {"count": "many", "from elsewhere": 1})
    {'from elsewhere': 1}
    """
    known = {key_of(each): each for each in definitions if isinstance(each, Mapping)}
    return {key: value for key, value in values.items() if value is None or key not in known or fits(known[key], value)}


def unfitting(definitions: Iterable[Any], values: Mapping[str, Any]) -> str | None:
    """Return the key of the first value that its definition does not allow, or None.

    >>> unfitting([{"key": "certainty", "kind": "one", "values": ["low", "high"]}], {"certainty": "middling"})
    'certainty'
    >>> unfitting([{"key": "count", "kind": "number", "min": 0}], {"count": 3, "from elsewhere": [1]}) is None
    True
    """
    for definition in definitions:
        if not isinstance(definition, Mapping):
            continue
        key = key_of(definition)
        value = values.get(key)
        if value is not None and not fits(definition, value):
            return key
    return None


def fits(definition: Definition, value: Any) -> bool:
    """Tell whether a value keeps to its definition.

    >>> fits({"kind": "many", "values": ["a", "b"]}, ["a", "a"])
    False
    >>> fits({"kind": "yes_no"}, 1), fits({"kind": "yes_no"}, True)
    (False, True)
    """
    choices = values_of(definition)
    match definition.get("kind"):
        case "one" | "ordinal":
            return isinstance(value, str) and value in choices
        case "many":
            return _is_selection(value, choices)
        case "number":
            return _is_within(definition, value)
        case "text":
            return isinstance(value, str) and len(value) <= MOST_CHARACTERS
        case "yes_no":
            return isinstance(value, bool)
        case _:
            return True


def _is_same(value: Any, other: Any) -> bool:
    """Compare two values; true is no number.

    >>> _is_same(True, 1), _is_same(1, 1.0), _is_same("low", "low")
    (False, True, True)
    """
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _is_given(definition: Definition, value: Any) -> bool:
    is_blank = value is None or value == [] or (isinstance(value, str) and not value.strip())
    return not is_blank and fits(definition, value)


def _is_selection(value: Any, choices: list[str]) -> bool:
    if not isinstance(value, list) or not all(isinstance(chosen, str) for chosen in value):
        return False
    return len(set(value)) == len(value) and set(value) <= set(choices)


def _is_within(definition: Definition, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    low, high = definition.get("min"), definition.get("max")
    return (not isinstance(low, int | float) or low <= value) and (not isinstance(high, int | float) or value <= high)
