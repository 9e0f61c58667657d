"""Texts that come apart from their articles: an export without texts is joined with them again, hash by hash.

They are read with the readers of any format, and lie in a temporary file while the import passes over its records.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.records import ImportedArticle, Record
from annotations.text.spans import text_sha256

_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE text (sha256 BLOB PRIMARY KEY, words TEXT NOT NULL);
CREATE TABLE named (name TEXT PRIMARY KEY, sha256 BLOB NOT NULL, file TEXT NOT NULL) WITHOUT ROWID;
"""


class UnequalText(Exception):
    """The text that was given for an article is not the one it was exported with."""

    def __init__(self, file: str, expected: str, found: str) -> None:
        super().__init__(file)
        self.file = file
        self.expected = expected
        self.found = found

    @property
    def message(self) -> str:
        """Say which file holds another text, with both hashes."""
        message = _("The text in %(file)s has the SHA-256 %(found)s; this article's text has %(expected)s.")
        return message % {"file": self.file, "found": self.found, "expected": self.expected}


class TextsApart:
    """Texts by their hash, and hashes by the external id or the file they came with."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table

    def take(self, article: ImportedArticle) -> None:
        """Keep the texts of one article of a file or folder."""
        sha256 = self._keep(article.text)
        for text in (article.text.removesuffix("\n"), *(each.text for each in article.earlier_versions)):
            self._keep(text)
        for name in {article.external_id, PurePosixPath(article.file).stem}:
            self._table.execute("INSERT OR IGNORE INTO named VALUES (?, ?, ?)", (name, sha256, article.file))

    def _keep(self, text: str) -> bytes:
        sha256 = text_sha256(text)
        self._table.execute("INSERT OR IGNORE INTO text VALUES (?, ?)", (sha256, text))
        return sha256

    def join(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the record of an article with its texts; where one is missing it stays so. Raises `UnequalText`."""
        joined = self._joined(record, record.get("external_id"))
        if isinstance(record.get("earlier_versions"), list):
            joined["earlier_versions"] = [
                self._joined(each, None) if isinstance(each, dict) else each for each in record["earlier_versions"]
            ]
        return joined

    def _joined(self, record: dict[str, Any], external_id: Any) -> dict[str, Any]:
        expected = record.get("text_sha256")
        if "text" in record or not isinstance(expected, str) or record.get("withheld_at") is not None:
            return dict(record)
        text = self._one("SELECT words FROM text WHERE sha256 = ?", _bytes(expected))
        if text is not None:
            return {**record, "text": text[0]}
        other = self._one("SELECT sha256, file FROM named WHERE name = ?", external_id)
        if isinstance(external_id, str) and other is not None:
            raise UnequalText(other[1], expected, other[0].hex())
        return dict(record)

    def _one(self, query: str, value: Any) -> Any:
        return self._table.execute(query, (value,)).fetchone() if isinstance(value, str | bytes) else None


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


@contextmanager
def texts_apart(records: Iterable[Record]) -> Iterator[TextsApart]:
    """Gather the texts of all articles among the records; they are gone at the end of the block."""
    with (
        tempfile.TemporaryDirectory(prefix="texts-") as folder,
        closing(sqlite3.connect(Path(folder) / "texts.sqlite", isolation_level=None)) as table,
    ):
        table.executescript(_TABLES)
        table.execute("BEGIN")
        texts = TextsApart(table)
        for record in records:
            if isinstance(record, ImportedArticle):
                texts.take(record)
        yield texts
