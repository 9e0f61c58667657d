"""Annotations of a file: each is checked against the frozen text, then all of a chunk are written together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import Annotation, Article, ArticleVersion, Assignment, Fragment, Label
from annotations.text.spans import CONTEXT
from annotations.workflow.annotating import MAX_NOTE
from annotations.workflow.counting import count_places
from annotations.workflow.rounds import first_round

from . import checking
from .checking import BadValue
from .context import ANNOTATOR_UNNAMED, PSEUDONYM_LENGTH, Context, ignores_conflicts
from .labels_met import label_of
from .records import ImportedArticle, Problem
from .tally import Tally
from .writing import Table, found_by_key, insert, insert_new, new_ids

NAMESPACE = uuid.UUID("6f2f1c0e-6d5b-5b0a-9a58-5f7f0f2a4f11")
"""Names annotations that come without a key, so that the same file gives the same annotations."""
MOST_FRAGMENTS = 1_000
LAYERS = frozenset(Annotation.Layer.values)


@dataclass(frozen=True, slots=True)
class Place:
    """The frozen text that the annotations of an article go to, and the article they came with.

    Where it is withheld, what is written there loses its words at the end.
    """

    version_id: int
    length: int
    article: ImportedArticle
    is_withheld: bool = False


class Checked(NamedTuple):
    """An annotation that fits its text: the bytes of its key, its annotator, the rest of its row, its fragments.

    A named tuple, since an import makes a million and a frozen dataclass costs four times as much.
    """

    place: Place
    key: bytes
    annotator: str
    values: tuple[Any, ...]
    fragments: tuple[tuple[int, int, str], ...]
    past_round: int | None = None


ANNOTATIONS = Table(
    Annotation,
    (
        "id",
        "created_by_id",
        "key",
        "project_id",
        "version_id",
        "length",
        "created_by_job_id",
        "label_id",
        "layer",
        "start",
        "end",
        "quote",
        "prefix",
        "suffix",
        "note",
        "attributes",
        "confidence",
        "version_number",
        "created_at",
        "updated_at",
        "withdrawn_at",
    ),
)
FRAGMENTS = Table(Fragment, ("id", "annotation_id", "version_id", "project_id", "length", "n", "start", "end", "quote"))


def write_annotations(places: list[Place], context: Context, tally: Tally) -> None:
    """Write what is new of the annotations and assignments of a chunk; at most 13 queries."""
    checked = [each for place in places for each in _checked(place, context, tally)]
    _put_into_rounds(places, context, tally)
    assignments = [each for place in places for each in _assignments(place, context, tally)]
    new = _without_known(checked, context, tally)
    assignments = _without_given(assignments, new)
    context.meet({each.annotator for each in new} | {annotator for _place, annotator, _values in assignments})
    _insert(new, context)
    _leave_to_past_rounds(new, context)
    _insert_assignments(assignments, context)
    tally.others["annotations_created"] += len(new)
    tally.wrote(*(each.key.hex() for each in new))


def _checked(place: Place, context: Context, tally: Tally) -> Iterator[Checked]:
    for number, data in enumerate(place.article.annotations):
        try:
            yield check_annotation(data, place, context)
        except BadValue as bad:
            tally.leave_out("annotations", _problem(place, f"annotations.{number}.{bad.field}", bad))


def _problem(place: Place, field: str, bad: BadValue) -> Problem:
    return Problem(place.article.file, place.article.line, field, bad.value, bad.message, is_rejection=False)


def check_annotation(data: dict[str, Any], place: Place, context: Context) -> Checked:
    """Check one annotation against its text. Raises `BadValue`.

    An import does this a million times: what is left open is not looked at, only what is given is checked.
    """
    given = data.get
    text = place.article.text
    start, end = given("start"), given("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        start, end = _span(data, text)
    quoted = text[start:end]
    if given("quote") != quoted:
        _compare_quote(data, quoted)
    label, annotator = given("label"), given("annotator")
    label_id = context.span_labels.get(label) if type(label) is str and "label_name" not in data else None
    if label_id is None:
        label_id = find_label(data, context)
    if type(annotator) is not str or annotator not in context.annotators_met:
        annotator = name_of_annotator(data)
        context.annotators_met.add(annotator)
    created_at = checking.moment(data, "created_at", context.now)
    fragments = _fragments(data, start, end, text) if given("fragments") is not None else ()
    key = _made_key(data, place, context) if given("key") is None else checking.key_bytes(data, "key")
    layer, updated_at = given("layer"), given("updated_at")
    values = (
        key,
        context.project_id,
        place.version_id,
        place.length,
        context.job_id,
        label_id,
        checking.one_of(data, "layer", LAYERS) if layer is not None else Annotation.Layer.IMPORTED.value,
        start,
        end,
        quoted,
        text[max(0, start - CONTEXT) : start],
        text[end : end + CONTEXT],
        checking.text(data, "note", most=MAX_NOTE, default="") if given("note") != "" else "",
        checking.carried(data, "attributes") if given("attributes") != {} else {},
        checking.fraction(data, "confidence") if given("confidence") is not None else None,
        checking.whole(data, "version", least=1, default=1),
        created_at,
        created_at if updated_at == given("created_at") else checking.moment(data, "updated_at", created_at),
        checking.moment(data, "withdrawn_at") if given("withdrawn_at") is not None else None,
    )
    past = context.round(data, "past_round") if "past_round" in data else None
    return Checked(place, key, annotator, values, fragments, past)


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


def _span(data: dict[str, Any], text: str) -> tuple[int, int]:
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if not start < end <= len(text):
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        raise BadValue("end", end, message % {"start": start, "end": end, "length": len(text)})
    return start, end


def _compare_quote(data: dict[str, Any], there: str) -> None:
    given = data.get("quote")
    if given is not None and given != there:
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("quote", given, message % {"there": there[:80]})


def _fragments(data: dict[str, Any], start: int, end: int, text: str) -> tuple[tuple[int, int, str], ...]:
    given = checking.listed(data, "fragments")[: MOST_FRAGMENTS + 1]
    if not given:
        return ()
    found: list[tuple[int, int, str]] = []
    for each in given:
        first, last = _span(each, text)
        _compare_quote(each, text[first:last])
        if found and first < found[-1][1]:
            raise BadValue("fragments", first, _("Fragments follow one another and do not overlap."))
        found.append((first, last, text[first:last]))
    if len(found) > MOST_FRAGMENTS or (found[0][0], found[-1][1]) != (start, end):
        raise BadValue("fragments", len(found), _("The first fragment begins and the last one ends the annotation."))
    return tuple(found)


def _made_key(data: dict[str, Any], place: Place, context: Context) -> bytes:
    """Name it by its place in this very text: the same offsets in another version are another annotation."""
    parts = [data.get(name) for name in ("start", "end", "label", "annotator", "fragments")]
    if data.get("label_name"):
        parts.append(data["label_name"])
    return uuid.uuid5(NAMESPACE, f"{context.project.uuid}/{place.version_id}/{parts!r}").bytes


def _without_known(checked: list[Checked], context: Context, tally: Tally) -> list[Checked]:
    """Leave out annotations that are there already; a key that names something else is a problem."""
    known: dict[bytes, str] = dict(found_by_key(_KNOWN_ANNOTATIONS, context.project.pk, (each.key for each in checked)))
    new: list[Checked] = []
    for each in checked:
        article = each.place.article.external_id
        there = known.get(each.key)
        if there is None:
            known[each.key] = article
            new.append(each)
        elif there == article:
            tally.others["annotations_unchanged"] += 1
        else:
            message = _("This key names an annotation of another article. Make a new key.")
            bad = BadValue("key", str(uuid.UUID(bytes=each.key)), message)
            tally.leave_out("annotations", _problem(each.place, "annotations.key", bad))
    return new


_KNOWN_ANNOTATIONS = """
SELECT annotation.key, article.external_id FROM annotations_annotation AS annotation
JOIN annotations_articleversion AS version ON version.id = annotation.version_id
JOIN annotations_article AS article ON article.id = version.article_id
WHERE annotation.project_id = {project} AND annotation.key {keys}
"""


def _insert(new: list[Checked], context: Context) -> None:
    ids = new_ids(Annotation, len(new))
    rows = [(pk, context.person(each.annotator), *each.values) for pk, each in zip(ids, new, strict=True)]
    written = insert_new(ANNOTATIONS, rows)
    fragments = [
        (pk, each.place.version_id, context.project.pk, each.place.length, n, *piece)
        for pk, each in zip(ids, new, strict=True)
        if each.fragments and pk in written
        for n, piece in enumerate(each.fragments)
    ]
    numbers = new_ids(Fragment, len(fragments))
    insert(FRAGMENTS, [(number, *row) for number, row in zip(numbers, fragments, strict=True)])


def _put_into_rounds(places: list[Place], context: Context, tally: Tally) -> None:
    """Put articles that this import brought into the round that the file says they are in; a query for each round."""
    found: dict[int, list[int]] = defaultdict(list)
    for place in places:
        if place.article.in_round is None:
            continue
        try:
            number = context.round({"in_round": place.article.in_round}, "in_round")
        except BadValue as bad:
            tally.leave_out("rounds", _problem(place, "in_round", bad))
            continue
        if number is not None:
            found[number].append(place.version_id)
    for pk, versions in found.items():
        rows = Article.objects.filter(current_version__in=versions, round__isnull=True, created_by_job=context.job_id)
        rows.update(round=pk)


def _leave_to_past_rounds(new: list[Checked], context: Context) -> None:
    """Leave what the file says to be of a past round to it; a query for each such round."""
    found: dict[int, list[UUID]] = defaultdict(list)
    for each in new:
        if each.past_round is not None:
            found[each.past_round].append(UUID(bytes=each.key))
    for pk, keys in found.items():
        Annotation.every.filter(project_id=context.project_id, key__in=keys).update(past_round=pk)


def _assignments(place: Place, context: Context, tally: Tally) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    for number, data in enumerate(place.article.assignments):
        try:
            state = checking.one_of(data, "state", Assignment.State.values, default=Assignment.State.OPEN)
            submitted_at = checking.moment(data, "submitted_at")
            if state == Assignment.State.SUBMITTED and submitted_at is None:
                raise BadValue("submitted_at", None, _("A submitted assignment needs the time of its submission."))
            in_round = context.round(data, "round") or first_round(context.project_id).pk
            values = {
                "state": state,
                "submitted_at": submitted_at,
                "reopened_at": checking.moment(data, "reopened_at"),
                "late_at": checking.moment(data, "late_at"),
                "round_id": in_round,
                "past_round_id": in_round if data.get("is_past") is True else None,
            }
            yield place, name_of_annotator(data), values
        except BadValue as bad:
            tally.leave_out("assignments", _problem(place, f"assignments.{number}.{bad.field}", bad))


def _without_given(
    found: list[tuple[Place, str, dict[str, Any]]], new: Iterable[Checked]
) -> list[tuple[Place, str, dict[str, Any]]]:
    """Leave out what members of this name have already, where the file brings no new work of theirs; 1 query.

    Nobody writes as a member by a file: without this, a project's own export, read again, would give each article to
    a second person of each name.
    """
    versions = {place.version_id for place, _annotator, _values in found}
    if not versions:
        return found
    rows = Assignment.every.filter(version_id__in=versions, annotator__user__isnull=False)
    given = set(rows.values_list("version_id", "annotator__pseudonym", "past_round_id"))
    given -= {(each.place.version_id, each.annotator, each.past_round) for each in new}
    return [each for each in found if (each[0].version_id, each[1], each[2]["past_round_id"]) not in given]


def _insert_assignments(found: Iterable[tuple[Place, str, dict[str, Any]]], context: Context) -> None:
    wanted = {
        (place.version_id, context.person(annotator), values["past_round_id"]): values
        for place, annotator, values in found
    }
    if not wanted:
        return
    versions = {version for version, _annotator, _past in wanted}
    rows = Assignment.every.filter(version_id__in=versions)
    known = set(rows.values_list("version_id", "annotator_id", "past_round_id"))
    Assignment.every.bulk_create(
        (
            Assignment(
                project=context.project,
                version_id=version,
                annotator_id=annotator,
                created_by_job_id=context.job.pk,
                **values,
            )
            for (version, annotator, past), values in wanted.items()
            if (version, annotator, past) not in known
        ),
        batch_size=1_000,
        ignore_conflicts=ignores_conflicts(),
    )
    count_places(ArticleVersion.objects.filter(pk__in=versions).order_by().values_list("article_id", flat=True))
