"""passim's JSON Lines: the documents it reads (id, series, text, date), and the passages it finds, in clusters.

A document is an article, its series the publisher. The passages of a cluster are linked to its first one: they come
from any place of the file, so that one is kept for each cluster, in a scratch file. Offsets are code points.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.claims_in_file import rest_of, rows_of, with_plain_line_ends
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, read_fields
from annotations.importers.json_items import Item, unusable_value
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedRecord, Problem, Record

NAME = "passim"
_PASSAGE = re.compile(rb'"cluster"\s*:')
_END = re.compile(rb'"end"\s*:\s*\d')
_SERIES = re.compile(rb'"series"\s*:')
_DOCUMENT_FIELDS = ("id", "series", "text")
LARGEST = 2_147_483_647
"""The largest offset that a column holds."""
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a document or a passage of passim."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = head.partition(b"\n")[0]
    is_passage = bool(_PASSAGE.search(first) and _END.search(first))
    return head.startswith(b"{") and b'"id"' in first and (is_passage or bool(_SERIES.search(first)))


def read(source: InputFile) -> Iterator[Record]:
    """Yield the documents of a file as articles, or the pairs of its passages."""
    with closing(sqlite3.connect("")) as scratch:
        scratch.execute("CREATE TABLE first (cluster TEXT PRIMARY KEY, article TEXT, start INT, end INT, words TEXT)")
        for row in rows_of(source):
            if isinstance(row, Problem):
                yield row
                continue
            given, item = row
            if "cluster" in given:
                yield from _passage(given, Place(source.name, item.line, source.path), scratch)
            else:
                yield from _document(given, item, source)


def _passage(given: Row, place: Place, scratch: sqlite3.Connection) -> Iterator[Record]:
    end = _end(given, place)
    if end is None:
        yield from place.remarks
        return
    cluster, values = repr(given["cluster"]), (end["article"], end["start"], end["end"], end["words"])
    known = scratch.execute("SELECT article, start, end, words FROM first WHERE cluster = ?", (cluster,)).fetchone()
    if known is None:
        scratch.execute("INSERT INTO first VALUES (?, ?, ?, ?, ?)", (cluster, *values))
        return
    one = dict(zip(("article", "start", "end", "words"), known, strict=True))
    if one["article"] == end["article"]:
        place.leave_out("passages", end["article"], _("The cluster names this article twice; one passage is linked."))
        yield from place.remarks
        return
    yield ImportedRecord("passage", {"found_by": NAME, "one": one, "other": end}, place.file, place.line)


def _end(given: Row, place: Place) -> Row | None:
    name, start, end, words = given.get("id"), given.get("begin"), given.get("end"), given.get("text")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name.strip() or unusable_value([name, words]):
        place.leave_out("passages", name, _("The passage has no usable id of its document."))
        return None
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= LARGEST:
        place.leave_out("passages", [start, end], _("A passage has “begin” and “end”, whole numbers of characters."))
        return None
    given_words = with_plain_line_ends(words) if isinstance(words, str) else ""
    return {"article": name, "start": start, "end": end, "words": given_words}


def _document(given: Row, item: Item, source: InputFile) -> Iterator[Record]:
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    fields = rest_of(given, _DOCUMENT_FIELDS) | {
        "external_id": str(given["id"]) if isinstance(given.get("id"), int) else given.get("id"),
        "publisher": given.get("publisher") or given.get("series"),
        "text": given.get("text"),
    }
    yield from read_fields(fields, place, raw_pointer(source, item.data, item.start))
