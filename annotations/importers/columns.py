"""The columns or fields of a file that can be mapped to ours, from its first rows, and what each becomes unasked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from . import native
from .fields import ALIASES, FIELDS
from .json_items import Item
from .opening import InputFile
from .records import FileRefused

FIRST_ROWS = 10
LONGEST_EXAMPLE = 80


@dataclass(frozen=True, slots=True)
class Column:
    """A column or field of a file: what it becomes if nothing is said, and an example of its values."""

    name: str
    becomes: str
    example: str


def columns_of(rows: Iterable[Mapping[str, Any]], usual: Mapping[str, str] | None = None) -> list[Column]:
    """Return the columns of the first rows; `usual` says which ones the format takes for fields of ours by itself.

    A file that cannot be read further has the columns that were met: what is wrong with it is told by its reader.
    """
    seen: dict[str, str] = {}
    try:
        for row in islice(rows, FIRST_ROWS):
            for name, value in row.items():
                if not seen.get(name):
                    seen[name] = "" if value is None else str(value)[:LONGEST_EXAMPLE]
    except FileRefused:
        pass
    usual = usual or {}
    taken = {*seen, *usual.values()}
    return [Column(name, usual.get(name) or becomes(name, taken), example) for name, example in seen.items()]


def becomes(name: str, taken: Collection[str]) -> str:
    """Return the field that a column becomes by its name; empty for the metadata, also where that field is taken.

    >>> becomes("headline", ["headline"]), becomes("headline", ["headline", "title"]), becomes("section", [])
    ('title', '', '')
    """
    if name in FIELDS:
        return name
    ours = ALIASES.get(name, "")
    return "" if ours in taken else ours


def columns_of_json(source: InputFile) -> list[Column]:
    """Return the fields of the articles in a file of JSON objects."""
    return columns_of(given for given in objects_in(source) if given.get("type", "article") == "article")


def objects_in(source: InputFile) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON file that may be articles; what is none is left to the reader to name."""
    for item in native.items_of(source):
        if isinstance(item, Item) and item.within in ("", "articles"):
            given = native.parsed(item, source.name)
            if isinstance(given, dict):
                yield given
