"""Which texts share a passage: fingerprints of runs of words, chosen so that no shared run is missed.

Winnowing (Schleimer, Wilkerson, Aiken 2003): of every WINDOW runs of RUN words that follow one another the one with the
smallest hash is kept. Two texts that share SHARED words in a row then keep the same fingerprint inside them.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from hashlib import blake2b

RUN, WINDOW = 5, 4
SHARED = RUN + WINDOW - 1
"""The shortest run of words that is certain to be found."""
PASSAGES = uuid.UUID("7a1f0a52-6d0f-4c57-9a53-3a8f0a0cf1d2")
"""The namespace of the keys of passages."""
QUOTATIONS = uuid.UUID("0a7c5d0e-5b0a-4a53-9f0f-2c9b1a54c6b7")
"""The namespace of the keys of quotations."""
_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff"
_WORD = re.compile(f"[{_WITHOUT_SPACES}]|[^\\W{_WITHOUT_SPACES}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in one case; of scripts without spaces each character is one.

    >>> words_of("„Der Preis“, 4 %: 価格")
    ['der', 'preis', '4', '価', '格']
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def run_hash(words: Sequence[str]) -> int:
    """Return a hash of words in a row, as a signed number of 64 bits."""
    return int.from_bytes(blake2b("\x1f".join(words).encode(), digest_size=8).digest(), "big", signed=True)


def fingerprints(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield (hash, number of its first word) of the kept runs, in their order; nothing for fewer than RUN words."""
    hashes = [run_hash(words[n : n + RUN]) for n in range(len(words) - RUN + 1)]
    last = -1
    for end in range(min(WINDOW, len(hashes)), len(hashes) + 1) if hashes else ():
        start = max(0, end - WINDOW)
        if last < start:  # the smallest has left the window: look again
            smallest = min(hashes[start:end])
            last = end - 1 - hashes[start:end][::-1].index(smallest)
            yield smallest, last
        elif hashes[end - 1] <= hashes[last]:
            last = end - 1
            yield hashes[last], last


def runs_around(words: Sequence[str], n: int) -> Iterator[int]:
    """Yield the hashes of the runs of SHARED words that hold the fingerprint which begins at word `n`."""
    for start in range(max(0, n - WINDOW + 1), min(n, len(words) - SHARED) + 1):
        yield run_hash(words[start : start + SHARED])


def passage_key(method: str, *ends: tuple[str, int, int]) -> uuid.UUID:
    """Return the key of a passage that a method finds in two texts (UUID, start and end of either), from any side."""
    return uuid.uuid5(PASSAGES, f"{method}/{sorted(ends)}")


def quotation_key(origin: str, name: str, start: int, end: int) -> uuid.UUID:
    """Return the key of a quotation: an annotated one is named by its annotation's key, another by its text's UUID."""
    return uuid.uuid5(QUOTATIONS, f"annotation/{name}" if origin == "annotation" else f"{name}/{origin}/{start}/{end}")


def place_key(quotation: uuid.UUID, text: str, start: int, end: int) -> uuid.UUID:
    """Return the key of a place of a quotation, in the text or capture of a UUID."""
    return uuid.uuid5(quotation, f"{text}/{start}/{end}")
