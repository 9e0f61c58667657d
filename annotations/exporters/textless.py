"""An article's record without its words: ids, addresses, hashes and offsets stay; the texts are joined at import."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
WORDS = ("quote", "prefix", "suffix")


def take_words_out(article: Row) -> None:
    """Take texts and quotes out of an article's record, in place. Notes and what people wrote stay."""
    for text in (article, *article.get("earlier_versions", ())):
        text.pop("text", None)
        for name in ("annotations", "suggestions"):
            for row in text.get(name, ()):
                for part in (row, *row.get("fragments", ()), *row.get("revisions", ())):
                    for word in WORDS:
                        part.pop(word, None)
                    for piece in part.get("fragments", ()):
                        piece.pop("quote", None)


def take_captured_words_out(claim: Row) -> None:
    """Take out of a claim's record what its evidence quotes of captures, in place."""
    for group in claim["evidence_sets"]:
        for item in group["items"]:
            if "capture" not in (item.get("passage") or {}):
                continue
            item["quote"] = ""
            for state in item.get("revisions", ()):
                state["quote"] = ""
