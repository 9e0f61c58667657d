"""The rounds that the header of a native file describes: what each fixes is kept, and work finds them by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from annotations.models import GuidelinesVersion, LabelSet, Project, Round
from annotations.workflow.projects import NewLabel, write_label_set
from annotations.workflow.rounds import FIRST_NAME, first_round

from . import checking

MOST_ROUNDS = 1_000
Meet = Callable[[str], int]
"""Find or make the member whom a file calls so."""
ReadLabels = Callable[[dict[str, Any], str], list[NewLabel]]


def label_sets_of_rounds(data: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the label sets that rounds fix, by version. Raises `BadValue`."""
    fixed = (each["label_set"] for each in _rounds(data) if isinstance(each.get("label_set"), dict))
    return {checking.whole(each, "version", least=0): each for each in fixed}


def describe_first_round(project: Project, data: dict[str, Any], meet: Meet) -> None:
    """Set up the round that takes what is new, as the file has it, in a project that nothing rests on yet."""
    given = next((each for each in _rounds(data) if each.get("takes_new") is True), None)
    if given is not None:
        found = first_round(project.pk)
        for name, value in _facts(given).items():
            setattr(found, name, value)
        found.created_by_id = _opened_by(given, meet)
        found.save()


def add_missing_rounds(project: Project, data: dict[str, Any], read_labels: ReadLabels, meet: Meet) -> None:
    """Add the rounds whose numbers the project has not; those it has stay as they are. Raises `BadValue`."""
    given = _rounds(data)
    if not given:
        return
    first_round(project.pk)
    known = {each.number: each for each in Round.objects.filter(project=project)}
    for each in sorted(given, key=lambda row: checking.whole(row, "number", least=1)):
        number = each["number"]
        if number in known or each.get("takes_new") is True:
            continue
        known[number] = Round.objects.create(
            project=project,
            number=number,
            label_set=_label_set(project, checking.carried(each, "label_set"), read_labels),
            guidelines=_guidelines(project, checking.carried(each, "guidelines")),
            repeats=known.get(each.get("repeats") or 0),
            created_by_id=_opened_by(each, meet),
            **_facts(each)
            | {"annotators_per_article": checking.whole(each, "annotators_per_article", least=1, default=1)},
        )


def _facts(given: dict[str, Any]) -> dict[str, Any]:
    opened_at = checking.moment(given, "opened_at", timezone.now())
    closed_at = checking.moment(given, "closed_at")
    return {
        "kind": checking.one_of(given, "kind", Round.Kind.values, default=Round.Kind.MAIN),
        "name": checking.text(given, "name", most=100, default=FIRST_NAME),
        "n_articles": checking.whole(given, "n_articles", least=0, default=0),
        "opened_at": opened_at,
        "closed_at": max(opened_at, closed_at) if opened_at and closed_at else closed_at,
    }


def _opened_by(given: dict[str, Any], meet: Meet) -> int | None:
    name = checking.text(given, "opened_by", most=100, default="").strip()
    return meet(name) if name else None


def _label_set(project: Project, given: dict[str, Any], read_labels: ReadLabels) -> LabelSet | None:
    """Find the version of the label set, or write it; a project in use has its own under that number."""
    if not given:
        return None
    version = checking.whole(given, "version", least=0)
    found = LabelSet.objects.filter(project=project, version=version).first()
    newest = LabelSet.objects.filter(project=project).order_by("-version").first()
    if found is not None or (newest is not None and version > newest.version):
        return found
    name = checking.text(given, "name", most=100, default="Labels")
    return write_label_set(project, name, read_labels(given, "labels"), version)


def _guidelines(project: Project, given: dict[str, Any]) -> GuidelinesVersion | None:
    if not given:
        return None
    version = checking.whole(given, "version", least=1)
    newest = GuidelinesVersion.objects.filter(project=project).order_by("-version").first()
    if newest is not None and version > newest.version:
        return None
    text = checking.text(given, "text", most=1_000_000, default="")
    return GuidelinesVersion.objects.get_or_create(project=project, version=version, defaults={"text": text})[0]


def _rounds(data: dict[str, Any]) -> list[dict[str, Any]]:
    return list(checking.listed(data, "rounds"))[:MOST_ROUNDS]
