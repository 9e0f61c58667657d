"""Verdict scales: the starters a project can begin with, and how a version of a scale is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from annotations.models import Project, VerdictScale, VerdictValue


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


def begin_with_scale(project: Project, key: str = USUAL_SCALE) -> VerdictScale:
    """Give a new project one of the starter scales."""
    starter = STARTER_SCALES[key]
    return write_scale(project, starter.name, starter.values)


def current_scale(project: Project) -> VerdictScale | None:
    """Return the scale in force."""
    return VerdictScale.objects.filter(project=project).order_by("-version").first()
