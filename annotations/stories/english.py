"""How answers are read from English texts: by the built-in suggester's rules, and a few of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from annotations.suggesters import rules
from annotations.suggesters.english import propose

from .rules import Bounds, Rules, joined

LEAST_ITEMS = 3
_NO_CUES = frozenset(
    re.findall(
        r"\w+",
        "who whom whose what which when where why how many much long did does do was were is are has have had been be "
        "the a an of to in on at by for from and or it its they them he she his her their that this these those any "
        "people said say says told wer was wann wo wie viele hat haben ist sind wurde wurden der die das ein eine",
    )
)
_SCALED = re.compile(
    rf"(?:(?:{rules.QUALIFIER}|an estimated|possibly|or) )*"
    rf"\b(?:an?|one|{rules.WORDS}|{rules.FIGURE}) (?:hundred|thousand|million|billion|trillion)\b(?: or more)?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r" ?(?:to|[–-])(?: (?:possibly|perhaps))?(?: (?:more than|over|at least|up to|about|nearly))? ?", re.IGNORECASE
)
_ITEM = rf"(?:[Tt]he )?{rules.NAMES}"
_LIST = re.compile(rf"{_ITEM}(?:(?:, (?:and )?| and | as well as ){_ITEM}){{{LEAST_ITEMS - 1},40}}")
_NAME = re.compile(rf"(?<!\w){rules.NAMES}")


def _numbers(part: str) -> Iterable[Bounds]:
    spans = {(each.start, each.end) for each in propose(part, kinds=("number",))}
    return joined(spans | {match.span() for match in _SCALED.finditer(part)}, part, _RANGE)


def _proposed(part: str, kind: str) -> Iterable[Bounds]:
    return [(each.start, each.end) for each in propose(part, kinds=(kind,))]


def _names(part: str) -> Iterable[Bounds]:
    for match in _NAME.finditer(part):
        is_first_word = match.start() == 0 and " " not in match[0]
        if not is_first_word and not rules.NO_PLACES.match(match[0]):
            yield match.span()


def _speaker(sentence: str) -> str | None:
    for cue in propose(sentence, kinds=("attribution_cue",)):
        return dict(cue.attributes).get("speaker", "")
    return None


ENGLISH = Rules(
    find={
        "number": _numbers,
        "date": lambda part: _proposed(part, "date"),
        "name": _names,
        "place": lambda part: _proposed(part, "place"),
        "set": lambda part: [match.span() for match in _LIST.finditer(part)],
        "quote": lambda part: _proposed(part, "quotation"),
    },
    negated=re.compile(r"\b(?:not|never|no|nor|yet to|denied|denies|without|unsent)\b|n['’]t\b", re.IGNORECASE),
    is_open=re.compile(
        r"\b(?:whether|if|unclear|not clear|would|could|may|might|planned?|draft|seeking)\b", re.IGNORECASE
    ),
    speaker=_speaker,
    endings=re.compile(r"(?:ed|ing|es|s|ion|ions|ories|ory)\Z"),
    no_cues=_NO_CUES,
    answers=("yes", "no", "not certain"),
)
