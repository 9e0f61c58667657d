"""Two wordings of one passage, side by side, with the words that differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from annotations.text.wording import Kind, Piece

MOST_COMPARED = 4_000_000
"""Where the words make more pairs than this, they are not compared each with each: the time would grow with both."""
_PART = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


def differences(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of either wording: same or gone of the first, same or new of the other.

    White space alone makes no difference, case and signs do. Of very long wordings all that lies between their equal
    ends counts as replaced.

    >>> [piece.text for piece in differences("It rained long.", "It snowed long.")[1]]
    ['It ', 'snowed ', 'long.']
    """
    a, b = _PART.findall(one), _PART.findall(other)
    keys_a, keys_b = [part.strip() for part in a], [part.strip() for part in b]
    head = 0
    while head < min(len(a), len(b)) and keys_a[head] == keys_b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and keys_a[-1 - tail] == keys_b[-1 - tail]:
        tail += 1
    inner_a, inner_b = keys_a[head : len(a) - tail], keys_b[head : len(b) - tail]
    left, right = [(Kind.SAME, "".join(a[:head]))], [(Kind.SAME, "".join(b[:head]))]
    codes: Sequence[tuple[str, int, int, int, int]]
    if len(inner_a) * len(inner_b) > MOST_COMPARED:
        codes = [("replace", 0, len(inner_a), 0, len(inner_b))]
    else:
        codes = SequenceMatcher(None, inner_a, inner_b, autojunk=False).get_opcodes()
    for tag, start_a, end_a, start_b, end_b in codes:
        is_same = tag == "equal"
        left.append((Kind.SAME if is_same else Kind.GONE, "".join(a[head + start_a : head + end_a])))
        right.append((Kind.SAME if is_same else Kind.NEW, "".join(b[head + start_b : head + end_b])))
    left.append((Kind.SAME, "".join(a[len(a) - tail :])))
    right.append((Kind.SAME, "".join(b[len(b) - tail :])))
    return _joined(left), _joined(right)


def _joined(pieces: Iterable[tuple[Kind, str]]) -> list[Piece]:
    """Leave empty pieces out and join neighbours of one kind."""
    made: list[Piece] = []
    for kind, text in pieces:
        if text and made and made[-1].kind == kind:
            made[-1] = Piece(kind, made[-1].text + text)
        elif text:
            made.append(Piece(kind, text))
    return made
