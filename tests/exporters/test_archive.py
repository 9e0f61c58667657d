"""The .zip that exports of several files are written into."""

from __future__ import annotations

import gc
import io
import zipfile
from collections.abc import Callable

import pytest

from annotations.exporters.archive import archive


def _written() -> bytes:
    out = io.BytesIO()
    with archive(out.write) as made:
        made.add("a/eins.txt", "Grüße 📈".encode())
        with made.member("b.txt") as write:
            write(b"one ")
            write(b"two")
    return out.getvalue()


def test_members_are_read_back_as_they_were_written():
    with zipfile.ZipFile(io.BytesIO(_written())) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            "a/eins.txt": "Grüße 📈".encode(),
            "b.txt": b"one two",
        }


def test_the_same_members_give_the_same_bytes():
    assert _written() == _written()


def test_an_archive_is_not_completed_after_an_error():
    written: list[bytes] = []

    with pytest.raises(OSError, match="full"):
        _begin_and_fail(written.append)
    gc.collect()  # which forgets the archive

    assert b"PK\x05\x06" not in b"".join(written)  # the list of members, with which an archive ends


def _begin_and_fail(write: Callable[[bytes], None]) -> None:
    with archive(write) as made:
        made.add("a.txt", b"one")
        raise OSError("full")
