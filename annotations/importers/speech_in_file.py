"""Speakers and attributions of a native file: after the annotations that they name.

A speaker is known by the first name they had where the file comes from; one that is there already stays as it is, as
does an attribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.models import Annotation, ArticleVersion, Attribution, AttributionRevision, Speaker, SpeakerRevision
from annotations.workflow.annotating import MAX_NOTE
from annotations.workflow.attributing import speaker_key

from . import checking
from .checking import BadValue
from .context import ANNOTATOR_UNNAMED, PSEUDONYM_LENGTH, Context, ignores_conflicts
from .decisions_in_file import each_checked, leave
from .earlier_states import State, attribution_values, read_states, write_states
from .placing import name_of_annotator
from .records import ImportedRecord
from .tally import Tally

MOST_NAME = 300
Values = dict[str, Any]


@dataclass(slots=True)
class _Speaker:
    """A speaker of a file: the values of the row, who stands for them, and what they were before."""

    record: ImportedRecord
    values: Values
    merged_into: str
    states: list[tuple[str, str, Values]] = field(default_factory=list)


def write_speakers(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write the speakers that are new, with their earlier states; at most 8 queries.

    Who is met before their own line, as somebody who stands for another, gets what that line says.
    """
    if not records:
        return
    found: dict[UUID, _Speaker] = {}

    def check(record: ImportedRecord) -> None:
        found[speaker_key(context.project, _name(record.data, "known_as"))] = _speaker(record, context)

    each_checked("speakers", records, check, tally)
    named = [each.merged_into for each in found.values()]
    named += [into for each in found.values() for _by, into, _values in each.states]
    rows = Speaker.objects.filter(project=context.project, key__in=list(found))
    unwritten = _met_before(rows.values_list("key", "created_by_job_id", "version_number", "note"), context)
    known = set(rows.values_list("key", flat=True)) - unwritten
    ids = speakers_named([*(each.record.data["known_as"] for each in found.values()), *named], context)
    new = {key: each for key, each in found.items() if key not in known}
    context.meet({by for each in new.values() for by, _into, _values in each.states})
    _fill_in(new, ids, context)
    _merge(new, ids, context, tally)
    tally.others["speakers_created"] += len(new)
    tally.others["speakers_unchanged"] += len(known)
    tally.wrote(*new)


def speakers_named(names: Iterable[str], context: Context) -> dict[UUID, int]:
    """Find or make the speakers of names, empty ones aside; their ids by key; at most 3 queries."""
    wanted = {speaker_key(context.project, name): " ".join(name.split()) for name in names if name.strip()}
    if not wanted:
        return {}
    rows = Speaker.objects.filter(project=context.project, key__in=list(wanted))
    ids = dict(rows.values_list("key", "pk"))
    missing = [
        Speaker(project=context.project, key=key, name=name, created_by_job_id=context.job.pk, created_at=context.now)
        for key, name in wanted.items()
        if key not in ids
    ]
    if missing:
        Speaker.objects.bulk_create(missing, batch_size=500, ignore_conflicts=ignores_conflicts())
        ids = dict(rows.values_list("key", "pk"))
    return ids


def _met_before(rows: Iterable[tuple[UUID, int | None, int, str]], context: Context) -> set[UUID]:
    """Return who was made by this import before their line was read: nothing but the name is known of them."""
    return {key for key, job, version, note in rows if job == context.job.pk and version == 1 and not note}


