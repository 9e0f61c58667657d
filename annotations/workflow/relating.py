"""Linking two annotations, and labelling a whole text: make, change, withdraw and restore either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import Annotation, ArticleLabel, ArticleVersion, Label, Membership, Relation

from .acts import Request, carry_out_once, record
from .annotating import begin_with, check_attributes, check_note
from .assigning import open_own_assignment
from .gold_labels import is_settled_here
from .judging import check_version, lock_own, refuse_after_submission, state_of, supersede
from .labels import label_ids_on

J = TypeVar("J", Relation, ArticleLabel)
KINDS: dict[type[Any], str] = {Relation: "relation", ArticleLabel: "article_label"}
VERBS = {
    ("relation", "created"): "relation.created",
    ("relation", "changed"): "relation.changed",
    ("relation", "withdrawn"): "relation.withdrawn",
    ("relation", "restored"): "relation.restored",
    ("relation", "reverted"): "relation.reverted",
    ("article_label", "created"): "article_label.created",
    ("article_label", "changed"): "article_label.changed",
    ("article_label", "withdrawn"): "article_label.withdrawn",
    ("article_label", "restored"): "article_label.restored",
    ("article_label", "reverted"): "article_label.reverted",
}
_TEXTS = ("note", "attributes")


@dataclass(frozen=True, slots=True)
class NewRelation:
    """What a client sends to link one annotation to another on the same text."""

    key: UUID
    from_annotation: UUID
    to_annotation: UUID
    label: str
    note: str = ""
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewArticleLabel:
    """What a client sends to put a label on a whole text."""

    key: UUID
    version: UUID
    label: str
    note: str = ""
    attributes: dict[str, Any] | None = None
    article: UUID | None = None


@dataclass(frozen=True, slots=True)
class LabelChange:
    """What is to be different; `None` leaves a value as it is."""

    label: str | None = None
    note: str | None = None
    attributes: dict[str, Any] | None = None


def relate(new: NewRelation, *, by: Membership, request: Request | None = None) -> Relation:
    """Link two annotations that one may see, as one's own judgement; at most 16 queries.

    Raises `NotThere` for an annotation one may not see, `Refused` for ends on different texts or one and the same end.
    """

    def act() -> Relation:
        start, end = (_end(key, name, by) for key, name in ((new.from_annotation, "from"), (new.to_annotation, "to")))
        if start.pk == end.pk:
            raise Refused("relation_to_itself", _("A relation leads to another annotation."), field="to")
        if start.version_id != end.version_id:
            raise Refused("relation_across_texts", _("Both annotations must stand in the same text."), field="to")
        _make_writable(start.version, by)
        relation = Relation(from_annotation=start, to_annotation=end)
        return _make(relation, start.version, new, by, request)

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(relation_rows(), by, new.key))


def label_article(new: NewArticleLabel, *, by: Membership, request: Request | None = None) -> ArticleLabel:
    """Put a label on a whole text, as one's own judgement; once each; at most 10 queries."""

    def act() -> ArticleLabel:
        rows = ArticleVersion.objects.select_related("article").defer("text")
        version = rows.filter(project_id=by.project_id, uuid=new.version).first()
        if version is None or new.article not in (None, version.article.uuid):
            raise NotThere("version_not_found", _("There is no such article version in this project."))
        _make_writable(version, by)
        return _make(ArticleLabel(), version, new, by, request)

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(article_label_rows(), by, new.key))


def change_relation(
    key: UUID, change: LabelChange, *, by: Membership, base_version: int, request: Request | None = None
) -> Relation:
    """Change the label, note or attributes of one's own relation; its ends stay."""
    return _change(relation_rows(), key, change, by, base_version, request)


def change_article_label(
    key: UUID, change: LabelChange, *, by: Membership, base_version: int, request: Request | None = None
) -> ArticleLabel:
    """Change one's own label on a text."""
    return _change(article_label_rows(), key, change, by, base_version, request)


