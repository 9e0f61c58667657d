"""What writers of fact-checking datasets share: the words of their verdicts, sentences by number, what they lose."""

from __future__ import annotations

from array import array
from typing import Any

from annotations.text.spans import Span
from annotations.workflow.judging import CLAIM_DETAILS

from .corpus import Row
from .losses import Losses

FIRST_FREE_ID = 1_000_000_000
"""Where a dataset wants numbers and a row has none from it, numbers count on from here."""


def words_of(header: Row, scheme: str) -> dict[str, str]:
    """Return the dataset's word for each value of the verdict scale that maps to one."""
    scale = header["verdict_scale"] or {}
    values = [*scale.get("values", []), *scale.get("former_values", [])]
    return {value["key"]: value["maps"][scheme] for value in values if value["maps"].get(scheme)}


def has_details(claim: Row) -> bool:
    """Tell whether more is known of a claim than its normal form."""
    return any(claim.get(name) for name in CLAIM_DETAILS)


def standing_verdict(claim: Row, losses: Losses) -> Row | None:
    """Return the last verdict that none supersedes; the others are counted as lost."""
    verdicts = claim.get("verdicts") or []
    superseded = {row["supersedes"] for row in verdicts}
    standing = sorted(
        (row for row in verdicts if row["key"] not in superseded), key=lambda row: (row["created_at"], row["key"])
    )
    losses.lose("verdicts", len(verdicts) - bool(standing))
    return standing[-1] if standing else None


def word_for(claim: Row, words: dict[str, str], losses: Losses) -> tuple[str | None, str]:
    """Return the dataset's word for the claim's verdict and its rationale; a verdict it has no word for is lost."""
    verdict = standing_verdict(claim, losses)
    if verdict is None:
        return None, ""
    word = words.get(verdict["value"])
    losses.lose("verdicts", word is None)
    return word, verdict["rationale"]


def about(row: Row, scheme: str) -> Row:
    """Return what an import from this dataset kept in the metadata."""
    found = (row.get("metadata") or {}).get(scheme)
    return found if isinstance(found, dict) else {}


def items_in_order(claim: Row, scheme: str) -> list[tuple[int, list[Row]]]:
    """Return the evidence sets by number, their items in the order of the dataset where that is known."""

    def place(row: Row) -> tuple[Any, ...]:
        known = about(row, scheme)
        order = tuple(each if isinstance(each := known.get(name), int) else 0 for name in ("question", "answer", "n"))
        return (*order, row["key"])

    return [(each["n"], sorted(each["items"], key=place)) for each in claim["evidence_sets"]]


def in_present_text(passage: Row | None) -> bool:
    """Tell whether a passage stands in the text of an article that the file has.

    >>> in_present_text({"article": "a", "start": 0, "end": 2}), in_present_text({"capture": {}, "start": 0, "end": 2})
    (True, False)
    """
    return passage is not None and "article" in passage and "version" not in passage


class SentencePlaces:
    """Where the sentences of the articles stand, by external id. Memory: 8 bytes a sentence."""

    def __init__(self) -> None:
        self._places: dict[str, array[int]] = {}

    def add(self, article: str, spans: list[Span]) -> None:
        self._places[article] = array("I", (edge for span in spans for edge in (span.start, span.end)))

    def numbers(self, passage: Row) -> tuple[list[int], bool]:
        """Return the numbers of the sentences that a passage touches, and whether they hold more than the passage.

        A passage of a capture, or of an earlier text of its article, touches none: those are not in the file.
        """
        if not in_present_text(passage):
            return [], False
        places = self._places.get(passage["article"], array("I"))
        start, end = passage["start"], passage["end"]
        found = [n // 2 for n in range(0, len(places), 2) if places[n] < end and places[n + 1] > start]
        if not found:
            return [], False
        is_wider = (places[2 * found[0]], places[2 * found[-1] + 1]) != (start, end)
        return found, is_wider
