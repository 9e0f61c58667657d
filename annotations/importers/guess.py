"""Which format a file has, by its name and its beginning."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*"')
_EMPTY_JSON = re.compile(rb"\s*(?:\[\s*\]|\{\s*\}|\[\s*\{\s*\}\s*\])\s*")
_NATIVE = re.compile(rb'\s*\{\s*"type"\s*:\s*"(?:corpus|article)"')
_WORDPRESS = re.compile(rb'"(?:title|guid|content|excerpt)"\s*:\s*\{\s*"(?:raw|rendered)"')
_PAGE = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]{0,200}>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
UNKNOWN_XML = "xml"
"""No format: XML that none of ours is. As plain text its tags would stand in the article."""
_BY_SUFFIX = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "native",
    ".ndjson": "native",
    ".json": "native",
}


def guess_format(name: str, head: bytes) -> str:
    """Return the name of the format: what the beginning says counts before the suffix.

    >>> guess_format("post.txt", b'{"id": 1, "title": {"rendered": "Rain"}}')
    'wordpress'
    """
    start = head.removeprefix(b"\xef\xbb\xbf")
    suffix = PurePosixPath(name.casefold()).suffix
    by_suffix = _BY_SUFFIX.get(suffix)
    if by_suffix in ("csv", "html"):
        return by_suffix
    if _NATIVE.match(start):
        return "native"
    if _JSON.match(start) or _EMPTY_JSON.fullmatch(start):
        return "wordpress" if _WORDPRESS.search(start) else "native"
    if by_suffix:
        return by_suffix
    if _PAGE.match(start):
        return "html"
    return UNKNOWN_XML if suffix == ".xml" or start.startswith(b"<?xml") else "text"