def withdraw_relation(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Relation:
    """Take one's own relation back; withdrawing twice is no error."""
    return _move(relation_rows(), key, True, by, base_version, request)


def restore_relation(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Relation:
    """Bring a withdrawn relation back."""
    return _move(relation_rows(), key, False, by, base_version, request)


def withdraw_article_label(
    key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> ArticleLabel:
    """Take one's own label off a text; withdrawing twice is no error."""
    return _move(article_label_rows(), key, True, by, base_version, request)


def restore_article_label(
    key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> ArticleLabel:
    """Put a withdrawn label back on its text."""
    return _move(article_label_rows(), key, False, by, base_version, request)


def revert_relation(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> Relation:
    """Make an earlier state of one's own relation current again, by its number, as a new one; its ends stay."""
    return _revert(relation_rows(), key, version, by, base_version, request)


def revert_article_label(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> ArticleLabel:
    """Make an earlier state of one's own label on a text current again, by its number, as a new one."""
    return _revert(article_label_rows(), key, version, by, base_version, request)


def relation_rows() -> QuerySet[Relation]:
    """Return relations with what their representation needs."""
    return Relation.objects.select_related("label__label_set", "created_by", "from_annotation", "to_annotation")


def article_label_rows() -> QuerySet[ArticleLabel]:
    """Return labels on texts with what their representation needs."""
    return ArticleLabel.objects.select_related("label__label_set", "created_by")


def _end(key: UUID, name: str, by: Membership) -> Annotation:
    rows = visible_to(by, Annotation.objects.filter(withdrawn_at__isnull=True))
    found = rows.select_related("version").defer("version__text").filter(key=key).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."), field=name)
    return found


def _make_writable(version: ArticleVersion, by: Membership) -> None:
    open_own_assignment(version.uuid, by=by)
    refuse_after_submission(by, version)


def _make(row: J, version: ArticleVersion, new: Any, by: Membership, request: Request | None) -> J:
    row.key, row.project_id, row.created_by = new.key, by.project_id, by
    row.version, row.length = version, version.length
    row.label = _label(type(row), new.label, row.version_id, by)
    row.note, row.attributes = check_note(new.note), begin_with(row.label.attributes, new.attributes)
    _refuse_second(row)
    row.save(force_insert=True)
    _record("created", row, by, request, text={"note": new.note} if new.note else None)
    return row


def _label(model: type[Any], key: str, version: int, by: Membership) -> Label:
    rows = Label.objects.select_related("label_set").filter(label_set__in=label_ids_on(version, by.project_id), key=key)
    place = Label.AppliesTo.RELATION if model is Relation else Label.AppliesTo.ARTICLE
    found = rows.filter(applies_to=place).first()
    if found is None:
        message = _("“%(key)s” is no label of this kind in this project's label set.")
        raise Refused("label_unknown", message % {"key": key[:80]}, field="label")
    return found


def _refuse_second(row: Relation | ArticleLabel) -> None:
    """Refuse a label that the text has from this person already; the lock on the assignment holds the place."""
    if not isinstance(row, ArticleLabel):
        return
    same = ArticleLabel.objects.filter(
        version_id=row.version_id, label=row.label, created_by=row.created_by, layer=row.layer
    )
    if same.filter(withdrawn_at__isnull=True).exclude(pk=row.pk).exists():
        raise Refused("already_there", _("You gave this article this label already."), field="label")


def _change(
    rows: QuerySet[J], key: UUID, change: LabelChange, by: Membership, base_version: int, request: Request | None
) -> J:
    def act() -> J:
        row = _lock(rows, key, by)
        check_version(row, base_version)
        changes: dict[str, Any] = {}
        if change.label is not None and change.label != row.label.key:
            changes["label"] = _label(rows.model, change.label, row.version_id, by)
        if change.note is not None and change.note != row.note:
            changes["note"] = check_note(change.note)
        if change.attributes is not None and change.attributes != row.attributes:
            changes["attributes"] = change.attributes
        if not changes:
            return row
        label = changes.get("label", row.label)
        check_attributes(label.attributes, changes.get("attributes", {}))
        if "label" in changes and row.withdrawn_at is None:
            _refuse_second_label(row, label)
        _supersede("changed", row, by, request, changes)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(rows, by, key))


def _revert(
    rows: QuerySet[J], key: UUID, version: int, by: Membership, base_version: int, request: Request | None
) -> J:
    """Raises as a change does, and `NotThere` for a state that is not kept; what was withdrawn stands again."""

    def act() -> J:
        row = _lock(rows, key, by)
        check_version(row, base_version)
        kept: QuerySet[Any] = row.revisions.all()
        state = state_of(kept.select_related("label"), version)
        changes = {name: getattr(state, name) for name in _TEXTS if getattr(state, name) != getattr(row, name)}
        if state.label.key != row.label.key:
            changes["label"] = _label(rows.model, state.label.key, row.version_id, by)
        if row.withdrawn_at is None and not changes:
            return row
        label = changes.get("label", row.label)
        if "label" in changes or "attributes" in changes:
            check_attributes(label.attributes, state.attributes)
        if "label" in changes or row.withdrawn_at is not None:
            _refuse_second_label(row, label)
        _supersede("reverted", row, by, request, changes | {"withdrawn_at": None})
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(rows, by, key))


def _supersede(
    what: str, row: Relation | ArticleLabel, by: Membership, request: Request | None, changes: dict[str, Any]
) -> None:
    """Write a new state and its act, with what its free texts were before."""
    names = [name for name in _TEXTS if name in changes]
    earlier, before = {name: getattr(row, name) for name in names}, _facts(row)
    supersede(row, by=by, **changes)
    text = {name: changes[name] for name in names} | {"earlier": earlier} if names else None
    _record(what, row, by, request, before=before, text=text)


def _refuse_second_label(row: Relation | ArticleLabel, label: Label) -> None:
    before, row.label = row.label, label
    try:
        _refuse_second(row)
    finally:
        row.label = before


def _move(
    rows: QuerySet[J], key: UUID, withdraw: bool, by: Membership, base_version: int, request: Request | None
) -> J:
    def act() -> J:
        row = _lock(rows, key, by)
        if (row.withdrawn_at is not None) == withdraw:
            return row
        check_version(row, base_version)
        if not withdraw:
            _refuse_second(row)
        before = _facts(row)
        supersede(row, by=by, withdrawn_at=timezone.now() if withdraw else None)
        _record("withdrawn" if withdraw else "restored", row, by, request, before=before)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(rows, by, key))


def _lock(rows: QuerySet[J], key: UUID, by: Membership) -> J:
    """Lock assignment, then row, in this order everywhere."""
    version_id = rows.filter(project_id=by.project_id, key=key).values_list("version_id", flat=True).first()
    if version_id is not None:
        refuse_after_submission(by, version_id)
    row = lock_own(rows, by=by, key=key)
    if is_settled_here(row):
        raise Refused("adjudicated", _("This was settled in a review. Change it on the review's page."))
    return row


def _own(rows: QuerySet[J], by: Membership, key: UUID) -> J | None:
    return rows.filter(project_id=by.project_id, created_by=by, key=key).first()


def _facts(row: Relation | ArticleLabel) -> dict[str, Any]:
    facts = {"label": row.label.key, "version": row.version_number, "withdrawn": row.withdrawn_at is not None}
    if isinstance(row, Relation):
        facts |= {"from": str(row.from_annotation.key), "to": str(row.to_annotation.key)}
    return facts


def _record(
    what: str,
    row: Relation | ArticleLabel,
    by: Membership,
    request: Request | None,
    *,
    before: dict[str, Any] | None = None,
    text: dict[str, Any] | None = None,
) -> None:
    kind = KINDS[type(row)]
    record(by, VERBS[kind, what], kind, row.key, before=before, after=_facts(row), text=text, request=request)
