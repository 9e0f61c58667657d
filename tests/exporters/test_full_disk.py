"""A disk that fills while an export is written: it ends with a sentence, leaves no half file, and can be made again."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotations.access.jobs import find_result
from annotations.errors import NotThere
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.jobs.steering import continue_job, offers
from annotations.models import Chunk, Job
from tests.corpora import KINDS
from tests.factories import many_articles, project

pytestmark = pytest.mark.django_db
SIZE = 256 * 1024
OPEN = Path.open
MakeRoom = Callable[[], Any]


@pytest.fixture
def small_disk(media_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRoom]:
    """Put the files of this test on a disk of 256 KiB; what it gives makes room there.

    Only root can mount one; for others the files themselves say that the disk is full.
    """
    media_root.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(media_root)]
    is_mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    if not is_mounted:
        monkeypatch.setattr(Path, "open", open_on_a_small_disk)
        yield monkeypatch.undo
        return
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(media_root)], check=True)
    finally:
        subprocess.run(["umount", str(media_root)], check=True)


class SmallFile(io.FileIO):
    """A file that finds no room beyond SIZE."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > SIZE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def open_on_a_small_disk(path: Path, mode: str = "r", *arguments: Any, **more: Any) -> Any:
    """Open a file as `Path.open` does; one to be written finds an end of the disk."""
    return io.BufferedWriter(SmallFile(path, mode)) if mode == "wb" else OPEN(path, mode, *arguments, **more)


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("options", [{}, {"format": "csv"}, {"as_json_object": True}])
def test_an_export_that_finds_no_room_fails_leaves_nothing_and_succeeds_when_there_is(small_disk, media_root, options):
    mia = project()
    many_articles(mia, 40, text=" ".join(str(n * n) for n in range(5_000)))  # which hardly can be compressed
    job = start_export(mia, **options)

    run_job(job.pk, KINDS, owner=owner_name())

    job.refresh_from_db()
    assert (job.state, job.message[:26]) == (Job.State.FAILED, "The server’s disk is full.")
    assert Chunk.objects.get(job=job).tries == 1
    assert files(media_root) == []
    with pytest.raises(NotThere):
        find_result(mia, job.uuid)
    assert offers(job) == ("continue",)

    small_disk()
    continue_job(mia, job)
    run_job(job.pk, KINDS, owner=owner_name())

    found = find_result(mia, job.uuid)
    assert found.state == Job.State.DONE, found.message
    with found.result.open("rb") as result:
        assert hashlib.sha256(result.read()).digest() == bytes(found.result_sha256)
    assert len(files(media_root)) == 1
