"""What lies on texts beside annotations: relations, labels on the whole, suggestions, stated sentences, and history.

Comes after the annotations of a chunk, which relations and suggestions name by their keys. Each bad one is left out and
named; what is there already stays as it is. A kind that a chunk has none of costs no query.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from annotations.models import (
    Annotation,
    AnnotationRevision,
    ArticleLabel,
    ArticleLabelRevision,
    Label,
    Relation,
    RelationRevision,
    Revision,
    Sentence,
    Suggestion,
    SuggestionDecision,
)
from annotations.text.spans import Span
from annotations.workflow.annotating import MAX_NOTE

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context, ignores_conflicts
from .earlier_states import State, read_states, write_states
from .earlier_texts import write_earlier_texts
from .placing import NAMESPACE, Place, find_label, name_of_annotator, write_annotations
from .records import Problem
from .settled_in_file import names_in_rulings, write_settled
from .talk_in_file import write_threads
from .tally import Tally

SPLITTER_OF_FILES = "file"
TOOL_UNNAMED = "file"
"""Of suggestions in a file that does not say what made them."""


@dataclass(frozen=True, slots=True)
class Known:
    """An annotation that a file names: where it is, and the job that made it."""

    pk: int
    version_id: int
    job_id: int | None
    layer: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a suggestion; `by` is empty where the file does not say who."""

    by: str
    values: dict[str, Any]


@dataclass(slots=True)
class Checked:
    """A judgement or suggestion that fits its text: the values of its row, its people, its earlier states."""

    place: Place
    number: int
    values: dict[str, Any]
    people: dict[str, str] = field(default_factory=dict)
    states: list[State] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def key(self) -> uuid.UUID:
        """Return the key, which names it in the project."""
        return uuid.UUID(str(self.values["key"]))


def write_beside(places: list[Place], context: Context, tally: Tally) -> list[Place]:
    """Write what is new of everything but annotations on the texts of a chunk, the earlier texts first.

    Return all places that were written to.
    """
    before = write_earlier_texts(places, context, tally)
    if before:
        write_annotations(before, context, tally)
        places = [*places, *before]
    annotations = _annotations_named(places, context)
    _write_annotation_states(places, annotations, context, tally)
    for name, model, check in _KINDS:
        _write(name, model, check, places, annotations, context, tally)
    write_threads(places, lambda place, data: _named_by_thread(place, data, annotations), context, tally)
    write_settled(places, annotations, context, tally)
    _write_sentences(places, context, tally)
    return places


