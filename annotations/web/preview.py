"""A text as it will be frozen, cut at its blocks and zones, for the page that shows it before it is saved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotations.models import Region
from annotations.text.blocks import blocks
from annotations.text.zones import Zone

from .marking import Marked, Piece, marked_blocks


@dataclass(frozen=True, slots=True)
class FrozenBlock:
    """A block in pieces, and the names of the zones that begin in it."""

    pieces: list[Piece]
    zones: list[str]


def frozen_pieces(text: str, zones: Sequence[Zone]) -> Iterator[FrozenBlock]:
    """Yield the blocks of a text, cut where zones begin and end."""
    spans = [
        Marked(zone.start, zone.end, zone.kind, str(Region.Kind(zone.kind).label), number)
        for number, zone in enumerate(zones, start=1)
    ]
    for parts in marked_blocks(text, blocks(text), spans):
        yield FrozenBlock(parts, [span.name for piece in parts for span in piece.opens])
