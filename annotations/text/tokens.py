"""Words and signs of a text, for formats that know only tokens. Pure; offsets are code points."""

from __future__ import annotations

import unicodedata

from annotations.text.spans import Span

_INSIDE_WORDS = frozenset("'’")


def tokenise(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the tokens of a part of the text: runs of letters and digits, and each other sign by itself.

    Marks and joiners stay with what they belong to, an apostrophe between letters stays in its word, and so does a
    point or comma between digits.

    >>> [each.text_of("Zoë’s 4.2 %, e\\u0301t") for each in tokenise("Zoë’s 4.2 %, e\\u0301t")]
    ['Zoë’s', '4.2', '%', ',', 'e\\u0301t']
    """
    stop = len(text) if end is None else end
    found: list[Span] = []
    begun, was_word = -1, False
    for place in range(start, stop):
        character = text[place]
        if character.isspace():
            kind = None
        elif begun >= 0 and (_clings(character) or (was_word and _is_inside(text, place, stop))):
            continue
        else:
            kind = character.isalnum() or character == "_"
        if begun >= 0 and not (kind and was_word):
            found.append(Span(begun, place))
            begun = -1
        if kind is not None and begun < 0:
            begun, was_word = place, kind
    if begun >= 0:
        found.append(Span(begun, stop))
    return found


def _clings(character: str) -> bool:
    return character > "\u02ff" and unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf", "Sk")


def _is_inside(text: str, place: int, stop: int) -> bool:
    before, after = text[place - 1], text[place + 1] if place + 1 < stop else " "
    if text[place] in _INSIDE_WORDS:
        return before.isalnum() and after.isalpha()
    return text[place] in ".," and before.isdigit() and after.isdigit()
