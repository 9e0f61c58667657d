"""Blocks of a text (its paragraphs) and sections (ten blocks each), by which pages render it.

Nothing is cut or changed: blocks and the gaps between them are the whole text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_BLOCK = 4_000
"""A longer block is split further at its line ends, in code points."""

_BLANK = " \t\u00a0"


@dataclass(frozen=True, slots=True)
class Block:
    """The n-th run of lines between blank lines, from zero; `start` and `end` in code points."""

    n: int
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """Return the blocks of a normalised text. Together with the gaps between them they are the whole text.

    >>> [text[b.start : b.end] for text in ["Title\\n\\nOne\\ntwo\\n"] for b in blocks(text)]
    ['Title', 'One\\ntwo']
    """
    return [Block(n, start, end) for n, (start, end) in enumerate(_pieces(text))]


def sections(all_blocks: Sequence[Block], size: int = 10) -> list[Sequence[Block]]:
    """Return the blocks in groups of `size`, in order."""
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
    run: list[tuple[int, int]] = []
    for start, end in lines(text):
        if text[start:end].strip(_BLANK):
            run.append((start, end))
        elif run:
            yield from _split(run)
            run = []
    if run:
        yield from _split(run)


def _split(run: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the run whole, or in pieces of at most LONGEST_BLOCK where its lines allow that."""
    if run[-1][1] - run[0][0] <= LONGEST_BLOCK:
        yield run[0][0], run[-1][1]
        return
    first, last = run[0]
    for start, end in run[1:]:
        if end - first > LONGEST_BLOCK:
            yield first, last
            first = start
        last = end
    yield first, last