Annotations = dict[str, Known]
Check = Callable[[dict[str, Any], "_Case"], Checked]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a check has at hand."""

    place: Place
    number: int
    annotations: Annotations
    context: Context
    leave_state: Callable[[str, BadValue], None]

    def made_key(self, data: dict[str, Any], *names: str) -> uuid.UUID:
        """Return the key given, else one made of the contents: the same file gives the same keys."""
        if data.get("key") is not None:
            return checking.key(data, "key")
        parts = [names[0], *(data.get(name) for name in ("label", "label_name", *names[1:]))]
        where = f"{self.context.project.uuid}/{self.place.article.external_id}"
        return uuid.uuid5(NAMESPACE, f"{where}/{parts!r}")

    def annotation(self, data: dict[str, Any], name: str) -> int:
        """Return the annotation of this text that a field names by its key. Raises `BadValue`."""
        key = checking.key(data, name)
        return _on_text(self.place, key, name, self.annotations)


def _on_text(place: Place, key: uuid.UUID, name: str, annotations: Annotations) -> int:
    found = annotations.get(str(key))
    if found is None or found.version_id != place.version_id:
        raise BadValue(name, str(key), _("The text has no annotation with this key."))
    return found.pk


def _named_by_thread(place: Place, data: dict[str, Any], annotations: Annotations) -> int:
    return _on_text(place, checking.key(data, "annotation"), "annotation", annotations)


# Annotations that the file names, and their earlier states


def _annotations_named(places: list[Place], context: Context) -> Annotations:
    """Return the annotations that anything names by key; at most one query."""
    keys: set[uuid.UUID] = set()
    for place in places:
        for named in _names(place):
            try:
                keys.add(uuid.UUID(named))
            except (ValueError, AttributeError, TypeError):
                continue  # said where the row is checked
    if not keys:
        return {}
    rows = Annotation.every.filter(project=context.project, key__in=keys)
    return {
        str(key): Known(pk, version_id, job_id, layer)
        for key, pk, version_id, job_id, layer in rows.values_list(
            "key", "pk", "version_id", "created_by_job_id", "layer"
        )
    }


def _names(place: Place) -> Iterator[Any]:
    article = place.article
    for relation in article.relations:
        yield relation.get("from")
        yield relation.get("to")
    for thread in article.threads:
        if thread.get("annotation"):
            yield thread["annotation"]
    yield from names_in_rulings(article)
    for suggestion in article.suggestions:
        for decision in (suggestion, *_listed_decisions(suggestion)):
            if decision.get("annotation"):
                yield decision["annotation"]
    for annotation in article.annotations:
        if annotation.get("revisions"):
            yield annotation.get("key")


def _write_annotation_states(places: list[Place], annotations: Annotations, context: Context, tally: Tally) -> None:
    """Write the earlier states of annotations that this import made; what was there has its own history."""
    found: list[tuple[int, list[State]]] = []
    for place in places:
        for number, data in enumerate(place.article.annotations):
            known = annotations.get(str(data.get("key"))) if data.get("revisions") else None
            if known is not None and known.job_id == context.job.pk:
                leave = _leaver("annotations", place, number, tally)
                found.append((known.pk, read_states(AnnotationRevision, data, context, leave, place.article.text)))
    if not found:
        return
    ids = [pk for pk, _states in found]
    written = set(AnnotationRevision.objects.filter(annotation__in=ids).values_list("annotation_id", flat=True))
    new = [(pk, states) for pk, states in found if pk not in written]
    context.meet({state.replaced_by for _pk, states in new for state in states})
    tally.others["revisions_created"] += write_states(AnnotationRevision, "annotation_id", new, context)


def _leaver(name: str, place: Place, number: int, tally: Tally) -> Callable[[str, BadValue], None]:
    def leave(field: str, bad: BadValue) -> None:
        tally.leave_out("revisions", _problem(place, f"{name}.{number}.{field}", bad))

    return leave


def _problem(place: Place, field: str, bad: BadValue) -> Problem:
    return Problem(place.article.file, place.article.line, field, bad.value, bad.message, is_rejection=False)


# Relations, labels on the whole text, suggestions


def _write(
    name: str,
    model: type[Model],
    check: Check,
    places: list[Place],
    annotations: Annotations,
    context: Context,
    tally: Tally,
) -> None:
    """Check and write one kind; at most 5 queries, none where the chunk has nothing of it."""
    checked = list(_checked(name, check, places, annotations, context, tally))
    if not checked:
        return
    new = _without_known(name, model, checked, context, tally)
    if model is ArticleLabel:
        new = _without_second(new, context, tally)
    people = {person for each in new for person in each.people.values()}
    people |= {decision.by for each in new for decision in each.decisions if decision.by}
    context.meet(people | {state.replaced_by for each in new for state in each.states})
    rows = [
        model(
            project=context.project,
            version_id=each.place.version_id,
            length=each.place.length,
            created_by_job_id=context.job.pk,
            **{column: context.person(person) for column, person in each.people.items()},
            **each.values,
        )
        for each in new
    ]
    model._base_manager.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())
    if model in _STATES:
        _write_states(model, new, context, tally)
    if model is Suggestion:
        _write_decisions(new, context)
    tally.others[f"{name}_created"] += len(new)
    tally.wrote(*(each.key for each in new))


def _checked(
    name: str, check: Check, places: list[Place], annotations: Annotations, context: Context, tally: Tally
) -> Iterator[Checked]:
    for place in places:
        for number, data in enumerate(getattr(place.article, name)):
            case = _Case(place, number, annotations, context, _leaver(name, place, number, tally))
            try:
                yield check(data, case)
            except BadValue as bad:
                tally.leave_out(name, _problem(place, f"{name}.{number}.{bad.field}", bad))


def _without_known(
    name: str, model: type[Model], checked: list[Checked], context: Context, tally: Tally
) -> list[Checked]:
    """Leave out what is there already; a key that names something on another text is a problem."""
    rows = model._base_manager.filter(project=context.project, key__in={each.key for each in checked})
    known = dict(rows.values_list("key", "version_id"))
    new: list[Checked] = []
    for each in checked:
        if each.key not in known:
            known[each.key] = each.place.version_id
            new.append(each)
        elif known[each.key] == each.place.version_id:
            tally.others[f"{name}_unchanged"] += 1
        else:
            bad = BadValue("key", str(each.key), _("This key is taken on another text. Make a new key."))
            tally.leave_out(name, _problem(each.place, f"{name}.{each.number}.key", bad))
    return new


def _without_second(new: list[Checked], context: Context, tally: Tally) -> list[Checked]:
    """Leave out labels that their annotator has put on the text already; one query."""
    context.meet({person for each in new for person in each.people.values()})
    versions = {each.place.version_id for each in new}
    rows = ArticleLabel.objects.filter(version__in=versions, withdrawn_at__isnull=True)
    taken = set(rows.values_list("version_id", "label_id", "created_by_id", "layer"))
    kept: list[Checked] = []
    for each in new:
        person = context.person(each.people["created_by_id"])
        mark = (each.place.version_id, each.values["label_id"], person, str(each.values["layer"]))
        if each.values["past_round_id"] is not None:
            kept.append(each)
            continue
        if each.values["withdrawn_at"] is None and mark in taken:
            bad = BadValue("label", "", _("This article has this label from this person already."))
            tally.leave_out("article_labels", _problem(each.place, f"article_labels.{each.number}.label", bad))
            continue
        if each.values["withdrawn_at"] is None:
            taken.add(mark)
        kept.append(each)
    return kept


def _write_states(model: type[Model], new: list[Checked], context: Context, tally: Tally) -> None:
    changed = [each for each in new if each.states]
    if not changed:
        return
    revision, owner = _STATES[model]
    rows = model._base_manager.filter(project=context.project, key__in=[each.key for each in changed])
    ids = dict(rows.values_list("key", "pk"))
    states = [(ids[each.key], each.states) for each in changed]
    tally.others["revisions_created"] += write_states(revision, owner, states, context)


def _judgement(data: dict[str, Any], context: Context) -> dict[str, Any]:
    created_at = checking.moment(data, "created_at", context.now)
    return {
        "past_round_id": context.round(data, "past_round"),
        "layer": checking.one_of(data, "layer", Annotation.Layer.values, default=Annotation.Layer.IMPORTED),
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "attributes": checking.carried(data, "attributes"),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }


def _relation(data: dict[str, Any], case: _Case) -> Checked:
    values = {
        "key": case.made_key(data, "relation", "from", "to", "annotator"),
        "label_id": find_label(data, case.context, Label.AppliesTo.RELATION),
        "from_annotation_id": case.annotation(data, "from"),
        "to_annotation_id": case.annotation(data, "to"),
        **_judgement(data, case.context),
    }
    states = read_states(RelationRevision, data, case.context, case.leave_state)
    return Checked(case.place, case.number, values, {"created_by_id": name_of_annotator(data)}, states)


def _article_label(data: dict[str, Any], case: _Case) -> Checked:
    values = {
        "key": case.made_key(data, "article label", "annotator", "layer"),
        "label_id": find_label(data, case.context, Label.AppliesTo.ARTICLE),
        "confidence": checking.fraction(data, "confidence"),
        **_judgement(data, case.context),
    }
    states = read_states(ArticleLabelRevision, data, case.context, case.leave_state)
    return Checked(case.place, case.number, values, {"created_by_id": name_of_annotator(data)}, states)


def _suggestion(data: dict[str, Any], case: _Case) -> Checked:
    text = case.place.article.text
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if not start < end <= len(text):
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        raise BadValue("end", end, message % {"start": start, "end": end, "length": len(text)})
    quote = Span(start, end).text_of(text)
    if data.get("quote") not in (None, quote):
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("quote", data["quote"], message % {"there": quote[:80]})
    offered_to = checking.text(data, "offered_to", most=PSEUDONYM_LENGTH, default="").strip()
    values = {
        "key": case.made_key(data, "suggestion", "start", "end", "suggested_by", "offered_to"),
        "label_id": find_label(data, case.context, Label.AppliesTo.SPAN),
        "start": start,
        "end": end,
        "quote": quote,
        "attributes": checking.carried(data, "attributes"),
        "suggested_by": checking.text(data, "suggested_by", most=200, default="").strip() or TOOL_UNNAMED,
        "score": _score(data),
        "created_at": checking.moment(data, "created_at", case.context.now),
    }
    people = {"offered_to_id": offered_to} if offered_to else {}
    return Checked(case.place, case.number, values, people, decisions=_decisions(data, case))


def _decisions(data: dict[str, Any], case: _Case) -> list[Decision]:
    """Return who decided what about a suggestion; earlier files have one decision, in the suggestion's own fields."""
    found: dict[tuple[str, int | None], Decision] = {}
    for given in (data, *_listed_decisions(data)):
        state = checking.one_of(given, "state", SuggestionDecision.State.values, default=SuggestionDecision.State.OPEN)
        if given is data and state == SuggestionDecision.State.OPEN:
            continue
        by = checking.text(given, "decided_by", most=PSEUDONYM_LENGTH, default="").strip()
        values = {
            "state": state,
            "version_number": checking.whole(given, "version", least=1, default=1),
            "decided_at": checking.moment(given, "decided_at", case.context.now),
        }
        if state == SuggestionDecision.State.ACCEPTED:
            values["annotation_id"] = case.annotation(given, "annotation")
        past_round = case.context.round(given, "past_round")
        if (by, past_round) in found:
            raise BadValue("decisions", by, _("A person decides about a suggestion once."))
        found[by, past_round] = Decision(by, values | {"past_round_id": past_round})
    return list(found.values())