def _speaker(record: ImportedRecord, context: Context) -> _Speaker:
    data = record.data
    values: Values = {
        "name": _name(data, "name"),
        "note": checking.text(data, "note", most=MAX_NOTE, default=""),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": checking.moment(data, "created_at", context.now),
    }
    each = _Speaker(record, values, _name(data, "merged_into") if data.get("merged_into") else "")
    numbers: set[int] = set()
    for row in checking.listed(data, "revisions"):
        n = checking.whole(row, "version", least=1)
        if n in numbers or n >= values["version_number"]:
            message = _("Each earlier state has a number of its own, below the present one's.")
            raise BadValue("revisions.version", n, message)
        numbers.add(n)
        by = checking.text(row, "replaced_by", most=PSEUDONYM_LENGTH, default="").strip() or ANNOTATOR_UNNAMED
        state = {
            "version_number": n,
            "name": _name(row, "name"),
            "note": checking.text(row, "note", most=MAX_NOTE, default=""),
            "replaced_at": checking.moment(row, "replaced_at", context.now),
        }
        each.states.append((by, _name(row, "merged_into") if row.get("merged_into") else "", state))
    return each


def _name(data: Values, field: str) -> str:
    name = " ".join(checking.text(data, field, most=MOST_NAME).split())
    if not name:
        raise BadValue(field, name, _("Write a name of at most %(most)s characters.") % {"most": MOST_NAME})
    return name


