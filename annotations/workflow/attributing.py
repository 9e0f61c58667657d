"""Who says the content of an annotation, by which words and in whose voice: say it, change it, take it back.

Each member says it for themselves, once for an annotation. Naming a speaker tells nobody whether they were known.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, sees_all_work, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import Annotation, ArticleVersion, Attribution, Membership, Project, Speaker
from annotations.text.spans import Span

from .acts import Request, carry_out_once, record
from .annotating import check_note
from .assigning import open_own_assignment
from .judging import ATTRIBUTION_DETAILS, check_version, lock_own, refuse_after_submission, supersede

SPEAKERS = uuid.UUID("be3ad1a7-6f4a-4f52-9f3c-94e0a4cf04a1")
MOST_MERGES = 50
"""Speakers that are followed from one to the next they were merged into."""
Mode, Voice = Attribution.Mode, Attribution.Voice


@dataclass(frozen=True, slots=True)
class Said:
    """What an attribution says. The cue has a place where it stands in the text; `cue_span` is in code points."""

    speaker: str = ""
    cue: str = ""
    cue_span: Span | None = None
    mode: str = Mode.DIRECT
    voice: str = Voice.OWN
    voice_name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShownSpeaker:
    """A speaker as one may know them: where work is blind, by the name that one wrote oneself."""

    key: UUID
    name: str


def attribute(
    key: UUID, annotation: UUID, said: Said, *, by: Membership, request: Request | None = None
) -> Attribution:
    """Say who says what an annotation marks, as one's own judgement; once for each; at most 16 queries.

    Raises `NotThere` for an annotation one may not see, `Refused` where one has said it already, where the cue does not
    stand in the text, or a named source has no name.
    """

    def act() -> Attribution:
        rows = Annotation.objects.select_related("version").filter(withdrawn_at__isnull=True)
        content = visible_to(by, rows).filter(key=annotation).first()
        if content is None:
            raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
        open_own_assignment(content.version.uuid, by=by)
        refuse_after_submission(by, content.version)
        _refuse_second(content.pk, by)
        row = Attribution(
            key=key,
            project_id=by.project_id,
            created_by=by,
            annotation=content,
            version=content.version,
            length=content.length,
            **_values(said, content.version, by),
        )
        row.save(force_insert=True)
        _record_change("attribution.made", row, by, request)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(key, by))


def change_attribution(
    key: UUID, changes: dict[str, Any], *, by: Membership, base_version: int, request: Request | None = None
) -> Attribution:
    """Change one's own attribution; `changes` holds fields of `Said`, what is left out stays; at most 12 queries."""

    def act() -> Attribution:
        row = _lock(key, by)
        check_version(row, base_version)
        before = _facts(row)
        values = _values(Said(**(_said(row) | changes)), row.version, by)
        new = {name: value for name, value in values.items() if value != getattr(row, name)}
        if new:
            supersede(row, by=by, **new)
            _record_change("attribution.changed", row, by, request, before=before)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(key, by))


def withdraw_attribution(
    key: UUID, *, by: Membership, base_version: int, request: Request | None = None
) -> Attribution:
    """Take one's own attribution back; taking it back twice is no error."""
    return _move(key, True, by, base_version, request)