def _listed_decisions(data: dict[str, Any]) -> list[dict[str, Any]]:
    listed = data.get("decisions") or []
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _write_decisions(new: list[Checked], context: Context) -> None:
    """Write what was decided about new suggestions; 2 queries, none where nothing was."""
    decided = [each for each in new if each.decisions]
    if not decided:
        return
    rows = Suggestion.objects.filter(project=context.project, key__in=[each.key for each in decided])
    ids = dict(rows.values_list("key", "pk"))
    SuggestionDecision.objects.bulk_create(
        [
            SuggestionDecision(
                project=context.project,
                suggestion_id=ids[each.key],
                decided_by_id=context.person(decision.by) if decision.by else None,
                **decision.values,
            )
            for each in decided
            for decision in each.decisions
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )


def _score(data: dict[str, Any]) -> float | None:
    value = data.get("score")
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValue("score", value, _("A score is a number."))
    return float(value)


_KINDS: tuple[tuple[str, type[Model], Check], ...] = (
    ("relations", Relation, _relation),
    ("article_labels", ArticleLabel, _article_label),
    ("suggestions", Suggestion, _suggestion),
)
_STATES: dict[type[Model], tuple[type[Revision], str]] = {
    Relation: (RelationRevision, "relation_id"),
    ArticleLabel: (ArticleLabelRevision, "article_label_id"),
}


# Sentences


def _write_sentences(places: list[Place], context: Context, tally: Tally) -> None:
    """Write the sentences that files state, for texts that have none yet; at most 2 queries."""
    stated = [place for place in places if place.article.sentences]
    if not stated:
        return
    versions = [place.version_id for place in stated]
    known = set(Sentence.objects.filter(version__in=versions).order_by().values_list("version_id", flat=True))
    new: list[Sentence] = []
    for place in stated:
        if place.version_id in known:
            continue
        known.add(place.version_id)
        inside = (span for span in place.article.sentences if 0 <= span[0] < span[1] <= place.length)
        new += (
            Sentence(
                project=context.project,
                version_id=place.version_id,
                length=place.length,
                n=n,
                start=start,
                end=end,
                splitter=SPLITTER_OF_FILES,
            )
            for n, (start, end) in enumerate(inside)
        )
        outside = sum(1 for start, end in place.article.sentences if not 0 <= start < end <= place.length)
        if outside:
            bad = BadValue("sentences", outside, _("These sentences do not lie in the text."))
            tally.leave_out("sentences", _problem(place, "sentences", bad))
    Sentence.objects.bulk_create(new, batch_size=1_000, ignore_conflicts=ignores_conflicts())
    tally.others["sentences_created"] += len(new)
