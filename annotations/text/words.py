"""The words that search knows: what is one, and which spellings count as the same. Pure; offsets are code points.

Both databases are given these words and never a text, so that neither has rules of its own. Whoever changes a rule here
lets `workbench rebuild_search` run once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from sys import maxunicode
from typing import NamedTuple

LONGEST_WORD = 60
"""Code points of a folded word that count; the databases take no lexeme of any length."""

_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: each character is a word, and words in a row are a phrase."""
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4"
    "\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200b-\u200f\u2060"
)
"""Accents, Hebrew points, Arabic vowels and stretching, and signs that are not seen: they make no other word."""
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ĸ": "k"}
)
"""Letters with a stroke and joined ones, which Unicode does not take apart."""


class Word(NamedTuple):
    """A word as it is compared, and where it stands. A named tuple, as a long text has hundreds of thousands."""

    folded: str
    start: int
    end: int


def words(text: str, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """Yield the words of a part of a text: runs of letters and digits; nothing else separates or is one.

    >>> [word.folded for word in words("Zoë’s STRASSE, Straße: 4.2 % in 東京")]
    ['zoe', 's', 'strasse', 'strasse', '4', '2', 'in', '東', '京']
    """
    for found in _pattern().finditer(text, start, len(text) if end is None else end):
        folded = fold(found[0])
        if folded:
            yield Word(folded, *found.span())


@lru_cache(maxsize=1 << 15)
def fold(word: str) -> str:
    """Return a word without case, accents and compatibility forms, cut at LONGEST_WORD.

    >>> [fold(each) for each in ("Ærø", "ÉTÉ", "ΣΟΦΟΣ", "ｶﾞ", "한국")]
    ['aero', 'ete', 'σοφοσ', 'ガ', '한국']
    """
    return fold_signs(word)[:LONGEST_WORD]


def fold_signs(text: str) -> str:
    """Return letters and digits without case, accents and compatibility forms: each folded word of a text is in them.

    >>> fold_signs("Zoë’s STRASSE")
    'zoesstrasse'
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = _accents().sub("", apart).translate(_NOT_DECOMPOSED)
    # compatibility forms bring signs with them: ½ is 1, a fraction bar, 2
    return _signs().sub("", unicodedata.normalize("NFC", plain))


@cache
def _accents() -> re.Pattern[str]:
    return re.compile(f"[{_ACCENTS}]+")


@cache
def _signs() -> re.Pattern[str]:
    return re.compile(rf"[^\w{_marks()}]|_")


@cache
def _pattern() -> re.Pattern[str]:
    """Build the pattern of a word once; this looks at every character that there is."""
    marks = _marks()
    plain, letter = "[a-zA-Z0-9]++", rf"[^\W_{_WITHOUT_SPACES}]"
    # the plain letters first, by themselves: a class of a few ranges is looked through five times as fast
    return re.compile(rf"(?:{plain}|{letter})(?:{plain}|{letter}|[{marks}])*+|[{_WITHOUT_SPACES}][{marks}]*+")


@cache
def _marks() -> str:
    """Return the marks and joiners of all scripts as a part of a class: they belong to the letter before them."""
    points = [n for n in range(0xAD, maxunicode + 1) if unicodedata.category(chr(n)) in ("Mn", "Mc", "Me", "Cf")]
    parts = []
    for _distance, run in groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        numbers = [point for _n, point in run]
        parts.append(f"\\U{numbers[0]:08x}-\\U{numbers[-1]:08x}")
    return "".join(parts)
