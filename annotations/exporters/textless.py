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


def take_cited_words_out(claim: Row) -> None:
    """Take out of a claim's record what its evidence quotes of articles and captures, in place.

    Of an article an import has the words again from the text; those of a capture are not in the file.
    """
    for group in claim["evidence_sets"]:
        for item in group["items"]:
            passage = item.get("passage") or {}
            if not passage:
                continue
            for state in (item, *item.get("revisions", ())):
                if "capture" in passage:
                    state["quote"] = ""
                elif state["quote"]:
                    del state["quote"]
