"""How many: numbers as English and German write them, with what bounds them, as a lowest and a highest. Pure.

Only words beside a figure bound it: “14 under a new law” is 14. Where the words leave more than one reading open, the
wider one is taken, so that two articles are not said to contradict each other where they need not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

READ_AT_MOST = 1_000
"""Code points of an answer that are read."""

_UNIT_NAMES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_UNITS = {name: n for n, name in enumerate(_UNIT_NAMES)} | {"a": 1, "an": 1}
_TEN_NAMES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {name: 10 * n for n, name in enumerate(_TEN_NAMES, start=2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}

_GERMAN_NAMES = (
    *("null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"),
    *("dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"),
)
_GERMAN = {name: n for n, name in enumerate(_GERMAN_NAMES)} | {"eins": 1, "zwo": 2}
_GERMAN_TEN_NAMES = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
_GERMAN_TENS = {name: 10 * n for n, name in enumerate(_GERMAN_TEN_NAMES, start=2)} | {"dreissig": 30}
_GERMAN_SCALES = {"dutzend": 12, "hundert": 100, "tausend": 1_000, "million": 10**6, "millionen": 10**6}
_GERMAN_SCALES |= {"milliarde": 10**9, "milliarden": 10**9, "billionen": 10**12}
_SHORT_SCALES = {
    "k": 1_000,
    "tsd": 1_000,
    "m": 10**6,
    "mn": 10**6,
    "mio": 10**6,
    "bn": 10**9,
    "mrd": 10**9,
    "tn": 10**12,
}
_ALL_SCALES = _SCALES | _GERMAN_SCALES | _SHORT_SCALES
_MANY = {"tens": 10, "dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1_000, "millions": 10**6}
_MANY |= {"billions": 10**9, "dutzende": 12, "dutzenden": 12, "hunderte": 100, "hunderten": 100, "tausende": 1_000}
_MANY |= {"tausenden": 1_000, "zehntausende": 10_000, "zehntausenden": 10_000, "hunderttausende": 100_000}
_MANY |= {"hunderttausenden": 100_000, "millionen": 10**6, "milliarden": 10**9}


def _one_of(names: Sequence[str] | dict[str, int]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_WORD = _one_of(_UNITS | _TENS | _SCALES)
_PART = _one_of(dict.fromkeys((*_GERMAN, *_GERMAN_TENS, "hundert", "tausend"), 0))
_LONG = _one_of({**_SCALES, **_GERMAN_SCALES})
_LENGTHS = r"(?! ?(?:high|deep|long|wide|tall|above|below|hoch|tief|lang|breit|über|unter)\b)"
_FIGURE = re.compile(
    rf"(?<![\w.,])(?P<digits>[1-9]\d{{0,2}}(?P<sep>[,.'’\u00a0\u2009\u202f ])\d{{3}}(?:(?P=sep)\d{{3}}){{0,4}}(?!\d)"
    rf"|\d{{1,15}})"
    rf"(?P<part>[.,]\d{{1,4}}|½)?"
    rf"(?:(?P<short>k|m|mn|bn|tn){_LENGTHS}(?!\w)"
    rf"|[ \u00a0-]?(?P<scale>mio|mrd|tsd|mn|bn|{_LONG})\b\.?)?"
    rf"|(?<!\w)(?:(?P<half>half an?|(?:a )?quarter of an?|(?:eine? )?halbe[snr]?) (?P<of>{_LONG})"
    rf"|(?P<more>{_WORD}|anderthalb|(?:ein|zwei|drei|vier|fünf)einhalb)(?P<and>[ -]and[ -]a[ -]half)?(?<=half|"
    rf"halb) (?P<whole>{_LONG})"
    rf"|(?P<many>(?:(?:tens|dozens|hundreds|thousands) of )?(?:{_one_of(_MANY)}))"
    rf"|eine?[nmr]? (?P<one>{_one_of(_GERMAN_SCALES)})"
    rf"|(?P<german>(?:{_PART})(?:{_PART}|und){{0,9}})(?: (?P<times>{_one_of(_GERMAN_SCALES)}))?"
    rf"|(?P<words>(?:{_WORD})(?:(?:[ -]|(?<=hundred) and |(?<=thousand) and )(?:{_WORD})){{0,7}}))(?!\w)",
    re.IGNORECASE,
)
_FILL = (
    r"an?|the|its?|estimated|possibly|perhaps|maybe|about|around|roughly|approximately|nearly|almost|some|even|just|well|"
    r"US|in|total|von|den|die|der|etwa|rund|ungefähr|circa|ca\.|gut|knapp|fast|nahezu|beinahe|geschätzt|geschätzten?|"
    r"vielleicht|möglicherweise|womöglich|sogar|insgesamt"
)
_AT_THE_END = rf"(?:[ ~$€£]|(?<!\w)(?:{_FILL})(?!\w)){{0,6}}$"
_AT_MOST = re.compile(
    r"(?:(?<!\w)(?<!no )(?<!not )(?<!nicht )(?:at (?:the )?most|up to|no(?:t)? more than|fewer than|less than|"
    r"under|below|as many as|(?:a )?maximum of|"
    r"höchstens|maximal|bis zu|nicht mehr als|weniger als|unter|kaum mehr als)(?!\w)|[≤<])" + _AT_THE_END,
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:(?<!\w)(?<!no )(?<!not )(?<!nicht )(?:at least|more than|over|above|upwards? of|no(?:t)? (?:fewer|"
    r"less) than|exceed(?:s|ed|ing)?|"
    r"(?:a )?minimum of|mindestens|wenigstens|mehr als|über|nicht weniger als|ab)(?!\w)|[≥>])" + _AT_THE_END,
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:(?<!\w)(?:about|around|roughly|approximately|approx\.|nearly|almost|some|(?:an )?estimated|close to|circa|c\.|"
    r"etwa|rund|ungefähr|ca\.|gut|knapp|fast|nahezu|beinahe|schätzungsweise|geschätzte?n?)(?!\w)|[~≈±])" + _AT_THE_END,
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"(?<!\w)(?:several|a few|many|mehrere[rn]?|einige[rn]?|viele[rn]?|ein paar) $", re.IGNORECASE)
_NO = re.compile(r"(?<!\w)no[ -]$", re.IGNORECASE)
_UNIT_WORDS = r"(?: ?(?!(?:to|bis|and|und|or|oder)\b)[^\W\d]{1,20}\.?){0,2}"
_AND_MORE = re.compile(
    rf"{_UNIT_WORDS}(?: ?\+| plus\b| (?:or|and|oder|und) (?:more|mehr|above|darüber)\b|,? (?:at least|"
    r"mindestens|upwards)\b)",
    re.IGNORECASE,
)
_AND_LESS = re.compile(
    rf"{_UNIT_WORDS}(?: (?:or|and|oder|und) (?:fewer|less|weniger)\b|,? (?:at most|at the most|höchstens)\b)",
    re.IGNORECASE,
)
_OR_SO = re.compile(rf"{_UNIT_WORDS}(?: (?:or|oder) so\b|,? (?:approximately|roughly|ungefähr)\b)", re.IGNORECASE)
_QUALIFIED = rf"(?:at least|at most|more than|over|up to|mehr als|über|bis zu|mindestens|höchstens|{_FILL}|[ ~$€£])"
_TO = re.compile(
    rf"{_UNIT_WORDS}(?: ?[–—-] ?(?:bis )?| ?(?:to|bis|or|oder)(?!\w)|,? (?:and |or |und |oder )?"
    rf"(?:possibly|perhaps|maybe|vielleicht|möglicherweise|womöglich)(?!\w)){_QUALIFIED}{{0,8}}",
    re.IGNORECASE,
)
_AND = re.compile(rf"{_UNIT_WORDS},? ?(?:and|und|but|aber)(?!\w){_QUALIFIED}{{0,8}}", re.IGNORECASE)
_BETWEEN = re.compile(rf"(?<!\w)(?:between|zwischen){_AT_THE_END}", re.IGNORECASE)
_NONE = re.compile(r"\W*(?:none|nobody|no one|nothing|no|niemand|nichts|keine?[rsnm]?)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text; `scale` is what its last word multiplies by, `is_open` says that it may be any more."""

    number: float
    start: int
    end: int
    scale: int = 1
    is_open: bool = False


