"""Blocks of a text (its paragraphs) and sections (ten blocks each), by which pages render it.

Nothing is cut or changed: blocks and the gaps between them are the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

Part = TypeVar("Part")
LONGEST_BLOCK = 4_000
"""A longer block is split further at its line ends, in code points."""

_BLANK = " \t\u00a0"
_BLANK_START = re.compile(rf"(?:[{_BLANK}]*\n)+")
_GAP = re.compile(rf"\n(?:[{_BLANK}]*\n)+")


class Block(NamedTuple):
    """The n-th run of lines between blank lines, from zero; `start` and `end` in code points.

    A named tuple, since a long text has hundreds of thousands and a frozen dataclass costs four times as much to make.
    """

    n: int
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """Return the blocks of a normalised text. Together with the gaps between them they are the whole text.

    >>> [text[b.start : b.end] for text in ["Title\\n\\nOne\\ntwo\\n"] for b in blocks(text)]
    ['Title', 'One\\ntwo']
    """
    return [Block(n, start, end) for n, (start, end) in enumerate(_pieces(text))]


def sections(all_blocks: Sequence[Part], size: int = 10) -> list[Sequence[Part]]:
    """Return the blocks, or what there is of each, in groups of `size`, in order."""
    return [all_blocks[first : first + size] for first in range(0, len(all_blocks), size)]


def lines(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line between two offsets, without its line end."""
    stop = len(text) if end is None else end
    while start <= stop:
        found = text.find("\n", start, stop)
        line_end = stop if found < 0 else found
        yield start, line_end
        start = line_end + 1


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of lines between blank ones, long runs in parts."""
    start = _end_of(_BLANK_START, text, 0)
    stop = _start_of_blank_end(text)
    for gap in _GAP.finditer(text, start, stop):
        yield from _split(text, start, gap.start())
        start = gap.end()
    if start < stop:
        yield from _split(text, start, stop)


def _end_of(pattern: re.Pattern[str], text: str, offset: int) -> int:
    found = pattern.match(text, offset)
    return found.end() if found else offset


def _start_of_blank_end(text: str) -> int:
    """Return where the last line with a word in it ends; spaces at its end belong to it."""
    last = len(text.rstrip(_BLANK + "\n"))
    line_end = text.find("\n", last)
    return len(text) if line_end < 0 and last else max(line_end, 0) if last else 0


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a run whole, or in pieces of at most LONGEST_BLOCK where its lines allow that."""
    if end - start <= LONGEST_BLOCK:
        yield start, end
        return
    first, last = start, start
    for line_start, line_end in lines(text, start, end):
        if line_end - first > LONGEST_BLOCK and line_start > first:
            yield first, last
            first = line_start
        last = line_end
    yield first, last
