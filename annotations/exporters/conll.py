"""CoNLL-2003 in IOB2: a document an article and annotator, and a side file that holds text and offsets of the tokens.

A token has one tag: of annotations that overlap, the first and longest is written. One that does not fit whole tokens
is widened to them, one that goes over the end of a sentence is divided there. All this is counted.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import orjson

from annotations.text import sentences as splitter
from annotations.text.sentences import split_sentences
from annotations.text.spans import Span
from annotations.text.tokens import tokenise

from .archive import archive
from .corpus import Corpus, Row
from .label_names import LabelNames
from .losses import Losses
from .shares import Share, shares_of

CARRIES = frozenset({"annotations", "annotators", "metadata", "sentences"})
_STATED = (
    "external_id",
    "title",
    "publisher",
    "published_at",
    "posted_at",
    "url",
    "language",
    "direction",
    "metadata",
)
_IN_MEMORY = 1024 * 1024
_SPACE = re.compile(r"\s+")


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive: corpus.conll, then corpus.offsets.jsonl, which is held in a scratch file until then."""
    tags = _Tags(LabelNames.of(corpus.header()), corpus.losses)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as side, archive(write_bytes) as made:
        with made.member("corpus.conll") as write_lines:
            for article in corpus.articles():
                for share in shares_of(article):
                    lines, row = _document(article, share, tags, corpus.losses)
                    write_lines(lines.encode())
                    side.write(orjson.dumps(row) + b"\n")
        side.seek(0)
        with made.member("corpus.offsets.jsonl") as write_lines:
            for data in side:
                write_lines(data)


class _Tags:
    """The names of labels as tags, which have no spaces."""

    def __init__(self, names: LabelNames, losses: Losses) -> None:
        self._names = names
        self._losses = losses
        self._renamed: set[str] = set()

    def __getitem__(self, key: str) -> str:
        name = self._names[key]
        tag = _SPACE.sub("_", name)
        if tag != name and key not in self._renamed:
            self._renamed.add(key)
            self._losses.lose("renamed_labels")
        return tag


def _document(article: Row, share: Share, tags: _Tags, losses: Losses) -> tuple[str, Row]:
    text = article.get("text", "")
    sentences, by = sentences_of(article)
    tokens = [tokenise(text, sentence.start, sentence.end) for sentence in sentences]
    flat = [token for sentence in tokens for token in sentence]
    ends = _running_ends(tokens)
    written = _tagged(share.annotations, flat, ends, tags, losses)
    lines = ["-DOCSTART- -X- -X- O\n\n"]
    first = 0
    for end in ends:
        lines += [f"{flat[n].text_of(text)} -X- _ {written.get(n, 'O')}\n" for n in range(first, end)]
        lines.append("\n" if end > first else "")
        first = end
    row: dict[str, Any] = {
        "article": {name: article[name] for name in _STATED if article[name] not in (None, "", {})},
        "annotator": share.annotator,
        "text": text,
        "tokens": [[token.start, token.end] for token in flat],
        "sentences": [[sentence.start, sentence.end] for sentence in sentences],
        "splitter": by,
    }
    return "".join(lines), row


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


def _running_ends(tokens: list[list[Span]]) -> list[int]:
    ends, n = [], 0
    for sentence in tokens:
        n += len(sentence)
        ends.append(n)
    return ends


def _tagged(annotations: list[Row], tokens: list[Span], ends: list[int], tags: _Tags, losses: Losses) -> dict[int, str]:
    """Return the tag of each token that has one."""
    written: dict[int, str] = {}
    starts_of_sentences = set(ends)
    for row in sorted(annotations, key=lambda row: (row["start"], -row["end"], row["key"])):
        covered = _tokens_in(row, tokens)
        if not covered:
            losses.lose("misaligned")
            continue
        if any(n in written for n in covered):
            losses.lose("overlaps")
            continue
        if (tokens[covered[0]].start, tokens[covered[-1]].end) != (row["start"], row["end"]):
            losses.lose("misaligned")
        breaks = [n for n in covered[1:] if n in starts_of_sentences]
        losses.lose("split", bool(breaks))
        tag = tags[row["label"]]
        for n in covered:
            written[n] = f"{'B' if n == covered[0] or n in breaks else 'I'}-{tag}"
    return written


def _tokens_in(row: Row, tokens: list[Span]) -> range:
    """Return the numbers of the tokens that an annotation touches."""
    first = _first_after(tokens, row["start"])
    last = first
    while last < len(tokens) and tokens[last].start < row["end"]:
        last += 1
    return range(first, last)


def _first_after(tokens: list[Span], place: int) -> int:
    """Return the number of the first token that ends behind a place."""
    low, high = 0, len(tokens)
    while low < high:
        middle = (low + high) // 2
        if tokens[middle].end <= place:
            low = middle + 1
        else:
            high = middle
    return low
