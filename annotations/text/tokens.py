"""Words and signs of a text, for formats that know only tokens. Pure; offsets are code points."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

from annotations.text.spans import Span

_CLINGING = frozenset({"Mn", "Me", "Mc", "Cf", "Sk"})
"""Marks, joiners and modifiers: they belong to the character before them."""
_FIRST_CLINGING = 0x300


def tokenise(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the tokens of a part of the text: runs of letters and digits, and each other sign by itself.

    Marks and joiners stay with what they belong to, an apostrophe before a letter stays in its word, and so does a
    point or comma between digits.

    >>> [each.text_of("Zoë’s 4.2 %, e\u0301t") for each in tokenise("Zoë’s 4.2 %, e\u0301t")]
    ['Zoë’s', '4.2', '%', ',', 'e\u0301t']
    """
    found = _pattern().finditer(text, start, len(text) if end is None else end)
    return [Span(*each.span()) for each in found]


@cache
def _pattern() -> re.Pattern[str]:
    """Build the pattern of a token once; this looks at every character that there is."""
    clinging = "".join(_ranges())
    word = rf"\w[\w{clinging}]*"
    return re.compile(rf"{word}(?:(?:['’](?=[^\W\d_])|(?<=\d)[.,](?=\d)){word})*|[^\w\s][{clinging}]*")


def _ranges() -> Iterator[str]:
    points = (n for n in range(_FIRST_CLINGING, sys.maxunicode + 1) if unicodedata.category(chr(n)) in _CLINGING)
    for _distance, run in groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        numbers = [point for _n, point in run]
        yield f"\\U{numbers[0]:08x}-\\U{numbers[-1]:08x}"
