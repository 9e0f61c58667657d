"""The header of a native file: what it sets up in an unused project, and the labels it adds to one in use."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.errors import WorkbenchError
from annotations.models import GuidelinesVersion, Job, Label, LabelSet, Membership, Project, Publisher
from annotations.workflow.articles import publisher_named
from annotations.workflow.label_checks import SHORTCUT as LABEL_KEY
from annotations.workflow.projects import NewLabel, current_label_set, current_labels, write_label_set

from . import checking
from .checking import BadValue
from .records import CorpusHeader, Problem
from .rounds_in_file import Meet, add_missing_rounds, describe_first_round, label_sets_of_rounds
from .scales import add_missing_values, replace_scale

MOST_LABELS = 1_000
MOST_PUBLISHERS = 10_000
COLOUR = "#5d4037"
"""Of a label that comes without one."""


def apply_headers(headers: list[CorpusHeader], job: Job, meet: Meet) -> list[Problem]:
    """Apply what the headers of an import say, in the caller's transaction; return what could not be taken.

    An unused project (no article, no other import at work) becomes what the first header describes. In a project in
    use, labels and values of verdicts that are missing are added in a new version of its label set or scale; nothing
    else changes. `meet` finds or makes the member whom a file calls so.
    """
    if not headers:
        return []
    project = Project.objects.select_for_update().get(pk=job.project.pk)
    problems: list[Problem] = []
    if is_unused(project, but_for=job):
        _take(headers[0], problems, "project", lambda data: _set_up_project(project, data))
        _take(headers[0], problems, "label_set", lambda data: _replace_label_set(project, data))
        _take(headers[0], problems, "guidelines", lambda data: _replace_guidelines(project, data))
        _take(headers[0], problems, "verdict_scale", lambda data: replace_scale(project, data))
        _take(headers[0], problems, "rounds", lambda data: describe_first_round(project, data, meet))
    for header in headers:
        _take(header, problems, "label_set", lambda data: _add_missing_labels(project, data))
        _take(header, problems, "verdict_scale", lambda data: add_missing_values(project, data))
        _take(header, problems, "rounds", lambda data: add_missing_rounds(project, data, _labels, meet))
        _take(header, problems, "publishers", lambda data: _describe_publishers(project, data))
    return problems


def is_unused(project: Project, *, but_for: Job) -> bool:
    """Tell whether nothing rests on the project's settings yet."""
    working = Job.objects.filter(project=project, kind=Job.Kind.IMPORT, state=Job.State.RUNNING).exclude(pk=but_for.pk)
    return not project.articles.exists() and not working.exists()


def roles_in(headers: list[CorpusHeader]) -> dict[str, str]:
    """Return the roles that headers give to annotators, by pseudonym."""
    roles: dict[str, str] = {}
    for header in headers:
        try:
            for each in checking.listed(header.data, "annotators"):
                name, role = each.get("pseudonym"), each.get("role")
                if isinstance(name, str) and role in Membership.Role.values:
                    roles[name] = str(role)
        except BadValue:
            continue  # said as a problem by `apply_headers`' caller; annotators then have the usual role
    return roles


def _take(header: CorpusHeader, problems: list[Problem], field: str, act: Any) -> None:
    """Apply one part of a header, or say why it was not taken and leave everything as it was."""
    if field not in header.data:
        return
    try:
        with transaction.atomic():
            act(header.data)
    except BadValue as bad:
        problems.append(_problem(f"{field}.{bad.field}", bad.value, bad.message))
    except WorkbenchError as refusal:
        problems.append(_problem(f"{field}.{refusal.field}", "", refusal.message))


def _problem(field: str, value: str, message: str) -> Problem:
    left = _("%(message)s This part of the file's header was left out.") % {"message": message}
    return Problem("", 1, field, value, left, is_rejection=False)


def _set_up_project(project: Project, data: dict[str, Any]) -> None:
    given = checking.carried(data, "project")
    if project.name == project.slug:  # made by a command, which knows no name
        project.name = checking.text(given, "name", most=200, default="").strip() or project.name
    project.language = checking.text(given, "language", most=35, default="")
    project.visibility = checking.one_of(given, "visibility", Project.Visibility.values, default=project.visibility)
    project.save(update_fields=["name", "language", "visibility"])


