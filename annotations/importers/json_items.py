"""JSON in constant memory: the items of a long list one by one with their bytes and lines, and lines of JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import orjson
from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.records import FileRefused, Problem

STREAMED = (
    *("articles", "sources", "claims", "evidence", "verdicts", "stories", "speakers", "attributions"),
    *("shared_passages", "quotations", "spellings", "boilerplate"),
)
"""Lists in the outer object of a file whose items are read one by one."""

_SPACE = b" \t\r\n"
_STRING_PART = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_WHOLE_STRINGS = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRUCTURE = re.compile(rb'["\[\]{},]')
_FLAT = rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+'
_WITHIN = re.compile(rb"(?:%b|[\[{]%b[\]}])*+" % (_FLAT.removesuffix(b"*+") + b"++", _FLAT), re.DOTALL)
"""What is passed at once within a value: commas, numbers, whole strings, and lists and objects that hold no others."""
_NO_SPACE = re.compile(rb"[^ \t\r\n]")
_CHUNK = 256 * 1024
_MANY = 4_096
"""So many brackets at once may stand in strings; then they are counted without these."""


@dataclass(frozen=True, slots=True)
class Item:
    """The bytes of one JSON value: offsets in the file, first line from 1, and the list it stands in.

    `within` is the name of a list of STREAMED, "header" for the fields before those lists, else "".
    """

    data: bytes
    start: int
    end: int
    line: int
    within: str = ""


class BrokenJson(ValueError):
    """A value that is not JSON; `line` counts from 1 within the value."""

    def __init__(self, message: str, line: int = 1, value: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.value = value


def parse(data: bytes) -> Any:
    """Return the value of JSON bytes. Raises BrokenJson with a sentence.

    Halves of surrogate pairs pass here and are refused, with the field's name, where fields are checked.
    """
    if len(data) > limits.JSON_VALUES:
        _refuse_many_values(data)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _parse_slowly(data, str(error))


def _refuse_many_values(data: bytes) -> None:
    """Count what begins another value: in the bytes, which is quick, and if those are many, outside of strings."""
    if _values_in(data) > limits.JSON_VALUES and _values_outside_strings(data) > limits.JSON_VALUES:
        raise BrokenJson(_too_many_values())


def _outside_strings(data: bytes) -> bytes:
    """Return JSON without its strings, none of which may be cut off."""
    without_escapes = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(without_escapes.split(b'"')[::2])


def _too_many_values() -> str:
    message = _("This record holds more than %(count)s values. Divide the article or leave it out.")
    return message % {"count": limits.JSON_VALUES}


def _values_in(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def _values_outside_strings(data: bytes) -> int:
    count = at = 0
    while at < len(data):
        found = _WHOLE_STRINGS.match(data, at, at + _CHUNK)
        end = found.end() if found else at
        if end == at:  # a string that is longer than a chunk, or has no end
            string = _STRING.match(data, at)
            end = string.end() if string else len(data)
        else:
            count += _values_in(_outside_strings(data[at:end]))
        at = end
    return count


def _parse_slowly(data: bytes, why: str) -> Any:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = _("The bytes here are not UTF-8. JSON is written in UTF-8; save the file so.")
        raise BrokenJson(message, data.count(b"\n", 0, error.start) + 1, repr(data[error.start : error.end])) from None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = _("This is not JSON: %(reason)s (column %(column)s). Mend the line or leave it out.")
        found = text[error.pos : error.pos + 60]
        raise BrokenJson(message % {"reason": error.msg, "column": error.colno}, error.lineno, found) from None
    except RecursionError:
        raise BrokenJson(_too_deep()) from None
    except ValueError:
        message = _("This is not JSON that can be read: %(reason)s.")
        raise BrokenJson(message % {"reason": why}) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _too_deep() -> str:
    message = _("Lists and objects stand more than %(depth)s deep in one another. That is more than is read.")
    return limits.set_by("WORKBENCH_JSON_DEPTH", message % {"depth": limits.JSON_DEPTH})


# JSON Lines


def read_lines(stream: BinaryIO, file: str) -> Iterator[Item | Problem]:
    """Yield each line that is not empty, and a Problem for each that is too long."""
    offset = line = 0
    while data := stream.readline(limits.ARTICLE_BYTES + 1):
        line += 1
        start = offset
        offset += len(data)
        if len(data) > limits.ARTICLE_BYTES and not data.endswith(b"\n"):
            offset += _skip_line(stream)
            yield Problem(file, line, "", data[:60].decode("utf-8", "replace"), _too_long())
            continue
        if line == 1:
            data, start = _without_mark(data, start)
        body = data.rstrip(b"\r\n")
        if body.strip(_SPACE):
            yield Item(body, start, start + len(body), line)


def _skip_line(stream: BinaryIO) -> int:
    """Read past the end of an overlong line and return the number of bytes passed."""
    passed = 0
    while data := stream.readline(_CHUNK):
        passed += len(data)
        if data.endswith(b"\n"):
            break
    return passed


def _too_long() -> str:
    message = _("This record is longer than %(size)s MiB. Divide the article or leave it out.")
    return limits.set_by("WORKBENCH_ARTICLE_MIB", message % {"size": limits.ARTICLE_BYTES // limits.MIB})


def _without_mark(data: bytes, start: int) -> tuple[bytes, int]:
    return (data[3:], start + 3) if data.startswith(b"\xef\xbb\xbf") else (data, start)


# One JSON value for the whole file


def read_document(
    stream: BinaryIO, file: str, streamed: Collection[str] = STREAMED, entered: Collection[str] = ()
) -> Iterator[Item | Problem]:
    """Yield the items of the outer list, or of the `streamed` lists of the outer object and the rest of it as one item.

    The rest comes before the first list where its fields do; fields after a list are reported. Objects in the fields
    `entered` are read like the outer one.
    """
    reader = _Reader(stream)
    try:
        reader.skip_mark()
        first = reader.peek()
        if first == b"[":
            yield from _elements(reader, file, "")
        elif first == b"{":
            yield from _members(reader, file, streamed, entered)
        else:
            yield reader.value()
        if reader.peek():
            raise FileRefused(_("Something follows the end of the JSON value. Remove it."), line=reader.line)
    except FileRefused as refusal:
        yield refusal.as_problem(file)


def _elements(reader: _Reader, file: str, within: str) -> Iterator[Item | Problem]:
    reader.expect(b"[")
    if reader.peek() == b"]":
        reader.expect(b"]")
        return
    while True:
        line = reader.line_of_next()
        try:
            yield reader.value(within)
        except _TooLong:
            yield Problem(file, line, within, "", _too_long())
        if reader.peek() == b",":
            reader.expect(b",")
            continue
        reader.expect(b"]")
        return


def _members(
    reader: _Reader, file: str, streamed: Collection[str], entered: Collection[str]
) -> Iterator[Item | Problem]:
    reader.expect(b"{")
    start, line = reader.offset - 1, reader.line
    collected: list[bytes] = []
    has_lists = False
    if reader.peek() == b"}":
        reader.expect(b"}")
        yield Item(b"{}", start, reader.offset, line)
        return
    while True:
        if reader.peek() != b'"':
            raise FileRefused(_("A field's name in quotation marks is missing here."), line=reader.line)
        key = reader.value().data
        reader.expect(b":")
        name = key.strip(b'"').decode("utf-8", "replace")
        is_entered = name in entered and reader.peek() == b"{"
        if is_entered or (name in streamed and reader.peek() == b"["):
            if collected:
                yield Item(b"{" + b",".join(collected) + b"}", start, reader.offset, line, "header")
            collected, has_lists = [], True
            yield from (_members(reader, file, streamed, ()) if is_entered else _elements(reader, file, name))
        else:
            collected.append(key + b":" + reader.value().data)
            if sum(map(len, collected)) > limits.ARTICLE_BYTES:
                raise FileRefused(_too_long(), line=line)
        if reader.peek() == b",":
            reader.expect(b",")
            continue
        reader.expect(b"}")
        break
    if not has_lists:
        yield Item(b"{" + b",".join(collected) + b"}", start, reader.offset, line)
    elif collected:
        message = _("These fields stand after a list and are not read. Put them before it.")
        names = b", ".join(part.partition(b":")[0] for part in collected).decode("utf-8", "replace")
        yield Problem(file, line, "", names, message, is_rejection=False)


class _TooLong(Exception):
    """A value that is longer than a record may be; the reader stands behind it."""


class _Reader:
    """Walk through JSON by its structure, keeping no more than one value; each value is parsed later, by itself.

    `_at` is the place in the buffer that has been reached, `_kept_from` where the value begins that is being passed.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._at = 0
        self._kept_from: int | None = None
        self._is_whole = True
        self._dropped = 0
        self._line = 1
        self._counted_to = 0

    @property
    def offset(self) -> int:
        return self._dropped + self._at

    @property
    def line(self) -> int:
        self._line += self._buffer.count(b"\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def line_of_next(self) -> int:
        self.peek()
        return self.line

    def skip_mark(self) -> None:
        self._fill()
        if self._buffer.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileRefused(_("The file is UTF-16. JSON is written in UTF-8; save the file so."), field="encoding")
        if self._buffer.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    def peek(self) -> bytes:
        """Return the next byte that is no space, without passing it; empty at the end of the file."""
        while True:
            found = _NO_SPACE.search(self._buffer, self._at)
            if found:
                self._at = found.start()
                return found.group()
            self._at = len(self._buffer)
            if not self._fill():
                return b""

    def expect(self, byte: bytes) -> None:
        found = self.peek()
        if found == byte:
            self._at += 1
            return
        if not found:
            raise self._cut_off()
        message = _('This is not JSON: "%(wanted)s" is missing here.') % {"wanted": byte.decode()}
        raise FileRefused(message, line=self.line, value=self._around())

    def value(self, within: str = "") -> Item:
        """Pass one value and return its bytes. Raises _TooLong behind a value that is longer than a record may be."""
        self.peek()
        start, line = self.offset, self.line
        self._kept_from, self._is_whole = self._at, True
        self._pass_value()
        kept_from, self._kept_from = self._kept_from, None
        if not self._is_whole or self._at - kept_from > limits.ARTICLE_BYTES:
            raise _TooLong
        data = bytes(memoryview(self._buffer)[kept_from : self._at]).rstrip(_SPACE)
        if not data:
            raise FileRefused(_("A value is missing here."), line=line, value=self._around())
        return Item(data, start, start + len(data), line, within)

    def _pass_value(self) -> None:
        depth = n_opened = 0
        while True:
            if depth:
                n_opened += self._pass_within()
            found = _STRUCTURE.search(self._buffer, self._at)
            if 2 * n_opened > limits.JSON_VALUES:  # with the commas between them; to walk on would take long
                raise FileRefused(_too_many_values(), line=self.line)
            if found is None:
                self._at = len(self._buffer)
                if self._fill():
                    continue
                if depth:
                    raise self._cut_off()
                return
            mark = found.group()
            if depth == 0 and mark in b",]}":
                self._at = found.start()
                return
            self._at = found.end()
            if mark == b'"':
                self._pass_string()
            elif mark in b"[{":
                depth += 1
                n_opened += 1
                if depth > limits.JSON_DEPTH:
                    raise FileRefused(_too_deep(), line=self.line)
            elif mark in b"]}":
                depth -= 1
            if depth == 0 and mark != b",":
                return

    def _pass_within(self) -> int:
        """Pass what can be passed at once; return how many lists and objects that were."""
        found = _WITHIN.match(self._buffer, self._at)
        start, self._at = self._at, found.end() if found else self._at
        n_opened = sum(self._buffer.count(mark, start, self._at) for mark in b"[{")
        if n_opened < _MANY:
            return n_opened
        outside = _outside_strings(bytes(memoryview(self._buffer)[start : self._at]))
        return outside.count(b"[") + outside.count(b"{")

    def _pass_string(self) -> None:
        while not self._has_passed_string_in_buffer():
            if not self._fill():
                raise self._cut_off()

    def _has_passed_string_in_buffer(self) -> bool:
        """Go to the end of the string, or of the buffer; a search for one byte is 30 times as fast as the pattern.

        The pattern is needed only behind a backslash, where a quotation mark may be one of the string.
        """
        end = self._buffer.find(b'"', self._at)
        last = end if end >= 0 else len(self._buffer)
        if self._buffer[last - 1 : last] == b"\\":
            part = _STRING_PART.match(self._buffer, self._at)
            self._at = part.end() if part else self._at
            end = self._at if self._buffer[self._at : self._at + 1] == b'"' else -1
        else:
            self._at = last
        if end < 0:
            return False
        self._at = end + 1
        return True

    def _fill(self) -> bool:
        """Read on; forget what has been passed, and also what is kept where that is too long for a record."""
        data = self._stream.read(_CHUNK)
        keep_from = self._at
        if self._kept_from is not None and self._is_whole:
            self._is_whole = self._at - self._kept_from <= limits.ARTICLE_BYTES
            keep_from = self._kept_from if self._is_whole else self._at
            self._kept_from = 0
        self._line += self._buffer.count(b"\n", self._counted_to, keep_from) if self._counted_to < keep_from else 0
        self._counted_to = max(0, self._counted_to - keep_from)
        del self._buffer[:keep_from]
        self._buffer += data
        self._dropped += keep_from
        self._at -= keep_from
        return bool(data)

    def _cut_off(self) -> FileRefused:
        return FileRefused(_("The file ends in the middle of a value. Is it cut off?"), line=self.line)

    def _around(self) -> str:
        return self._buffer[self._at : self._at + 60].decode("utf-8", "replace")


# Values that no field may hold


def unusable_value(value: Any) -> str | None:
    """Return a sentence where a value is nested too deep, or holds NUL or half of a surrogate pair, else None."""
    return None if is_plain(value) else _search(value)


def is_plain(value: Any) -> bool:
    """Tell, at the speed of writing JSON, that nothing needs a closer look; False means that something may.

    What JSON in UTF-8 cannot hold is refused in the writing; NUL is written as an escape; no value is nested deeper
    than it has brackets.
    """
    try:
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return b"\\u0000" not in written and written.count(b"{") + written.count(b"[") < limits.JSON_DEPTH


def is_plain_source(data: bytes) -> bool:
    """Tell, of JSON that was read, that no string of it holds NUL or half of a surrogate pair; False means perhaps.

    Either can only come as an escape.
    """
    return b"\\u" not in data


def _search(value: Any) -> str | None:
    rest: list[tuple[Any, int]] = [([value], 0)]
    while rest:
        holder, depth = rest.pop()
        if depth > limits.JSON_DEPTH:
            return _too_deep()
        for each in chain(holder, holder.values()) if isinstance(holder, dict) else holder:
            kind = type(each)
            if kind is str:
                if _UNUSABLE.search(each):
                    return _("It holds NUL or half of a surrogate pair. Remove that character.")
            elif kind is dict or kind is list:
                rest.append((each, depth + 1))
            elif kind is int and not -(2**63) <= each < 2**63:
                return _("It holds a number of more than 64 bits. Write it in quotation marks.")
    return None


_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
