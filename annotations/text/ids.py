"""External ids of articles that are given none: made from the address or the path an article came from."""

from __future__ import annotations

import hashlib

LONGEST_ID = 500
"""Longest external id, in characters."""


def id_from_path(path: str) -> str:
    """Return a path in an upload, or an address, as an external id; one that is too long ends in a digest.

    >>> id_from_path("2018/rain.txt")
    '2018/rain.txt'
    """
    if len(path) <= LONGEST_ID:
        return path
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"{path[: LONGEST_ID - 17]}#{digest}"
