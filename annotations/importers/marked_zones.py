"""Zones of a native file that somebody marked or changed: their keys, their people and their earlier states."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from annotations.models import Region, RegionRevision

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context
from .earlier_states import State, read_states, write_states
from .placing import Place
from .publishers import publishers_named
from .records import ImportedZone, Problem
from .tally import Tally


@dataclass(frozen=True, slots=True)
class _Marked:
    """A zone that fits: its text, what the file says of it, who marked it, and what it was before."""

    place: Place
    zone: ImportedZone
    key: uuid.UUID
    marked_by: str
    values: dict[str, Any]
    states: list[State]


def write_marked_zones(places: list[Place], publishers: dict[str, int], context: Context, tally: Tally) -> None:
    """Write the zones with a history on new texts; no query where there are none, else at most 7 a thousand.

    A history that does not fit is left out and named; the zone stands, as one that was found.
    """
    found = [each for place in places for each in _marked(place, context, tally)]
    if not found:
        return
    people = {each.marked_by for each in found if each.marked_by}
    context.meet(people | {state.replaced_by for each in found for state in each.states})
    former = {state.values["publisher"] for each in found for state in each.states if state.values["publisher"]}
    publishers = publishers | publishers_named(former - publishers.keys(), context)
    for each in found:
        for state in each.states:
            name = state.values.pop("publisher")
            state.values["publisher_id"] = publishers[name] if name else None
    keys = [each.key for each in found]
    taken = set(Region.objects.filter(project=context.project, uuid__in=keys).values_list("uuid", flat=True))
    rows = [_row(each, taken, publishers, context) for each in found]
    Region.objects.bulk_create(rows, batch_size=500)
    write_states(
        RegionRevision, "region_id", ((row.pk, each.states) for row, each in zip(rows, found, strict=True)), context
    )


def _marked(place: Place, context: Context, tally: Tally) -> Iterator[_Marked]:
    for number, zone in enumerate(place.article.zones):
        if zone.history is None:
            continue

        def leave(field: str, bad: BadValue, number: int = number) -> None:
            article = place.article
            named = f"regions.{number}.{field}"
            tally.leave_out("zone_states", Problem(article.file, article.line, named, bad.value, bad.message, False))

        try:
            yield _checked(place, zone, zone.history, context, leave)
        except BadValue as bad:
            leave(bad.field, bad)
            yield _Marked(place, zone, uuid.uuid4(), "", {"created_at": context.now}, [])


def _checked(place: Place, zone: ImportedZone, history: dict[str, Any], context: Context, leave: Any) -> _Marked:
    return _Marked(
        place,
        zone,
        checking.key(history, "key") if "key" in history else uuid.uuid4(),
        checking.text(history, "marked_by", most=PSEUDONYM_LENGTH, default="").strip(),
        {
            "version_number": checking.whole(history, "version", least=1, default=1),
            "created_at": checking.moment(history, "created_at", context.now),
            "withdrawn_at": checking.moment(history, "withdrawn_at"),
        },
        read_states(RegionRevision, history, context, leave, place.article.text),
    )


def _row(each: _Marked, taken: set[uuid.UUID], publishers: dict[str, int], context: Context) -> Region:
    key = uuid.uuid4() if each.key in taken else each.key
    taken.add(key)
    return Region(
        uuid=key,
        project=context.project,
        version_id=each.place.version_id,
        length=each.place.length,
        kind=each.zone.kind,
        start=each.zone.start,
        end=each.zone.end,
        publisher_id=publishers[each.zone.publisher] if each.zone.publisher else None,
        url=each.zone.url,
        created_by_id=context.person(each.marked_by) if each.marked_by else None,
        created_by_job_id=context.job.pk,
        **each.values,
    )
