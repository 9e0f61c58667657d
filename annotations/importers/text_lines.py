"""The lines of a text format, decoded one by one, with where they stand; what is not UTF-8 is named by its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.decoding import Decoded, encoding_of
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, Problem

_LONGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end: its number from 1, its bytes with the end, and where they start in the file."""

    text: str
    number: int
    data: bytes
    start: int


def read_text_lines(source: InputFile) -> Iterator[Line | Problem]:
    """Yield the lines of a file. Only LF and CRLF end a line. Raises FileRefused for UTF-16 and lines without end."""
    encoding, is_guess = encoding_of(source.head, is_whole=False)
    if encoding.startswith(("utf-16", "utf-32")):
        message = _("A file of this format has to be UTF-8. Save it so.")
        raise FileRefused(message, field="encoding", value=encoding)
    yield from Decoded("", encoding, is_guess).notice(source.name)
    start = number = 0
    with source.open() as stream:
        while data := stream.readline(_LONGEST + 1):
            number += 1
            if len(data) > _LONGEST:
                message = _("The line is longer than %(size)s MiB. Is this a file of this format?")
                raise FileRefused(message % {"size": _LONGEST // limits.MIB}, line=number)
            body = data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data
            yield _decoded(body, encoding.removesuffix("-sig"), source, number, data, start)
            start += len(data)


def _decoded(body: bytes, encoding: str, source: InputFile, number: int, data: bytes, start: int) -> Line | Problem:
    try:
        text = body.removesuffix(b"\n").removesuffix(b"\r").decode(encoding)
    except UnicodeDecodeError:
        value, message = repr(body[:60]), _("The line holds bytes that are not %(encoding)s. Save the file as UTF-8.")
        return Problem(source.name, number, "encoding", value, message % {"encoding": encoding}, is_rejection=False)
    if "\x00" in text:
        return Problem(source.name, number, "", text[:60], _("The line holds NUL. Remove it."), is_rejection=False)
    return Line(text, number, data, start)
