"""From paths and uploads to readable files.

Folders are walked, .zip and .gz are read as streams; no file is ever written under the name of a member.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.records import FileRefused, Problem

ARCHIVE_SUFFIXES = frozenset({".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar"})
LEFT_OUT_SUFFIXES = frozenset({".md", ".rst", ".adoc", ".py", ".js", ".css", ".map", ".log", ".sha256", ".schema"})
"""Files of a folder or archive that stand beside articles rather than hold them. Named one by one, they are read."""
MAY_BE_EMPTY = frozenset({".ann"})
"""Files that say something by being empty: a text without annotations."""
JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini", "__macosx"})
_MAGIC = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"\x78\x9c", "zlib"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\xd0\xcf\x11\xe0", "Office"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to import: its name and how to open it. A stored upload is given this way; a path becomes one.

    `known` holds its SHA-256 in hex and its size, where somebody has read it already.
    """

    name: str
    open: Callable[[], BinaryIO]
    is_named: bool = True
    known: tuple[str, int] | None = None


Find = Callable[[str], Upload | None]


def _nowhere(name: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class InputFile:
    """One readable file, or one member of an archive.

    `name` is what problems are reported under, `path` names the file within the upload, `head` is its beginning,
    `sha256` is that of the whole outer file, in hex. `open` may be called again. `beside` gives another file of the
    same upload or archive by its path, or None: some formats keep text and annotations apart. `whole_bytes` is what it
    may unpack to where its format has to be held in memory as a whole.
    """

    name: str
    path: str
    member: str
    sha256: str
    head: bytes
    open: Callable[[], BinaryIO]
    beside: Callable[[str], InputFile | None] = _nowhere
    whole_bytes: int = limits.WHOLE_BYTES


class Budget:
    """The bytes that one import may still read."""

    def __init__(self, total: int = limits.TOTAL_BYTES) -> None:
        self._left = total

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            message = _("The import is larger than %(size)s MiB. Import it in parts.")
            sentence = message % {"size": limits.TOTAL_BYTES // limits.MIB}
            raise FileRefused(limits.set_by("WORKBENCH_IMPORT_MIB", sentence))


def open_inputs(
    paths: Iterable[str | Path | Upload], find: Find = _nowhere, budget: Budget | None = None
) -> Iterator[InputFile | Problem]:
    """Yield the files to read, in order, and a Problem for each that cannot be. `find` gives an upload by its name."""
    budget = budget or Budget()
    for given in paths:
        if isinstance(given, Upload):
            yield from _open_upload(given, budget, find)
        else:
            yield from _open_path(Path(given), budget)


def _open_path(path: Path, budget: Budget) -> Iterator[InputFile | Problem]:
    if path.is_dir():
        for inner in sorted(each for each in path.rglob("*") if not each.is_dir()):
            name = inner.relative_to(path).as_posix()
            if inner.is_symlink():
                yield Problem(name, None, "", "", _("This is a symbolic link. Give the file that it points to."))
            elif not is_junk(name):
                yield from _open_upload(_upload_of(inner, name, is_named=False), budget, _finder_in(path))
    elif path.is_file():
        yield from _open_upload(_upload_of(path, path.name, is_named=True), budget, _finder_in(path.parent))
    else:
        yield Problem(str(path), None, "", "", _("There is no such file or folder."))


def _upload_of(path: Path, name: str, *, is_named: bool) -> Upload:
    return Upload(name, lambda: cast(BinaryIO, path.open("rb")), is_named)


def _finder_in(folder: Path) -> Find:
    def find(name: str) -> Upload | None:
        path = folder / name
        is_inside = path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(folder.resolve())
        return _upload_of(path, name, is_named=True) if is_inside else None

    return find


def is_junk(name: str) -> bool:
    """Tell whether a file is one that an operating system leaves in folders and archives."""
    parts = [part.casefold() for part in name.split("/")]
    return any(part in JUNK or part.startswith("._") for part in parts)


def _open_upload(upload: Upload, budget: Budget, find: Find) -> Iterator[InputFile | Problem]:
    suffix = PurePosixPath(upload.name).suffix.casefold()
    try:
        sha256, size = upload.known or _hash(upload)
        if size == 0 and suffix not in MAY_BE_EMPTY:
            raise FileRefused(_("The file is empty."))
        if suffix == ".zip":
            yield from _open_zip(upload, sha256, size, budget)
            return
        if suffix == ".gz":
            found = _open_gzip(upload, sha256, size, budget)
        elif suffix in ARCHIVE_SUFFIXES:
            raise FileRefused(_("Archives of this kind are not read. Use .zip or .gz."), value=suffix)
        else:
            found = _open_plain(upload, sha256, budget, find)
        if not upload.is_named and _is_left_out(found.path):
            yield _left_out(found.name)
        else:
            yield found
    except FileRefused as refusal:
        yield refusal.as_problem(upload.name)
    except OSError as error:
        yield Problem(upload.name, None, "", "", _cannot_be_opened(error))


def _cannot_be_opened(error: OSError) -> str:
    return _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror or type(error).__name__}


def _is_left_out(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.suffix.casefold() in LEFT_OUT_SUFFIXES or pure.name.startswith(".")


def _left_out(name: str) -> Problem:
    message = _("Left out: this does not look like an article. To read it, give it by name with its format.")
    return Problem(name, None, "", "", message, is_rejection=False)


def _hash(upload: Upload) -> tuple[str, int]:
    if upload.known is not None:
        return upload.known
    digest, size = hashlib.sha256(), 0
    with upload.open() as stream:
        while data := stream.read(limits.MIB):
            digest.update(data)
            size += len(data)
    return digest.hexdigest(), size


def _open_plain(upload: Upload, sha256: str, budget: Budget, find: Find) -> InputFile:
    def open_counted() -> BinaryIO:
        return counted(upload.open(), budget)

    def beside(name: str) -> InputFile | None:
        other = find(name)
        return _open_plain(other, (other.known or _hash(other))[0], budget, find) if other else None

    return _checked(InputFile(upload.name, upload.name, "", sha256, _head_of(upload.open), open_counted, beside))


def _head_of(opener: Callable[[], BinaryIO]) -> bytes:
    with opener() as stream:
        return stream.read(limits.HEAD_BYTES)


def _checked(found: InputFile) -> InputFile:
    """Refuse empty files. Raises FileRefused."""
    if not found.head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        if not found.head and PurePosixPath(found.path).suffix.casefold() in MAY_BE_EMPTY:
            return found
        raise FileRefused(_("The file is empty."))
    return found


def refuse_binary(found: InputFile) -> None:
    """Refuse a file that is not text, for formats that read text. Raises FileRefused."""
    kind = _binary_kind(found.head)
    if kind is not None:
        message = _("This is not text: it holds binary data (%(kind)s). Save the article as text, HTML, JSON or CSV.")
        raise FileRefused(message % {"kind": kind or _("kind not known")})


def is_binary(head: bytes) -> bool:
    """Say whether a file begins like one that is not text."""
    return _binary_kind(head) is not None


def _binary_kind(head: bytes) -> str | None:
    """Return the kind of binary data that a file begins with, "" where it has no name, None for text."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(_BYTE_ORDER_MARKS):
        return None
    n_control = sum(map(head.count, _CONTROL_BYTES))
    return "" if n_control > len(head) * 0.02 else None


_CONTROL_BYTES = tuple(bytes([number]) for number in range(32) if number not in (9, 10, 12, 13, 27))


# Streams


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than its limits allow."""

    def __init__(self, stream: BinaryIO, budget: Budget, compressed_size: int | None) -> None:
        self._stream = stream
        self._budget = budget
        self._compressed_size = compressed_size
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        with _readable_archive():
            data = self._stream.read(len(view))
        self._count += len(data)
        self._budget.take(len(data))
        self._refuse_bomb()
        view[: len(data)] = data
        return len(data)

    def _refuse_bomb(self) -> None:
        if self._compressed_size is None or self._count < limits.RATIO_FROM:
            return
        if self._count > limits.RATIO * max(1, self._compressed_size):
            message = _("The file unpacks to more than %(ratio)s times its size. It is refused as a compression bomb.")
            raise FileRefused(limits.set_by("WORKBENCH_ARCHIVE_RATIO", message % {"ratio": limits.RATIO}))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeDecodeError,
)
"""What the standard library raises of archives that are damaged; the last of names that say they are UTF-8."""


@contextmanager
def _readable_archive() -> Iterator[None]:
    """Turn what a damaged archive raises into a refusal."""
    try:
        yield
    except _BROKEN_ARCHIVE as error:
        raise FileRefused(_("The archive is damaged or cut off. Make it again."), value=str(error)) from error


def counted(stream: BinaryIO, budget: Budget, compressed_size: int | None = None) -> BinaryIO:
    """Return a buffered stream that keeps to the import's limits."""
    return cast(BinaryIO, io.BufferedReader(_Counted(stream, budget, compressed_size), 256 * 1024))


# .gz


def _open_gzip(upload: Upload, sha256: str, size: int, budget: Budget) -> InputFile:
    inner = upload.name[: -len(".gz")]
    if PurePosixPath(inner).suffix.casefold() in ARCHIVE_SUFFIXES:
        raise FileRefused(_("An archive within a .gz is not read. Use .zip."), value=upload.name)

    def open_limited(limit: Budget) -> BinaryIO:
        return counted(cast(BinaryIO, gzip.GzipFile(fileobj=upload.open())), limit, size)

    head = _head_of(lambda: open_limited(Budget()))
    member = PurePosixPath(inner).name
    return _checked(InputFile(upload.name, inner, member, sha256, head, lambda: open_limited(budget)))


# .zip


def _open_zip(upload: Upload, sha256: str, size: int, budget: Budget) -> Iterator[InputFile | Problem]:
    archive = _Archive(upload)
    try:
        archive.refuse_large_directory(size)
        members = archive.members()
        _refuse_overlaps(members)
        archive_budget = _ArchiveBudget(budget, size)
        seen: set[str] = set()
        by_path = {member.filename.replace("\\", "/"): member for member in members}
        for member in members:
            yield from _open_member(upload, archive, member, sha256, archive_budget, seen, by_path)
    finally:
        archive.close()


class _Archive:
    """A .zip that is opened again where it was closed meanwhile."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._stream: BinaryIO | None = None
        self._zip: zipfile.ZipFile | None = None

    def refuse_large_directory(self, size: int) -> None:
        """Look at the end record before the list of members is read into memory."""
        with self._upload.open() as stream:
            stream.seek(max(0, size - _LONGEST_TAIL))
            tail = stream.read()
            at = tail.rfind(b"PK\x05\x06")
            if at < 0 or len(tail) < at + 22:
                raise FileRefused(_("The archive is damaged or cut off. Make it again."))
            count, directory = _stated(tail, at)
            if count > limits.MEMBERS:
                raise FileRefused(_too_many_members())
            if directory > limits.DIRECTORY_BYTES:
                message = _("The archive's list of members is larger than %(size)s MiB. Import it in parts.")
                sentence = message % {"size": limits.DIRECTORY_BYTES // limits.MIB}
                raise FileRefused(limits.set_by("WORKBENCH_ARCHIVE_LIST_MIB", sentence))
            self._refuse_lying_count(stream, max(0, size - len(tail) + at - directory - _ZIP64), directory + _ZIP64)

    def _refuse_lying_count(self, stream: BinaryIO, start: int, length: int) -> None:
        """Count the members in the list itself: its end record may state fewer, and all would be read into memory."""
        stream.seek(start)
        if stream.read(length).count(b"PK\x01\x02") > limits.MEMBERS:
            raise FileRefused(_too_many_members())

    def members(self) -> list[zipfile.ZipInfo]:
        found = [member for member in self._opened().infolist() if not member.filename.endswith("/")]
        if len(found) > limits.MEMBERS:
            raise FileRefused(_too_many_members())
        return found

    def open(self, member: zipfile.ZipInfo) -> BinaryIO:
        with _readable_archive():
            return cast(BinaryIO, self._opened().open(member))

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            with _readable_archive():
                self._stream = self._upload.open()
                self._zip = zipfile.ZipFile(self._stream)
        return self._zip

    def close(self) -> None:
        if self._zip is not None and self._stream is not None:
            self._zip.close()
            self._stream.close()
            self._zip = None


_ZIP64 = 76
"""Bytes of the two records that may stand between the list of members and the end record."""
_LONGEST_TAIL = 22 + 65_535 + _ZIP64


def _stated(tail: bytes, at: int) -> tuple[int, int]:
    """Return how many members an archive states, and the bytes of their list, by the larger of its two end records."""
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        start = at - _ZIP64
        if start < 0 or not tail[start:].startswith(b"PK\x06\x06"):
            raise FileRefused(_("The archive is damaged or cut off. Make it again."))
        longer = int.from_bytes(tail[start + 32 : start + 40], "little")
        size = int.from_bytes(tail[start + 40 : start + 48], "little")
        count = longer if count == 0xFFFF else max(count, longer)
        directory = size if directory == 0xFFFFFFFF else max(directory, size)
    return count, directory


def _too_many_members() -> str:
    sentence = _("The archive has more than %(count)s members. Import it in parts.") % {"count": limits.MEMBERS}
    return limits.set_by("WORKBENCH_ARCHIVE_MEMBERS", sentence)


class _ArchiveBudget(Budget):
    """What the members of one archive may unpack to, together; overlapping members count each time."""

    def __init__(self, whole: Budget, size: int) -> None:
        super().__init__(max(limits.RATIO * size, limits.RATIO_FROM))
        self._whole = whole

    def take(self, count: int) -> None:
        self._whole.take(count)
        self._left -= count
        if self._left < 0:
            message = _("The archive unpacks to more than %(ratio)s times its size. The rest of it is not read.")
            raise FileRefused(limits.set_by("WORKBENCH_ARCHIVE_RATIO", message % {"ratio": limits.RATIO}))


def _refuse_overlaps(members: Iterable[zipfile.ZipInfo]) -> None:
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise FileRefused(_("Members of the archive overlap. Make it again."), value=member.filename)
        end = member.header_offset + member.compress_size


def _open_member(
    upload: Upload,
    archive: _Archive,
    member: zipfile.ZipInfo,
    sha256: str,
    budget: Budget,
    seen: set[str],
    by_path: Mapping[str, zipfile.ZipInfo],
) -> Iterator[InputFile | Problem]:
    name = f"{upload.name}/{member.filename}"
    try:
        path = clean_member_path(member.filename)
        if is_junk(path):
            return
        if _is_left_out(path):
            yield _left_out(name)
            return
        _refuse_member(member, path, seen)

        def beside(other: str) -> InputFile | None:
            wanted = by_path.get(other)
            found = _open_member(upload, archive, wanted, sha256, budget, set(), by_path) if wanted else ()
            return next((each for each in found if isinstance(each, InputFile)), None)

        def open_limited(limit: Budget) -> BinaryIO:
            return counted(archive.open(member), limit, member.compress_size)

        head = _head_of(lambda: open_limited(Budget()))
        yield _checked(InputFile(name, path, path, sha256, head, lambda: open_limited(budget), beside))
    except FileRefused as refusal:
        yield refusal.as_problem(name)


def clean_member_path(written: str) -> str:
    """Return the path of a member as we name it. Raises FileRefused for one that leads out of its archive.

    >>> clean_member_path("2018/november/report.txt")
    '2018/november/report.txt'
    """
    path = written.replace("\\", "/")
    parts = path.split("/")
    if any(unicodedata.category(character) == "Cc" for character in path):
        raise FileRefused(_("The name of this member holds control characters. Rename it."), value=written)
    if path.startswith("/") or ".." in parts or (len(parts[0]) == 2 and parts[0].endswith(":")):
        raise FileRefused(_("The name of this member leads out of the archive. Rename it."), value=written)
    if len(path) > limits.EXTERNAL_ID_LENGTH:
        raise FileRefused(_("The name of this member is too long. Rename it."), value=written)
    kept = "/".join(part for part in parts if part not in ("", "."))
    if not kept:
        raise FileRefused(_("This member has no name. Make the archive again."), value=written)
    return kept


def _refuse_member(member: zipfile.ZipInfo, path: str, seen: set[str]) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise FileRefused(_("This member is a link or a device, not a file."), value=path)
    if member.flag_bits & 0x1:
        raise FileRefused(_("This member is encrypted. Make the archive without a password."), value=path)
    if PurePosixPath(path).suffix.casefold() in ARCHIVE_SUFFIXES:
        raise FileRefused(_("An archive within an archive is not read. Unpack it first."), value=path)
    folded = unicodedata.normalize("NFC", path).casefold()
    if folded in seen:
        raise FileRefused(_("Two members of the archive have this name. Rename one."), value=path)
    seen.add(folded)
    if member.file_size > limits.TOTAL_BYTES:
        sentence = _("This member is larger than %(size)s MiB.") % {"size": limits.TOTAL_BYTES // limits.MIB}
        raise FileRefused(limits.set_by("WORKBENCH_IMPORT_MIB", sentence), value=path)
