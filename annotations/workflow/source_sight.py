"""What of a source one may see: itself, its captures, the looks at it. Where work is blind, one's own looks alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.access import sees_all_work, visible_to
from annotations.errors import NotThere
from annotations.models import Capture, Membership, Source, SourceCheck
from annotations.text.page_states import state_of

from .source_looks import SAID, as_looks, medium_of


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A source as one membership may know it: where work is blind, from what it asked for itself alone."""

    source: Source
    url: str
    title: str
    author: str
    publisher: str
    published_at: datetime | None
    published_precision: str
    medium: str
    state: str
    checked_at: datetime | None
    version_number: int

    @property
    def name(self) -> str:
        """Return what the source is called on pages."""
        return self.title or self.url or self.source.canonical_url

    @property
    def state_name(self) -> str:
        """Return the state in words."""
        return str(Source.State(self.state).label)

    @property
    def medium_name(self) -> str:
        """Return the medium in words."""
        return str(Source.Medium(self.medium).label)


def find_source(by: Membership, uuid: UUID) -> Source:
    """Find a source one may see, or raise `NotThere`; 1 query."""
    found = visible_to(by, Source.objects.select_related("publisher")).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("source_not_found", _("There is no such source, or you may not see it."))
    return found


def captures_of(source: Source, by: Membership) -> QuerySet[Capture]:
    """Return the captures of a source that one may see, the newest first, without their texts."""
    rows = Capture.objects.filter(source=source).select_related("requested_by", "raw_file").defer("text")
    return visible_to(by, rows).order_by("-fetched_at", "-pk")


def find_capture(by: Membership, uuid: UUID) -> Capture:
    """Find a capture one may see, with its source and text, or raise `NotThere`; 1 query."""
    rows = Capture.objects.select_related("source__publisher", "requested_by", "raw_file")
    found = visible_to(by, rows).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("capture_not_found", _("There is no such capture, or you may not see it."))
    return found


def capture_before(capture: Capture, by: Membership) -> Capture | None:
    """Return the capture of the same source before this one, with its text; 1 query."""
    rows = visible_to(by, Capture.objects.filter(source_id=capture.source_id, fetched_at__lte=capture.fetched_at))
    return rows.exclude(pk=capture.pk).order_by("-fetched_at", "-pk").first()


def looks_at(source: Source, by: Membership) -> QuerySet[SourceCheck]:
    """Return the looks at a source that one may see, the newest first."""
    rows = SourceCheck.objects.filter(source=source).select_related("requested_by", "capture")
    return visible_to(by, rows.defer("capture__text")).order_by("-checked_at", "-pk")


def shown(sources: Sequence[Source], by: Membership) -> list[ShownSource]:
    """Return sources as one may know them; 2 queries where one sees one's own work only, else none."""
    if sees_all_work(by):
        return [_as_known(source) for source in sources]
    looks = _looks(by, sources)
    captures: dict[int, Capture] = {}
    rows = visible_to(by, Capture.objects.filter(source__in=sources)).defer("text").order_by("fetched_at", "pk")
    for capture in rows:
        captures[capture.source_id] = capture
    return [_as_own(source, captures.get(source.pk), looks[source.pk]) for source in sources]


def states_shown(sources: Iterable[Source], by: Membership) -> dict[int, str]:
    """Return the states of sources as one may know them, by id; at most 1 query."""
    rows = list(sources)
    if sees_all_work(by):
        return {source.pk: source.state for source in rows}
    looks = _looks(by, rows)
    return {source.pk: state_of(as_looks(looks[source.pk])) for source in rows}


def _looks(by: Membership, sources: Sequence[Source]) -> dict[int, list[SourceCheck]]:
    found: dict[int, list[SourceCheck]] = defaultdict(list)
    rows = SourceCheck.objects.filter(source__in=sources).select_related("capture").defer("capture__text")
    for look in visible_to(by, rows).order_by("checked_at", "pk"):
        found[look.source_id].append(look)
    return found


def _as_known(source: Source) -> ShownSource:
    return ShownSource(
        source,
        url=source.url,
        title=source.title,
        author=source.author,
        publisher=source.publisher.name if source.publisher else "",
        published_at=source.published_at,
        published_precision=source.published_precision,
        medium=source.medium,
        state=source.state,
        checked_at=source.checked_at,
        version_number=source.version_number,
    )


def _as_own(source: Source, capture: Capture | None, looks: list[SourceCheck]) -> ShownSource:
    """Tell of a source what one's own looks found; its row would tell of others'."""
    fetched = [look for look in looks if look.outcome not in SAID]
    if not source.url:  # nobody else could have named it before: what it is was said with it
        checked_at = fetched[-1].checked_at if fetched else None
        return replace(_as_known(source), state=state_of(as_looks(looks)), checked_at=checked_at, version_number=0)
    return ShownSource(
        source,
        url=source.canonical_url,  # the row has it as whoever came first wrote it
        title=capture.title if capture else "",
        author=capture.author if capture else "",
        publisher=capture.publisher_name if capture else "",
        published_at=capture.published_at if capture else None,
        published_precision=capture.published_precision if capture else "second",
        medium=medium_of(capture.media_type) if capture else "",
        state=state_of(as_looks(looks)),
        checked_at=fetched[-1].checked_at if fetched else None,
        version_number=0,
    )
