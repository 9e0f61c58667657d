"""A stored file as the readers take it: by its name, without a local path, its SHA-256 and size known."""

from __future__ import annotations

from typing import BinaryIO, cast

from annotations.importers.opening import Upload
from annotations.models import RawFile


def as_upload(name: str, stored: RawFile, *, is_named: bool = True) -> Upload:
    """Return a stored file under the name that it was sent by."""

    def opened() -> BinaryIO:
        return cast(BinaryIO, stored.file.storage.open(str(stored.file.name), "rb"))

    return Upload(name, opened, is_named, (bytes(stored.sha256).hex(), stored.size))
