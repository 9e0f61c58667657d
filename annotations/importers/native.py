"""Our own format, and plain JSON with our field names.

Either is JSON Lines, a list, or one object with lists such as `articles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.checking import BadValue
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import ALIASES, REFERENCES, Place, read_fields
from annotations.importers.json_items import (
    BrokenJson,
    Item,
    is_plain_source,
    parse,
    read_document,
    read_lines,
    unusable_value,
)
from annotations.importers.opening import InputFile
from annotations.importers.records import CorpusHeader, ImportedArticle, ImportedRecord, Problem, Record
from annotations.importers.texts_apart import TextsApart, UnequalText
from annotations.importers.withheld_in_file import take_withheld, with_withheld

FORMAT_VERSION = 1
RECORD_KINDS = (
    *("source", "claim", "evidence", "verdict", "relation", "article_label", "story", "story_suggestion"),
    "ruling",
    *("speaker", "attribution", "shared_passage", "quotation", "spelling", "boilerplate"),
)
"""Lines of other kinds than "corpus" and "article"; they are passed on as they stand."""
REFERENCE = "reference"
REFERENCES_AT_ONCE = 1_000
_KIND_OF_LIST = {
    "sources": "source",
    "claims": "claim",
    "evidence": "evidence",
    "verdicts": "verdict",
    "stories": "story",
    "rulings": "ruling",
    "speakers": "speaker",
    "attributions": "attribution",
    "shared_passages": "shared_passage",
    "quotations": "quotation",
    "spellings": "spelling",
    "boilerplate": "boilerplate",
}
_LINES = frozenset({".jsonl", ".ndjson"})


def read(
    source: InputFile, names: Mapping[str, str] | None = None, texts: TextsApart | None = None
) -> Iterator[Record]:
    """Yield the header, articles and other records of a file. `names` maps its field names to ours.

    `texts` holds texts that come apart: articles that have none get theirs by its hash.
    """
    waiting: list[ImportedRecord] = []
    for item in items_of(source):
        if isinstance(item, Problem):
            yield item
            continue
        for record in _records(item, source, names or {}, texts):
            if isinstance(record, ImportedRecord) and record.kind == REFERENCE:
                waiting.append(record)
            else:
                yield record
        if len(waiting) == REFERENCES_AT_ONCE:  # each run of them ends a chunk of articles: seldom, then
            yield from waiting
            waiting = []
    yield from waiting


def items_of(source: InputFile) -> Iterator[Item | Problem]:
    """Yield the JSON values of a file, line by line or out of its lists."""
    with source.open() as stream:
        if is_lines(source):
            yield from read_lines(stream, source.name)
        else:
            yield from read_document(stream, source.name)


def is_lines(source: InputFile) -> bool:
    """Say whether a file holds one JSON value a line, by its name or its first two lines."""
    if PurePosixPath(source.path.casefold()).suffix in _LINES:
        return True
    first, _newline, rest = source.head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not (first.startswith(b"{") and rest.lstrip().startswith(b"{")):
        return False
    try:
        parse(first)
    except BrokenJson:
        return False
    return True


def parsed(item: Item, file: str) -> dict[str, Any] | Problem:
    """Return the object of an item, or the problem that it is none."""
    try:
        value = parse(item.data)
    except BrokenJson as broken:
        return Problem(file, item.line + broken.line - 1, item.within, broken.value, broken.message)
    if isinstance(value, dict):
        return value
    message = _("A record is an object in curly brackets; this is not one.")
    return Problem(file, item.line, item.within, item.data[:100].decode("utf-8", "replace"), message)


def _records(item: Item, source: InputFile, names: Mapping[str, str], texts: TextsApart | None) -> Iterator[Record]:
    given = parsed(item, source.name)
    if isinstance(given, Problem):
        yield given
        return
    kind = _kind(given, item, names)
    withheld = None
    if kind == "article":
        try:
            given, withheld = take_withheld(given)
        except BadValue as bad:
            yield Problem(source.name, item.line, bad.field, bad.value, bad.message)
            return
    if kind == "article" and texts is not None:
        try:
            given = texts.join(given)
        except UnequalText as unequal:
            shown = str(given.get("external_id", ""))
            yield Problem(source.name, item.line, "text_sha256", shown, unequal.message)
            return
    if kind == "article":
        place = Place(source.name, item.line, source.path, is_one_of_many=True, is_plain=is_plain_source(item.data))
        found = read_fields(given, place, raw_pointer(source, item.data, item.start), names)
        if withheld is not None:
            found = [with_withheld(each, withheld) if isinstance(each, ImportedArticle) else each for each in found]
        yield from found
        yield from _references(given, found, source.name, item.line)
        return
    sentence = unusable_value(given) or (_newer_version(given) if kind == "corpus" else None)
    if sentence:
        yield Problem(source.name, item.line, "", kind, sentence)
    elif kind == "corpus":
        yield CorpusHeader(given)
    elif kind in RECORD_KINDS:
        yield ImportedRecord(kind, given, source.name, item.line)
    else:
        message = _("This kind of record is not known. Write one of: %s.") % ", ".join(("article", *RECORD_KINDS))
        yield Problem(source.name, item.line, "type", kind, message)


def _references(
    given: dict[str, Any], found: Iterable[Record], file: str, line: int | None
) -> Iterator[ImportedRecord]:
    """Yield what an article says of another one: it is linked when all articles are there."""
    named = {name: given[name] for name in REFERENCES if isinstance(given.get(name), str) and given[name]}
    article = next((each for each in found if isinstance(each, ImportedArticle)), None)
    if named and article is not None:
        yield ImportedRecord(REFERENCE, {"external_id": article.external_id, **named}, file, line)


def _kind(given: dict[str, Any], item: Item, names: Mapping[str, str]) -> str:
    """Return what an object is; a type of somebody else's making does not keep a text from being an article."""
    if item.within == "header":
        return "corpus"
    stated = given.get("type")
    if stated in ("corpus", "article", *RECORD_KINDS):
        return str(stated)
    if item.within in _KIND_OF_LIST:
        return _KIND_OF_LIST[item.within]
    has_text = any(names.get(name, ALIASES.get(name, name)) == "text" for name in given)
    return "article" if has_text or stated is None else str(stated)


def _newer_version(given: dict[str, Any]) -> str | None:
    version = given.get("format_version", FORMAT_VERSION)
    if isinstance(version, int) and version <= FORMAT_VERSION:
        return None
    message = _("The file is of format version %(version)s; this workbench reads up to %(ours)s. Upgrade it first.")
    return message % {"version": str(version)[:20], "ours": FORMAT_VERSION}
