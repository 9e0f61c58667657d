"""Annotations of a file: each is checked against the frozen text, then all of a chunk are written together."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Annotation, Assignment, Fragment, Label
from annotations.text.spans import Span, quote
from annotations.workflow.annotating import MAX_NOTE

from . import checking
from .checking import BadValue
from .context import ANNOTATOR_UNNAMED, PSEUDONYM_LENGTH, Context, ignores_conflicts
from .labels_met import label_of
from .records import ImportedArticle, Problem
from .tally import Tally

NAMESPACE = uuid.UUID("6f2f1c0e-6d5b-5b0a-9a58-5f7f0f2a4f11")
"""Names annotations that come without a key, so that the same file gives the same annotations."""
MOST_FRAGMENTS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """The frozen text that the annotations of an article go to, and the article they came with."""

    version_id: int
    length: int
    article: ImportedArticle


@dataclass(frozen=True, slots=True)
class Checked:
    """An annotation that fits its text: the values of its row, its annotator and its fragments."""

    place: Place
    annotator: str
    values: dict[str, Any]
    fragments: tuple[dict[str, Any], ...]


def write_annotations(places: list[Place], context: Context, tally: Tally) -> None:
    """Write what is new of the annotations and assignments of a chunk; at most 9 queries."""
    checked = [each for place in places for each in _checked(place, context, tally)]
    assignments = [each for place in places for each in _assignments(place, tally)]
    new = _without_known(checked, context, tally)
    context.meet({each.annotator for each in new} | {annotator for _place, annotator, _values in assignments})
    _insert(new, context)
    _insert_assignments(assignments, context)
    tally.others["annotations_created"] += len(new)
    tally.wrote(*(each.values["key"] for each in new))


def _checked(place: Place, context: Context, tally: Tally) -> Iterator[Checked]:
    for number, data in enumerate(place.article.annotations):
        try:
            yield check_annotation(data, place, context)
        except BadValue as bad:
            tally.leave_out("annotations", _problem(place, f"annotations.{number}.{bad.field}", bad))


def _problem(place: Place, field: str, bad: BadValue) -> Problem:
    return Problem(place.article.file, place.article.line, field, bad.value, bad.message, is_rejection=False)


def check_annotation(data: dict[str, Any], place: Place, context: Context) -> Checked:
    """Check one annotation against its text. Raises `BadValue`."""
    text = place.article.text
    span = _span(data, text)
    quoted = quote(text, span)
    _compare_quote(data, quoted.exact)
    label_id = find_label(data, context)
    annotator = name_of_annotator(data)
    created_at = checking.moment(data, "created_at", context.now)
    fragments = _fragments(data, span, text)
    values = {
        "key": checking.key(data, "key") if data.get("key") is not None else _made_key(data, place, context),
        "label_id": label_id,
        "layer": checking.one_of(data, "layer", Annotation.Layer.values, default=Annotation.Layer.IMPORTED),
        "start": span.start,
        "end": span.end,
        "quote": quoted.exact,
        "prefix": quoted.prefix,
        "suffix": quoted.suffix,
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "attributes": checking.carried(data, "attributes"),
        "confidence": checking.fraction(data, "confidence"),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_by_job_id": context.job.pk,
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }
    return Checked(place, annotator, values, fragments)


def find_label(data: dict[str, Any], context: Context, applies_to: str = Label.AppliesTo.SPAN) -> int:
    """Return the label that a record names. Raises `BadValue`."""
    if not data.get("label_name"):
        checking.text(data, "label", most=50)
    label_id = context.label(data, applies_to)
    if label_id is None:
        message = _("The project has no such label for this. Add it to the label set, then import again.")
        raise BadValue("label", label_of(data)[1], message)
    return label_id


def name_of_annotator(data: dict[str, Any]) -> str:
    """Return the pseudonym a file gives; where it gives none, all its work is one unnamed annotator's."""
    return checking.text(data, "annotator", most=PSEUDONYM_LENGTH, default="").strip() or ANNOTATOR_UNNAMED


def _span(data: dict[str, Any], text: str) -> Span:
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if not start < end <= len(text):
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        raise BadValue("end", end, message % {"start": start, "end": end, "length": len(text)})
    return Span(start, end)


def _compare_quote(data: dict[str, Any], there: str) -> None:
    given = data.get("quote")
    if given is not None and given != there:
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("quote", given, message % {"there": there[:80]})