def quantity(text: str) -> dict[str, Any]:
    """Return the lowest and the highest number that words allow, None where one is open; nothing where there is none.

    >>> quantity("800,000 to more than 1,000,000"), quantity("rund 1,2 Mio. Menschen")
    ({'low': 800000, 'high': None}, {'low': 1200000, 'high': 1200000, 'about': True})
    >>> quantity("zwei- bis dreitausend"), quantity("hundreds of people"), quantity("nobody")
    ({'low': 2000, 'high': 3000}, {'low': 200, 'high': None}, {'low': 0, 'high': 0})
    """
    text = text[:READ_AT_MOST]
    figures = list(_figures(text))
    if not figures:
        return {"low": 0, "high": 0} if _NONE.match(text) else {}
    low, high, is_about = _bounds(text, figures, 0)
    joined = _joined(text, figures) if len(figures) > 1 else None
    if joined is not None:
        low, high, is_about = joined
    return _value(low, high, is_about=is_about and low is not None and high is not None)


def _joined(text: str, figures: Sequence[Figure]) -> tuple[float | None, float | None, bool] | None:
    """Return the bounds of a range that the first two figures make, or None where they make none."""
    first, second = figures[:2]
    low, high, is_about = _bounds(text, figures, 0)
    other_low, other_high, other_about = _bounds(text, figures, 1)
    gap = text[first.end : second.start]
    is_between = _BETWEEN.search(text, 0, first.start) or (high is None and other_low is None)
    if not (_TO.fullmatch(gap) or (is_between and _AND.fullmatch(gap))):
        return None
    if low is not None and first.scale == 1 and first.number * second.scale <= second.number:
        low *= second.scale  # “two to three million”
    if low is not None and other_high is not None and low > other_high:
        return None
    return low, other_high, is_about or other_about


