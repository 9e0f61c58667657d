"""Setting a project up: the project itself, its people, its guidelines and its label set."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.access.creating import require_creation_of_projects
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import (
    Article,
    Assignment,
    GuidelinesVersion,
    Label,
    LabelSet,
    Membership,
    Project,
    Round,
    User,
)
from annotations.text.urls import BadUrl, check_source_url
from workbench.ready_query import Given, ReadyQuery

from .acts import record
from .checked import check_row
from .counting import count_all_places
from .label_checks import check_definitions, check_shortcuts
from .labels import changes_between, use_of_labels
from .queueing import free_places_of
from .rounds import first_round
from .scales import begin_with_scale
from .skipping import checked_reasons
from .submit_checks import checked_rules

M = TypeVar("M", GuidelinesVersion, LabelSet)

#: the settings of a project about its queue, leases, skipping and submitting
HOW_TO_WORK = ("overlaps", "queue_order", "queue_seed", "lease_hours", "skip_reasons", "submit_rules")
#: what readers are shown: nothing, where the project does not publish
FOR_READERS = ("publishes", "published_as", "published_from")
STARTERS = Path(__file__).resolve().parent.parent / "starters"
_FIRST = "amber brisk calm clear keen lively mild quick quiet ready sharp steady still swift warm wise"
_SECOND = "alder birch cedar finch heron larch linnet maple otter pine plover robin rowan swift tern wren"


@dataclass(frozen=True, slots=True)
class NewLabel:
    """One label as a person sets it up; `parent` is the key of another label of the set."""

    key: str
    name: str
    color: str = "#5d4037"
    shortcut: str = ""
    description: str = ""
    parent: str | None = None
    applies_to: str = Label.AppliesTo.SPAN
    attributes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Starter:
    """A label set with its guidelines, ready to be copied into a new project."""

    key: str
    name: str
    description: str
    labels: tuple[NewLabel, ...]
    guidelines: str


@dataclass(frozen=True, slots=True)
class NewProject:
    """What is asked when a project is made; the short name is made from the name where it is empty."""

    name: str
    slug: str = ""
    language: str = ""
    visibility: str = Project.Visibility.BLIND
    starter: str = "news_claims"
    description: str = ""


@cache
def starters() -> dict[str, Starter]:
    """Return the starter label sets by key, read once from the files beside the code."""
    found = [_read_starter(path) for path in sorted(STARTERS.glob("*.json"))]
    return {starter.key: starter for starter in found}


def create_project(new: NewProject, *, user: User) -> Membership:
    """Make a project for oneself. Raises `Forbidden` where this installation leaves that to its staff."""
    require_creation_of_projects(user)
    return set_up_project(new, user=user)


@transaction.atomic
def set_up_project(new: NewProject, *, user: User) -> Membership:
    """Make a project with its starter label set; return the part of the person, who manages it.

    Whoever runs a command on the machine may do that for anybody; people come through `create_project`.
    """
    starter = starters().get(new.starter)
    if starter is None:
        message = _("“%(key)s” is no starter label set. Choose one of: %(all)s.")
        raise Refused("starter_unknown", message % {"key": new.starter, "all": ", ".join(starters())}, field="starter")
    project = Project(
        name=new.name.strip(),
        slug=new.slug or _free_slug(new.name),
        language=new.language,
        visibility=new.visibility,
        description=new.description,
    )
    check_row(project)
    project.save()
    manager = create_membership(project, user, Membership.Role.MANAGER)
    write_starter(project, starter)
    begin_with_scale(project)
    first_round(project.pk)
    GuidelinesVersion.objects.create(project=project, version=1, text=starter.guidelines, created_by=manager)
    record(manager, "project.created", "project", project.slug, after={"starter": starter.key})
    return manager


@transaction.atomic
def change_project(project: Project, changes: dict[str, Any], *, by: Membership, base_revision: int) -> Project:
    """Change name, description, language, visibility, the number of annotators per article, or how people work on it.

    Opening a blind project reveals everybody's work, which is not taken back. Raises `Conflict` where somebody changed
    the project since `base_revision`.
    """
    require(by, Act.MANAGE_PROJECT)
    now = Project.objects.select_for_update().values_list("revision", flat=True).get(pk=project.pk)
    if now != base_revision:
        message = _("Somebody changed these settings in the meantime. Look at their values, then save again.")
        current = Project.objects.get(pk=project.pk)
        raise Conflict("stale_version", message, current=current, field="base_revision")
    named = ("name", "description", "language", "visibility", "hides_outlets", "annotators_per_article")
    allowed = (*named, *HOW_TO_WORK, *FOR_READERS)
    changes = {name: _CHECKED.get(name, _as_sent)(value) for name, value in changes.items()}
    before = {name: getattr(project, name) for name in allowed if name in changes}
    _refuse_hiding_again(project, changes)
    is_revealed = project.is_blind and changes.get("visibility") == Project.Visibility.OPEN
    for name in before:
        setattr(project, name, changes[name])
    check_row(project)
    project.revision = now + 1
    project.save(update_fields=[*before, "revision"])
    if is_revealed:
        _reveal(project, by)
    if "annotators_per_article" in before:
        count_all_places(project)
    record(
        by,
        "project.changed",
        "project",
        project.slug,
        before=_without_text(before),
        after=_without_text({name: changes[name] for name in before}),
        text={name: changes[name] for name in ("name", "description") if name in before},
    )
    return project


def _refuse_hiding_again(project: Project, changes: dict[str, Any]) -> None:
    if project.revealed_at is not None and changes.get("visibility") == Project.Visibility.BLIND:
        message = _("This project was revealed: people have seen each other's work. It cannot become blind again.")
        raise Refused("revealed", message, field="visibility")


def _reveal(project: Project, by: Membership) -> None:
    """Note when, and what was handed in by then; 3 queries."""
    project.revealed_at = timezone.now()
    project.save(update_fields=["revealed_at"])
    handed_in = Assignment.objects.filter(project=project, state__in=Assignment.HANDED_IN)
    count = handed_in.update(in_before_reveal=True)
    record(by, "project.revealed", "project", project.slug, after={"assignments": count})


@transaction.atomic
def archive_project(*, by: Membership) -> Project:
    """End the work on a project for everybody; it stays to be read. Archiving it twice is no error."""
    require(by, Act.MANAGE_PROJECT)
    project = _locked_project(by)
    if project.archived_at is None:
        _set_archived_at(project, timezone.now())
        record(by, "project.archived", "project", project.slug)
    return project


@transaction.atomic
def restore_project(*, by: Membership) -> Project:
    """Take a project out of the archive, so that work on it goes on. Taking it out twice is no error."""
    require(by, Act.MANAGE_PROJECT)
    project = _locked_project(by)
    if project.archived_at is not None:
        _set_archived_at(project, None)
        record(by, "project.restored", "project", project.slug)
    return project


@transaction.atomic
def add_member(user: User, role: str, *, by: Membership, pseudonym: str = "") -> Membership:
    """Give a person a part in the project, or give it back to one who left.

    The project is locked first: of two managers who add one person at once, the second is told.
    """
    require(by, Act.MANAGE_MEMBERS)
    check_role(role)
    Project.objects.select_for_update().get(pk=by.project_id)
    earlier = Membership.objects.select_for_update().filter(project=by.project, user=user).first()
    if earlier is not None and earlier.ended_at is None:
        raise Refused("member_already", _("This person is a member of the project already."), field="user")
    if earlier is not None:
        earlier.ended_at, earlier.role = None, role
        earlier.save(update_fields=["ended_at", "role"])
        member = earlier
    else:
        member = create_membership(by.project, user, role, pseudonym)
    record(by, "member.added", "membership", member.uuid, after={"role": role})
    return member


@transaction.atomic
def change_role(member: Membership, role: str, *, by: Membership) -> Membership:
    """Give a member another role; a project keeps at least one manager."""
    require(by, Act.MANAGE_MEMBERS)
    check_role(role)
    locked = _lock_member(member, by)
    if locked.role == Membership.Role.MANAGER and role != locked.role:
        _refuse_last_manager(locked)
    before = {"role": locked.role}
    locked.role = role
    locked.save(update_fields=["role"])
    record(by, "member.role_changed", "membership", locked.uuid, before=before, after={"role": role})
    return locked


@transaction.atomic
def end_membership(member: Membership, *, by: Membership) -> Membership:
    """End a person's part in the project at once; their judgements stay, the places of their open work are free."""
    require(by, Act.MANAGE_MEMBERS)
    locked = _lock_member(member, by)
    if locked.role == Membership.Role.MANAGER:
        _refuse_last_manager(locked)
    if locked.ended_at is None:
        locked.ended_at = timezone.now()
        locked.save(update_fields=["ended_at"])
        lapsed = free_places_of(locked)
        after = {"lapsed": lapsed} if lapsed else None
        record(by, "member.ended", "membership", locked.uuid, before={"role": locked.role}, after=after)
    return locked


