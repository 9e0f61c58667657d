"""From bytes to text: UTF-8, byte-order marks, what a page declares, and else a guess that is said to be one."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from annotations.importers.records import FileRefused, Problem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
_PLAIN = frozenset({"utf-8", "utf-8-sig", "ascii"})
_WESTERN_SIGNS = frozenset("\u00a0¡¿§°«»·£€©®™“”„‘’‚–—…•½¼")
_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})|encoding=["']([A-Za-z0-9_:.-]{2,40})["']""")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with the encoding it was read in; `is_guess` where nothing in the file says so."""

    text: str
    encoding: str
    is_guess: bool = False

    def notice(self, file: str) -> list[Problem]:
        """Return a remark where the file is not UTF-8: which encoding it was read in, and whether that is a guess."""
        if self.is_guess:
            message = _("The file is not UTF-8; it was read as %(encoding)s. Look at its letters, or save it as UTF-8.")
        elif codecs.lookup(self.encoding).name not in _PLAIN:
            message = _("The file is not UTF-8; it was read as %(encoding)s, as it states itself.")
        else:
            return []
        return [Problem(file, None, "encoding", self.encoding, message % {"encoding": self.encoding}, False)]


def decode(data: bytes) -> Decoded:
    """Return the text of a whole file. Raises FileRefused where no encoding fits."""
    encoding, is_guess = encoding_of(data, is_whole=True)
    try:
        return Decoded(data.decode(encoding), encoding.removesuffix("-sig"), is_guess)
    except UnicodeDecodeError as error:
        raise _not_text(error) from error


def decode_page(data: bytes) -> Decoded:
    """Return the text of an HTML page, whose own statement of its encoding counts where it fits."""
    declared = _declared_encoding(data[:2048])
    if declared and not data.startswith(tuple(mark for mark, _name in _MARKS)):
        try:
            return Decoded(data.decode(declared), declared)
        except UnicodeDecodeError:
            pass
    return decode(data)


def encoding_of(head: bytes, *, is_whole: bool) -> tuple[str, bool]:
    """Return the encoding of a file by its beginning, and whether it is a guess."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, False
    if _is_utf_8(head, is_whole=is_whole):
        return "utf-8", False
    return _guessed_encoding(head), True


def _is_utf_8(data: bytes, *, is_whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _guessed_encoding(data: bytes) -> str:
    """Prefer Windows-1252 (with Latin-1 in it) where it gives plain western text, else ask charset-normalizer."""
    high = b" ".join(re.findall(rb"[^\n]{0,40}[\x80-\xff][^\n]{0,40}", data)[:500])[:_SAMPLE]
    sample = (high or data[:_SAMPLE]).strip()
    if _reads_as_western(sample):
        return "cp1252"
    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        raise _not_text(None)
    return codecs.lookup(best.encoding).name


def _reads_as_western(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if character > "\x7f"]
    letters = sum(unicodedata.category(character).startswith("L") for character in text)
    are_western = all(character.isalpha() or character in _WESTERN_SIGNS for character in foreign)
    return are_western and len(foreign) <= max(2, letters * 0.3)


def _declared_encoding(head: bytes) -> str | None:
    found = _DECLARED.search(head)
    if found is None:
        return None
    try:
        return codecs.lookup((found.group(1) or found.group(2)).decode("ascii")).name
    except LookupError:
        return None


def _not_text(error: UnicodeDecodeError | None) -> FileRefused:
    message = _("The file is in no encoding that we can tell. Save it as UTF-8.")
    return FileRefused(message, field="encoding", value=str(error) if error else "")
