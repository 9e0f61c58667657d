"""What a reader yields: checked values that cross from the format modules to `loading.py`. No database here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO

from annotations.errors import WorkbenchError
from annotations.text.spans import text_sha256

VALUE_LENGTH = 200
"""Longest value that a problem repeats, in characters."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, with its remedy.

    `is_rejection` says that a record was not imported for it. Of all problems of one rejected record exactly one is a
    rejection, so that read = created + updated + unchanged + rejected adds up. The others are remarks: the record
    stands, something in it does not. `leaves_out` names the part of the record that is not imported for it.
    """

    file: str
    line: int | None
    field: str
    value: str
    message: str
    is_rejection: bool = True
    leaves_out: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _printable(self.value))
        object.__setattr__(self, "message", "".join(map(_escaped, self.message)))  # it may name the value


@dataclass(frozen=True, slots=True)
class ImportedLink:
    """A link of the original: code points `start` to `end` of the normalised text lead to `url`."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class ImportedZone:
    """A zone of the text that becomes a Region; `publisher` and `url` name what an excerpt quotes, where stated.

    `history` holds what a native file says of one that somebody marked or changed: key, person, times, earlier states.
    """

    kind: str
    start: int
    end: int
    publisher: str | None = None
    url: str = ""
    history: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RawPointer:
    """Where an article stands in the file it came from: bytes `start` to `end` of the member, decompressed.

    `sha256` is of those bytes alone, in hex: the same bytes mean an unchanged article.
    """

    file_sha256: str
    member: str
    start: int
    end: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ImportedArticle:
    """One article, checked and normalised.

    `candidates` lists what may be the publisher or the date, each with its place; nobody has stated it. `extractor`
    names what took the text out of a page, with its version. `version` is the number a native file gives this text.

    `annotations`, `relations`, `article_labels`, `suggestions`, `assignments`, `threads`, `adjudications` and `rulings`
    are dictionaries with the fields of the native format; spans count code points of `text`. A label stands under
    `label` by its key, or under `label_name` by the name another tool gave it: the import then adds it to the label set
    where it is missing. Relations, threads and rulings name annotations of the same article by `key`. `sentences` are
    the (start, end) a file states.
    `earlier_versions` are texts the article had before, each with what lies on it and its own `version`.
    `in_round` is the number of the round that a native file says the article is in.
    `text_sha256` is the hash of the text, in hex, where its reader computed it: then it need not be done again.
    With `withheld` the text is of placeholders: see `withheld_in_file`.
    """

    external_id: str
    title: str
    text: str
    publisher: str | None = None
    published_at: datetime | date | None = None
    posted_at: datetime | date | None = None
    url: str = ""
    language: str | None = None
    direction: str = "ltr"
    metadata: dict[str, Any] = field(default_factory=dict)
    links: tuple[ImportedLink, ...] = ()
    zones: tuple[ImportedZone, ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()
    raw: RawPointer | None = None
    file: str = ""
    line: int | None = None
    candidates: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    extractor: str = ""
    assignments: tuple[dict[str, Any], ...] = ()
    version: int = 1
    relations: tuple[dict[str, Any], ...] = ()
    article_labels: tuple[dict[str, Any], ...] = ()
    suggestions: tuple[dict[str, Any], ...] = ()
    sentences: tuple[tuple[int, int], ...] = ()
    earlier_versions: tuple[ImportedArticle, ...] = ()
    text_sha256: str = ""
    threads: tuple[dict[str, Any], ...] = ()
    adjudications: tuple[dict[str, Any], ...] = ()
    rulings: tuple[dict[str, Any], ...] = ()
    in_round: int | None = None
    withheld: dict[str, Any] | None = None

    def digest(self) -> bytes:
        """Return the SHA-256 of the text in UTF-8."""
        return bytes.fromhex(self.text_sha256) if self.text_sha256 else text_sha256(self.text)


@dataclass(frozen=True, slots=True)
class CorpusHeader:
    """The first line of a native file: project, label set, guidelines, annotators."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportedRecord:
    """A native line that is no article ("source", "claim", …), its fields as given."""

    kind: str
    data: dict[str, Any]
    file: str
    line: int | None = None


class FileRefused(WorkbenchError):
    """A file that cannot be read, or not further; becomes one Problem."""

    def __init__(self, message: str, *, field: str = "", value: str = "", line: int | None = None) -> None:
        super().__init__("file_refused", message, field=field)
        self.value = value
        self.line = line

    def as_problem(self, file: str, *, is_rejection: bool = True) -> Problem:
        """Return the problem for the file of this name."""
        return Problem(file, self.line, self.field, self.value, self.message, is_rejection)


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """What was captured of a source, byte for byte, in a file named after their SHA-256."""

    sha256: bytes
    file: str
    open: Callable[[], BinaryIO]


Record = CorpusHeader | ImportedArticle | ImportedRecord | CapturedFile | Problem


def _printable(value: str) -> str:
    """Cut a value for a report and write unstorable characters as escapes."""
    cut = value if len(value) <= VALUE_LENGTH else value[: VALUE_LENGTH - 1] + "…"
    return "".join(_escaped(character) for character in cut)[:VALUE_LENGTH]


def _escaped(character: str) -> str:
    is_storable = character >= " " and not "\ud800" <= character <= "\udfff"
    return character if is_storable or character in "\n\t" else f"\\u{ord(character):04x}"


def rejected(problems: Iterable[Problem]) -> list[Problem]:
    """Mark the problems of one rejected record: the first is its rejection, the others are remarks."""
    listed = list(problems)
    return [
        Problem(each.file, each.line, each.field, each.value, each.message, is_rejection=number == 0)
        for number, each in enumerate(listed)
    ]
