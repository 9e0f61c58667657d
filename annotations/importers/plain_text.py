"""Plain text: one file is one article, its first line the title; nothing is put before it or taken away."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.composing import (
    candidates_in,
    dates_in,
    raw_pointer,
    stated_dates,
    title_from,
    zones_of,
)
from annotations.importers.decoding import Decoded, decode
from annotations.importers.fields import unusable_sentence
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, Problem
from annotations.text.ids import id_from_path
from annotations.text.language import direction_of
from annotations.text.normalise import UnusableText, normalise


def read(source: InputFile) -> Iterator[ImportedArticle | Problem]:
    """Yield the article of one text file, with a remark where its encoding was guessed."""
    data = read_whole(source)
    decoded = decode(data)
    yield from decoded.notice(source.name)
    yield _article(source, data, decoded)


def read_whole(source: InputFile) -> bytes:
    """Return the bytes of a file that is one article. Raises FileRefused where it is too large."""
    with source.open() as stream:
        data = stream.read(limits.ARTICLE_BYTES + 1)
    if len(data) > limits.ARTICLE_BYTES:
        size = limits.ARTICLE_BYTES // limits.MIB
        message = _("The file is larger than %(size)s MiB, the most for one article. Divide it.") % {"size": size}
        raise FileRefused(limits.set_by("WORKBENCH_ARTICLE_MIB", message))
    return data


def normalised_text(raw: str) -> str:
    """Return the text as it will be frozen. Raises FileRefused with the line of a character that cannot be stored."""
    try:
        return normalise(raw).text
    except UnusableText as error:
        line = raw.count("\n", 0, error.offset) + 1
        around = raw[max(0, error.offset - 20) : error.offset + 20]
        raise FileRefused(unusable_sentence(error), field="text", value=around, line=line) from error


def _article(source: InputFile, data: bytes, decoded: Decoded) -> ImportedArticle:
    text = normalised_text(decoded.text)
    if not text.strip():
        raise FileRefused(_("The file is empty."))
    title = title_from(text, source.path)
    zones = zones_of(text, title)
    dates = dates_in(text, zones)
    published_at, posted_at = stated_dates(dates)
    return ImportedArticle(
        external_id=id_from_path(source.path),
        title=title,
        text=text,
        published_at=published_at,
        posted_at=posted_at,
        direction=direction_of(text),
        metadata={} if decoded.encoding == "utf-8" else {"encoding": decoded.encoding},
        zones=zones,
        raw=raw_pointer(source, data),
        file=source.name,
        candidates=candidates_in(text, dates, zones, ""),
    )
