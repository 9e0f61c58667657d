"""The .zip that exports of several files are written into."""

from __future__ import annotations

import io
import zipfile

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
