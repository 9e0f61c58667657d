"""Several files in one export: a .zip that is written as it goes, the same bytes for the same rows."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Members bear the first moment that a .zip can name: nothing volatile stands in an export."""


class _Stream:
    """What `zipfile` needs of a file that can only be appended to."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


class Archive:
    """A .zip to which one member after the other is written; memory does not grow with their size."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._zip = zipfile.ZipFile(cast(IO[bytes], _Stream(write)), "w", zipfile.ZIP_DEFLATED)

    def add(self, path: str, data: bytes) -> None:
        """Write a whole member."""
        with self.member(path) as write:
            write(data)

    @contextmanager
    def member(self, path: str, *, is_packed: bool = True) -> Iterator[Callable[[bytes], object]]:
        """Open a member to be written in pieces, before any other is opened; unpacked, it cannot look like a bomb."""
        info = zipfile.ZipInfo(path, FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as stream:
            yield stream.write

    def close(self) -> None:
        """Write the list of members; without it the archive is none."""
        self._zip.close()

    def abandon(self) -> None:
        """Write no more; Python would complete the archive when it forgets it, into a file that is gone."""
        self._zip.fp = None


@contextmanager
def archive(write: Callable[[bytes], None]) -> Iterator[Archive]:
    """Give an archive that is complete at the end of the block; after an error it stays incomplete."""
    made = Archive(write)
    try:
        yield made
    except BaseException:
        made.abandon()
        raise
    made.close()
