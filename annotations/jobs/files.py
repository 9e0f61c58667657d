"""The files of jobs: written to a scratch file first, hashed on the way, and stored under their name when complete."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.files.base import File
from django.core.files.storage import default_storage

from annotations.failpoints import failpoint

SCRATCH = "scratch"
SCRATCH_IS_OLD_AFTER = 24 * 3600
BLOCK = 1024 * 1024
BLOCKS_SENT = 8


class _Complete(File):
    """A finished local file, which a storage on the same disk takes by renaming."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name)
        self.path = path

    def temporary_file_path(self) -> str:
        """Tell the storage where the file lies."""
        return str(self.path)


class ScratchFile:
    """A file that is being written; nobody sees it before `keep`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._sent = 0
        self._on_disk = 0

    def write(self, data: bytes) -> None:
        """Append bytes. They are hashed and written by the block: either gives way to other threads each time."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self.size += len(data)
        if self._waiting_bytes >= BLOCK:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        block = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._digest.update(block)
        self._file.write(block)
        self._send()

    def _send(self) -> None:
        """Have the system begin to bring to the disk what it holds, so that little is left to wait for at the end.

        What it began with before is on the disk by now and leaves the memory, which the next blocks take: to write
        into memory that nobody had before takes several times as long.
        """
        if self.size - self._sent < BLOCKS_SENT * BLOCK or not hasattr(os, "posix_fadvise"):
            return
        self._file.flush()
        os.posix_fadvise(self._file.fileno(), self._on_disk, self.size - self._on_disk, os.POSIX_FADV_DONTNEED)
        self._on_disk, self._sent = self._sent, self.size

    @property
    def sha256(self) -> bytes:
        """Return the SHA-256 of what was written so far."""
        self._flush()
        return self._digest.digest()

    def complete(self) -> None:
        """Bring every byte to the disk."""
        if not self._file.closed:
            self._flush()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def keep(self, name: str) -> str:
        """Store the complete file; return the name it has in the storage."""
        self.complete()
        with _Complete(self.path) as content:
            return default_storage.save(name, content)

    def discard(self) -> None:
        """Remove what is left of it. On a full disk closing fails once more, as it has bytes left to write."""
        try:
            self._file.close()
        finally:
            self.path.unlink(missing_ok=True)


@contextmanager
def scratch_file() -> Iterator[ScratchFile]:
    """Open a scratch file; it is gone at the end unless it was kept."""
    handle, name = tempfile.mkstemp(dir=_scratch_folder())
    os.close(handle)
    scratch = ScratchFile(Path(name))
    try:
        yield scratch
    finally:
        scratch.discard()


def copy_in(source: BinaryIO, scratch: ScratchFile) -> None:
    """Copy a stream block by block."""
    while block := source.read(BLOCK):
        scratch.write(block)
        failpoint("upload.half_stored")


def remove_old_scratch() -> None:
    """Remove scratch files that killed processes left more than a day ago."""
    folder = _scratch_folder()
    if folder is None:
        return
    for path in folder.iterdir():
        try:
            if time.time() - path.stat().st_mtime > SCRATCH_IS_OLD_AFTER:
                path.unlink()
        except FileNotFoundError:
            continue


def _scratch_folder() -> Path | None:
    """Give a folder on the storage's own disk, so that storing is renaming; None leaves it to the system."""
    try:
        folder = Path(default_storage.path(SCRATCH))
    except NotImplementedError:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder
