"""What two texts share, by brute force: every pair of places is compared. Shares no code with what it judges."""

from __future__ import annotations

import itertools
import re

WORD = re.compile(r"[^\W_]+")
BORDER = re.compile(r"\n[^\S\n]*\n|\[\s*(?:…|\.\.\.)\s*\]")


def pieces(text: str, zones: list[tuple[str, int, int]]) -> list[list[tuple[str, int, int]]]:
    """Return the words of each piece that no paragraph break, `[…]` or border of a zone parts."""
    borders = {0, len(text)}
    for found in BORDER.finditer(text):
        borders.update(found.span())
    for _kind, start, end in zones:
        borders.update((start, end))
    out, places = [], sorted(borders)
    for start, end in itertools.pairwise(places):
        if any(s <= start < e for kind, s, e in zones if kind in ("boilerplate", "citation_marker")):
            continue
        plain = text[start:end]
        if BORDER.fullmatch(plain):
            continue
        out.append([(word.group().lower(), start + word.start(), start + word.end()) for word in WORD.finditer(plain)])
    return [piece for piece in out if piece]


def shared(
    one: list[list[tuple[str, int, int]]], other: list[list[tuple[str, int, int]]], least: int = 8
) -> list[tuple[int, int, int, int]]:
    """Return every longest equal run of `least` words or more, as (start, end) in both texts."""
    found = []
    for a in one:
        for b in other:
            places: dict[str, list[int]] = {}
            for j, (word, _start, _end) in enumerate(b):
                places.setdefault(word, []).append(j)
            for i in range(len(a)):
                for j in places.get(a[i][0], ()):
                    if i and j and a[i - 1][0] == b[j - 1][0]:
                        continue
                    n = 0
                    while i + n < len(a) and j + n < len(b) and a[i + n][0] == b[j + n][0]:
                        n += 1
                    if n >= least:
                        found.append((a[i][1], a[i + n - 1][2], b[j][1], b[j + n - 1][2]))
    return found
