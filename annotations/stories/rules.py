"""What the rules of one language are, by which answers are read from texts, and which languages have some."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from annotations.text.spans import Span

Bounds = tuple[int, int]
KINDS = ("number", "date", "name", "place", "set", "quote")


@dataclass(frozen=True, slots=True)
class Rules:
    """How one language is read. Each finder returns the bounds of what is of its kind in one sentence.

    `speaker` returns whom a sentence names as its source, empty where it names that there is one and not who, None
    where it has none. `answers` are the words for yes, no and not certain.
    """

    find: dict[str, Callable[[str], Iterable[Bounds]]]
    negated: re.Pattern[str]
    is_open: re.Pattern[str]
    speaker: Callable[[str], str | None]
    endings: re.Pattern[str]
    no_cues: frozenset[str]
    answers: tuple[str, str, str]
    joins_words: bool = False
    """Whether a cue word may stand inside of a longer word, as in German compounds."""


def joined(spans: Iterable[Bounds], part: str, between: re.Pattern[str]) -> list[Bounds]:
    """Join numbers that overlap, and the two ends of a range."""
    found: list[Bounds] = []
    for start, end in sorted(spans):
        if found and (start <= found[-1][1] or between.fullmatch(part[found[-1][1] : start])):
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def shifted(found: Iterable[Bounds], sentence: Span) -> list[Span]:
    """Return what was found in a sentence as spans of its text."""
    return [Span(sentence.start + start, sentence.start + end) for start, end in found]