def _fragments(data: dict[str, Any], span: Span, text: str) -> tuple[dict[str, Any], ...]:
    given = checking.listed(data, "fragments")[: MOST_FRAGMENTS + 1]
    if not given:
        return ()
    found: list[dict[str, Any]] = []
    for each in given:
        piece = _span(each, text)
        _compare_quote(each, piece.text_of(text))
        if found and piece.start < found[-1]["end"]:
            raise BadValue("fragments", piece.start, _("Fragments follow one another and do not overlap."))
        found.append({"start": piece.start, "end": piece.end, "quote": piece.text_of(text)})
    if len(found) > MOST_FRAGMENTS or (found[0]["start"], found[-1]["end"]) != (span.start, span.end):
        raise BadValue("fragments", len(found), _("The first fragment begins and the last one ends the annotation."))
    return tuple(found)


def _made_key(data: dict[str, Any], place: Place, context: Context) -> uuid.UUID:
    """Name it by its place in this very text: the same offsets in another version are another annotation."""
    parts = [data.get(name) for name in ("start", "end", "label", "annotator", "fragments")]
    if data.get("label_name"):
        parts.append(data["label_name"])
    return uuid.uuid5(NAMESPACE, f"{context.project.uuid}/{place.version_id}/{parts!r}")


def _without_known(checked: list[Checked], context: Context, tally: Tally) -> list[Checked]:
    """Leave out annotations that are there already; a key that names something else is a problem."""
    keys = {each.values["key"] for each in checked}
    if not keys:
        return []
    rows = Annotation.objects.filter(project=context.project, key__in=keys)
    known = dict(rows.values_list("key", "version__article__external_id"))
    new: list[Checked] = []
    for each in checked:
        key, article = each.values["key"], each.place.article
        if key not in known:
            known[key] = article.external_id
            new.append(each)
        elif known[key] == article.external_id:
            tally.others["annotations_unchanged"] += 1
        else:
            bad = BadValue("key", str(key), _("This key names an annotation of another article. Make a new key."))
            tally.leave_out("annotations", _problem(each.place, "annotations.key", bad))
    return new


def _insert(new: list[Checked], context: Context) -> None:
    rows = [
        Annotation(
            project=context.project,
            version_id=each.place.version_id,
            length=each.place.length,
            created_by_id=context.person(each.annotator),
            **each.values,
        )
        for each in new
    ]
    Annotation.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=ignores_conflicts())
    in_parts = [each for each in new if each.fragments]
    if in_parts:
        keys = [each.values["key"] for each in in_parts]
        ids = dict(Annotation.objects.filter(project=context.project, key__in=keys).values_list("key", "pk"))
        Fragment.objects.bulk_create(
            (
                Fragment(
                    project=context.project,
                    annotation_id=ids[each.values["key"]],
                    version_id=each.place.version_id,
                    length=each.place.length,
                    n=n,
                    **piece,
                )
                for each in in_parts
                for n, piece in enumerate(each.fragments)
            ),
            batch_size=1_000,
            ignore_conflicts=ignores_conflicts(),
        )


def _assignments(place: Place, tally: Tally) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    for number, data in enumerate(place.article.assignments):
        try:
            state = checking.one_of(data, "state", Assignment.State.values, default=Assignment.State.OPEN)
            submitted_at = checking.moment(data, "submitted_at")
            if state == Assignment.State.SUBMITTED and submitted_at is None:
                raise BadValue("submitted_at", None, _("A submitted assignment needs the time of its submission."))
            yield place, name_of_annotator(data), {"state": state, "submitted_at": submitted_at}
        except BadValue as bad:
            tally.leave_out("assignments", _problem(place, f"assignments.{number}.{bad.field}", bad))


def _insert_assignments(found: Iterable[tuple[Place, str, dict[str, Any]]], context: Context) -> None:
    wanted = {(place.version_id, context.person(annotator)): values for place, annotator, values in found}
    if not wanted:
        return
    versions = {version for version, _annotator in wanted}
    known = set(Assignment.objects.filter(version_id__in=versions).values_list("version_id", "annotator_id"))
    Assignment.objects.bulk_create(
        (
            Assignment(
                project=context.project,
                version_id=version,
                annotator_id=annotator,
                created_by_job=context.job,
                **values,
            )
            for (version, annotator), values in wanted.items()
            if (version, annotator) not in known
        ),
        batch_size=1_000,
        ignore_conflicts=ignores_conflicts(),
    )
