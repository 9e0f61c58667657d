"""The one normaliser: line ends become LF, nothing else changes. It runs once, before the text is hashed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from annotations.text.spans import Span

NAME = "workbench-lines"
VERSION = "1"

_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_END_PAIR = re.compile("\r\n")


class UnusableText(ValueError):
    """A text that cannot be stored: `code` is "nul" or "lone_surrogate", `offset` is in code points of the raw text."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Where a place in the raw text stands in the normalised one.

    `removed` holds the raw offsets of the dropped characters, ascending.
    """

    removed: Sequence[int] = ()

    def to_text(self, raw_offset: int) -> int:
        """Return the offset in the normalised text. A place between CR and LF counts as before the line end.

        >>> normalise("a\\r\\nb").offsets.to_text(3)
        2
        """
        return raw_offset - bisect_left(self.removed, raw_offset)

    def span_to_text(self, raw: Span) -> Span:
        """Return the span in the normalised text. A span that ends between CR and LF covers the whole line end."""
        start, end = self.to_text(raw.start), self.to_text(raw.end)
        at = bisect_left(self.removed, raw.end - 1)
        ends_inside_a_pair = at < len(self.removed) and self.removed[at] == raw.end - 1
        return Span(start, end + 1 if ends_inside_a_pair else end)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as it will be frozen, with the map from the offsets of its raw form."""

    text: str
    offsets: OffsetMap


def normalise(raw: str, *, is_usable: bool = False) -> Normalised:
    """Turn CRLF and CR into LF. Raises UnusableText for NUL and lone surrogates, unless it is known to have none.

    >>> normalise("one\\r\\ntwo\\rthree").text
    'one\\ntwo\\nthree'
    """
    if not is_usable:
        refuse_unusable(raw)
    if "\r" not in raw:
        return Normalised(raw, OffsetMap())
    removed = [match.start() for match in _LINE_END_PAIR.finditer(raw)]
    return Normalised(raw.replace("\r\n", "\n").replace("\r", "\n"), OffsetMap(removed))


def refuse_unusable(raw: str) -> None:
    """Raise UnusableText where the text holds NUL or half of a surrogate pair."""
    found = None if _can_be_stored(raw) else _UNUSABLE.search(raw)
    if found is None:
        return
    offset = found.start()
    if found.group() == "\x00":
        raise UnusableText("nul", f"The character at offset {offset} is NUL (U+0000). Remove it from the file.", offset)
    number = f"U+{ord(found.group()):04X}"
    raise UnusableText(
        "lone_surrogate",
        f"The character at offset {offset} is half of a surrogate pair ({number}). Write the whole character.",
        offset,
    )


def _can_be_stored(raw: str) -> bool:
    """Tell the same at the speed of encoding, which fails for surrogates alone."""
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\x00" not in raw
