"""What articles say to one question, as values that can be compared: numbers, dates, names, sets, yes or no. Pure.

A value is a small dictionary, fit for JSON; an empty one means that the words say it all, and words are compared then.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from annotations.text.dates import find_dates
from annotations.text.words import words

Value = dict[str, Any]
A = TypeVar("A", bound=Hashable)
MOST_ITEMS = 300

_UNIT_NAMES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_UNITS = {name: n for n, name in enumerate(_UNIT_NAMES)} | {"a": 1, "an": 1, "dozen": 12}
_TEN_NAMES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {name: 10 * n for n, name in enumerate(_TEN_NAMES, start=2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {"tausend": 1_000, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9}
_NUMBER_WORDS = "|".join((*_UNITS, *_TENS, *_SCALES))
_FIGURE = re.compile(
    rf"(?P<digits>\d{{1,3}}(?:[,.\u2009\u202f ]\d{{3}}){{1,5}}(?!\d)|\d{{1,15}})(?P<part>[.,]\d{{1,4}})?"
    rf"(?: (?P<scale>{'|'.join(_SCALES)})\b)?"
    rf"|\b(?P<words>(?:{_NUMBER_WORDS})(?:[ -](?:{_NUMBER_WORDS})){{0,5}})\b",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:at least|more than|over|no fewer than|or more|mindestens|mehr als|über)\b|≥|>|\bor more\b", re.IGNORECASE
)
_AT_MOST = re.compile(
    r"\b(?:at most|up to|fewer than|less than|under|höchstens|bis zu|weniger als|unter)\b|≤|<", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:about|around|roughly|approximately|nearly|almost|some|estimated|etwa|rund|fast)\b|~", re.I)
_YES = re.compile(r"^\W*(?:yes|true|ja|oui|sí|1)\b", re.IGNORECASE)
_NO = re.compile(r"^\W*(?:no|not|false|nein|non|0)\b", re.IGNORECASE)
_PARTIAL_DATE = re.compile(r"\b((?:1[5-9]|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?\b")
_PARTS = re.compile(r"\s*[,;\n]\s*(?:(?:and|und|&)\s+)?|\s+(?:and|und|&)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|a|an|der|die|das)\s+", re.IGNORECASE)


class Relation(StrEnum):
    """How one value stands to another."""

    SAME = "same"
    NEAR = "near"
    APART = "apart"
    MORE = "more"
    LESS = "less"


def value_of(kind: str, text: str) -> Value:
    """Return the normalised value of what somebody wrote or a text says, or nothing where the words say it all.

    >>> value_of("number", "800,000 to two million"), value_of("number", "at least one million")
    ({'low': 800000, 'high': 2000000}, {'low': 1000000, 'high': None})
    >>> value_of("set", "Germany, France and the Czech Republic")
    {'items': ['Germany', 'France', 'Czech Republic']}
    >>> value_of("yes_no", "no, not yet"), value_of("date", "14 November 2018"), value_of("name", "Mayor Ilse Brandt")
    ({'yes': False}, {'date': '2018-11-14'}, {'name': 'Mayor Ilse Brandt'})
    """
    text = text.strip()
    make = _VALUES.get(kind)
    return make(text) if make is not None and text else {}


def compare(kind: str, one: Value, other: Value, *, texts: tuple[str, str] = ("", "")) -> Relation:
    """Say how a value stands to another; `texts` are what was written, for values that are nothing but words.

    >>> compare("number", {"low": 14, "high": 14}, {"low": 15, "high": 15})
    <Relation.APART: 'apart'>
    >>> compare("number", {"low": 800000, "high": 2000000}, {"low": 1000000, "high": None})
    <Relation.NEAR: 'near'>
    >>> compare("set", {"items": ["France"]}, {"items": ["france", "Germany"]})
    <Relation.LESS: 'less'>
    """
    if not one or not other:
        return Relation.SAME if _key(texts[0]) == _key(texts[1]) else Relation.NEAR
    if kind == "number":
        return _compare_numbers(one, other)
    if kind == "date":
        first, second = str(one["date"]), str(other["date"])
        if first == second:
            return Relation.SAME
        return Relation.NEAR if first.startswith(second) or second.startswith(first) else Relation.APART
    if kind == "set":
        return _compare_sets(one, other)
    if kind == "yes_no":
        return Relation.SAME if one["yes"] == other["yes"] else Relation.APART
    return _compare_words(kind, _key(str(one["name"])), _key(str(other["name"])))


def items_missing(one: Value, other: Value) -> list[str]:
    """Return what of the second set is not in the first, in its order.

    >>> items_missing({"items": ["France"]}, {"items": ["FRANCE", "Germany"]})
    ['Germany']
    """
    have = {_key(item) for item in one.get("items", ())}
    return [item for item in other.get("items", ()) if _key(item) not in have]


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of an article: its value, the words, and the source that it names, empty where it speaks itself."""

    value: Value
    text: str
    source: str = ""


