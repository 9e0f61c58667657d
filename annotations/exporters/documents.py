"""Formats of a file a text: where each annotator's copy of an article goes in the archive, and what lies beside it.

What such a format has no place for of an article stands in DOC.article.json, which the import reads again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from .corpus import Corpus, Row
from .file_names import file_name
from .shares import Share, shares_of

STATED = (
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


@dataclass(frozen=True, slots=True)
class Document:
    """One annotator's copy of an article: its path without a suffix, and whether an earlier one has the article."""

    path: str
    article: Row
    share: Share
    is_copy: bool

    def about(self, *, with_text: bool = False, **more: str) -> bytes:
        """Return what stands in DOC.article.json, with `more` that the format's reader has to know."""
        names = (*STATED, "text") if with_text else STATED
        stated = {name: self.article[name] for name in names if self.article.get(name) not in (None, "", {})}
        about: Row = {
            "article": stated,
            "annotator": self.share.annotator,
            "layer": self.share.layer,
            "is_copy": self.is_copy,
            **more,
        }
        return orjson.dumps(about, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def documents_of(corpus: Corpus, *suffixes: str) -> Iterator[Document]:
    """Yield the copies of all articles. Where several worked, each has a folder, gold and imported layers their own.

    Relations between the work of two of them are counted as lost. `suffixes` are taken off an id that ends in one.
    """
    has_folders = len(corpus.header().get("annotators", ("", ""))) != 1
    for article in corpus.articles():
        name = article["external_id"]
        for suffix in suffixes:
            name = name.removesuffix(suffix) or name
        for n, share in enumerate(shares_of(article, by_layer=True)):
            corpus.losses.lose("relations", share.n_relations_lost)
            folder = _folder(share) if has_folders or n else ""
            yield Document(folder + file_name(name), article, share, is_copy=n > 0)


def _folder(share: Share) -> str:
    if not share.annotator:
        return ""
    return ("" if share.layer == "annotator" else f"{share.layer}/") + f"{file_name(share.annotator)}/"
