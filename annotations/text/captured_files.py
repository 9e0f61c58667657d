"""Where the files of captures lie beside a corpus: each once, under the SHA-256 of its bytes."""

from __future__ import annotations

import re

_PATH = re.compile(r"(?:.*/)?captures/([0-9a-f]{64})", re.ASCII)


def path_of(sha256: bytes) -> str:
    """Return the path of a file.

    >>> path_of(bytes(32))[:18]
    'captures/000000000'
    """
    return f"captures/{sha256.hex()}"


def digest_in(path: str) -> bytes | None:
    """Return the SHA-256 that a path names, None for that of another file.

    >>> digest_in("corpus/" + path_of(bytes(32))) == bytes(32), digest_in("captures/letter.txt")
    (True, None)
    """
    found = _PATH.fullmatch(path)
    return bytes.fromhex(found[1]) if found else None