@transaction.atomic
def publish_guidelines(
    text: str, *, by: Membership, base_version: int | None = None, announcement: str = ""
) -> GuidelinesVersion:
    """Put a new wording of the guidelines in force; the same wording makes no new version.

    Raises `Conflict` where another version than `base_version` is in force.
    """
    require(by, Act.EDIT_GUIDELINES)
    Project.objects.select_for_update().get(pk=by.project_id)
    current = current_guidelines(by.project)
    if current is not None and current.text == text:
        return current
    _check_base(current, base_version)
    made = GuidelinesVersion.objects.create(
        project=by.project,
        version=current.version + 1 if current else 1,
        text=text,
        announcement=announcement,
        created_by=by,
    )
    record(by, "guidelines.published", "guidelines", made.version, after={"version": made.version})
    return made


@transaction.atomic
def revise_label_set(
    labels: Iterable[NewLabel], *, by: Membership, name: str = "", base_version: int | None = None
) -> LabelSet:
    """Put a new version of the label set in force; earlier annotations keep the version they were made under.

    A label that is left out is retired: what it was put on keeps it. Raises `Conflict` where another version than
    `base_version` is in force, `Refused` for labels that do not fit, by their place in the list.
    """
    require(by, Act.EDIT_LABELS)
    current = lock_label_set(by, base_version)
    wanted = list(labels)
    stored = {label.key: label for label in current_labels(by.project)}
    _check_revision(by.project, wanted, stored)
    return put_in_force(current, wanted, by=by, name=name)


