"""The speakers of a project: renamed, merged into one another and parted again, each with its history.

Done by those who see everybody's work; others know speakers by their own attributions alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import Conflict, NotThere, Refused
from annotations.models import Membership, Speaker, SpeakerRevision

from .acts import Request, carry_out_once, record
from .annotating import check_note


def find_speaker(by: Membership, key: UUID) -> Speaker:
    """Find a speaker one may see, or raise `NotThere`; 1 query."""
    found = visible_to(by, Speaker.objects.all()).filter(key=key).first()
    if found is None:
        raise _not_there()
    return found


def change_speaker(
    key: UUID,
    *,
    name: str | None = None,
    note: str | None = None,
    by: Membership,
    base_version: int,
    request: Request | None = None,
) -> Speaker:
    """Write a speaker's name or note anew; at most 6 queries."""

    def act() -> Speaker:
        row = _lock(key, by, base_version)
        changes: dict[str, Any] = {}
        if name is not None and " ".join(name.split()) != row.name:
            plain = " ".join(name.split())
            if not plain or len(plain) > 300:
                message = _("Write a name of at most %(most)s characters.")
                raise Refused("name_missing", message % {"most": 300}, field="name")
            changes["name"] = plain
        if note is not None and note != row.note:
            changes["note"] = check_note(note)
        return _supersede(row, changes, by, request, verb="speaker.changed")

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found(key, by))


def merge_speaker(
    key: UUID, into: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> Speaker:
    """Let another speaker stand for one; attributions stay as they were written; at most 8 queries.

    Raises `Refused` for a speaker who stands for the first already.
    """

    def act() -> Speaker:
        row = _lock(key, by, base_version)
        target = Speaker.objects.select_for_update().filter(project_id=by.project_id, key=into).first()
        if target is None:
            raise _not_there("into")
        met: Speaker | None = target
        while met is not None:
            if met.pk == row.pk:
                raise Refused("speaker_merged", _("This speaker stands for the other already."), field="into")
            met = met.merged_into
        return _supersede(row, {"merged_into": target}, by, request, verb="speaker.merged")

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found(key, by))


def part_speaker(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Speaker:
    """Let a merged speaker stand for themselves again; at most 6 queries."""

    def act() -> Speaker:
        row = _lock(key, by, base_version)
        return _supersede(row, {"merged_into": None}, by, request, verb="speaker.parted")

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: _found(key, by))


def _lock(key: UUID, by: Membership, base_version: int) -> Speaker:
    row = visible_to(by, Speaker.objects.select_for_update(of=("self",))).filter(key=key).first()
    if row is None:
        raise _not_there()
    if row.version_number != base_version:
        message = _("This was changed in the meantime: you changed version %(base)s, it is at version %(now)s.")
        values = {"base": base_version, "now": row.version_number}
        raise Conflict("stale_version", message % values, field="base_version")
    return row


def _supersede(row: Speaker, changes: dict[str, Any], by: Membership, request: Request | None, *, verb: str) -> Speaker:
    changes = {name: value for name, value in changes.items() if value != getattr(row, name)}
    if not changes:
        return row
    with transaction.atomic():
        SpeakerRevision.objects.create(
            speaker=row,
            version_number=row.version_number,
            name=row.name,
            note=row.note,
            merged_into_id=row.merged_into_id,
            replaced_by=by,
        )
        before = {"version": row.version_number, "merged": row.merged_into_id is not None}
        for name, value in changes.items():
            setattr(row, name, value)
        row.version_number += 1
        row.save(update_fields=[*changes, "version_number"])
        into = row.merged_into
        after: dict[str, Any] = {"version": row.version_number, "merged": into is not None}
        after |= {"into": str(into.key)} if into is not None else {}
        text = {name: changes[name] for name in ("name", "note") if changes.get(name)}
        record(by, verb, "speaker", row.key, before=before, after=after, text=text or None, request=request)
    return row


def _found(key: UUID, by: Membership) -> Speaker | None:
    return Speaker.objects.filter(project_id=by.project_id, key=key).first()


def _not_there(field: str = "") -> NotThere:
    message = _("There is no such speaker, or you may not see them.")
    return NotThere("speaker_not_found", message, field=field) if field else NotThere("speaker_not_found", message)
