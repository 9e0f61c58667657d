"""passim's JSON Lines: the documents it reads (id, series, text, date), and the passages it finds, in clusters.

A document is an article, its series the publisher. The passages of a cluster are linked to its first one, and those
that say what they were taken from (`src`) to that, where it is in the cluster. They come from any place of the file, so
that the ends are kept in a scratch file until all are read. Offsets are code points.
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
        scratch.execute(
            "CREATE TABLE ends (cluster TEXT, uid TEXT, article TEXT, start INT, end INT, words TEXT, own REAL)"
        )
        scratch.execute("CREATE INDEX by_cluster ON ends (cluster, uid)")
        scratch.execute("CREATE TABLE taken (n INT, cluster TEXT, line INT, uid TEXT, start INT, end INT)")
        for row in rows_of(source):
            if isinstance(row, Problem):
                yield row
                continue
            given, item = row
            if "cluster" in given:
                yield from _passage(given, Place(source.name, item.line, source.path), scratch)
            else:
                yield from _document(given, item, source)
        yield from _taken(source.name, scratch)


def _passage(given: Row, place: Place, scratch: sqlite3.Connection) -> Iterator[Record]:
    """Link a passage to the first one of its cluster; one that was taken from another waits until all are read."""
    end = _end(given, place)
    yield from place.remarks
    if end is None:
        return
    place.remarks.clear()
    cluster = repr(given["cluster"])
    first = scratch.execute(_FIRST, (cluster,)).fetchone()
    values = (cluster, repr(given.get("uid")), *(end[name] for name in _NAMES))
    n = scratch.execute("INSERT INTO ends VALUES (?, ?, ?, ?, ?, ?, ?)", values).lastrowid
    sources = [each for each in _listed(given.get("src")) if isinstance(each, dict) and _is_place(each)]
    for each in sources[:MOST_SOURCES]:
        taken = (n, cluster, place.line, repr(each.get("uid")), each["begin"], each["end"])
        scratch.execute("INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?)", taken)
    if first is None or sources or scratch.execute(_IS_SOURCE, (first[0], values[1])).fetchone():
        return  # the first one is linked to this, as what it was taken from
    if first[1] == end["article"]:
        place.leave_out("passages", end["article"], _("The cluster names this article twice; one passage is linked."))
        yield from place.remarks
        return
    yield ImportedRecord("passage", _pair(_named(first[1:]), end), place.file, place.line)


def _taken(file: str, scratch: sqlite3.Connection) -> Iterator[Record]:
    """Link the passages that were taken from others: to those, or where none is in the cluster to the first of it."""
    for n, cluster, line in scratch.execute(_WAITING).fetchall():
        end = _named(scratch.execute(_ONE, (n,)).fetchone())
        sources = scratch.execute(_SOURCES, (n, end["article"])).fetchall()
        for source in sources:
            yield ImportedRecord("passage", _pair(_named(source), end) | {"direction": "forward"}, file, line)
        first = scratch.execute(_FIRST_OTHER, (cluster, end["article"])).fetchone()
        if not sources and first is not None:
            yield ImportedRecord("passage", _pair(_named(first), end), file, line)


_NAMES = ("article", "start", "end", "words", "boilerplate")
_FIRST = "SELECT rowid, article, start, end, words, own FROM ends WHERE cluster = ? ORDER BY rowid LIMIT 1"
_IS_SOURCE = "SELECT 1 FROM taken WHERE n = ? AND uid = ?"
_FIRST_OTHER = (
    "SELECT article, start, end, words, own FROM ends WHERE cluster = ? AND article != ? ORDER BY rowid LIMIT 1"
)
_ONE = "SELECT article, start, end, words, own FROM ends WHERE rowid = ?"
_WAITING = "SELECT DISTINCT n, cluster, line FROM taken ORDER BY n"
_SOURCES = """
    SELECT DISTINCT ends.article, ends.start, ends.end, ends.words, ends.own FROM taken JOIN ends USING (cluster, uid)
    WHERE taken.n = ? AND ends.rowid != taken.n AND ends.article != ?
    AND ends.start < taken.end AND taken.start < ends.end ORDER BY ends.rowid
"""
MOST_SOURCES = 20
"""Passages that one was taken from; the file of a machine names one or two."""


def _named(found: tuple[Any, ...]) -> Row:
    return dict(zip(_NAMES, found, strict=True))


def _pair(one: Row, other: Row) -> Row:
    shares = [each.pop("boilerplate") for each in (one, other)]
    share = max((each for each in shares if each is not None), default=None)
    return {"found_by": NAME, "one": one, "other": other, **({} if share is None else {"boilerplate_share": share})}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_place(source: Row) -> bool:
    start, end = source.get("begin"), source.get("end")
    return type(start) is int and type(end) is int and 0 <= start < end <= LARGEST


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
    return {"article": name, "start": start, "end": end, "words": given_words, "boilerplate": _share(given, place)}


def _share(given: Row, place: Place) -> float | None:
    """Return how much of the cluster its own series printed again, or None; what is no share is left out and named."""
    share = given.get("pboiler")
    if share is None or (isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1):
        return None if share is None else float(share)
    place.leave_out("pboiler", share, _("The share of boilerplate is a number from 0 to 1."))
    return None


def _document(given: Row, item: Item, source: InputFile) -> Iterator[Record]:
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    fields = rest_of(given, _DOCUMENT_FIELDS) | {
        "external_id": str(given["id"]) if isinstance(given.get("id"), int) else given.get("id"),
        "publisher": given.get("publisher") or given.get("series"),
        "text": given.get("text"),
    }
    yield from read_fields(fields, place, raw_pointer(source, item.data, item.start))