def lock_label_set(by: Membership, base_version: int | None) -> LabelSet | None:
    """Lock the project and return its label set; raise `Conflict` where another version than that is in force."""
    Project.objects.select_for_update().get(pk=by.project_id)
    current = current_label_set(by.project)
    _check_base(current, base_version)
    return current


def put_in_force(current: LabelSet | None, labels: list[NewLabel], *, by: Membership, name: str = "") -> LabelSet:
    """Write the next version of the label set and record what it changes, under the caller's lock."""
    before = {label.key: label for label in current_labels(by.project)}
    version = current.version + 1 if current else 1
    made = write_label_set(by.project, name or (current.name if current else _("Labels")), labels, version=version)
    after = {"version": made.version, **changes_between(before.values(), current_labels(by.project))}
    record(by, "label_set.revised", "label_set", made.version, after=after)
    return made


def new_label_of(label: Label) -> NewLabel:
    """Return a stored label as a person would set it up again."""
    names = ("key", "name", "color", "shortcut", "description", "applies_to", "attributes")
    return NewLabel(**{name: getattr(label, name) for name in names}, parent=label.parent.key if label.parent else None)


def current_guidelines(project: Project) -> GuidelinesVersion | None:
    """Return the guidelines in force; 1 query."""
    return _GUIDELINES.first(project=project.pk)


def find_guidelines(by: Membership, version: int) -> GuidelinesVersion:
    """Return one wording of the guidelines, or raise `NotThere`; 1 query."""
    rows = GuidelinesVersion.objects.filter(project_id=by.project_id)
    found = rows.filter(version=version).first() if version < 2**31 else None
    if found is None:
        raise NotThere("guidelines_not_found", _("There is no such version of the guidelines."))
    return found


def current_label_set(project: Project) -> LabelSet | None:
    """Return the label set in force; 1 query."""
    return _LABEL_SET.first(project=project.pk)


def current_labels(project: Project) -> list[Label]:
    """Return the labels in force, in their order; 1 query."""
    return _LABELS.all(project=project.pk)


def labels_on(article: Article, project: Project) -> list[Label]:
    """Return the labels that hold on an article, in their order: those its round fixes, else the newest; 2 queries."""
    if article.round_id is None:
        return current_labels(project)
    fixed = Round.objects.filter(pk=article.round_id).values_list("label_set_id", flat=True).first()
    if fixed is None:
        return current_labels(project)
    return list(Label.objects.filter(label_set=fixed).select_related("parent").order_by("position", "id"))