def _fill_in(new: dict[UUID, _Speaker], ids: dict[UUID, int], context: Context) -> None:
    rows = Speaker.objects.in_bulk([ids[key] for key in new])
    for key, each in new.items():
        for name, value in each.values.items():
            setattr(rows[ids[key]], name, value)
    Speaker.objects.bulk_update(rows.values(), ["name", "note", "version_number", "created_at"], batch_size=500)
    SpeakerRevision.objects.bulk_create(
        [
            SpeakerRevision(
                speaker_id=ids[key],
                replaced_by_id=context.person(by),
                merged_into_id=ids[speaker_key(context.project, into)] if into else None,
                **values,
            )
            for key, each in new.items()
            for by, into, values in each.states
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )


def _merge(new: dict[UUID, _Speaker], ids: dict[UUID, int], context: Context, tally: Tally) -> None:
    """Let others stand for speakers; what would lead back to the speaker is left out and named; at most 2 queries."""
    merged = {key: each for key, each in new.items() if each.merged_into}
    if not merged:
        return
    rows = Speaker.objects.filter(project=context.project, merged_into__isnull=False)
    leads_to = dict(rows.values_list("pk", "merged_into_id"))
    changed = []
    for key, each in merged.items():
        pk, into = ids[key], ids[speaker_key(context.project, each.merged_into)]
        step: int | None = into
        while step is not None and step != pk:
            step = leads_to.get(step)
        if step == pk:
            bad = BadValue("merged_into", each.merged_into, _("This speaker stands for the other already."))
            leave("speakers", each.record, tally, bad)
            continue
        leads_to[pk] = into
        changed.append(Speaker(pk=pk, merged_into_id=into))
    Speaker.objects.bulk_update(changed, ["merged_into"], batch_size=500)


# Attributions


@dataclass(slots=True)
class _Said:
    record: ImportedRecord
    annotation: UUID
    annotator: str
    values: Values
    states: list[State]


def write_attributions(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write the attributions that are new, with their earlier states; at most 11 queries."""
    if not records:
        return
    found: dict[UUID, _Said] = {}
    each_checked("attributions", records, lambda record: _gather(record, found, context, tally), tally)
    rows = Attribution.objects.filter(project=context.project, key__in=list(found))
    known = set(rows.values_list("key", flat=True))
    new = {key: said for key, said in found.items() if key not in known}
    annotations = _annotations({said.annotation for said in new.values()}, context)
    context.meet({said.annotator for said in new.values()})
    _place(new, annotations, context, tally)
    context.meet({state.replaced_by for said in new.values() for state in said.states})
    speakers = speakers_named(_names_in(new.values()), context)

    def speaker(name: str) -> int | None:
        return speakers[speaker_key(context.project, name)] if name else None

    Attribution.objects.bulk_create(
        [
            Attribution(
                key=key,
                project=context.project,
                created_by_id=context.person(said.annotator),
                created_by_job_id=context.job.pk,
                speaker_id=speaker(said.values["speaker_name"]),
                annotation=annotations[said.annotation],
                version_id=annotations[said.annotation].version_id,
                length=annotations[said.annotation].length,
                **said.values,
            )
            for key, said in new.items()
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    for said in new.values():
        for state in said.states:
            state.values["speaker_id"] = speaker(state.values["speaker_name"])
    ids = dict(rows.values_list("key", "pk"))
    states = [(ids[key], said.states) for key, said in new.items() if said.states]
    n_states = write_states(AttributionRevision, "attribution_id", states, context) if states else 0
    tally.others["attributions_created"] += len(new)
    tally.others["attributions_unchanged"] += len(known)
    tally.others["revisions_created"] += n_states
    tally.wrote(*new)


def _gather(record: ImportedRecord, found: dict[UUID, _Said], context: Context, tally: Tally) -> None:
    data = record.data
    created_at = checking.moment(data, "created_at", context.now)
    values = {
        **attribution_values(data),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }

    def leave_state(name: str, bad: BadValue) -> None:
        leave("revisions", record, tally, BadValue(name, bad.value, bad.message))

    states = read_states(AttributionRevision, data, context, leave_state)
    said = _Said(record, checking.key(data, "annotation"), name_of_annotator(data), values, states)
    found[checking.key(data, "key")] = said


def _annotations(keys: set[UUID], context: Context) -> dict[UUID, Annotation]:
    rows = Annotation.every.filter(project=context.project, key__in=keys)
    return {row.key: row for row in rows.only("key", "version_id", "length")}


def _place(new: dict[UUID, _Said], annotations: dict[UUID, Annotation], context: Context, tally: Tally) -> None:
    """Hold attributions to the texts of their annotations; leave those out that do not fit; 2 queries."""
    versions = {
        annotations[said.annotation].version_id
        for said in new.values()
        if said.annotation in annotations and any("cue_start" in row for row in _states_of(said))
    }
    texts = dict(ArticleVersion.objects.filter(pk__in=versions).values_list("pk", "text"))
    standing = Attribution.objects.filter(annotation__in=[row.pk for row in annotations.values()])
    taken = set(standing.filter(withdrawn_at__isnull=True).values_list("annotation_id", "created_by_id"))
    for key, said in list(new.items()):
        try:
            annotation = annotations.get(said.annotation)
            if annotation is None:
                raise BadValue("annotation", str(said.annotation), _("There is no such annotation."))
            for values in _states_of(said):
                put_cue(values, texts.get(annotation.version_id, ""), annotation.length)
            pair = (annotation.pk, context.person(said.annotator))
            if said.values["withdrawn_at"] is None:
                if pair in taken:
                    raise BadValue("annotation", str(said.annotation), _("This person has said already who says this."))
                taken.add(pair)
        except BadValue as bad:
            leave("attributions", said.record, tally, bad)
            del new[key]


def _states_of(said: _Said) -> list[Values]:
    return [said.values, *(state.values for state in said.states)]


def put_cue(values: Values, text: str, length: int) -> None:
    """Check the words of saying against their text; where a file has none, those that stand there are taken."""
    start, end = values["cue_start"], values["cue_end"]
    if start is None:
        return
    if end > length:
        message = _("The span %(start)s to %(end)s does not lie in its text of %(length)s characters.")
        raise BadValue("cue_end", end, message % {"start": start, "end": end, "length": length})
    there = text[start:end]  # nothing where the text is withheld
    if values["cue"] and there and values["cue"] != there:
        message = _("The text has “%(there)s” at this place. Offsets count code points from 0, the end excluded.")
        raise BadValue("cue", values["cue"], message % {"there": there[:80]})
    values["cue"] = there[:MOST_NAME]


def _names_in(said: Iterable[_Said]) -> list[str]:
    return [values["speaker_name"] for each in said for values in _states_of(each)]
