"""Whom a comment calls: `@` and a name, of the names there are."""

from __future__ import annotations

from collections.abc import Iterable


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that a text calls, each once, in the order of the text. Case does not matter.

    Names may hold spaces, so the longest that fits counts; `ada@example.org` calls nobody.

    >>> mentioned("@ada, ask @Ada B or @ben-2; not x@ada", ["ada", "ada b", "ben", "ben-2"])
    ['ada', 'ada b', 'ben-2']
    """
    longest_first = sorted(((name.casefold(), name) for name in names if name), key=lambda pair: -len(pair[0]))
    longest = len(longest_first[0][0]) if longest_first else 0
    found: list[str] = []
    for place, sign in enumerate(text):
        if sign != "@" or _is_of_word(text[place - 1 : place]):
            continue
        name = _name_at(text[place + 1 : place + longest + 2], longest_first)
        if name is not None and name not in found:
            found.append(name)
    return found


def _name_at(words: str, longest_first: list[tuple[str, str]]) -> str | None:
    folded = words.casefold()
    for known, name in longest_first:
        if folded.startswith(known) and not _is_of_word(folded[len(known) : len(known) + 1]):
            return name
    return None


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