def guidelines_on(article: Article, project: Project) -> GuidelinesVersion | None:
    """Return the guidelines that hold on an article: those its round fixes, else the newest; at most 2 queries."""
    if article.round_id is None:
        return current_guidelines(project)
    fixed = GuidelinesVersion.objects.filter(pk__in=Round.objects.filter(pk=article.round_id).values("guidelines"))
    return fixed.first() or current_guidelines(project)


def guidelines_fixed_for(by: Membership) -> GuidelinesVersion | None:
    """Return the guidelines that the round fixes in which somebody works, where these are not the newest; 2 queries."""
    open_work = Assignment.objects.filter(annotator=by, state__in=Assignment.WRITABLE)
    rounds = Round.objects.filter(pk__in=open_work.values("round"), guidelines__isnull=False)
    found = rounds.select_related("guidelines").order_by("-number").first()
    if found is None or found.guidelines == current_guidelines(by.project):
        return None
    return found.guidelines


def _newest(versions: type[M]) -> QuerySet[M]:
    return versions._default_manager.filter(project=Given("project", BigIntegerField())).order_by("-version")[:1]


def _labels() -> QuerySet[Label]:
    rows = Label.objects.filter(label_set__in=_newest(LabelSet).values("pk"))
    return rows.select_related("parent").order_by("position", "id")


_GUIDELINES = ReadyQuery(lambda: _newest(GuidelinesVersion))
_LABEL_SET = ReadyQuery(lambda: _newest(LabelSet))
_LABELS = ReadyQuery(_labels)


def free_pseudonym(project: Project) -> str:
    """Return a pseudonym nobody has in the project. It is random: a counter would tell who came when."""
    taken = set(Membership.objects.filter(project=project).values_list("pseudonym", flat=True))
    while True:
        name = f"{secrets.choice(_FIRST.split())}-{secrets.choice(_SECOND.split())}-{secrets.randbelow(900) + 100}"
        if name not in taken:
            return name


def _as_sent(value: Any) -> Any:
    return value


def _checked_site(url: str) -> str:
    """Return the address of the newsroom's own site; none is allowed. Raises `Refused`."""
    try:
        return check_source_url(url) if url.strip() else ""
    except BadUrl as error:
        raise Refused(error.code, error.message, field="published_from") from None


_CHECKED: dict[str, Callable[[Any], Any]] = {
    "submit_rules": checked_rules,
    "skip_reasons": checked_reasons,
    "published_from": _checked_site,
}


def _locked_project(by: Membership) -> Project:
    """Lock the project and read it anew, so that of two who do the same at once the second finds it done."""
    by.project.refresh_from_db(from_queryset=Project.objects.select_for_update(no_key=True))
    return by.project


def _set_archived_at(project: Project, moment: datetime | None) -> None:
    project.archived_at = moment
    project.save(update_fields=["archived_at"])


def create_membership(project: Project, user: User, role: str, pseudonym: str = "") -> Membership:
    """Write a new part in the caller's transaction; a pseudonym is made up where none is given."""
    member = Membership(project=project, user=user, role=role, pseudonym=pseudonym or free_pseudonym(project))
    check_row(member)
    member.save()
    return member


def write_starter(project: Project, starter: Starter) -> LabelSet:
    """Write a starter's labels, which a test holds to the rules: to check ten of them takes 80 queries."""
    label_set = LabelSet.objects.create(project=project, name=starter.name, version=1)
    rows = [_label(label_set, new, position) for position, new in enumerate(starter.labels)]
    made = {row.key: row for row in Label.objects.bulk_create(rows)}
    _tie_parents(list(starter.labels), made)
    return label_set


def write_label_set(project: Project, name: str, labels: Iterable[NewLabel], version: int = 1) -> LabelSet:
    """Write one version of a label set in the caller's transaction. Raises `Refused` for labels that do not fit."""
    label_set = LabelSet.objects.create(project=project, name=name, version=version)
    made: dict[str, Label] = {}
    new_labels = list(labels)
    check_shortcuts((new.name, new.shortcut) for new in new_labels)
    for position, new in enumerate(new_labels):
        label = _label(label_set, new, position)
        check_row(label, field=f"labels.{position}")
        label.save()
        made[new.key] = label
    _tie_parents(new_labels, made)
    return label_set


