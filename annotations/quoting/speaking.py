"""Speakers with what they say across articles, as a member may know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from annotations.access import hide_outlets, sees_all_work, visible_to
from annotations.errors import NotThere
from annotations.models import Attribution, Membership, Speaker
from annotations.workflow.attributing import attribution_rows, speaker_of, standing_for

MOST = 5_000
"""Attributions that are brought together, the newest."""


@dataclass(slots=True)
class Spoken:
    """A speaker, what is known of them, and their attributions, the newest first; `merged` stand behind them."""

    key: UUID
    name: str
    row: Speaker | None
    said: list[Attribution] = field(default_factory=list)
    merged: list[Speaker] = field(default_factory=list)


def speakers_in(by: Membership, words: str = "") -> list[Spoken]:
    """Return the speakers one may know, by name, each with what they say; 2 queries, 3 where all is seen.

    Who was merged stands under who stands for them; where work is blind, the names are those one wrote oneself.
    """
    standing = standing_for(by.project) if sees_all_work(by) else {}
    found: dict[UUID, Spoken] = {}
    if sees_all_work(by):
        rows = Speaker.objects.filter(project=by.project)
        by_pk = {row.pk: row for row in rows}
        for row in by_pk.values():
            if row.pk not in standing:
                found[row.key] = Spoken(row.key, row.name, row)
        for pk, other in standing.items():
            found[other.key].merged.append(by_pk[pk])
    for said in visible_to(by, attribution_rows()).filter(withdrawn_at__isnull=True).order_by("-pk")[:MOST]:
        speaker = speaker_of(said, by, standing)
        if speaker is not None:
            found.setdefault(speaker.key, Spoken(speaker.key, speaker.name, None)).said.append(said)
    wanted = words.casefold()
    rows_found = [each for each in found.values() if wanted in each.name.casefold()]
    return sorted(rows_found, key=lambda each: (each.name.casefold(), str(each.key)))


def speaker_in(by: Membership, key: UUID) -> Spoken:
    """Return one speaker, or raise `NotThere`."""
    for each in speakers_in(by):
        if each.key == key:
            return each
    raise NotThere("speaker_not_found", _("There is no such speaker, or you may not see them."))


def hide_outlets_of(spoken: Sequence[Spoken], by: Membership) -> None:
    """Empty what tells of outlets that are hidden."""
    hide_outlets(by, [said.version.article for each in spoken for said in each.said])
