"""The one splitter of sentences: pure, the same for the same text. Offsets are code points.

Sentences that a file states win over it. It knows no language: a full stop after a short abbreviation, an initial or a
number of one or two digits ends nothing.
"""

from __future__ import annotations

import re

from annotations.text.spans import Span

NAME = "workbench-sentences"
VERSION = "1"

_BLOCK = re.compile(r"[^\n\u2028\u2029]+")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»“)\]]*+(?=\s)|[。！？؟۔।॥]+[\"'”’»」』）)\]]*")
_NEXT = re.compile(r"\s*[\"'„“‚‘«»(\[¿¡]*(\S)")
_ABBREVIATIONS = re.compile(
    "mr|mrs|ms|dr|prof|st|sen|rep|gov|gen|col|lt|sgt|capt|rev|hon|jr|sr|inc|ltd|co|corp|vs|vol|fig|dept|univ|approx"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|hr|fr|nr|str|bzw|ca|evtl|ggf|vgl|bspw|sog|abs|bd|mio|mrd|tel",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"(?<![\w.])(\w++(?:\.\w++)*+)\.\Z")


def split_sentences(text: str) -> list[Span]:
    """Return the sentences in order, without the space around them; together they hold every character but space.

    >>> [each.text_of("It rained. Mr. Orr left!") for each in split_sentences("It rained. Mr. Orr left!")]
    ['It rained.', 'Mr. Orr left!']
    """
    found: list[Span] = []
    for block in _BLOCK.finditer(text):
        start = block.start()
        for end in _ends(text, block.start(), block.end()):
            _add(found, text, start, end)
            start = end
        _add(found, text, start, block.end())
    return found


def _add(found: list[Span], text: str, start: int, end: int) -> None:
    part = text[start:end]
    words = part.strip()
    if words:
        first = start + len(part) - len(part.lstrip())
        found.append(Span(first, first + len(words)))


def _ends(text: str, start: int, end: int) -> list[int]:
    """Return where sentences end within a block."""
    ends: list[int] = []
    begun = start
    for mark in _END.finditer(text, start, end):
        if _is_end(text, begun, mark, end):
            ends.append(mark.end())
            begun = mark.end()
    return ends


def _is_end(text: str, begun: int, mark: re.Match[str], block_end: int) -> bool:
    if mark.group()[0] not in ".!?…":
        return True
    following = _NEXT.match(text, mark.end(), block_end)
    if following is None:
        return False
    if following.group(1).islower():
        return False
    return mark.group() != "." or not _is_abbreviated(text[max(begun, mark.start() - 40) : mark.end()])


def _is_abbreviated(before: str) -> bool:
    """Say whether the full stop at the end belongs to the last word.

    >>> [_is_abbreviated(each) for each in ("Mr.", "J.", "z.B.", "am 4.", "in 1999.", "left.")]
    [True, True, True, True, False, False]
    """
    found = _LAST_WORD.search(before)
    if found is None:
        return False
    word = found.group(1)
    if word.isdigit():
        return len(word) <= 2
    last = word.rpartition(".")[2]
    is_initial = len(last) == 1 and last.isalpha() and (last.isupper() or "." in word)
    return is_initial or _ABBREVIATIONS.fullmatch(word) is not None
