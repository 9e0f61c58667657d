"""What was captured of sources, byte for byte, in files beside a corpus: kept while the import is read.

A file is kept where a capture of the corpus names it, and where its bytes have the hash by which it is called. The
captures take it up when they are written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from annotations.jobs.starting import store_if
from annotations.models import Capture, Job, RawFile

from . import limits
from .records import CapturedFile, FileRefused, ImportedRecord, Problem
from .repeated import Met

BLOCK = 1024 * 1024


class FilesApart:
    """The files of one import, and the hashes that its captures name. They may come in any order."""

    def __init__(self) -> None:
        self._files: list[CapturedFile] = []
        self._named = Met()

    def take(self, file: CapturedFile) -> None:
        """Note a file, to be read when all is known; a list of members has a bound on its length."""
        self._files.append(file)

    def meet(self, record: ImportedRecord) -> None:
        """Note the hashes that the captures of a source name; what is withheld has no file."""
        captures = record.data.get("captures") if record.kind == "source" else None
        for each in captures if isinstance(captures, list) else ():
            if isinstance(each, dict) and isinstance(each.get("sha256"), str) and not each.get("withheld_at"):
                self._named.add(each["sha256"].lower())

    def keep(self, job: Job) -> Iterator[Problem | None]:
        """Keep each file, or only read it for a dry run; yield a problem for each that is not kept, else None."""
        for file in self._files:
            yield self._kept(file, job)

    def close(self) -> None:
        """Forget the hashes."""
        self._named.close()

    def _kept(self, file: CapturedFile, job: Job) -> Problem | None:
        written = file.sha256.hex()
        if written not in self._named:
            message = _("Left out: no capture of this import names the file.")
            return Problem(file.file, None, "sha256", written, message, is_rejection=False)
        if Capture.objects.filter(project=job.project, sha256=file.sha256, withheld_at__isnull=False).exists():
            message = _("Left out: what these bytes hold is withheld in this project.")
            return Problem(file.file, None, "sha256", written, message, is_rejection=False)
        try:
            with file.open() as stream:
                found = _stored(_Bounded(stream), file, job)
        except FileRefused as refusal:
            return replace(refusal.as_problem(file.file), leaves_out="capture_files")
        if found == file.sha256:
            return None
        message = _("These are other bytes: their SHA-256 is %(found)s. The capture is imported without its file.")
        shown = message % {"found": found.hex()}
        return Problem(file.file, None, "sha256", written, shown, leaves_out="capture_files")


def _stored(stream: Any, file: CapturedFile, job: Job) -> bytes:
    """Return the hash of the bytes, which are kept where it is the one they are called by."""
    if not job.is_trial:
        return store_if(job.project, f"capture-{file.sha256.hex()[:16]}", stream, file.sha256)
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
    return digest.digest()


class _Bounded:
    """A stream that gives no more than a capture may have."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = settings.WORKBENCH_CAPTURE_MAX_SIZE

    def read(self, size: int = -1) -> bytes:
        """Read a block. Raises `FileRefused`."""
        block = self._stream.read(size)
        self._left -= len(block)
        if self._left < 0:
            sentence = _("The file is larger than %(most)s MiB, the most for a capture.")
            most = settings.WORKBENCH_CAPTURE_MAX_SIZE // limits.MIB
            raise FileRefused(limits.set_by("WORKBENCH_CAPTURE_MIB", sentence % {"most": most}))
        return block


def files_kept(digests: set[bytes], job: Job) -> dict[bytes, int]:
    """Return the ids of files that came with an import, by their hashes; 1 query."""
    rows = RawFile.objects.filter(project=job.project, sha256__in=list(digests), last_sent_at__gte=job.created_at)
    return {bytes(sha256): pk for sha256, pk in rows.values_list("sha256", "pk")}
