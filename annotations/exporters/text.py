"""Plain texts in a .zip: one .txt an article, and index.csv that says which is which."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Callable
from functools import partial

from annotations.text.cells import COLUMN, is_risky, neutralise

from .archive import archive
from .corpus import Corpus, Row

CARRIES: frozenset[str] = frozenset()
_INDEX = ("file", "external_id", "title", "text_sha256")
_IN_MEMORY = 1024 * 1024
_LONGEST_NAME = 150
_PLAIN = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|index)(?:\..*)?", re.I)


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive; the index waits in a scratch file until the texts are written."""
    names = FileNames(".txt")
    with archive(write_bytes) as made, tempfile.SpooledTemporaryFile(_IN_MEMORY) as waiting:
        index = Index(waiting.write)
        for article in corpus.articles():
            name = names.for_article(article)
            made.add(name, article.get("text", "").encode())
            index.add(name, article)
        waiting.seek(0)
        with made.member("index.csv") as write_member:
            for part in iter(partial(waiting.read, _IN_MEMORY), b""):
                write_member(part)


class FileNames:
    """Names of files that resemble the articles' ids, safe on every system, each once. Keeps 64 bits an article."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._taken: set[int] = set()
        self._n = 0

    def for_article(self, article: Row) -> str:
        self._n += 1
        base = _plain(article["external_id"].removesuffix(self._suffix))
        name = f"{base}{self._suffix}"
        if self._mark(name) in self._taken:
            name = f"{base[: _LONGEST_NAME - 10]}-{self._n}{self._suffix}"
        self._taken.add(self._mark(name))
        return name

    def _mark(self, name: str) -> int:
        return hash(unicodedata.normalize("NFC", name).casefold())


def _plain(external_id: str) -> str:
    """Return an id as the name of a file.

    >>> _plain("https://a.example/b?c"), _plain("../x"), _plain("CON")
    ('a.example-b-c', 'x', 'article-CON')
    """
    words = _PLAIN.sub("-", re.sub(r"^\w+://", "", unicodedata.normalize("NFC", external_id)))
    words = words.strip(".-_")[:_LONGEST_NAME].strip(".-_")
    return f"article-{words}".rstrip("-") if not words or _RESERVED.fullmatch(words) else words


class Index:
    """The table of the files in an archive."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._put([*_INDEX, COLUMN])

    def add(self, name: str, article: Row) -> None:
        cells = [name, article["external_id"], article["title"], article.get("text_sha256", "")]
        risky = [n for n, cell in enumerate(cells) if is_risky(cell)]
        for n in risky:
            cells[n] = neutralise(cells[n])
        self._put([*cells, " ".join(_INDEX[n] for n in risky)])

    def _put(self, cells: list[str]) -> None:
        line = io.StringIO(newline="")
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
        self._write(line.getvalue().encode())