@dataclass(slots=True)
class Reading(Generic[A]):
    """What a row shows at a glance.

    `common` is what most articles say, None where no value has more articles than each other has, or only one has it;
    `n_common` of `n_answers` articles say so. `states` proposes a state for each article, `missing` and `added` name
    what a set lacks, or has besides, beside the common one. `everything` is the union of all sets.
    """

    n_answers: int = 0
    n_common: int = 0
    common: Said | None = None
    states: dict[A, str] = field(default_factory=dict)
    missing: dict[A, list[str]] = field(default_factory=dict)
    added: dict[A, list[str]] = field(default_factory=dict)
    everything: list[str] = field(default_factory=list)


_STATES = {
    Relation.SAME: "agrees",
    Relation.NEAR: "differs",
    Relation.APART: "contradicts",
    Relation.MORE: "adds",
    Relation.LESS: "omits",
}
_NEAREST = (Relation.SAME, Relation.MORE, Relation.NEAR, Relation.LESS, Relation.APART)


def read_row(kind: str, answers: Mapping[A, Sequence[Said]]) -> Reading[A]:
    """Compare what articles say to one question; an article without a statement omits what most of the others say.

    What is apart is a contradiction only where the two speak from the same source, or neither names one.

    >>> answers = {n: [Said(value_of("number", each), each)] for n, each in enumerate(("14", "14", "15"))}
    >>> found = read_row("number", answers)
    >>> found.common.text, found.n_common, found.states
    ('14', 2, {0: 'agrees', 1: 'agrees', 2: 'contradicts'})
    """
    reading: Reading[A] = Reading(n_answers=sum(1 for said in answers.values() if said))
    reading.everything = _union(said.value for each in answers.values() for said in each)
    reading.common, reading.n_common = _common(kind, answers)
    common = reading.common
    for article, said in answers.items():
        if common is None:
            reading.states[article] = "unchecked"
        elif not said:
            reading.states[article] = "omits"
        else:
            reading.states[article] = _state(kind, said, common)
        if kind == "set" and said and common is not None:
            own = {"items": _union(each.value for each in said)}
            if missing := items_missing(own, common.value):
                reading.missing[article] = missing
            if added := items_missing(common.value, own):
                reading.added[article] = added
    return reading


def _common(kind: str, answers: Mapping[A, Sequence[Said]]) -> tuple[Said | None, int]:
    counts: Counter[int] = Counter()
    values: list[Said] = []
    for said in answers.values():
        met: set[int] = set()
        for each in said:
            n = next((n for n, known in enumerate(values) if _relation(kind, each, known) is Relation.SAME), None)
            if n is None:
                n = len(values)
                values.append(each)
            met.add(n)
        counts.update(met)
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < 2 or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None, 0
    return values[ranked[0][0]], ranked[0][1]


def _state(kind: str, said: Sequence[Said], common: Said) -> str:
    relations = {_relation(kind, each, common): each for each in reversed(said)}
    relation = next(each for each in _NEAREST if each in relations)
    if relation is Relation.APART and _key(relations[relation].source) != _key(common.source):
        return "other_source"
    return _STATES[relation]


def _relation(kind: str, one: Said, other: Said) -> Relation:
    return compare(kind, one.value, other.value, texts=(one.text, other.text))


