"""The sentences of an article for formats that count them: those a file stated, else those of the splitter."""

from __future__ import annotations

from itertools import pairwise

from annotations.text import sentences as splitter
from annotations.text.sentences import split_sentences
from annotations.text.spans import Span

from .corpus import Row


def sentences_of(article: Row) -> tuple[list[Span], str]:
    """Return the sentences of an article and what found them: those it states where it does.

    What stands between stated sentences is divided anew, so that no word is lost.
    """
    text = article.get("text", "")
    stated = [Span(start, end) for start, end in article.get("sentences", ())]
    if not stated:
        return split_sentences(text), f"{splitter.NAME} {splitter.VERSION}"
    stated.sort()
    edges = [0, *(edge for each in stated for edge in (each.start, each.end)), len(text)]
    gaps = [
        Span(start + each.start, start + each.end)
        for start, end in list(pairwise(edges))[::2]
        if start < end
        for each in split_sentences(text[start:end])
    ]
    return sorted([*stated, *gaps]), "stated"
