"""The states of quotations by brute force: every run of words of every text is tried. Written without the product."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

CUT = re.compile(r"[\[(]\s*(?:…|\.\s?\.\s?\.)\s*[\])]")
WORD = re.compile(r"[^\W_]+")


def plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def parts(text: str) -> list[list[str]]:
    return [found for piece in CUT.split(text) if (found := WORD.findall(unicodedata.normalize("NFC", piece)))]


def common(one: list[str], other: list[str]) -> int:
    """Return the length of the longest common subsequence, by the textbook table."""
    row = [0] * (len(other) + 1)
    for a in one:
        before = row[:]
        for n, b in enumerate(other, start=1):
            row[n] = before[n - 1] + 1 if a == b else max(before[n], row[n - 1])
    return row[-1]


def share(part: list[str], piece: list[str]) -> float:
    """Return the best share that a run of the piece has of the part; runs with too few of its words are passed over."""
    n, best, mine = len(part), 0.0, Counter(part)
    for first in range(len(piece)):
        met: Counter[str] = Counter()
        n_met = 0
        for end in range(first + 1, min(len(piece), first + 2 * n) + 1):
            met[(word := piece[end - 1])] += 1
            n_met += met[word] <= mine[word]
            most = max(n, end - first)
            if n_met >= needed(n) * n and n_met / most >= 0.6 and n_met / most > best:
                n_common = common(part, piece[first:end])
                best = max(best, n_common / most) if n_common >= needed(n) * n else best
    return best


def needed(n: int) -> float:
    if n <= 4:
        return 1.0
    return 0.8 if n <= 7 else 0.6


def state(quote: str, text: str) -> str:
    """Return what a quotation of one part is in a text: verbatim, altered or not_found."""
    (part,) = parts(quote)
    pieces = parts(text)
    n = len(part)
    if any(piece[i : i + n] == part for piece in pieces for i in range(len(piece))):
        return "verbatim"
    folded = [plain(word) for word in part]
    least = 1.0 if n <= 4 else 0.6
    is_near = any(share(folded, [plain(word) for word in piece]) >= least for piece in pieces)
    return "altered" if is_near else "not_found"


def state_among(quote: str, texts: list[str]) -> str:
    states = {state(quote, text) for text in texts}
    return next(each for each in ("verbatim", "altered", "not_found") if each in states or each == "not_found")
