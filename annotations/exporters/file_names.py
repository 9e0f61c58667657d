"""Names of files and folders inside an export, made of ids and pseudonyms so that every system can unpack them."""

from __future__ import annotations

import hashlib
import re

_OTHERS = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 60
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)")


def file_name(identity: str) -> str:
    """Return a name for an id: the id itself where any system takes it, else what resembles it and a digest.

    >>> file_name("a-1"), file_name("Köln/Rain.txt")
    ('a-1', 'k_ln_rain.txt-5ef4ba9f')
    """
    plain = _OTHERS.sub("_", identity.casefold())[:_LONGEST].strip("._ ")
    if plain == identity and not _RESERVED.match(plain):
        return plain
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest
