"""Zones of a text by hand: mark, move, retype, remove and bring back; whom an excerpt quotes, where a marker leads.

A zone belongs to the text. Annotations know nothing of it: none is touched by what happens to a zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require, visible_to
from annotations.errors import NotThere, Refused
from annotations.models import ArticleVersion, IndexedText, Membership, Region
from annotations.text.spans import Span
from annotations.text.urls import BadUrl, check_source_url

from .acts import Request, carry_out_once, record
from .articles import publisher_named
from .judging import check_version, state_of, supersede_zone

Kind = Region.Kind
NAME_PUBLISHERS = (Kind.EXCERPT,)
NAME_ADDRESSES = (Kind.EXCERPT, Kind.CITATION_MARKER)
MOST_ON_A_TEXT = 5_000


@dataclass(frozen=True, slots=True)
class NewZone:
    """What a client sends to mark a zone. Offsets are code points of the version's text."""

    key: UUID
    version: UUID
    kind: str
    span: Span
    quote: str
    publisher: str = ""
    url: str = ""
    text_sha256: bytes | None = None
    article: UUID | None = None


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """What is to be different; `None` leaves a value as it is. `span` and `quote` come together."""

    kind: str | None = None
    span: Span | None = None
    quote: str | None = None
    publisher: str | None = None
    url: str | None = None


def mark_zone(new: NewZone, *, by: Membership, request: Request | None = None) -> Region:
    """Mark a zone of an article's present text; at most 8 queries.

    Raises `NotThere`, and `Refused` for a span or quote that does not stand in the text, a zone that is marked
    already, or a name or address that zones of this kind do not have; `Conflict` for a key in use.
    """

    def act() -> Region:
        version = _lock_text(new, by)
        if Region.objects.filter(version=version, withdrawn_at__isnull=True).count() >= MOST_ON_A_TEXT:
            raise Refused("too_many_zones", _("A text has at most %(most)s zones.") % {"most": MOST_ON_A_TEXT})
        zone = Region(
            uuid=new.key,
            project_id=by.project_id,
            version=version,
            length=version.length,
            kind=_known_kind(new.kind),
            start=new.span.start,
            end=new.span.end,
            created_by=by,
            **_named(new.kind, new.publisher, new.url, by),
        )
        _check_quote(version, new.span, new.quote)
        _refuse_second(zone, new.kind, new.span)
        zone.save(force_insert=True)
        _record_change("zone.marked", zone, by, request)
        return zone

    require(by, Act.MARK_ZONES)
    return carry_out_once(by, request, act, lambda: _find(new.key, by))


def change_zone(
    key: UUID, change: ZoneChange, *, by: Membership, base_version: int, request: Request | None = None
) -> Region:
    """Move or retype a zone, or say whom it quotes; the state before is kept; at most 9 queries.

    A kind that has no publisher or address drops them. Raises `Conflict` (`stale_version`) with the present row.
    """

    def act() -> Region:
        zone = _lock(key, by)
        check_version(zone, base_version)
        changes = _changes(zone, change, by)
        if not changes:
            return zone
        before = _facts(zone)
        kind, start, end = (changes.get(name, getattr(zone, name)) for name in ("kind", "start", "end"))
        if zone.withdrawn_at is None:
            _refuse_second(zone, kind, Span(start, end))
        supersede_zone(zone, by=by, **changes)
        _record_change("zone.changed", zone, by, request, before=before)
        return zone

    require(by, Act.MARK_ZONES)
    return carry_out_once(by, request, act, lambda: _find(key, by))


def revert_zone(
    key: UUID, version: int, *, by: Membership, base_version: int, request: Request | None = None
) -> Region:
    """Make an earlier state of a zone current again, as a new one; one that was removed is there again."""

    def act() -> Region:
        zone = _lock(key, by)
        check_version(zone, base_version)
        state = state_of(zone.revisions.select_related("publisher"), version)
        names = ("kind", "start", "end", "publisher", "url")
        changes = {name: getattr(state, name) for name in names if getattr(state, name) != getattr(zone, name)}
        if not changes and zone.withdrawn_at is None:
            return zone
        _refuse_second(zone, state.kind, Span(state.start, state.end))
        before = _facts(zone)
        supersede_zone(zone, by=by, **changes, withdrawn_at=None)
        _record_change("zone.reverted", zone, by, request, before=before)
        return zone

    require(by, Act.MARK_ZONES)
    return carry_out_once(by, request, act, lambda: _find(key, by))


def withdraw_zone(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Region:
    """Remove a zone; it stays in the history. Removing twice is no error."""
    return _move(key, True, by=by, base_version=base_version, request=request)


def restore_zone(key: UUID, *, by: Membership, base_version: int, request: Request | None = None) -> Region:
    """Bring a removed zone back. Restoring twice is no error."""
    return _move(key, False, by=by, base_version=base_version, request=request)


def zone_rows() -> QuerySet[Region]:
    """Return zones with what their representation needs, and without any article text."""
    return Region.objects.select_related("publisher", "created_by")


def lock_texts(versions: Iterable[int]) -> None:
    """Lock texts against zones that others mark on them; annotating goes on, which only refers to them; 1 query."""
    rows = ArticleVersion.objects.select_for_update(no_key=True).filter(pk__among=sorted(versions))
    list(rows.order_by("pk").values_list("pk"))


def zones_on(version: ArticleVersion) -> QuerySet[Region]:
    """Return the zones that stand on a text, in its order."""
    return zone_rows().filter(version=version, withdrawn_at__isnull=True)


def find_zone(key: UUID, *, by: Membership) -> Region:
    """Find a zone, or raise `NotThere`; 1 query."""
    found = visible_to(by, zone_rows()).filter(uuid=key).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    return found


def _move(key: UUID, withdraw: bool, *, by: Membership, base_version: int, request: Request | None) -> Region:
    def act() -> Region:
        zone = _lock(key, by)
        if (zone.withdrawn_at is not None) == withdraw:
            return zone
        check_version(zone, base_version)
        if not withdraw:
            _refuse_second(zone, zone.kind, Span(zone.start, zone.end))
        before = _facts(zone)
        supersede_zone(zone, by=by, withdrawn_at=timezone.now() if withdraw else None)
        _record_change("zone.withdrawn" if withdraw else "zone.restored", zone, by, request, before=before)
        return zone

    require(by, Act.MARK_ZONES)
    return carry_out_once(by, request, act, lambda: _find(key, by))


def _lock_text(new: NewZone, by: Membership) -> ArticleVersion:
    """Lock the text against a second zone at the same place; annotating goes on, which only refers to it."""
    rows = ArticleVersion.objects.select_for_update(of=("self",), no_key=True).select_related("article").defer("text")
    version = rows.filter(project_id=by.project_id, uuid=new.version).first()
    if version is None or new.article not in (None, version.article.uuid):
        raise NotThere("version_not_found", _("There is no such article version in this project."))
    if version.article.merged_into_id is not None:
        message = _("This article was merged into another in the meantime. Load the page again to get there.")
        raise Refused("article_merged", message)
    is_other = new.text_sha256 is not None and bytes(version.text_sha256) != new.text_sha256
    if is_other or version.article.current_version_id != version.pk:
        message = _("You marked another wording of this article. Load the page again.")
        raise Refused("text_mismatch", message, field="text_sha256" if is_other else "version_uuid")
    return version


def _lock(key: UUID, by: Membership) -> Region:
    """Lock the text, then the zone, in this order everywhere."""
    rows = Region.objects.filter(project_id=by.project_id, uuid=key)
    list(ArticleVersion.objects.select_for_update(no_key=True).filter(pk__in=rows.values("version")).values_list("pk"))
    found = zone_rows().select_for_update(of=("self",)).filter(project_id=by.project_id, uuid=key).first()
    if found is None:
        raise NotThere("not_found", _("There is nothing under this key, or you may not see it."))
    return found


def _find(key: UUID, by: Membership) -> Region | None:
    return zone_rows().filter(project_id=by.project_id, uuid=key).first()


def _changes(zone: Region, change: ZoneChange, by: Membership) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if change.kind is not None and change.kind != zone.kind:
        changes["kind"] = _known_kind(change.kind)
    if change.span is not None and (change.span.start, change.span.end) != (zone.start, zone.end):
        _check_quote(zone.version, change.span, change.quote or "")
        changes |= {"start": change.span.start, "end": change.span.end}
    kind = changes.get("kind", zone.kind)
    given = _named(kind, change.publisher or "", change.url or "", by)
    for name, sent in (("publisher", change.publisher), ("url", change.url)):
        is_dropped = "kind" in changes and not _may_name(kind, name) and getattr(zone, name)
        if (sent is not None or is_dropped) and given[name] != getattr(zone, name):
            changes[name] = given[name]
    return changes


def _known_kind(kind: str) -> str:
    if kind not in Kind.values:
        message = _("This kind of zone is not known. Write one of: %(all)s.")
        raise Refused("zone_kind_unknown", message % {"all": ", ".join(Kind.values)}, field="kind")
    return kind


def _may_name(kind: str, name: str) -> bool:
    return kind in (NAME_PUBLISHERS if name == "publisher" else NAME_ADDRESSES)


def _named(kind: str, publisher: str, url: str, by: Membership) -> dict[str, Any]:
    """Return the publisher and the address that a zone of this kind names; at most 2 queries."""
    for name, value in (("publisher", publisher.strip()), ("url", url.strip())):
        if value and not _may_name(kind, name):
            message = _("Only an excerpt names a publisher, and only an excerpt or a citation marker has an address.")
            raise Refused("zone_names_nothing", message, field=name)
    try:
        address = check_source_url(url) if url.strip() else ""
    except BadUrl as error:
        raise Refused(error.code, _(error.message), field="url") from None
    return {"publisher": publisher_named(by.project, publisher), "url": address}


def _check_quote(version: ArticleVersion, span: Span, quote: str) -> None:
    if span.end > version.length:
        message = _("The span %(start)s to %(end)s ends outside its text of %(length)s characters.")
        values = {"start": span.start, "end": span.end, "length": version.length}
        raise Refused("span_outside_text", message % values, field="end")
    passage = Substr("text", Value(span.start + 1), Value(len(span)))
    there = ArticleVersion.objects.filter(pk=version.pk).values_list(passage, flat=True)[0]
    if not there:
        raise Refused("text_withheld", _("The text of this article is withheld."))
    if there != quote:
        message = _("The text at %(start)s to %(end)s reads “%(there)s”, not “%(sent)s”.")
        reading = {"start": span.start, "end": span.end, "there": there[:80], "sent": quote[:80]}
        raise Refused("quote_mismatch", message % reading, field="quote")


def _refuse_second(zone: Region, kind: str, span: Span) -> None:
    """Refuse a zone of the same kind at the same place; the lock on the text holds it."""
    same = Region.objects.filter(version_id=zone.version_id, kind=kind, start=span.start, end=span.end)
    if same.filter(withdrawn_at__isnull=True).exclude(pk=zone.pk).exists():
        raise Refused("zone_already_there", _("This part of the text is marked as this already."), field="kind")


def _facts(zone: Region) -> dict[str, Any]:
    return {
        "kind": zone.kind,
        "start": zone.start,
        "end": zone.end,
        "version": zone.version_number,
        "withdrawn": zone.withdrawn_at is not None,
    }


def _record_change(
    verb: str, zone: Region, by: Membership, request: Request | None, *, before: dict[str, Any] | None = None
) -> None:
    """Write the act, and let the text be indexed and compared anew by the next job that finds shared passages."""
    IndexedText.objects.outdate([zone.version_id])
    named = {"publisher": zone.publisher.name if zone.publisher else "", "url": zone.url}
    text = {name: value for name, value in named.items() if value}
    record(by, verb, "zone", zone.uuid, before=before, after=_facts(zone), text=text or None, request=request)