def restore_attribution(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Attribution:
    """Bring an attribution back. Raises `Refused` where one said something else meanwhile."""
    return _move(key, False, by, base_version, request)


def attribution_rows() -> QuerySet[Attribution]:
    """Return attributions with what their representation needs, without the texts."""
    rows = Attribution.objects.select_related("annotation", "speaker", "created_by", "version__article__publisher")
    return rows.defer("version__text").filter(annotation__past_round__isnull=True)


def speaker_of(row: Attribution, by: Membership, standing: dict[int, Speaker]) -> ShownSpeaker | None:
    """Return who speaks as one may know it; `standing` names who stands for a merged speaker."""
    if row.speaker is None:
        return None
    if not sees_all_work(by):
        return ShownSpeaker(row.speaker.key, row.speaker_name)
    speaker = standing.get(row.speaker.pk, row.speaker)
    return ShownSpeaker(speaker.key, speaker.name)


def standing_for(project: Project) -> dict[int, Speaker]:
    """Return, for each speaker who was merged, the one that stands for them in the end; 1 query."""
    rows = {row.pk: row for row in Speaker.objects.filter(project=project)}
    found = {}
    for pk, row in rows.items():
        for _step in range(MOST_MERGES):
            if row.merged_into_id is None:
                break
            row = rows[row.merged_into_id]
        if row.pk != pk:
            found[pk] = row
    return found


def speaker_key(project: Project, name: str) -> UUID:
    """Return the key of a speaker: it follows from project and name, however that is written."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return uuid.uuid5(SPEAKERS, f"{project.uuid}/{folded}")


def speaker_named(project: Project, name: str) -> Speaker | None:
    """Find or make the speaker of a name; None for an empty one; at most 2 queries."""
    plain = " ".join(name.split())
    if not plain:
        return None
    key = speaker_key(project, plain)
    return Speaker.objects.get_or_create(project=project, key=key, defaults={"name": plain[:300]})[0]


def _values(said: Said, version: ArticleVersion, by: Membership) -> dict[str, Any]:
    for name, value in (("mode", said.mode), ("voice", said.voice)):
        known = (Mode if name == "mode" else Voice).values
        if value not in known:
            message = _("“%(value)s” is not known here. Write one of: %(all)s.")
            raise Refused("value_unknown", message % {"value": value[:40], "all": ", ".join(known)}, field=name)
    for name in ("speaker", "cue", "voice_name"):
        if len(getattr(said, name)) > 300:
            raise Refused("too_long", _("Write at most %(most)s characters.") % {"most": 300}, field=name)
    voice_name = " ".join(said.voice_name.split()) if said.voice != Voice.OWN else ""
    if said.voice == Voice.NAMED_SOURCE and not voice_name:
        raise Refused("voice_unnamed", _("Name the source that carries it."), field="voice_name")
    speaker = speaker_named(by.project, said.speaker)
    span = said.cue_span
    if span is not None and (span.end > version.length or span.text_of(version.text) != said.cue):
        raise Refused("quote_mismatch", _("These words do not stand there in the text."), field="cue")
    return {
        "speaker_id": speaker.pk if speaker else None,
        "speaker_name": " ".join(said.speaker.split()),
        "cue": said.cue if span is not None else " ".join(said.cue.split()),
        "cue_start": span.start if span else None,
        "cue_end": span.end if span else None,
        "mode": said.mode,
        "voice": said.voice,
        "voice_name": voice_name,
        "note": check_note(said.note),
    }


def _said(row: Attribution) -> dict[str, Any]:
    has_place = row.cue_start is not None and row.cue_end is not None
    return {
        "speaker": row.speaker_name,
        "cue": row.cue,
        "cue_span": Span(row.cue_start or 0, row.cue_end or 0) if has_place else None,
        **{name: getattr(row, name) for name in ("mode", "voice", "voice_name", "note")},
    }


def _refuse_second(annotation: int, by: Membership) -> None:
    """Refuse a second attribution by the same person; the lock on the assignment holds the place."""
    if Attribution.objects.filter(annotation=annotation, created_by=by, withdrawn_at__isnull=True).exists():
        raise Refused("already_there", _("You have said already who says this."), field="annotation")


def _move(key: UUID, withdraw: bool, by: Membership, base_version: int, request: Request | None) -> Attribution:
    def act() -> Attribution:
        row = _lock(key, by)
        if (row.withdrawn_at is not None) == withdraw:
            return row
        check_version(row, base_version)
        if not withdraw:
            _refuse_second(row.annotation_id, by)
        before = _facts(row)
        supersede(row, by=by, withdrawn_at=timezone.now() if withdraw else None)
        _record_change("attribution.withdrawn" if withdraw else "attribution.restored", row, by, request, before=before)
        return row

    require(by, Act.ANNOTATE)
    return carry_out_once(by, request, act, lambda: _own(key, by))


def _lock(key: UUID, by: Membership) -> Attribution:
    """Lock assignment, then row, in this order everywhere."""
    version_id = Attribution.objects.filter(project_id=by.project_id, key=key).values_list("version_id", flat=True)
    if (pk := version_id.first()) is not None:
        refuse_after_submission(by, pk)
    return lock_own(
        Attribution.objects.select_related("annotation", "speaker", "created_by", "version"), by=by, key=key
    )


def _own(key: UUID, by: Membership) -> Attribution | None:
    return attribution_rows().filter(project_id=by.project_id, created_by=by, key=key).first()


def _facts(row: Attribution) -> dict[str, Any]:
    return {
        "annotation": str(row.annotation.key),
        "mode": row.mode,
        "voice": row.voice,
        "version": row.version_number,
        "withdrawn": row.withdrawn_at is not None,
    }


def _record_change(
    verb: str, row: Attribution, by: Membership, request: Request | None, *, before: dict[str, Any] | None = None
) -> None:
    told = {"speaker": row.speaker_name, "cue": row.cue, "voice_name": row.voice_name, "note": row.note}
    text = {name: value for name, value in told.items() if value}
    record(by, verb, "attribution", row.key, before=before, after=_facts(row), text=text or None, request=request)


__all__ = ["ATTRIBUTION_DETAILS", "Said", "attribute", "change_attribution", "withdraw_attribution"]