def _value(low: float | None, high: float | None, *, is_about: bool) -> dict[str, Any]:
    return {"low": _plain(low), "high": _plain(high), **({"about": True} if is_about else {})}


def _plain(number: float | None) -> float | int | None:
    return number if number is None or number != int(number) else int(number)


def _bounds(text: str, figures: Sequence[Figure], n: int) -> tuple[float | None, float | None, bool]:
    """Return the bounds of the n-th figure by the words beside it, and whether it is about so many."""
    figure = figures[n]
    before = text[figures[n - 1].end if n else 0 : figure.start]
    after = text[figure.end : figures[n + 1].start if n + 1 < len(figures) else len(text)]
    is_about = bool(_ABOUT.search(before) or _OR_SO.match(after))
    if _AT_MOST.search(before) or _AND_LESS.match(after):
        return None, figure.number, is_about
    if figure.is_open or _AT_LEAST.search(before) or _AND_MORE.match(after):
        return figure.number, None, is_about
    return figure.number, figure.number, is_about


# Figures


def _figures(text: str) -> Iterator[Figure]:
    for match in _FIGURE.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if match["digits"]:
            yield _of_digits(match)
            continue
        if _NO.search(before):
            continue  # “no one”
        found = _of_words(match)
        if found is not None and found.number == found.scale and _SEVERAL.search(before):
            found = Figure(2 * found.number, found.start, found.end, found.scale, is_open=True)
        if found is not None:
            yield found


