"""What articles say to one question, as values that can be compared: numbers, dates, names, sets, yes or no. Pure.

A value is a small dictionary, fit for JSON; an empty one means that the words say it all, and words are compared then.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from annotations.text.dates import MONTH, MONTHS, find_dates
from annotations.text.quantities import quantity
from annotations.text.words import words

Value = dict[str, Any]
A = TypeVar("A", bound=Hashable)
MOST_ITEMS = 300

_YES = re.compile(r"^\W*(?:yes|true|correct|right|ja|jawohl|wahr|richtig|stimmt|oui|sí)\b|^\W*1\W*$", re.IGNORECASE)
_NO = re.compile(
    r"^\W*(?:no|not|never|neither|none|nobody|false|wrong|nein|nicht|noch nicht|keine?[rsnm]?|niemals|nie|"
    r"niemand|falsch|non)\b"
    r"|^\W*0\W*$",
    re.IGNORECASE,
)
_KNOWN = (
    r"(?:(?:yet|publicly|exactly|officially|fully|at all|genau|öffentlich|offiziell) ){0,2}"
    r"(?:clear|known|certain|sure|stated|said|given|specified|disclosed|reported|mentioned|confirmed|available|addressed|"
    r"answered|decided|established|determined|klar|bekannt|sicher|gewiss|gesagt|angegeben|genannt|erwähnt|bestätigt|"
    r"berichtet|mitgeteilt|beantwortet|entschieden|geklärt|verfügbar|ersichtlich)"
)
_UNCLEAR = re.compile(
    r"^\W*(?:(?:(?:it |this |that |es |das )?(?:is |was |remains |ist |war |bleibt |it's |it’s )?(?:still |"
    r"as yet |noch |weiter )?)?"
    rf"(?:unclear|unknown|uncertain|undecided|unstated|unconfirmed|undisclosed|unklar|unbekannt|ungewiss|unsicher|ungeklärt|unbestätigt|"
    rf"(?:not|noch nicht|nicht) {_KNOWN})"
    r"|(?:no|keine?) (?:exact |further |official |genauen? |weiteren? )?(?:answer|information|details?|data|"
    r"figures?|numbers?|mention|word|comment|"
    r"indication|doubt|Antwort|Informationen|Informationen?|Angaben?|Aussagen?|Zahl(?:en)?|Auskunft|Erwähnung|Zweifel|Hinweise?|Daten)"
    r"|not (?:only|necessarily)|nicht (?:nur|unbedingt)|yes and no|ja und nein|jein|n/?a|k\. ?A|\?)(?!\w)",
    re.IGNORECASE,
)
"""An answer that says that there is none: neither yes nor no, no name and no number."""
_PARTIAL_DATE = re.compile(r"(?<![\w-])((?:1[5-9]|20)\d\d)(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?![\w-])")
_MONTH_AND_YEAR = re.compile(rf"(?<!\w)({MONTH})\.?,? (?:of )?((?:1[5-9]|20)\d\d)(?!\w)", re.IGNORECASE)
_SHORT_DATE = re.compile(r"(?<![\w./])(\d{1,2})\.(\d{1,2})\.(\d{2})(?![\w.]\d|\d)")
_SLASHED_DATE = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})/((?:1[5-9]|20)\d\d)(?![\w/])")
_DAYS_OF_ONE_MONTH = re.compile(
    r"\d\.?(?:st|nd|rd|th)? ?(?:[–—-]|(?:to|and|or|bis|und|oder)(?!\w)) ?(?:the |zum )?$", re.IGNORECASE
)
_NOT_ON = re.compile(r"(?<!\w)(?:before|after|prior to|vor(?: dem)?|nach(?: dem)?)[ :]*$", re.IGNORECASE)
_ABOUT_THEN = re.compile(
    r"(?:(?<!\w)(?:about|around|roughly|approximately|circa|c\.|ca\.|etwa|ungefähr|gegen|um(?: den)?|likely|"
    r"probably|wohl|vermutlich)"
    r"|~|≈)[ :]*$",
    re.IGNORECASE,
)
_AND = r"(?:and|und|sowie|as well as|&)"
_PARTS = re.compile(rf"\s*[,;\n]\s*(?:{_AND}\s+)?|\s+{_AND}\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|a|an|der|die|das|den|dem)\s+", re.IGNORECASE)


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
    """Read how many; “keine” is none of them, but “keine Angaben” says nothing."""
    value = quantity(text)
    return {} if value.get("high") == 0 and _UNCLEAR.match(text) else value


def _date(text: str) -> Value:
    """Return a day, a month or a year, as exact as the words are; nothing for “before” and “after” one."""
    text = text[:2000]
    found = _first_date(text)
    if found is None:
        return {}
    value, start = found
    before = text[:start]
    if _NOT_ON.search(before):
        return {}
    if _ABOUT_THEN.search(before) or (len(value) == 10 and _DAYS_OF_ONE_MONTH.search(before)):
        value = value.rpartition("-")[0]
    return {"date": value} if value else {}


def _first_date(text: str) -> tuple[str, int] | None:
    """Return the first date of the most exact kind that a text has, and where it stands."""
    for each in find_dates(text):
        return each.value.isoformat()[:10], each.start
    if short := _SHORT_DATE.search(text):
        return _checked_day(2000 + int(short[3]), int(short[2]), int(short[1]), short.start())
    if slashed := _SLASHED_DATE.search(text):
        one, other, year = int(slashed[1]), int(slashed[2]), int(slashed[3])
        if one > 12 or one == other:
            return _checked_day(year, other, one, slashed.start())
        # 5/11 is read in two ways, and then the year is all that is certain
        return _checked_day(year, one, other, slashed.start()) if other > 12 else (str(year), slashed.start())
    if month := _MONTH_AND_YEAR.search(text):
        return f"{month[2]}-{MONTHS[month[1].lower()]:02}", month.start()
    partial = _PARTIAL_DATE.search(text)
    return (partial[0], partial.start()) if partial else None


def _checked_day(year: int, month: int, day: int, start: int) -> tuple[str, int] | None:
    try:
        return date(year, month, day).isoformat(), start
    except ValueError:
        return None


def _items(text: str) -> Value:
    found = [_ARTICLE.sub("", part.strip(' .“”"')) for part in _PARTS.split(text)]
    items = list(dict.fromkeys(part for part in found if part))[:MOST_ITEMS]
    return {"items": items} if items else {}


def _yes_or_no(text: str) -> Value:
    """Read yes or no off the first word; “not clear” and “not stated” are neither."""
    if _UNCLEAR.match(text):
        return {}
    if _NO.match(text):
        return {"yes": False}
    return {"yes": True} if _YES.match(text) else {}


def _words(text: str) -> Value:
    return {"name": text} if _key(text) else {}


def _unless_unclear(make: Callable[[str], Value]) -> Callable[[str], Value]:
    return lambda text: {} if _UNCLEAR.match(text) else make(text)


_VALUES: dict[str, Callable[[str], Value]] = {
    "number": _number,
    "date": _date,
    "set": _unless_unclear(_items),
    "yes_no": _yes_or_no,
    "name": _unless_unclear(_words),
    "place": _unless_unclear(_words),
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
