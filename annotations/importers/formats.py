"""The formats that can be read, by name, and the one way in: from paths to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _

from annotations.importers import csv, html, native, plain_text, wordpress
from annotations.importers.guess import guess_format
from annotations.importers.opening import InputFile, Upload, open_inputs
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record

Reader = Callable[[InputFile], Iterator[Record]]

READERS: dict[str, Reader] = {
    "csv": csv.read,
    "html": html.read,
    "native": native.read,
    "text": plain_text.read,
    "wordpress": wordpress.read,
}
"""Readers by the name of their format."""
WITH_NAMES = {"csv": csv.read, "native": native.read}
"""Readers whose columns or fields can be named by a map."""


def read_inputs(
    paths: Iterable[str | Path | Upload], *, format_name: str | None = None, names: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """Yield the records of files, folders and archives. Left out, the format is guessed for each file."""
    found = (
        record
        for opened in open_inputs(paths)
        for record in ([opened] if isinstance(opened, Problem) else read_input(opened, format_name, names))
    )
    return refuse_repeated(found)


def read_input(
    source: InputFile, format_name: str | None = None, names: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """Yield the records of one file; what cannot be read of it becomes a Problem."""
    name = format_name or guess_format(source.path, source.head)
    try:
        yield from _reader(name, names)(source)
    except FileRefused as refusal:
        yield refusal.as_problem(source.name)


def _reader(name: str, names: Mapping[str, str] | None) -> Reader:
    if name not in READERS:
        message = _("There is no format of this name. Name one of: %s.") % ", ".join(sorted(READERS))
        raise FileRefused(message, field="format", value=name)
    if names and name in WITH_NAMES:
        return partial(WITH_NAMES[name], names=names)
    return READERS[name]


def refuse_repeated(records: Iterable[Record]) -> Iterator[Record]:
    """Pass the records on; a second article with the same external id becomes a Problem. Keeps 64 bits an article."""
    seen: set[int] = set()
    for record in records:
        if not isinstance(record, ImportedArticle):
            yield record
            continue
        mark = hash(record.external_id)
        if mark in seen:
            message = _("Two articles of this import have this external id. Give each its own.")
            yield Problem(record.file, record.line, "external_id", record.external_id, message)
        else:
            seen.add(mark)
            yield record
