"""A first look through XML before any other parser sees it: no document type, no entities of its own, bounded depth.

Nothing is fetched and nothing is resolved: expat stops at the document type, before it could be read.
"""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from django.utils.translation import gettext as _

from annotations.importers.records import FileRefused

DEPTH = 64
ELEMENTS = 2_000_000
Element = Callable[[str, dict[str, str], int], None]
"""Told of each element: its name as "namespace name", its attributes, and how many elements it lies in."""


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
