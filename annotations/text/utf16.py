"""From offsets in UTF-16 units, as browsers and Java count them, to code points and back. Used only at the border."""

from __future__ import annotations

import re
from bisect import bisect_left

_BEYOND = re.compile("[\U00010000-\U0010ffff]")
"""Characters of two UTF-16 units."""


class Utf16Offsets:
    """The offsets of one text in both units. Memory grows with its characters beyond U+FFFF alone.

    >>> offsets = Utf16Offsets("a 😀 b")
    >>> offsets.length, offsets.to_code_points(5), offsets.to_units(4)
    (6, 4, 5)
    """

    def __init__(self, text: str) -> None:
        points = [] if text.isascii() else [found.start() for found in _BEYOND.finditer(text)]
        self._points = points
        self._units = [point + n for n, point in enumerate(points)]
        self.length = len(text) + len(points)

    def to_units(self, point: int) -> int:
        """Return where a place in code points stands in UTF-16 units."""
        return point + bisect_left(self._points, point)

    def to_code_points(self, unit: int) -> int | None:
        """Return where a place in UTF-16 units stands in code points; None within a pair or outside the text.

        >>> Utf16Offsets("a😀").to_code_points(2) is None
        True
        """
        if not 0 <= unit <= self.length:
            return None
        n_before = bisect_left(self._units, unit)
        if n_before and self._units[n_before - 1] == unit - 1:
            return None
        return unit - n_before