def _of_digits(match: re.Match[str]) -> Figure:
    scale_name = (match["scale"] or match["short"] or "").casefold()
    digits, part = re.sub(r"\D", "", match["digits"]), match["part"] or ""
    number = float(digits) if not part else 0.5 + float(digits) if part == "½" else float(f"{digits}.{part[1:]}")
    # “1.234 million” in English and “1,234 Millionen” in German have a decimal sign, not one between thousands
    decimal = "," if scale_name in _GERMAN_SCALES and scale_name not in _SCALES else "."
    if scale_name and not part and match["sep"] == decimal and match["digits"].count(decimal) == 1:
        number = float(match["digits"].replace(decimal, "."))
    scale = _ALL_SCALES.get(scale_name, 1)
    return Figure(round(number * scale, 4), match.start(), match.end(), scale)


def _of_words(match: re.Match[str]) -> Figure | None:
    number: float | None
    scale, is_open = 1, False
    if match["half"]:
        scale = _ALL_SCALES[match["of"].casefold()]
        number = scale / (4 if "quarter" in match["half"].casefold() else 2)
    elif match["more"]:
        scale = _ALL_SCALES[match["whole"].casefold()]
        number = _and_a_half(match["more"].casefold()) * scale
    elif match["many"]:
        times, _of, name = match["many"].casefold().rpartition(" of ")
        number, is_open = 2 * _MANY.get(times, 1) * _MANY[name], True
    elif match["one"]:
        number = scale = _GERMAN_SCALES[match["one"].casefold()]
    elif match["german"]:
        number = _german(match["german"].casefold())
        scale = _GERMAN_SCALES.get((match["times"] or "").casefold(), 1)
        if number is not None:
            number *= scale
            scale = scale if scale > 1 else _last_scale(match["german"].casefold(), int(number))
    else:
        parts = re.split(r"[ -]", match["words"].casefold().replace(" and ", " "))
        number, scale = _spelt(parts), _SCALES.get(parts[-1], 1)
        if all(part in _SCALES for part in parts):
            scale = int(number or 1)
    if number is None:
        return None
    return Figure(number, match.start(), match.end(), scale, is_open)


def _and_a_half(word: str) -> float:
    if word == "anderthalb":
        return 1.5
    whole = _GERMAN.get(word.removesuffix("einhalb"))
    return (whole if whole is not None else _UNITS.get(word, _TENS.get(word, 1))) + 0.5


def _last_scale(word: str, number: int) -> int:
    """Return what a German number ends in, so that “zwei- bis dreitausend” begins at two thousand."""
    for name in ("tausend", "hundert"):
        if word.endswith(name):
            return number if word == name else _GERMAN_SCALES[name]
    return 1


def _german(word: str) -> int | None:
    """Read a German number that is written as one word.

    >>> _german("zweihundertvierzehn"), _german("hundertzwanzigtausend"), _german("ein"), _german("undzwei")
    (214, 120000, None, None)
    """
    return None if word == "ein" else _german_part(word)


def _german_part(word: str) -> int | None:
    for name in ("tausend", "hundert"):
        left, found, right = word.partition(name)
        if found:
            before = _german_part(left) if left else 1
            after = _german_part(right.removeprefix("und")) if right else 0
            return before * _GERMAN_SCALES[name] + after if before is not None and after is not None else None
    if word in _GERMAN or word in _GERMAN_TENS:
        return _GERMAN.get(word, _GERMAN_TENS.get(word))
    ones, _und, tens = word.partition("und")
    if 0 < _GERMAN.get(ones, 0) < 10 and tens in _GERMAN_TENS:
        return _GERMAN[ones] + _GERMAN_TENS[tens]
    return None


def _spelt(parts: Sequence[str]) -> int | None:
    if all(part in ("a", "an") for part in parts):
        return None
    total = current = 0
    for part in parts:
        if part in _SCALES:
            current = max(current, 1) * _SCALES[part]
            if _SCALES[part] > 100:
                total, current = total + current, 0
        else:
            current += _UNITS.get(part, _TENS.get(part, 0))
    return total + current
