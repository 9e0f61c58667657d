"""A text cut into pieces at the ends of its spans, for the plain view with marks. Pure; no markup is made here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from annotations.models import Region
from annotations.text.blocks import Block


@dataclass(frozen=True, slots=True)
class Marked:
    """A span with its label, as far as this view needs it; offsets in code points."""

    start: int
    end: int
    label: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text over which the same spans lie, outermost first; `opens` begin here, `closes` end here."""

    text: str
    spans: tuple[Marked, ...]
    opens: tuple[Marked, ...]
    closes: tuple[Marked, ...]


@dataclass(frozen=True, slots=True)
class NamedZone:
    """The zone that a paragraph belongs to, and its name where it is the zone's first paragraph."""

    kind: str
    name: str


def zones_of_blocks(text: str, all_blocks: Sequence[Block], zones: Sequence[Region]) -> Iterator[NamedZone | None]:
    """Yield the innermost zone that covers each block whole, spaces at its ends aside; zones come by their start."""
    met: set[int] = set()
    for covering in _covering(text, all_blocks, zones):
        zone = min(covering, key=lambda each: each.end - each.start, default=None)
        yield NamedZone(zone.kind, "" if zone.pk in met else _name_of(zone)) if zone else None
        met |= {zone.pk} if zone else set()


@dataclass(frozen=True, slots=True)
class Head:
    """A zone's name, above the first paragraph that it covers."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Heads:
    """The kind of the innermost zone that covers a paragraph, and what stands above it."""

    kind: str = ""
    above: tuple[Head, ...] = ()


def heads_of_blocks(text: str, all_blocks: Sequence[Block], zones: Sequence[Region]) -> Iterator[Heads]:
    """Yield what stands above each block, as the page's script puts it there: each zone is named once."""
    met: set[int] = set()
    for covering in _covering(text, all_blocks, sorted(zones, key=lambda zone: (zone.start, -zone.end))):
        inner = min(covering, key=lambda each: each.end - each.start, default=None)
        above = tuple(Head(zone.kind, _head_name(zone)) for zone in covering if zone.pk not in met)
        met.update(zone.pk for zone in covering)
        yield Heads(inner.kind, above) if inner else Heads()


def _covering(text: str, all_blocks: Sequence[Block], zones: Sequence[Region]) -> Iterator[list[Region]]:
    """Yield the zones that cover each block whole, spaces at its ends aside; zones come by their start."""
    active: list[Region] = []
    taken = 0
    for block in all_blocks:
        active = [zone for zone in active if zone.end > block.start]
        while taken < len(zones) and zones[taken].start < block.end:
            active.append(zones[taken])
            taken += 1
        if not active:
            yield []
            continue
        inside = text[block.start : block.end]
        start = block.start + len(inside) - len(inside.lstrip())
        end = block.start + len(inside.rstrip())
        yield [zone for zone in active if zone.start <= start and end <= zone.end]


def _head_name(zone: Region) -> str:
    """Name a zone in the words of the page's script."""
    kind = Region.Kind
    if zone.kind == kind.EXCERPT and zone.publisher:
        return _("Excerpt · {publisher}").replace("{publisher}", zone.publisher.name)
    return {
        kind.HEADLINE: _("Headline"),
        kind.BYLINE: _("Byline"),
        kind.DATE_LINE: _("Date line"),
        kind.BODY: _("Body"),
        kind.CAPTION: _("Caption"),
        kind.EXCERPT: _("Excerpt"),
        kind.CITATION_MARKER: _("Citation marker"),
        kind.EDITORS_INSERTION: _("Editor's insertion"),
        kind.BOILERPLATE: _("Not part of the article"),
    }[kind(zone.kind)]


def _name_of(zone: Region) -> str:
    kind = str(Region.Kind(zone.kind).label).capitalize()
    return f"{kind} · {zone.publisher.name}" if zone.publisher else kind


def marked_blocks(text: str, all_blocks: Sequence[Block], spans: Sequence[Marked]) -> Iterator[list[Piece]]:
    """Yield the pieces of each block, in one pass over blocks and spans."""
    waiting = sorted(spans, key=lambda span: (span.start, -span.end))
    active: list[Marked] = []
    taken = 0
    for block in all_blocks:
        active = [span for span in active if span.end > block.start]
        while taken < len(waiting) and waiting[taken].start < block.end:
            active.append(waiting[taken])
            taken += 1
        yield list(pieces(text, block, active))


def pieces(text: str, block: Block, spans: Sequence[Marked]) -> Iterator[Piece]:
    """Cut one block at the ends of its spans, which come in order of their start, the longer first.

    >>> one = Marked(2, 4, "claim", "Claim", 1)
    >>> [(piece.text, len(piece.spans)) for piece in pieces("abcdef", Block(0, 0, 6), [one])]
    [('ab', 0), ('cd', 1), ('ef', 0)]
    """
    waiting = [span for span in spans if span.end > block.start]
    active: list[Marked] = []
    taken = 0
    edges = sorted({block.start, block.end, *_cuts(block, waiting)})
    for start, end in pairwise(edges):
        active = [span for span in active if span.end > start]
        while taken < len(waiting) and waiting[taken].start <= start:
            active.append(waiting[taken])
            taken += 1
        opens = tuple(span for span in active if span.start == start)
        closes = tuple(span for span in reversed(active) if span.end == end)
        yield Piece(text[start:end], tuple(active), opens, closes)


def _cuts(block: Block, spans: Sequence[Marked]) -> Iterator[int]:
    for span in spans:
        yield from (place for place in (span.start, span.end) if block.start < place < block.end)
