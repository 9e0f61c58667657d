"""Spans, quotes and hashes of a text. Offsets are Unicode code points, from zero, end exclusive."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

CONTEXT = 32
"""Length of the prefix and the suffix that are kept with a quote, in code points."""


class BadSpan(ValueError):
    """A span that is empty, turned round, or outside its text."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a text: code points `start` to `end`, `end` not included.

    >>> Span(2, 4).text_of("📈 Preis")
    'Pr'
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise BadSpan(
                f"A span must start at 0 or later and end after its start; {self.start} to {self.end} does not."
            )

    def __len__(self) -> int:
        return self.end - self.start

    def text_of(self, text: str) -> str:
        """Return the part of the text that the span covers. Raises BadSpan where it ends outside the text."""
        if self.end > len(text):
            raise BadSpan(f"The span {self.start} to {self.end} ends outside its text of {len(text)} characters.")
        return text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Say whether the other span lies wholly inside this one."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of a span with what stands before and after them."""

    exact: str
    prefix: str
    suffix: str


def quote(text: str, span: Span) -> Quote:
    """Return the quote of a span with up to CONTEXT code points on either side.

    >>> quote("Der Preis stieg.", Span(4, 9))
    Quote(exact='Preis', prefix='Der ', suffix=' stieg.')
    """
    return Quote(
        exact=span.text_of(text),
        prefix=text[max(0, span.start - CONTEXT) : span.start],
        suffix=text[span.end : span.end + CONTEXT],
    )


def text_sha256(text: str) -> bytes:
    """Return the 32 bytes of the SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).digest()
