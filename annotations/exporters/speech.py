"""Speakers and attributions as records: who says what, by which words, in whose voice.

A speaker is named by the first name they had here, from which their key in a project follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from annotations.models import Attribution, AttributionRevision, Speaker, SpeakerRevision

from .history import put_revisions
from .scope import Scope, ids_in_order, speakers_of
from .values import JUDGEMENT, judgement, moment

Row = dict[str, Any]
BATCH = 500


def speaker_records(scope: Scope) -> Iterator[Row]:
    """Yield the speakers by their first names; their names are held in memory. A query where there is none."""
    ids = speakers_of(scope)
    if not ids:
        return
    first = _first_names(ids)
    in_order = sorted(first, key=lambda pk: (first[pk], pk))
    for n in range(0, len(in_order), BATCH):
        yield from _speakers(in_order[n : n + BATCH], first)


def _first_names(ids: list[int]) -> dict[int, str]:
    names = dict(Speaker.objects.filter(pk__among=ids).values_list("pk", "name"))
    changed = SpeakerRevision.objects.filter(speaker__among=ids).order_by("speaker_id", "-version_number")
    return names | dict(changed.values_list("speaker_id", "name"))  # the last one that is met is the first state


def _speakers(ids: list[int], first: dict[int, str]) -> Iterator[Row]:
    """Yield one batch of speakers with their earlier states; 2 queries."""
    states: dict[int, list[Row]] = defaultdict(list)
    former = SpeakerRevision.objects.filter(speaker__among=ids).order_by("speaker_id", "version_number")
    for pk, version, name, note, merged_into, replaced_by, replaced_at in former.values_list(
        *("speaker_id", "version_number", "name", "note", "merged_into_id", "replaced_by__pseudonym", "replaced_at")
    ):
        states[pk].append(
            {
                "version": version,
                "name": name,
                "note": note,
                **({"merged_into": first[merged_into]} if merged_into else {}),
                "replaced_by": replaced_by,
                "replaced_at": moment(replaced_at),
            }
        )
    rows = {row.pk: row for row in Speaker.objects.filter(pk__among=ids)}
    for pk in ids:
        row = rows[pk]
        yield {
            "type": "speaker",
            "known_as": first[pk],
            "name": row.name,
            "note": row.note,
            **({"merged_into": first[row.merged_into_id]} if row.merged_into_id else {}),
            "version": row.version_number,
            "created_at": moment(row.created_at),
            **({"revisions": states[pk]} if states[pk] else {}),
        }


def attribution_records(scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield the attributions by key. Without texts, words of saying that have a place are left out."""
    if not scope.holds(Attribution):
        return
    for ids in ids_in_order(scope.attributions(), "key"):
        for row in _attributions(ids, scope):
            if not with_text:
                for state in (row, *row.get("revisions", ())):
                    if "cue_start" in state:
                        del state["cue"]
            yield row


def _attributions(ids: list[int], scope: Scope) -> Iterator[Row]:
    """Yield one batch of attributions; at most 2 queries."""
    by_id: dict[int, Row] = {}
    rows = Attribution.objects.filter(pk__among=ids)
    for pk, key, annotation, speaker, cue, start, end, mode, voice, voice_name, note, *common in rows.values_list(
        *("pk", "key", "annotation__key", "speaker_name", "cue", "cue_start", "cue_end"),
        *("mode", "voice", "voice_name", "note"),
        *JUDGEMENT,
    ):
        by_id[pk] = {
            "type": "attribution",
            "key": str(key),
            "annotation": str(annotation),
            "speaker": speaker,
            "cue": cue,
            **({"cue_start": start, "cue_end": end} if start is not None else {}),
            "mode": mode,
            "voice": voice,
            "voice_name": voice_name,
            "note": note,
            **judgement(common),
        }
    put_revisions(AttributionRevision, by_id, scope)
    yield from (by_id[pk] for pk in ids)
