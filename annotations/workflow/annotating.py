"""Putting labels on spans: make, change, withdraw and restore an annotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    CharField,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Annotation, ArticleVersion, Assignment, Label, Membership, Project, RulingSource
from annotations.text.attributes import defaults_of, unfitting
from annotations.text.spans import CONTEXT, Quote, Span
from workbench.ready_query import Given, ReadyQuery

from .acts import Request, carry_out_once, record
from .assigning import open_own_assignment
from .judging import check_version, lock_own, refuse_after_submission, require_writable, state_of, supersede
from .labels import current_label_ids, label_ids_on
from .overlapping import refuse_overlap
from .parts import Part, add_parts, check_parts, put_parts

MAX_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class NewAnnotation:
    """What a client sends to put one label on one span. Offsets are code points of the version's text.

    Where `article` is given, the version must be one of that article. With `parts` the span leaves words out.
    Without `attributes` they are what the label's begin with.
    """

    key: UUID
    version: UUID
    span: Span
    quote: str
    label: str
    text_sha256: bytes | None = None
    note: str = ""
    attributes: dict[str, Any] | None = None
    article: UUID | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnotationChange:
    """What is to be different; `None` leaves a value as it is. `span` and `quote` come together.

    `parts` come with them; none at all make the annotation one piece again.
    """

    label: str | None = None
    span: Span | None = None
    quote: str | None = None
    note: str | None = None
    attributes: dict[str, Any] | None = None
    parts: tuple[Part, ...] | None = None


def annotate(new: NewAnnotation, *, by: Membership, request: Request | None = None) -> Annotation:
    """Put one label on one span, as one annotator's judgement; 5 queries, a few more for the first on a text.

    Raises `NotThere` for an unknown version, `Refused` for a span or quote that does not stand in the
    text, a label outside the label set, or a submitted assignment; `Conflict` for a key in use.
    """
    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, lambda: _annotate(new, by, request), lambda: _own(by, new.key))


def annotate_within(new: NewAnnotation, by: Membership) -> Annotation:
    """Annotate inside the transaction of another act, which has asked for permission and holds the request's key."""
    return _annotate(new, by, None)


def _annotate(new: NewAnnotation, by: Membership, request: Request | None) -> Annotation:
    assignment = _assignment_with_passage(new.version, new.span, new.label, by)
    if assignment is None:
        open_own_assignment(new.version, by=by)
        assignment = _assignment_with_passage(new.version, new.span, new.label, by)
        assert assignment is not None
    if new.article not in (None, assignment.article_uuid):  # type: ignore[attr-defined]
        raise NotThere("version_not_found", _("There is no such article version in this project."))
    version = assignment.version
    is_replaced = assignment.present_text != version.pk  # type: ignore[attr-defined]
    _check_text(version, new.text_sha256, is_replaced=is_replaced)
    require_writable(assignment)
    quoted = _check_quote(version, new.span, new.quote, assignment.passage)  # type: ignore[attr-defined]
    check_parts(new.parts, new.span, quoted.exact)
    label = _label_of(assignment.label_id, new.label)  # type: ignore[attr-defined]
    # the lock on the assignment keeps two of one person's tabs from making two that overlap
    refuse_overlap(by, version.pk, new.span, new.parts, label=new.label)
    attributes = begin_with(assignment.label_attributes or [], new.attributes)  # type: ignore[attr-defined]
    annotation = Annotation.objects.create(
        key=new.key,
        project_id=by.project_id,
        created_by=by,
        version=version,
        length=version.length,
        label_id=label,
        start=new.span.start,
        end=new.span.end,
        quote=quoted.exact,
        prefix=quoted.prefix,
        suffix=quoted.suffix,
        note=check_note(new.note),
        attributes=attributes,
    )
    annotation.label_key = new.label  # type: ignore[attr-defined]
    add_parts(annotation, new.parts)
    record(
        by,
        "annotation.created",
        "annotation",
        new.key,
        after=_facts(annotation, new.label),
        text={"note": new.note} if new.note else None,
        request=request,
    )
    return annotation


