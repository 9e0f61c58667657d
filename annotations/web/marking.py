"""A text cut into pieces at the ends of its spans, for the plain view with marks. Pure; no markup is made here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    active: list[Region] = []
    taken = 0
    for block in all_blocks:
        active = [zone for zone in active if zone.end > block.start]
        while taken < len(zones) and zones[taken].start < block.end:
            active.append(zones[taken])
            taken += 1
        inside = text[block.start : block.end]
        start = block.start + len(inside) - len(inside.lstrip())
        end = block.start + len(inside.rstrip())
        covering = [zone for zone in active if zone.start <= start and end <= zone.end]
        zone = min(covering, key=lambda each: each.end - each.start, default=None)
        yield NamedZone(zone.kind, "" if zone.pk in met else _name_of(zone)) if zone else None
        met |= {zone.pk} if zone else set()


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
