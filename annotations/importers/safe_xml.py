"""XML from outside: no document type, no entities of its own, no other file, no network; depth and size limited.

Every XML format opens its files here, or has `look_through` walk them before another library opens them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast
from xml.parsers import expat

from django.utils.translation import gettext as _
from lxml import etree

from annotations.importers import limits
from annotations.importers.records import FileRefused

DEPTH = 64
ELEMENTS = 2_000_000
Element = Callable[[str, dict[str, str], int], None]
"""Told of each element: its name as "namespace name", its attributes, and how many elements it lies in."""

_READ_AT_ONCE = 32 * 1024
_LONGEST_PROLOG = limits.HEAD_BYTES
_ENCODINGS = re.compile(r"(?:utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d)", re.I)
"""Encodings in which a sign of ASCII is that sign and no other: the prolog can be read before the parser sees it."""
_DECLARATION = re.compile(r"<\?xml\s[^>]*?>")
_DECLARED_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([^"']*)["']""")
_HARMLESS = re.compile(r"\s+|<!--.*?-->|<\?(?!xml\s).*?\?>", re.S)
_ROOT = re.compile(r"<[^!?\s/>=]")


def stream_elements(stream: BinaryIO, *tags: str) -> Iterator[etree._Element]:
    """Yield the elements of these tags ("{namespace}name") at their ends; each is emptied when the next is asked for.

    What was passed is forgotten, so memory does not grow with the file; a stretch of more than the size of an article
    without any such element is refused. Raises FileRefused, also in the middle of a file that turns out to be broken.
    """
    measured = Measured(stream)
    refuse_unsafe(measured.head)
    walk = etree.iterparse(
        cast(BinaryIO, measured),
        events=("end",),
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    is_first = True
    try:
        for _event, element in walk:
            if is_first:
                _refuse_document_type(element)
                is_first = False
            measured.forget()
            yield element
            _drop(element)
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error


def refuse_unsafe(head: bytes) -> None:
    """Refuse a document by its beginning: one with a document type (and so with entities), or whose beginning cannot be
    read for certain. Raises FileRefused.
    """
    text = _as_text(head)
    declaration = _DECLARATION.match(text)
    at = declaration.end() if declaration else 0
    if declaration:
        stated = _DECLARED_ENCODING.search(declaration.group())
        if stated and not _ENCODINGS.fullmatch(stated.group(1)):
            message = _("XML in this encoding is not read. Save the file as UTF-8.")
            raise FileRefused(message, field="encoding", value=stated.group(1), line=1)
    while found := _HARMLESS.match(text, at):
        at = found.end()
    line = text.count("\n", 0, at) + 1
    if text.startswith("<!", at) and not text.startswith("<!--", at):
        message = _("The XML has a document type (<!DOCTYPE …>), with which files can reach outside. Remove it.")
        raise FileRefused(message, field="DOCTYPE", value=text[at : at + 60], line=line)
    if not _ROOT.match(text, at):
        message = _("This is not XML that can be read: no element stands at its beginning.")
        raise FileRefused(message, value=text[at : at + 60], line=line)


def _as_text(head: bytes) -> str:
    """Return the beginning as signs; in encodings that keep ASCII the other signs do not matter."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\x00\x00\x00<", b"<\x00\x00\x00")):
        raise FileRefused(_("XML in this encoding is not read. Save the file as UTF-8."), field="encoding", value="32")
    if head.startswith((b"\xff\xfe", b"<\x00")):
        return head.decode("utf-16-le", "replace").removeprefix("\ufeff")
    if head.startswith((b"\xfe\xff", b"\x00<")):
        return head.decode("utf-16-be", "replace").removeprefix("\ufeff")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


class Measured:
    """A stream for the parser that counts what it gave since `forget`, and refuses to give more than an article."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.head = stream.read(_LONGEST_PROLOG)
        self._rest = io.BytesIO(self.head)
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        size = min(size, _READ_AT_ONCE) if size > 0 else _READ_AT_ONCE
        data = self._rest.read(size) or self._stream.read(size)
        self._given += len(data)
        if self._given > limits.ARTICLE_BYTES:
            message = _("One record of this file is larger than %(size)s MiB. Divide it.")
            raise FileRefused(message % {"size": limits.ARTICLE_BYTES // limits.MIB})
        return data

    def forget(self) -> None:
        self._given = 0


def _refuse_document_type(element: etree._Element) -> None:
    """Look once more, at what the parser itself understood."""
    info = element.getroottree().docinfo
    if info.internalDTD is not None:
        raise FileRefused(_("The XML has a document type. Remove it."), field="DOCTYPE")


def _drop(element: etree._Element) -> None:
    """Empty an element that has been read, and remove all before it, at every level."""
    element.clear()
    inner: etree._Element | None = element
    while inner is not None:
        parent = inner.getparent()
        while parent is not None and inner.getprevious() is not None:
            del parent[0]
        inner = parent


def _broken(error: etree.XMLSyntaxError) -> FileRefused:
    message = _("The XML cannot be read further: %(reason)s") % {"reason": str(error.msg or error)[:200]}
    return FileRefused(message, line=error.lineno or None)


# A look at what another library will parse


def look_through(data: bytes, element: Element = lambda name, attributes, depth: None) -> None:
    """Walk through a document. Raises FileRefused where it is not well formed, or more than plain elements."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = n_elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, n_elements
        if depth >= DEPTH or n_elements >= ELEMENTS:
            message = _("The elements of this XML stand more than %(depth)s deep in one another, or are too many.")
            raise FileRefused(message % {"depth": DEPTH}, line=parser.CurrentLineNumber, value=name)
        element(name, attributes, depth)
        depth += 1
        n_elements += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_args: object) -> int:
        message = _(
            "XML with a document type or with entities of its own is not read. Take out the part from <!DOCTYPE."
        )
        raise FileRefused(message, line=parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = _("This is not well-formed XML: %(reason)s.") % {"reason": expat.ErrorString(error.code)}
        raise FileRefused(message, line=error.lineno) from error
    except (LookupError, ValueError) as error:  # an encoding that expat does not have
        raise FileRefused(_("The XML is in an encoding that is not read. Save it as UTF-8.")) from error