def change_annotation(
    key: UUID, change: AnnotationChange, *, by: Membership, base_version: int, request: Request | None = None
) -> Annotation:
    """Change one's own annotation; the state before is kept as a revision.

    Raises `Conflict` (`stale_version`) with the present row, `NotThere`, `Forbidden`, `Refused`.
    """

    def act() -> Annotation:
        annotation = _lock(key, by)
        check_version(annotation, base_version)
        changes = _changes(annotation, change)
        if not changes:
            return annotation
        before = _facts(annotation, annotation.label.key)
        _refuse_overlap_of(annotation, changes, change.parts, by)
        text = _texts(annotation, changes)
        supersede(annotation, by=by, **changes)
        if "start" in changes and change.parts is not None:
            put_parts(annotation, change.parts)
        _record_change("annotation.changed", annotation, by, before, request, text=text)
        return annotation

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def withdraw_annotation(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Annotation:
    """Take one's own annotation back; it stays in the history. Withdrawing twice is no error."""
    return _move_withdrawal(key, True, by=by, base_version=base_version, request=request)


def restore_annotation(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Annotation:
    """Bring a withdrawn annotation back. Restoring twice is no error."""
    return _move_withdrawal(key, False, by=by, base_version=base_version, request=request)


def revert_annotation(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> Annotation:
    """Make an earlier state of one's own annotation current again, by its number; one that was withdrawn stands again.

    It becomes a new state: what was there before this stays in the history. Raises as `change_annotation` does, and
    `NotThere` for a state that is not kept.
    """

    def act() -> Annotation:
        annotation = _lock(key, by)
        check_version(annotation, base_version)
        state = state_of(annotation.revisions.select_related("label"), version)
        parts = tuple(Part(Span(each["start"], each["end"]), each["quote"]) for each in state.fragments)
        span, quote = Span(state.start, state.end), state.quote
        wanted = AnnotationChange(state.label.key, span, quote, state.note, state.attributes, parts)
        changes = _changes(annotation, wanted)
        if annotation.withdrawn_at is None and not changes:
            return annotation
        moved = {name: value for name, value in changes.items() if name in ("start", "end", "label")}
        if moved or annotation.withdrawn_at is not None:
            _refuse_overlap_of(annotation, moved, parts if "start" in changes else None, by)
        before, text = _facts(annotation, annotation.label.key), _texts(annotation, changes)
        supersede(annotation, by=by, **changes, withdrawn_at=None)
        if "start" in changes:
            put_parts(annotation, parts)
        _record_change("annotation.reverted", annotation, by, before, request, text=text)
        return annotation

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def _texts(annotation: Annotation, changes: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is free text of a change, with what was there before; None where nothing of it changes."""
    names = [name for name in ("note", "attributes") if name in changes]
    if not names:
        return None
    return {name: changes[name] for name in names} | {"earlier": {name: getattr(annotation, name) for name in names}}


def _move_withdrawal(
    key: UUID, withdraw: bool, *, by: Membership, base_version: int, request: Request | None
) -> Annotation:
    def act() -> Annotation:
        annotation = _lock(key, by)
        if (annotation.withdrawn_at is not None) == withdraw:
            return annotation
        check_version(annotation, base_version)
        before = _facts(annotation, annotation.label.key)
        if not withdraw:
            _refuse_overlap_of(annotation, {}, None, by)
        supersede(annotation, by=by, withdrawn_at=timezone.now() if withdraw else None)
        verb = "annotation.withdrawn" if withdraw else "annotation.restored"
        _record_change(verb, annotation, by, before, request)
        return annotation

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(by, key))


def annotation_rows() -> QuerySet[Annotation]:
    """Return annotations with what their representation needs, and without any article text."""
    rows = Annotation.objects.select_related("label__label_set", "created_by", "version")
    return rows.defer("version__text")


def _assignment_with_passage(version: UUID, span: Span, label: str, by: Membership) -> Assignment | None:
    """Lock the assignment and read, in the same query, the text around the span and the label's id."""
    start = max(0, span.start - CONTEXT)
    return _WITH_PASSAGE.first(
        version=version,
        annotator=by.pk,
        project=by.project_id,
        label=label,
        first=start + 1,
        length=span.end + CONTEXT - start,
    )


def _with_passage() -> QuerySet[Assignment]:
    labels = Label.objects.filter(
        label_set=Coalesce(
            OuterRef("round__label_set_id"), Subquery(current_label_ids(Given("project", BigIntegerField())))
        ),
        key=Given("label", CharField()),
        applies_to=Label.AppliesTo.SPAN,
    )
    passage = Substr("version__text", Given("first", IntegerField()), Given("length", IntegerField()))
    return (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("version")
        .defer("version__text")
        .filter(version__uuid=Given("version", UUIDField()), annotator=Given("annotator", BigIntegerField()))
        .annotate(
            passage=passage,
            article_uuid=F("version__article__uuid"),
            present_text=F("version__article__current_version"),
            label_id=Subquery(labels.values("pk")[:1], output_field=IntegerField()),
            label_attributes=Subquery(labels.values("attributes")[:1], output_field=JSONField()),
        )
        .order_by()
    )


_WITH_PASSAGE = ReadyQuery(_with_passage)


def _check_text(version: ArticleVersion, text_sha256: bytes | None, *, is_replaced: bool) -> None:
    is_other = text_sha256 is not None and bytes(version.text_sha256) != text_sha256
    if is_other or is_replaced:
        message = _("You marked another wording of this article. Load the page again.")
        raise Refused("text_mismatch", message, field="text_sha256" if is_other else "version_uuid")


def _check_quote(version: ArticleVersion, span: Span, quote: str, passage: str) -> Quote:
    """Compare the quote with the text at its place; `passage` is the text around the span."""
    if span.end > version.length:
        message = _("The span %(start)s to %(end)s ends outside its text of %(length)s characters.")
        values = {"start": span.start, "end": span.end, "length": version.length}
        raise Refused("span_outside_text", message % values, field="end")
    if not passage:
        raise Refused("text_withheld", _("The text of this article is withheld."))
    lead = min(CONTEXT, span.start)
    exact = passage[lead : lead + len(span)]
    if exact != quote:
        message = _("The text at %(start)s to %(end)s reads “%(there)s”, not “%(sent)s”.")
        reading = {"start": span.start, "end": span.end, "there": exact[:80], "sent": quote[:80]}
        raise Refused("quote_mismatch", message % reading, field="quote")
    return Quote(exact, passage[:lead], passage[lead + len(span) :])


def _label_of(label_id: int | None, key: str) -> int:
    if label_id is None:
        message = _("“%(key)s” is no label for spans in this project's label set.")
        raise Refused("label_unknown", message % {"key": key[:80]}, field="label")
    return label_id


def begin_with(definitions: list[Any], values: dict[str, Any] | None) -> dict[str, Any]:
    """Return the attributes of something new: those sent, else what its label's attributes begin with."""
    if values is None:
        return defaults_of(definitions)
    check_attributes(definitions, values)
    return values


def check_attributes(definitions: list[Any], values: dict[str, Any]) -> None:
    """Refuse a value that the label's definition of its attribute does not allow."""
    key = unfitting(definitions, values)
    if key is not None:
        message = _("“%(key)s” cannot have this value here.")
        raise Refused("attribute_value", message % {"key": key[:80]}, field=f"attributes.{key[:80]}")


def check_note(note: str) -> str:
    """Refuse a note that is too long."""
    if len(note) > MAX_NOTE:
        message = _("A note has at most %(most)s characters; this one has %(found)s.")
        raise Refused("note_too_long", message % {"most": MAX_NOTE, "found": len(note)}, field="note")
    return note


def _lock(key: UUID, by: Membership) -> Annotation:
    """Lock assignment, then annotation, in this order everywhere."""
    version_id = Annotation.objects.filter(project_id=by.project_id, key=key).values_list("version_id", flat=True)
    found = version_id.first()
    if found is not None:
        refuse_after_submission(by, found)
    annotation = lock_own(annotation_rows(), by=by, key=key)
    if annotation.layer == Annotation.Layer.GOLD and RulingSource.objects.filter(gold=annotation).exists():
        raise Refused("adjudicated", _("This was settled in a review. Change it on the review's page."))
    return annotation


def _own(by: Membership, key: UUID) -> Annotation | None:
    return annotation_rows().filter(project_id=by.project_id, created_by=by, key=key).first()


def _changes(annotation: Annotation, change: AnnotationChange) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if change.label is not None and change.label != annotation.label.key:
        changes["label"] = _find_label(annotation, change.label)
    if change.span is not None:
        changes |= _moved(annotation, change.span, change.quote or "", change.parts)
    if change.note is not None and change.note != annotation.note:
        changes["note"] = check_note(change.note)
    if change.attributes is not None and change.attributes != annotation.attributes:
        changes["attributes"] = change.attributes
        check_attributes(changes.get("label", annotation.label).attributes, change.attributes)
    return changes


def _refuse_overlap_of(
    annotation: Annotation, changes: dict[str, Any], parts: tuple[Part, ...] | None, by: Membership
) -> None:
    """Hold an annotation that is moved, relabelled or brought back to the project's rule."""
    if annotation.layer == Annotation.Layer.GOLD or not ({"start", "label"} & set(changes) or not changes):
        return
    span = Span(changes.get("start", annotation.start), changes.get("end", annotation.end))
    if parts is None and by.project.overlaps != Project.Overlaps.ANY:
        parts = (
            tuple(Part(Span(each.start, each.end), each.quote) for each in annotation.fragments.order_by("n"))
            if "start" not in changes
            else ()
        )
    label = changes["label"].key if "label" in changes else annotation.label.key
    refuse_overlap(by, annotation.version_id, span, parts or (), label=label, but=annotation.pk)


def _find_label(annotation: Annotation, key: str) -> Label:
    label = (
        Label.objects.select_related("label_set")
        .filter(
            label_set__in=label_ids_on(annotation.version_id, annotation.project_id),
            key=key,
            applies_to=Label.AppliesTo.SPAN,
        )
        .first()
    )
    _label_of(label.pk if label else None, key)
    assert label is not None
    return label


def _moved(annotation: Annotation, span: Span, quote: str, parts: tuple[Part, ...] | None) -> dict[str, Any]:
    is_there = (span.start, span.end) == (annotation.start, annotation.end)
    if is_there and parts is None:
        return {}
    present = [(part.start, part.end) for part in annotation.fragments.order_by("n")]
    if is_there and present == [(part.span.start, part.span.end) for part in parts or ()]:
        return {}
    if present and parts is None:
        message = _(
            "This annotation has several parts. Send where each of them is to be, or none to make it one piece."
        )
        raise Refused("has_parts", message, field="fragments")
    start = max(0, span.start - CONTEXT)
    passage = ArticleVersion.objects.filter(pk=annotation.version_id).values_list(
        Substr("text", Value(start + 1), Value(span.end + CONTEXT - start)), flat=True
    )[0]
    quoted = _check_quote(annotation.version, span, quote, passage)
    check_parts(parts or (), span, quoted.exact)
    return {
        "start": span.start,
        "end": span.end,
        "quote": quoted.exact,
        "prefix": quoted.prefix,
        "suffix": quoted.suffix,
    }


def _facts(annotation: Annotation, label: str) -> dict[str, Any]:
    return {
        "start": annotation.start,
        "end": annotation.end,
        "label": label,
        "version": annotation.version_number,
        "withdrawn": annotation.withdrawn_at is not None,
    }


def _record_change(
    verb: str,
    annotation: Annotation,
    by: Membership,
    before: dict[str, Any],
    request: Request | None,
    text: dict[str, Any] | None = None,
) -> None:
    record(
        by,
        verb,
        "annotation",
        annotation.key,
        before=before,
        after=_facts(annotation, annotation.label.key),
        text=text,
        request=request,
    )
