"""Claims of fact-checking datasets: keys made of the dataset's own ids, verdicts in its words, evidence in sets.

A verdict names its `scheme`: the import finds the value of the project's scale that maps to the dataset's word.
"""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers.json_items import Item, unusable_value
from annotations.importers.native import items_of, parsed
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedRecord, Problem, rejected
from annotations.text.urls import BadUrl, check_source_url

if TYPE_CHECKING:
    from annotations.importers.fields import Place

NAMESPACE = uuid.UUID("5c1f7d1e-0a7e-5f0b-8b1b-2f6f3d3c9a10")
"""Names claims, evidence and verdicts of datasets, so that the same file gives the same rows."""
Row = dict[str, Any]


def key_of(*parts: Any) -> str:
    """Return the key of what these parts name.

    >>> key_of("fever", 1) == key_of("fever", 1), key_of("fever", 1) == key_of("fever", "1")
    (True, False)
    """
    return str(uuid.uuid5(NAMESPACE, repr(parts)))


def claim_record(data: Row, place: Place) -> list[ImportedRecord | Problem]:
    """Return the claim with its remarks, or the problems for which it cannot be taken."""
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        place.refuse("claim", text, _("A claim needs a text."))
    sentence = unusable_value(data)
    if sentence:
        place.refuse("claim", text, sentence)
    if place.problems:
        return [*rejected(place.problems), *place.remarks]
    return [ImportedRecord("claim", data, place.file, place.line), *place.remarks]


def verdict(scheme: str, word: Any, words: Iterable[str], claim_key: str, place: Place, **more: Any) -> list[Row]:
    """Return the verdict that a dataset's word says; none where it says nothing, or a word that is not its own."""
    if word in (None, ""):
        return []
    if not isinstance(word, str) or word not in words:
        place.remark("label", word, _("This verdict is not known. Write one of: %s.") % ", ".join(words))
        return []
    return [{"key": key_of("verdict", claim_key), "value": word, "scheme": scheme, **more}]


def address(written: Any) -> str:
    """Return an address that a source can have, "" for what is none."""
    try:
        return check_source_url(written) if isinstance(written, str) and written.strip() else ""
    except BadUrl:
        return ""


def rest_of(given: Mapping[str, Any], known: Iterable[str]) -> Row:
    """Return the fields of a record that are not known and say something."""
    taken = set(known)
    return {name: value for name, value in given.items() if name not in taken and value not in (None, "", [], {})}


def rows_of(source: InputFile) -> Iterator[tuple[Row, Item] | Problem]:
    """Yield the objects of a file with the items they stand in, and a Problem for each value that is none."""
    for item in items_of(source):
        if isinstance(item, Problem):
            yield item
            continue
        given = parsed(item, source.name)
        yield given if isinstance(given, Problem) else (given, item)


def sentences_beside(source: InputFile, name: str, note: Callable[[SentencePlaces, Row], None]) -> SentencePlaces:
    """Return the sentences of the texts in a file that lies beside the claims; `note` takes those of one text."""
    places = SentencePlaces()
    other = source.beside(str(PurePosixPath(source.path).with_name(name)))
    if other is not None and other.path != source.path:
        for row in rows_of(other):
            if not isinstance(row, Problem):
                note(places, row[0])
    return places


def joined(sentences: Iterable[str]) -> tuple[str, list[tuple[int, int] | None]]:
    """Return sentences as a text with spaces between them, and the place of each; one that is empty has none.

    >>> joined(["It rained.", "", "It rose."])
    ('It rained. It rose.', [(0, 10), None, (11, 19)])
    """
    spans: list[tuple[int, int] | None] = []
    parts: list[str] = []
    at = 0
    for words in sentences:
        spans.append((at, at + len(words)) if words else None)
        if words:
            parts.append(words)
            at += len(words) + 1
    return " ".join(parts), spans


def sentences_within(text: str, sentences: Iterable[str]) -> list[tuple[int, int] | None] | None:
    """Return where sentences stand in a text, one after the other; None where one does not. Line ends count as spaces.

    >>> sentences_within("It rained.\\nIt rose.", ["It rained. It", "", "rose."])
    [(0, 13), None, (14, 19)]
    """
    flat = _flat(text)
    spans: list[tuple[int, int] | None] = []
    at = 0
    for words in sentences:
        start = flat.find(_flat(words), at)
        if start < 0:
            return None
        at = start + len(words)
        spans.append((start, at) if words else None)
    return spans


def with_plain_line_ends(text: str) -> str:
    """Return a text as it will be kept, so that places in it are those of the article."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _flat(words: str) -> str:
    return words.replace("\n", " ").replace("\t", " ")


class SentencePlaces:
    """Where the sentences of many texts stand, by the text's id in the file. Memory: 8 bytes a sentence.

    `articles` names those whose article has another id than the file's usual one.
    """

    def __init__(self) -> None:
        self._places: dict[str, array[int]] = {}
        self.articles: dict[str, str] = {}

    def add(self, name: str, spans: Iterable[tuple[int, int] | None], *, article: Any = None) -> None:
        """Note a text's sentences by their number; None is one that is empty."""
        self._places[name] = array("I", (edge for span in spans for edge in span or (0, 0)))
        if isinstance(article, str) and article:
            self.articles[name] = article

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def place(self, name: str, number: Any) -> tuple[int, int] | None:
        """Return start and end of a sentence; None where there is none of this number."""
        places = self._places.get(name)
        if places is None or type(number) is not int or not 0 <= 2 * number < len(places):
            return None
        start, end = places[2 * number], places[2 * number + 1]
        return (start, end) if start < end else None
