"""Texts that a native file brings as withheld: their hash and length, without a word.

Such a text is read as one of as many placeholders, so that every place on it is checked as on any other; once all that
lies on it is written, the words are taken out as withholding takes them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from . import checking
from .checking import BadValue
from .limits import MOST_IN_A_TEXT
from .records import ImportedArticle

PLACEHOLDER = "\N{LIGHT SHADE}"
MOST_DEMANDED_BY, MOST_REASON, MOST_PSEUDONYM = 300, 4_000, 100
_WORDS = ("quote", "prefix", "suffix")
_QUOTING = ("annotations", "suggestions", "threads")


def take_withheld(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a record with placeholders for a text that is withheld, and what is known of that; else as it is, None.

    Raises `BadValue` for a length, hash or time that cannot be taken.
    """
    if given.get("withheld_at") is None or "text" in given:
        return dict(given), None
    length = checking.whole(dict(given), "length", least=1)
    if length > MOST_IN_A_TEXT:
        raise BadValue("length", length, _("Write a whole number from %(least)s up.") % {"least": 1})
    sha256 = given.get("text_sha256")
    if not isinstance(sha256, str) or len(_bytes(sha256)) != 32:
        raise BadValue("text_sha256", sha256, _("Write a SHA-256 as 64 digits and letters from a to f."))
    checking.moment(dict(given), "withheld_at")
    known = {"at": given["withheld_at"], "sha256": sha256.lower(), "demand": _demand(given.get("withheld"))}
    rest = {name: value for name, value in given.items() if name not in ("length", "withheld_at", "withheld")}
    for name in _QUOTING:
        if isinstance(rest.get(name), list):
            rest[name] = [_wordless(row) for row in rest[name]]
    del rest["text_sha256"]
    return rest | {"text": PLACEHOLDER * length}, known


def _demand(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    checking.moment(given, "created_at")
    return {
        "demanded_by": checking.text(given, "demanded_by", most=MOST_DEMANDED_BY, default=""),
        "reason": checking.text(given, "reason", most=MOST_REASON, default=""),
        "annotator": checking.text(given, "annotator", most=MOST_PSEUDONYM, default=""),
        "created_at": given.get("created_at"),
    }


def _wordless(row: Any) -> Any:
    """Return a label on a span, with its parts and earlier states, without quotes: they are read in the text."""
    if not isinstance(row, dict):
        return row
    rest = {name: value for name, value in row.items() if name not in _WORDS}
    for name in ("fragments", "revisions"):
        if isinstance(rest.get(name), list):
            rest[name] = [_wordless(each) for each in rest[name]]
    return rest


def on_text(article: ImportedArticle, text: str) -> ImportedArticle:
    """Return an article that the file withholds as it lies on the text that is here, whose quotes are read in that."""
    values = {name: getattr(article, name) for name in ImportedArticle.__slots__}
    quoting = {name: tuple(map(_wordless, values[name])) for name in _QUOTING}
    return ImportedArticle(**values | quoting | {"text": text, "withheld": None})


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


def with_withheld(article: ImportedArticle, known: dict[str, Any]) -> ImportedArticle:
    """Return the article as one whose text is withheld; what was found in the placeholders is nothing."""
    values = {name: getattr(article, name) for name in ImportedArticle.__slots__}
    return ImportedArticle(**values | {"withheld": known, "text_sha256": known["sha256"], "candidates": {}})
