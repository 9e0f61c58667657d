"""Verdict scales: the starters a project can begin with, and how a version of a scale is written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Conflict, Refused
from annotations.models import Membership, Project, VerdictScale, VerdictValue

from .acts import Request, carry_out_once, record

MOST_VALUES = 100
_KEY = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class NewValue:
    """One value of a scale; `maps` says what it is in other schemes, by their names."""

    key: str
    name: str
    description: str = ""
    rating: float | None = None
    maps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StarterScale:
    """A scale ready to be copied into a project."""

    key: str
    name: str
    values: tuple[NewValue, ...]


STARTER_SCALES = {
    scale.key: scale
    for scale in (
        StarterScale(
            "four_values",
            "Four values",
            (
                NewValue(
                    "supported",
                    "Supported",
                    "The evidence bears the claim out.",
                    5,
                    {"fever": "SUPPORTS", "averitec": "Supported", "scifact": "SUPPORT"},
                ),
                NewValue(
                    "refuted",
                    "Refuted",
                    "The evidence speaks against the claim.",
                    1,
                    {"fever": "REFUTES", "averitec": "Refuted", "scifact": "CONTRADICT"},
                ),
                NewValue(
                    "not_enough_evidence",
                    "Not Enough Evidence",
                    "What was found does not settle the claim.",
                    None,
                    {"fever": "NOT ENOUGH INFO", "averitec": "Not Enough Evidence"},
                ),
                NewValue(
                    "conflicting_evidence",
                    "Conflicting Evidence",
                    "Sound sources contradict each other, or the claim picks what suits it.",
                    None,
                    {"averitec": "Conflicting Evidence/Cherrypicking"},
                ),
            ),
        ),
        StarterScale(
            "five_steps",
            "Five steps of truth",
            (
                NewValue("true", "True", "", 5, {"fever": "SUPPORTS", "averitec": "Supported"}),
                NewValue("mostly_true", "Mostly true", "Right but for a detail.", 4, {"fever": "SUPPORTS"}),
                NewValue("half_true", "Half true", "Leaves out what matters.", 3),
                NewValue("mostly_false", "Mostly false", "Holds a grain of truth.", 2, {"fever": "REFUTES"}),
                NewValue("false", "False", "", 1, {"fever": "REFUTES", "averitec": "Refuted"}),
            ),
        ),
        StarterScale(
            "quotation",
            "Quotation",
            (
                NewValue("accurate", "Accurate", "These words were said, in this sense.", 5),
                NewValue("trimmed", "Trimmed", "Words that change the sense were left out.", 3),
                NewValue("altered", "Altered", "Words were changed.", 2),
                NewValue("misattributed", "Misattributed", "Somebody else said them.", 1),
                NewValue("not_found", "Not found", "No record of these words was found."),
            ),
        ),
    )
}
"""Scales that a new project can take, by key; the first is the usual one."""
USUAL_SCALE = "four_values"


def write_scale(project: Project, name: str, values: Iterable[NewValue], *, version: int = 1) -> VerdictScale:
    """Write one version of the project's scale in the caller's transaction; 2 queries."""
    scale = VerdictScale.objects.create(project=project, name=name, version=version)
    VerdictValue.objects.bulk_create(
        VerdictValue(
            project=project,
            scale=scale,
            key=value.key,
            name=value.name,
            description=value.description,
            position=position,
            rating=value.rating,
            maps=value.maps,
        )
        for position, value in enumerate(values)
    )
    return scale


def revise_scale(
    values: Iterable[NewValue],
    *,
    by: Membership,
    name: str = "",
    base_version: int | None = None,
    request: Request | None = None,
) -> VerdictScale:
    """Put a new version of the scale in force; verdicts keep the value they were reached on. The same makes none.

    Raises `Conflict` where another version than `base_version` is in force, `Refused` for what is no scale.
    """
    listed = list(values)

    def act() -> VerdictScale:
        Project.objects.select_for_update().get(pk=by.project_id)
        current = current_scale(by.project)
        now = current.version if current else 0
        if base_version is not None and base_version != now:
            message = _("Somebody put version %(now)s in force in the meantime.")
            raise Conflict("stale_version", message % {"now": now}, current=current, field="base_version")
        _refuse_bad_scale(listed)
        called = name.strip() or (current.name if current else _("Verdicts"))
        if current is not None and current.name == called and [as_new(one) for one in current.values.all()] == listed:
            return current
        made = write_scale(by.project, called, listed, version=now + 1)
        record(by, "scale.revised", "scale", made.version, after={"version": made.version}, request=request)
        return made

    require(by, Act.EDIT_SCALE)
    return carry_out_once(by, request, act, lambda: current_scale(by.project))


def as_new(value: VerdictValue) -> NewValue:
    """Return a stored value as it would be written."""
    return NewValue(value.key, value.name, value.description, value.rating, value.maps)


def _refuse_bad_scale(values: list[NewValue]) -> None:
    """Raise `Refused` at the first value that no scale can have; its field reads `values.3.key`."""
    if not values:
        raise Refused("scale_empty", _("A scale needs a value."), field="values")
    if len(values) > MOST_VALUES:
        raise Refused(
            "scale_too_long", _("A scale has at most %(most)s values.") % {"most": MOST_VALUES}, field="values"
        )
    met: set[str] = set()
    for n, value in enumerate(values):
        where = f"values.{n}"
        if not _KEY.fullmatch(value.key) or len(value.key) > 50:
            message = _("A key has small letters, digits and _, and begins with a letter.")
            raise Refused("value_key", message, field=f"{where}.key")
        if value.key in met:
            raise Refused(
                "value_key_twice", _("Two values have the same key. Give each its own."), field=f"{where}.key"
            )
        if not value.name.strip() or len(value.name) > 100:
            raise Refused("value_name", _("A value has a name of at most 100 characters."), field=f"{where}.name")
        if value.rating is not None and not math.isfinite(value.rating):
            raise Refused("value_rating", _("A rating is a number."), field=f"{where}.rating")
        met.add(value.key)


def begin_with_scale(project: Project, key: str = USUAL_SCALE) -> VerdictScale:
    """Give a new project one of the starter scales."""
    starter = STARTER_SCALES[key]
    return write_scale(project, starter.name, starter.values)


def current_scale(project: Project) -> VerdictScale | None:
    """Return the scale in force."""
    return VerdictScale.objects.filter(project=project).order_by("-version").first()
