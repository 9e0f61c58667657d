"""An article's record without its words: ids, addresses, hashes and offsets stay; the texts are joined at import."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
WORDS = ("quote", "prefix", "suffix")
MOST_WORDS = 7
"""A string of more words than these, in what came with an article, may be a sentence of it: a teaser, a summary."""


def take_words_out(article: Row) -> int:
    """Take texts and quotes out of an article's record, in place. Notes and what people wrote stay.

    Of the metadata, strings of more than MOST_WORDS words go; return how many.
    """
    article["metadata"], n_gone = _short(article["metadata"])
    for text in (article, *article.get("earlier_versions", ())):
        text.pop("text", None)
        for name in ("annotations", "suggestions", "threads"):
            for row in text.get(name, ()):
                for part in (row, *row.get("fragments", ()), *row.get("revisions", ())):
                    for word in WORDS:
                        part.pop(word, None)
                    for piece in part.get("fragments", ()):
                        piece.pop("quote", None)
    return n_gone


def _short(value: Any) -> tuple[Any, int]:
    """Return a value without its long strings, and how many they were.

    >>> _short({"id": 7, "excerpt": {"rendered": "A group of fifteen envoys asked for a meeting"}, "tags": ["a b"]})
    ({'id': 7, 'excerpt': {}, 'tags': ['a b']}, 1)
    """
    if isinstance(value, dict | list):
        rows = value.items() if isinstance(value, dict) else enumerate(value)
        kept = [(name, *_short(each)) for name, each in rows if not _is_long(each)]
        n_gone = len(value) - len(kept) + sum(n for _name, _each, n in kept)
        pairs = [(name, each) for name, each, _n in kept]
        return (dict(pairs) if isinstance(value, dict) else [each for _name, each in pairs]), n_gone
    return value, 0


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) > MOST_WORDS


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
