"""What a file says: its text, normalised once, and what it states about itself. By the readers that imports use."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from annotations.fetching.fetcher import HTML, PDF, PLAIN
from annotations.importers import html as pages
from annotations.importers.decoding import decode
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle
from annotations.text.normalise import UnusableText, normalise
from annotations.text.spans import text_sha256

from .pdf_text import UnreadablePdf, name_of_reader, read_pdf

_LOOKS_LIKE_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


class NotReadable(Exception):
    """The file holds no text that we can read."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file and its statements; "" or None where it states nothing."""

    text: str
    extractor: str = ""
    title: str = ""
    publisher: str = ""
    author: str = ""
    published_at: datetime | None = None
    published_precision: str = "second"
    language: str = ""

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the text in UTF-8."""
        return text_sha256(self.text)


def kind_of(body: bytes) -> str:
    """Return the media type of a file that came by hand, by its beginning; what it is called counts for nothing."""
    if body.startswith(b"%PDF-"):
        return "application/pdf"
    return "text/html" if _LOOKS_LIKE_HTML.match(body[:4096]) else "text/plain"


def extract(body: bytes, media_type: str) -> Extracted:
    """Read a file. Raises `NotReadable`."""
    if media_type in PDF:
        return _from_pdf(body)
    try:
        if media_type in HTML:
            return _from_page(body)
        if media_type in PLAIN:
            return from_text(decode(body).text)
    except (FileRefused, UnusableText):
        raise NotReadable from None
    raise NotReadable


def from_text(text: str) -> Extracted:
    """Take a text as it was given, but for the ends of its lines. Raises UnusableText."""
    return Extracted(normalise(text.removeprefix("\ufeff")).text)


def _from_page(body: bytes) -> Extracted:
    given = InputFile("page.html", "page.html", "", "", body[:512], lambda: io.BytesIO(body))
    for found in pages.read(given):
        if isinstance(found, ImportedArticle):
            published_at, precision = _moment(found.published_at)
            return Extracted(
                found.text,
                extractor=found.extractor[:60],
                title=found.title[:1000],
                publisher=(found.publisher or "")[:200],
                author=str(found.metadata.get("byline", ""))[:500],
                published_at=published_at,
                published_precision=precision,
                language=(found.language or "")[:35],
            )
    raise NotReadable


def _from_pdf(body: bytes) -> Extracted:
    try:
        read = read_pdf(body)
        text = normalise(read["text"]).text
    except (UnreadablePdf, UnusableText):
        raise NotReadable from None
    return Extracted(text, name_of_reader(), str(read["title"])[:1000], author=str(read["author"])[:500])


def _moment(value: datetime | date | None) -> tuple[datetime | None, str]:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)), "second"
    if value is None:
        return None, "second"
    return datetime.combine(value, time(), UTC), "day"
