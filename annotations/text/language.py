"""Language tags and the direction of a text."""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{1,8}){0,6})")
_LANGUAGES = "ar arc arz ary apc ckb dv fa glk he iw ji ks lrc mzn nqo pnb ps sd syr ug ur yi"
_RIGHT_TO_LEFT = frozenset(_LANGUAGES.split())
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"})
_MAY_BE_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_READ_AT_MOST = 4_000
"""Code points looked at for the direction of a text."""


def language_tag(raw: str) -> str | None:
    """Return a language tag in its usual spelling, or None where it is not one.

    >>> language_tag("en_gb"), language_tag("English")
    ('en-GB', None)
    """
    found = _TAG.fullmatch(raw.strip())
    if found is None:
        return None
    parts = [part for part in re.split("[-_]", found.group(2)) if part]
    return "-".join([found.group(1).lower(), *(_subtag(part) for part in parts)])


def _subtag(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


def direction_of(text_or_tag: str) -> str:
    """Return "rtl" or "ltr" for a text, by its letters, or for a language tag.

    >>> direction_of("ar"), direction_of("سلام 123"), direction_of("A word: سلام, and more")
    ('rtl', 'rtl', 'ltr')
    """
    by_tag = _direction_of_tag(text_or_tag)
    return by_tag or _direction_of_letters(text_or_tag)


def _direction_of_tag(tag: str) -> str | None:
    if len(tag) > 35 or _TAG.fullmatch(tag) is None:
        return None
    language, *others = re.split("[-_]", tag.lower())
    scripts = [part for part in others if len(part) == 4]
    if scripts:
        return "rtl" if scripts[0] in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if language in _RIGHT_TO_LEFT else None


def _direction_of_letters(text: str) -> str:
    start = text[:_READ_AT_MOST]
    if not _MAY_BE_RIGHT_TO_LEFT.search(start):
        return "ltr"
    balance = 0
    for character in start:
        kind = unicodedata.bidirectional(character)
        balance += (kind in ("R", "AL")) - (kind == "L")
    return "rtl" if balance > 0 else "ltr"
