"""The verdict scale in the header of a native file."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Project, Verdict, VerdictScale, VerdictValue
from annotations.workflow.scales import NewValue, as_new, current_scale, write_scale

from . import checking
from .checking import BadValue

MOST_VALUES = 1_000
_KEY = re.compile(r"[a-z][a-z0-9_]*")


def replace_scale(project: Project, data: dict[str, Any]) -> None:
    """Put the file's scale in the place of an unused project's, with the versions that its verdicts name.

    A file without one leaves the project its scale. Raises `BadValue`.
    """
    given = checking.carried(data, "verdict_scale")
    if not given or Verdict.objects.filter(project=project).exists():
        return
    name, version = _name(given), checking.whole(given, "version", least=1, default=1)
    values = _values(given, "values")
    former = sorted(checking.listed(given, "former_values"), key=_version_of)
    if former and _version_of(former[-1]) >= version:
        raise BadValue("former_values", _version_of(former[-1]), _("Former values are of versions before this one."))
    VerdictValue.objects.filter(project=project).delete()
    VerdictScale.objects.filter(project=project).delete()
    for earlier, rows in groupby(former, key=_version_of):
        write_scale(project, name, _values({"values": list(rows)}, "values"), version=earlier)
    write_scale(project, name, values, version=version)


def add_missing_values(project: Project, data: dict[str, Any]) -> None:
    """Add values of the file that the project never had, in a new version of its scale. Raises `BadValue`."""
    given = checking.carried(data, "verdict_scale")
    known = set(VerdictValue.objects.filter(project=project).values_list("key", flat=True))
    wanted = {value.key: value for value in (*_values(given, "values"), *_values(given, "former_values"))}
    missing = [value for value in wanted.values() if value.key not in known]
    if not missing:
        return
    current = current_scale(project)
    present = [as_new(value) for value in current.values.order_by("position", "id")] if current else []
    name, version = (current.name, current.version + 1) if current else (_name(given), 1)
    write_scale(project, name, [*present, *missing], version=version)


def _name(given: dict[str, Any]) -> str:
    return checking.text(given, "name", most=100, default=_("Verdicts"))


def _version_of(row: dict[str, Any]) -> int:
    return checking.whole(row, "scale", least=1, default=1)


def _values(given: dict[str, Any], field: str) -> list[NewValue]:
    rows = checking.listed(given, field)
    if len(rows) > MOST_VALUES:
        raise BadValue(field, len(rows), _("A scale has at most %(most)s values.") % {"most": MOST_VALUES})
    values = [_value(row) for row in rows]
    keys = [(value.key, row.get("scale")) for value, row in zip(values, rows, strict=True)]
    if len(set(keys)) < len(keys):
        raise BadValue(field, "", _("Two values have the same key. Give each its own."))
    return values


def _value(row: dict[str, Any]) -> NewValue:
    key = checking.text(row, "key", most=50)
    if not _KEY.fullmatch(key):
        raise BadValue("key", key, _("A key has small letters, digits and _, and begins with a letter."))
    rating = row.get("rating")
    if rating is not None and (isinstance(rating, bool) or not isinstance(rating, int | float)):
        raise BadValue("rating", rating, _("A rating is a number."))
    return NewValue(
        key=key,
        name=checking.text(row, "name", most=100, default=key),
        description=checking.text(row, "description", most=10_000, default=""),
        rating=None if rating is None else float(rating),
        maps=checking.carried(row, "maps"),
    )
