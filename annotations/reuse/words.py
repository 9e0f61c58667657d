"""The words of a text as reuse compares them: folded, with their places, in stretches that no passage crosses.

Pure; offsets are code points. Quotation marks, dashes, soft hyphens, case, accents and British or American endings make
no difference. Scripts without spaces between words give one word for each character; there two characters count as one
word, so that a passage needs sixteen of them.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from annotations.text.spans import Span

METHOD = "words-1"
"""Name of how words are made; what was indexed under another name is indexed again."""
LEFT_OUT = frozenset({"boilerplate", "citation_marker"})
"""Kinds of zones whose words are not compared."""
WITHIN = frozenset({"editors_insertion"})
"""Kinds of zones that break a run, but stand inside one quotation."""

_WITHOUT_SPACES = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0dff\u00ad\u200c\u200d\u2060"
)
_WORD = re.compile(f"[{_WITHOUT_SPACES}]|[^\\W_{_WITHOUT_SPACES}](?:[^\\W_{_WITHOUT_SPACES}]|[{_MARKS}])*")
_ELISION = re.compile(r"[\[(]\s*(?:…|\.(?:\s?\.){1,3})\s*[\])]")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_INVISIBLE = {ord(each): None for each in "\u00ad\u200c\u200d\u2060"}
_IS_CHARACTER = re.compile(f"[{_WITHOUT_SPACES}]")
_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations|ational)$)"), "iz"),
    (re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|ing|able|ful|ite|ites|hood|hoods)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{3})ys(?=(?:e|ed|es|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})ll(?=(?:ed|ing|er|ers)$)"), "l"),
    (re.compile(r"(?<=[a-z]{3})tre(?=s?$)"), "ter"),
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a text that a passage does not leave or enter."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Words in a row that no border parts: words `first` to `end` of their text.

    `zone` numbers the zone around it (0 outside all), across which passages are not joined; `after_cut` says that words
    were left out before it (`[…]`).
    """

    first: int
    end: int
    zone: int
    after_cut: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The compared words of a text: forms, places, and the stretches that they make."""

    forms: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    stretches: tuple[Stretch, ...]

    def span(self, first: int, end: int) -> Span:
        """Return the place of words `first` to `end` in the text."""
        return Span(self.starts[first], self.ends[end - 1])

    def between(self, start: int, end: int) -> tuple[int, int]:
        """Return the words that lie in a part of the text, as (first, end)."""
        first = bisect_left(self.starts, start)
        return first, max(first, bisect_right(self.ends, end))

    def stretch_of(self, word: int) -> Stretch:
        """Return the stretch that holds a word."""
        return self.stretches[bisect_right(self.stretches, word, key=lambda each: each.first) - 1]


def words_of(text: str, zones: Iterable[Zone] = (), *, same: Mapping[str, str] | None = None) -> Words:
    """Return the words of a text outside the zones that are left out.

    `same` maps folded spellings to the one that stands for them all.

    >>> words_of("Der „Preis“ stieg […] um 4 %.").forms
    ('der', 'preis', 'stieg', 'um', '4')
    """
    forms: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    stretches: list[Stretch] = []
    for start, end, zone, after_cut in _parts(text, list(zones)):
        first = len(forms)
        for found in _WORD.finditer(text, start, end):
            forms.append(fold(found.group()))
            starts.append(found.start())
            ends.append(found.end())
        if len(forms) > first:
            stretches.append(Stretch(first, len(forms), zone, after_cut))
    if same:
        forms = [same.get(form, form) for form in forms]
    return Words(tuple(forms), tuple(starts), tuple(ends), tuple(stretches))


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Return the form by which a word is compared.

    >>> fold("Organisation"), fold("Zoë"), fold("STRASSE") == fold("Straße")
    ('organization', 'zoe', True)
    """
    folded = word.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded.translate(_INVISIBLE))
        folded = "".join(
            each for each in folded if not "\u0300" <= each <= "\u036f" and not "\u064b" <= each <= "\u0652"
        )
        folded = unicodedata.normalize("NFC", folded).casefold()
    for pattern, other in _SPELLINGS:
        folded = pattern.sub(other, folded)
    return folded


def weight(forms: Sequence[str]) -> int:
    """Count words; of characters that are words of their own two count as one.

    >>> weight(["price", "価", "格"])
    2
    """
    characters = sum(1 for form in forms if len(form) == 1 and _IS_CHARACTER.match(form))
    return len(forms) - characters + characters // 2


def _parts(text: str, zones: list[Zone]) -> Iterator[tuple[int, int, int, bool]]:
    """Yield (start, end, zone, after a cut) of the parts between paragraph breaks, elisions and borders of zones."""
    out: list[tuple[int, int]] = []
    borders: set[int] = {0, len(text)}
    cuts: set[int] = set()
    for found in _PARAGRAPH.finditer(text):
        borders.add(found.start())
    for found in _ELISION.finditer(text):
        borders.update(found.span())
        cuts.add(found.end())
        out.append(found.span())
    for zone in zones:
        borders.update((zone.start, zone.end))
    numbers = _zone_numbers(zones)
    places = sorted(borders)
    gone = sorted([*out, *((zone.start, zone.end) for zone in zones if zone.kind in LEFT_OUT)])
    after_cut = False
    opened: list[tuple[int, Zone, int]] = []
    waiting = sorted(zip(zones, numbers, strict=True), key=lambda pair: -pair[0].start)
    n_gone, gone_until = 0, 0
    for start, end in itertools.pairwise(places):
        while n_gone < len(gone) and gone[n_gone][0] <= start:
            gone_until = max(gone_until, gone[n_gone][1])
            n_gone += 1
        while waiting and waiting[-1][0].start <= start:
            zone, number = waiting.pop()
            opened.append((zone.end, zone, number))
        opened = [each for each in opened if each[0] > start]
        after_cut = after_cut or start in cuts
        if start < gone_until:
            continue
        around = max((number for _end, _zone, number in opened if number), default=0)
        yield start, end, around, after_cut
        if _WORD.search(text, start, end):
            after_cut = False


def _zone_numbers(zones: list[Zone]) -> list[int]:
    """Number the zones that passages are not joined across; those that stand inside a quotation have 0."""
    return [0 if zone.kind in WITHIN or zone.kind in LEFT_OUT else n for n, zone in enumerate(zones, start=1)]