def _union(values: Iterable[Value]) -> list[str]:
    found: dict[tuple[str, ...], str] = {}
    for value in values:
        for item in value.get("items", ()):
            found.setdefault(_key(item), item)
    return list(found.values())


def _key(text: str) -> tuple[str, ...]:
    return tuple(word.folded for word in words(_ARTICLE.sub("", text)))


# Values


def _number(text: str) -> Value:
    figures = [found for match in _FIGURE.finditer(text[:1000]) if (found := _figure(match)) is not None]
    if not figures:
        return {}
    if len(figures) > 1 and figures[0] < figures[1] and not _joined_by_and_only(text):
        return {"low": figures[0], "high": figures[1]}
    figure = figures[0]
    if _AT_LEAST.search(text):
        return {"low": figure, "high": None}
    if _AT_MOST.search(text):
        return {"low": None, "high": figure}
    about = {"about": True} if _ABOUT.search(text) else {}
    return {"low": figure, "high": figure, **about}


def _joined_by_and_only(text: str) -> bool:
    return not re.search(r"\d\s*[–-]\s*\d|\b(?:to|and|bis|und)\b|possibly", text)


def _figure(match: re.Match[str]) -> int | float | None:
    if match["digits"]:
        number: float = int(re.sub(r"\D", "", match["digits"]))
        if match["part"]:
            number = float(f"{int(number)}.{match['part'][1:]}")
        number *= _SCALES.get((match["scale"] or "").casefold(), 1)
        return int(number) if number == int(number) else number
    return _spelt(re.split(r"[ -]", match["words"].casefold()))


def _spelt(parts: list[str]) -> int | None:
    if not any(part not in ("a", "an") for part in parts):
        return None
    total = current = 0
    for part in parts:
        if part in _SCALES:
            scale = _SCALES[part]
            current = max(current, 1) * scale
            if scale > 100:
                total, current = total + current, 0
        elif part == "dozen":
            current = max(current, 1) * 12
        else:
            current += _UNITS.get(part, _TENS.get(part, 0))
    return total + current


def _date(text: str) -> Value:
    found = find_dates(text[:2000])
    if found:
        return {"date": found[0].value.isoformat()[:10]}
    partial = _PARTIAL_DATE.search(text)
    return {"date": partial[0]} if partial else {}


def _items(text: str) -> Value:
    found = [_ARTICLE.sub("", part.strip(' .“”"')) for part in _PARTS.split(text)]
    items = list(dict.fromkeys(part for part in found if part))[:MOST_ITEMS]
    return {"items": items} if items else {}


def _yes_or_no(text: str) -> Value:
    if _NO.match(text):
        return {"yes": False}
    return {"yes": True} if _YES.match(text) else {}


def _words(text: str) -> Value:
    return {"name": text} if _key(text) else {}


_VALUES = {
    "number": _number,
    "date": _date,
    "set": _items,
    "yes_no": _yes_or_no,
    "name": _words,
    "place": _words,
    "quote": _words,
}


def _compare_words(kind: str, one: tuple[str, ...], other: tuple[str, ...]) -> Relation:
    if one == other:
        return Relation.SAME
    if kind == "quote":
        return Relation.NEAR
    return Relation.NEAR if set(one) <= set(other) or set(other) <= set(one) else Relation.APART


def _compare_numbers(one: Value, other: Value) -> Relation:
    first, second = (one["low"], one["high"]), (other["low"], other["high"])
    if first == second:
        return Relation.SAME
    low = max((n for n in (first[0], second[0]) if n is not None), default=None)
    high = min((n for n in (first[1], second[1]) if n is not None), default=None)
    if low is not None and high is not None and low > high:
        is_about = one.get("about") or other.get("about")
        return Relation.NEAR if is_about and low <= high * 1.1 else Relation.APART
    return Relation.NEAR


def _compare_sets(one: Value, other: Value) -> Relation:
    lacks, has_more = bool(items_missing(one, other)), bool(items_missing(other, one))
    if not lacks and not has_more:
        return Relation.SAME
    if not lacks:
        return Relation.MORE
    return Relation.LESS if not has_more else Relation.NEAR