def _replace_label_set(project: Project, data: dict[str, Any]) -> None:
    """Put the file's label set in the place of the starter's, with the file's version number."""
    Label.objects.filter(project=project).update(parent=None)
    Label.objects.filter(project=project).delete()
    LabelSet.objects.filter(project=project).delete()
    given = checking.carried(data, "label_set")
    if not given:
        return
    version = checking.whole(given, "version", least=1, default=1)
    name = checking.text(given, "name", most=100, default=_("Labels"))
    fixed = label_sets_of_rounds(data)
    taken = {each.key for fixed_version in fixed.values() for each in _labels(fixed_version, "labels")}
    former = [label for label in _labels(given, "former_labels") if label.key not in taken]
    free = [number for number in range(version - 1, -1, -1) if number not in fixed]
    if former and free:
        write_label_set(project, name, former, free[0])
    write_label_set(project, name, _labels(given, "labels"), version)


def _replace_guidelines(project: Project, data: dict[str, Any]) -> None:
    GuidelinesVersion.objects.filter(project=project).delete()
    given = checking.carried(data, "guidelines")
    if given:
        GuidelinesVersion.objects.create(
            project=project,
            version=checking.whole(given, "version", least=1, default=1),
            text=checking.text(given, "text", most=1_000_000, default=""),
        )


def _add_missing_labels(project: Project, data: dict[str, Any]) -> None:
    given = checking.carried(data, "label_set")
    known = set(Label.objects.filter(project=project).values_list("key", flat=True))
    wanted = [*_labels(given, "labels"), *_labels(given, "former_labels")]
    missing = [label for label in wanted if label.key not in known]
    if not missing:
        return
    present = [as_new_label(label) for label in current_labels(project)]
    shortcuts = {label.shortcut.upper() for label in present}
    keys = {label.key for label in [*present, *missing]}
    added = [_without_clash(label, shortcuts, keys) for label in missing]
    current = current_label_set(project)
    name, version = (current.name, current.version + 1) if current else (_("Labels"), 1)
    write_label_set(project, name, [*present, *added], version)


def as_new_label(label: Label) -> NewLabel:
    """Return a label of a set as it is written into the next version of the set."""
    return NewLabel(
        key=label.key,
        name=label.name,
        color=label.color,
        shortcut=_fit(label.shortcut),
        description=label.description,
        parent=label.parent.key if label.parent else None,
        applies_to=label.applies_to,
        attributes=label.attributes,
    )


def _without_clash(label: NewLabel, shortcuts: set[str], keys: set[str]) -> NewLabel:
    """Take away a shortcut that is in use, and a parent that is not there."""
    shortcut = "" if label.shortcut.upper() in shortcuts else label.shortcut
    shortcuts.add(shortcut.upper())
    return NewLabel(
        key=label.key,
        name=label.name,
        color=label.color,
        shortcut=shortcut,
        description=label.description,
        parent=label.parent if label.parent in keys else None,
        applies_to=label.applies_to,
        attributes=label.attributes,
    )


def _fit(shortcut: str) -> str:
    """Give a label's key, or none where it is a command's."""
    return shortcut if LABEL_KEY.fullmatch(shortcut) else ""


def _labels(given: dict[str, Any], field: str) -> list[NewLabel]:
    rows = checking.listed(given, field)
    if len(rows) > MOST_LABELS:
        raise BadValue(field, len(rows), _("A label set has at most %(most)s labels.") % {"most": MOST_LABELS})
    return [_label(row) for row in rows]


def _label(row: dict[str, Any]) -> NewLabel:
    attributes = row.get("attributes") or []
    checking.refuse_unstorable("attributes", attributes)
    if not isinstance(attributes, list):
        raise BadValue("attributes", attributes, _("Write a list of objects."))
    key = checking.text(row, "key", most=50)
    return NewLabel(
        key=key,
        name=checking.text(row, "name", most=100, default=key),
        color=checking.text(row, "color", most=7, default=COLOUR).lower(),
        shortcut=_fit(checking.text(row, "shortcut", most=1, default="")),
        description=checking.text(row, "description", most=10_000, default=""),
        parent=checking.text(row, "parent", most=50, default="") or None,
        applies_to=checking.one_of(row, "applies_to", Label.AppliesTo.values, default=Label.AppliesTo.SPAN),
        attributes=attributes,
    )


def _describe_publishers(project: Project, data: dict[str, Any]) -> None:
    """Make the publishers a header describes; one that is known keeps what people said of it."""
    for row in checking.listed(data, "publishers")[:MOST_PUBLISHERS]:
        publisher = publisher_named(project, checking.text(row, "name", most=200))
        if publisher is None or publisher.domain or publisher.kind != Publisher.Kind.UNKNOWN:
            continue
        publisher.domain = checking.text(row, "domain", most=253, default="")
        publisher.kind = checking.one_of(row, "kind", Publisher.Kind.values, default=Publisher.Kind.UNKNOWN)
        publisher.save(update_fields=["domain", "kind"])