def _label(label_set: LabelSet, new: NewLabel, position: int) -> Label:
    return Label(
        project=label_set.project,
        label_set=label_set,
        key=new.key,
        name=new.name,
        color=new.color,
        shortcut=new.shortcut,
        description=new.description,
        applies_to=new.applies_to,
        attributes=new.attributes,
        position=position,
    )


def _check_revision(project: Project, labels: list[NewLabel], stored: dict[str, Label]) -> None:
    """Hold what a person changed to more than files are held to; the use is counted only where it is asked about."""
    named: dict[tuple[str, str], str] = {}
    for position, new in enumerate(labels):
        known = stored.get(new.key)
        key = named.setdefault((new.name.casefold(), new.applies_to), new.key)
        if key != new.key:
            message = _("“%(name)s” is the name of “%(key)s” too. Choose another, or merge the two labels.")
            values = {"name": new.name, "key": key}
            raise Refused("label_name_taken", message % values, field=f"labels.{position}.name")
        check_definitions(
            new.attributes, f"labels.{position}.attributes", known=known.attributes if known is not None else ()
        )
        if known is not None and known.applies_to != new.applies_to and use_of_labels(project, [new.key]):
            message = _(
                "“%(name)s” is in use on %(where)s already. Make another label, or retire this one and merge it."
            )
            values = {"name": known.name, "where": known.get_applies_to_display()}
            raise Refused("label_in_use", message % values, field=f"labels.{position}.applies_to")


def _tie_parents(new_labels: list[NewLabel], made: dict[str, Label]) -> None:
    parents = {new.key: new.parent for new in new_labels if new.parent}
    for position, new in enumerate(new_labels):
        if not new.parent:
            continue
        if new.parent not in made or new.parent == new.key:
            message = _("“%(key)s” is no other label of this set.") % {"key": new.parent}
            raise Refused("parent_unknown", message, field=f"labels.{position}.parent")
        if _leads_back(new.key, parents):
            message = _("“%(key)s” would stand below itself. Give one of its parents another parent, or none.")
            raise Refused("parent_circle", message % {"key": new.key}, field=f"labels.{position}.parent")
        made[new.key].parent = made[new.parent]
        made[new.key].save(update_fields=["parent"])


def _leads_back(key: str, parents: dict[str, str]) -> bool:
    """Tell whether a label's parents, followed upwards, come back to the label itself."""
    above: str | None = parents.get(key)
    for _step in parents:
        if above == key:
            return True
        above = parents.get(above) if above is not None else None
    return False


def _check_base(current: GuidelinesVersion | LabelSet | None, base_version: int | None) -> None:
    now = current.version if current else 0
    if base_version not in (None, now):
        message = _(
            "Somebody put version %(now)s in force in the meantime; yours was made on version %(base)s. "
            "Look at theirs, then save again."
        )
        values = {"now": now, "base": base_version}
        raise Conflict("stale_version", message % values, current=current, field="base_version")


def check_role(role: str) -> None:
    """Raise `Refused` for what is no role."""
    if role not in Membership.Role.values:
        message = _("“%(role)s” is no role. Choose one of: %(all)s.")
        values = {"role": role[:40], "all": ", ".join(Membership.Role.values)}
        raise Refused("role_unknown", message % values, field="role")


def _lock_member(member: Membership, by: Membership) -> Membership:
    """Lock the project first: two managers who leave at once must not both go."""
    Project.objects.select_for_update().get(pk=by.project_id)
    return Membership.objects.select_for_update().get(pk=member.pk, project_id=by.project_id)


def _refuse_last_manager(member: Membership) -> None:
    others = Membership.objects.filter(
        project_id=member.project_id, role=Membership.Role.MANAGER, ended_at__isnull=True, user__isnull=False
    ).exclude(pk=member.pk)
    if not others.exists():
        raise Refused("last_manager", _("A project needs a manager. Make somebody else manager first."), field="role")


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = [base, *(f"{base}-{secrets.token_hex(2)}" for _attempt in range(20))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _read_starter(path: Path) -> Starter:
    data = json.loads(path.read_text(encoding="utf-8"))
    names = NewLabel.__dataclass_fields__
    labels = tuple(NewLabel(**{key: value for key, value in row.items() if key in names}) for row in data["labels"])
    guidelines = path.with_suffix(".md").read_text(encoding="utf-8")
    return Starter(data["key"], data["name"], data.get("description", ""), labels, guidelines)


def _without_text(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("name", "description")}
