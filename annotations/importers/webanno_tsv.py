"""WebAnno TSV 3.3 and 3.2: a file an article, a token a line. Offsets count UTF-16 units.

The text is put together from the sentences and their offsets; what stood between sentences the format does not say,
and it is read as spaces and a line end. An annotation's label is its feature `value`, else its first feature that has a
value, else the name of its layer; the other features are attributes. Relations, the fillers of slots and the links of
chains become relations.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.composing import raw_pointer
from annotations.importers.decoding import decode
from annotations.importers.fields import Place, read_fields
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.plain_text import read_whole
from annotations.importers.records import FileRefused, ImportedArticle, Record
from annotations.importers.side_file import SUFFIX, as_told, is_side_file, owner_in, read_about, stated_in
from annotations.importers.webanno_table import (
    CHAIN,
    FORMAT,
    RELATION,
    Item,
    Layer,
    Row,
    Table,
    items_of,
    parts_of,
    read_table,
    rows_of,
    unescaped,
)
from annotations.text.ids import id_from_path
from annotations.text.utf16 import Utf16Offsets

_OWN_LAYERS = re.compile(r"webanno\.custom\.(?:Annotation|Relation\d*)")
"""Layers of our own export; the names of others are kept in the attribute `layer`."""
_LONGEST_GAP = 10_000
_UNSAID = ("", "*", "_")
Key = tuple[int, Any]
"""A layer's number, and the annotation's id, or where it has none its unit and its place in the cell."""


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins as WebAnno's, or lies beside one of our exports."""
    if source.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(FORMAT.encode()):
        return True
    return is_side_file(source, ".tsv")


def read(source: InputFile) -> Iterator[Record]:
    """Yield the article of a file with its annotations."""
    if source.path.endswith(SUFFIX):
        return
    data = read_whole(source)
    decoded = decode(data)
    yield from decoded.notice(source.name)
    if not decoded.text.lstrip("\ufeff").lstrip().startswith(FORMAT):
        message = _("The file does not begin as WebAnno TSV 3: #FORMAT=WebAnno TSV 3.3.")
        raise FileRefused(message, line=1, value=decoded.text[:60])
    place = Place(source.name, None, source.path)
    table = read_table(decoded.text.removeprefix("\ufeff"), place)
    built = _text_of(table, place)
    place.line = None
    about = read_about(source, place)
    stated = stated_in(about)
    text = _exact(stated.pop("text", None), built)
    fields: dict[str, Any] = {"external_id": id_from_path(source.path), **stated, "text": text}
    if table.comments:
        fields["comments"] = table.comments
    found = read_fields(fields, place, raw_pointer(source, data))
    article = found[0]
    if not isinstance(article, ImportedArticle):
        yield from found
        return
    judged = JudgementsInFile(article, text, place)
    reading = _Reading(table, judged, Utf16Offsets(text), place, owner_in(about))
    reading.judge()
    sentences = tuple(reading.sentences()) if about.get("sentences") in (None, "stated") else ()
    yield as_told(replace(judged.onto_article(), sentences=sentences), about)
    yield from place.remarks


# The text


def _text_of(table: Table, place: Place) -> str:
    """Return the text. Raises FileRefused where tokens and offsets do not fit together."""
    parts: list[str] = []
    reached = 0
    for number, sentence in enumerate(table.sentences):
        if not sentence.rows:
            message = _("A sentence without tokens has no place in the text; it is left out.")
            place.line = sentence.line
            place.remark("text", sentence.text, message)
            continue
        words, start = _sentence_text(sentence.text, sentence.rows)
        gap = start - reached
        if gap < 0 or gap > _LONGEST_GAP:
            message = _("The offsets of this sentence do not follow those of the sentence before.")
            raise FileRefused(message, line=sentence.line, value=sentence.rows[0].unit)
        parts.append(" " * gap if number == 0 or gap == 0 else " " * (gap - 1) + "\n")
        parts.append(words)
        reached = start + Utf16Offsets(words).length
    return "".join(parts)


def _sentence_text(stated: str | None, rows: list[Row]) -> tuple[str, int]:
    """Return the text of a sentence and where it starts, in UTF-16 units of the whole text."""
    tokens = [row for row in rows if "." not in row.unit] or rows
    if stated is None:
        return _from_tokens(tokens), tokens[0].start
    units = Utf16Offsets(stated)
    first = tokens[0]
    at = stated.find(first.token)
    while at >= 0:
        start = first.start - units.to_units(at)
        if start >= 0 and all(_stands(row, stated, units, start) for row in tokens):
            return stated, start
        at = stated.find(first.token, at + 1)
    message = _("The tokens of this sentence do not stand in its text at their offsets, which count UTF-16 units.")
    raise FileRefused(message, line=first.line, value=stated[:100])


def _stands(row: Row, text: str, units: Utf16Offsets, start: int) -> bool:
    first, last = units.to_code_points(row.start - start), units.to_code_points(row.end - start)
    return first is not None and last is not None and text[first:last] == row.token


def _from_tokens(tokens: list[Row]) -> str:
    parts: list[str] = []
    reached = tokens[0].start
    for row in tokens:
        if not 0 <= row.start - reached <= _LONGEST_GAP or Utf16Offsets(row.token).length != row.end - row.start:
            message = _("The token is not as long as its offsets say, which count UTF-16 units.")
            raise FileRefused(message, line=row.line, value=row.token)
        parts += (" " * (row.start - reached), row.token)
        reached = row.end
    return "".join(parts)


def _exact(stated: Any, built: str) -> str:
    """Return the text that our own export keeps beside, where it differs only in the space around sentences."""
    if not isinstance(stated, str) or stated[len(built) :].strip() or len(stated) < len(built) or "\r" in stated:
        return built
    pairs = zip(stated, built, strict=False)  # the table does not say what follows the last sentence
    is_same = all(one == other or (one.isspace() and other in " \n") for one, other in pairs)
    return stated if is_same else built


# The annotations


@dataclass(slots=True)
class _Found:
    """An annotation of a layer: where it stands, its features, and the fillers of its slots as (slot, role, target)."""

    line: int
    layer: Layer
    start: int
    end: int
    features: dict[str, str] = field(default_factory=dict)
    slots: list[tuple[str, str, str]] = field(default_factory=list)
    chain: tuple[int, int] | None = None
    link: str = ""


class _Reading:
    """A table on its text."""

    def __init__(
        self, table: Table, judged: JudgementsInFile, offsets: Utf16Offsets, place: Place, owner: dict[str, Any]
    ) -> None:
        self._table = table
        self._judged = judged
        self._offsets = offsets
        self._place = place
        self._owner = owner
        self._found: dict[Key, _Found] = {}
        self._at: dict[tuple[int, str], list[Key]] = defaultdict(list)
        self._keys: dict[Key, str] = {}
        self._rows = {row.unit: row for row in rows_of(table)}

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Yield the sentences as spans of the text, from their first token to their last."""
        for sentence in self._table.sentences:
            tokens = [row for row in sentence.rows if row.start < row.end]
            if not tokens:
                continue
            start = self._offsets.to_code_points(tokens[0].start)
            end = self._offsets.to_code_points(max(row.end for row in tokens))
            span = self._judged.span(start, end, "sentences", tokens[0].unit)
            if span:
                yield span.start, span.end

    def judge(self) -> None:
        """Add the annotations and relations of all layers."""
        for row in rows_of(self._table):
            for number, layer in enumerate(self._table.layers):
                if layer.kind == CHAIN:
                    self._meet_link(number, layer, row)
                elif layer.kind != RELATION:
                    self._meet_spans(number, layer, row)
        for key, found in self._found.items():
            self._annotate(key, found)
        self._relate_chains()
        for key, found in self._found.items():
            self._relate_slots(key, found)
        for row in rows_of(self._table):
            for number, layer in enumerate(self._table.layers):
                if layer.kind == RELATION:
                    self._relate(layer, row, row.cells[number])

    def _meet_spans(self, number: int, layer: Layer, row: Row) -> None:
        cells = row.cells[number]
        for at, column in enumerate(layer.columns):
            if column.kind == "target":
                continue
            stack = items_of(cells[at])
            fillers = parts_of(cells[at + 1]) if column.kind == "role" else []
            if column.kind == "role":
                stack = _hosts(stack, fillers)
            for place, item in enumerate(stack):
                if item.is_absent:
                    continue
                found = self._meet(number, layer, row, item.id, place)
                if column.kind == "role":
                    found.slots += _fillers(column.name, item, fillers[place : place + 1])
                elif item.value is not None:
                    found.features.setdefault(column.name, item.value)

    def _meet(self, number: int, layer: Layer, row: Row, own_id: int | None, place: int) -> _Found:
        """Return the annotation that a value belongs to, one row longer."""
        key: Key = (number, own_id if own_id is not None else (row.unit, place))
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _Found(row.line, layer, row.start, row.end)
        found.start, found.end = min(found.start, row.start), max(found.end, row.end)
        if key not in self._at[number, row.unit]:
            self._at[number, row.unit].append(key)
        return found

    def _meet_link(self, number: int, layer: Layer, row: Row) -> None:
        """Take the links of chains: the relation to the next link with chain and number, and the link's type."""
        kinds = items_of(row.cells[number][1])
        for place, written in enumerate(part[0] for part in parts_of(row.cells[number][0])):
            label, arrow, where = written.rpartition("->")
            if not arrow:
                continue
            numbers = [int(each) if each.isdigit() else 0 for each in where.split("-")]
            if len(numbers) != 2:
                continue
            found = self._meet(number, layer, row, numbers[0] * 1_000_000 + numbers[1], place)
            found.chain = (numbers[0], numbers[1])
            found.link = unescaped(label) if label not in _UNSAID else ""
            if place < len(kinds) and kinds[place].value is not None:
                found.features.setdefault(layer.columns[1].name, kinds[place].value or "")

    def _annotate(self, key: Key, found: _Found) -> None:
        self._place.line = found.line
        start, end = self._offsets.to_code_points(found.start), self._offsets.to_code_points(found.end)
        label, attributes = _label_of(found)
        if start is not None and start == end:
            message = _("The annotation has no length. Ours stand on at least one character.")
            self._place.leave_out("annotations", label, message)
            return
        span = self._judged.span(start, end, "annotations", label)
        if span is None:
            return
        note = attributes.pop("note", "")
        if not _OWN_LAYERS.fullmatch(found.layer.name):
            attributes["layer"] = found.layer.name
        if found.chain:
            attributes["chain"] = str(found.chain[0])
        more = {"note": note} if note else {}
        made = self._judged.annotation(span, label, attributes=attributes, **self._owner, **more)
        if made:
            self._keys[key] = made

    def _relate_chains(self) -> None:
        chains: dict[tuple[str, int], list[Key]] = defaultdict(list)
        for key, found in self._found.items():
            if found.chain and key in self._keys:
                chains[found.layer.name, found.chain[0]].append(key)
        for (layer, number), keys in chains.items():
            keys.sort(key=lambda key: self._found[key].chain or (0, 0))
            for one, other in pairwise(keys):
                label = self._found[one].link or _short(layer)
                self._add(self._keys[one], self._keys[other], label, {"chain": str(number)})

    def _relate_slots(self, key: Key, found: _Found) -> None:
        self._place.line = found.line
        for slot, role, target in found.slots:
            other = self._annotation_at(target, next((c.name for c in found.layer.columns if c.kind == "target"), ""))
            if key in self._keys and other:
                self._add(self._keys[key], other, role or slot, {"slot": slot})
            else:
                self._miss(target)

    def _relate(self, layer: Layer, row: Row, cells: tuple[str, ...]) -> None:
        """Take the relations that end at a row: each names where it comes from, and the ids at both ends."""
        self._place.line = row.line
        base = next((at for at, column in enumerate(layer.columns) if column.kind == "base"), len(cells) - 1)
        features = [items_of(cell) for at, cell in enumerate(cells) if at != base]
        names = [column.name for at, column in enumerate(layer.columns) if at != base]
        for place, (written, *_rest) in enumerate(parts_of(cells[base])):
            if written in _UNSAID:
                continue
            values = {
                name: stack[place].value or ""
                for name, stack in zip(names, features, strict=True)
                if place < len(stack) and stack[place].value
            }
            unit, _bracket, ids = written.removesuffix("]").partition("[")
            source_id, _line, target_id = ids.partition("_")
            source = self._annotation_at(f"{unit}[{source_id or 0}]", layer.base)
            target = self._annotation_at(f"{row.unit}[{target_id or 0}]", layer.base)
            if source is None or target is None:
                self._miss(written)
                continue
            label, attributes = _label_of(_Found(row.line, layer, 0, 0, values))
            if not _OWN_LAYERS.fullmatch(layer.name):
                attributes["layer"] = layer.name
            self._add(source, target, label, attributes)

    def _annotation_at(self, written: str, base: str) -> str | None:
        """Return the key of the annotation of a layer at a unit: by its id, else the one without, else the only one."""
        unit, _bracket, number = written.removesuffix("]").partition("[")
        wanted = int(number) if number.isdigit() else 0
        layers = [n for n, layer in enumerate(self._table.layers) if layer.name == base and layer.kind != RELATION]
        if not layers and base == "uima.tcas.Annotation":
            layers = [n for n, layer in enumerate(self._table.layers) if layer.kind != RELATION]
        if not layers:
            return self._token_at(unit, base)
        keys = [key for n in layers for key in self._at.get((n, unit), ())]
        by_id = [key for key in keys if wanted and key[1] == wanted]
        without = [key for key in keys if not wanted and not isinstance(key[1], int)]
        found = by_id or without or (keys if len(keys) == 1 else [])
        return self._keys.get(found[0]) if found else None

    def _token_at(self, unit: str, base: str) -> str | None:
        """Return the key of an annotation on a token, made where a relation of tokens needs it."""
        key: Key = (-1, unit)
        row = self._rows.get(unit)
        if key not in self._keys and row is not None and base:
            self._annotate(key, _Found(row.line, Layer("T_SP", base), row.start, row.end))
        return self._keys.get(key)

    def _add(self, one: str, other: str, label: str, attributes: dict[str, str]) -> None:
        more: dict[str, Any] = {"note": attributes.pop("note")} if "note" in attributes else {}
        self._judged.relation(one, other, label, attributes=attributes, **self._owner, **more)

    def _miss(self, written: str) -> None:
        message = _("The relation names an annotation that the file does not have or that was left out.")
        self._place.leave_out("relations", written, message)


def _hosts(roles: list[Item], fillers: list[list[str]]) -> list[Item]:
    """Return the values that tell which hosts are there: one whose slot is empty has only an empty filler."""
    if len(roles) == 1 and roles[0].is_absent and fillers != [["_"]]:
        return [replace(roles[0], is_absent=False)]
    return roles


def _fillers(slot: str, item: Item, fillers: list[list[str]]) -> list[tuple[str, str, str]]:
    """Return slot, role and target of what fills a host's slot."""
    roles = (item.value or "").split(";")
    refs = fillers[0] if fillers else []
    named = [roles[n] if n < len(roles) and roles[n] not in _UNSAID else "" for n in range(len(refs))]
    return [(slot, role, ref) for role, ref in zip(named, refs, strict=True) if ref not in _UNSAID]


def _label_of(found: _Found) -> tuple[str, dict[str, str]]:
    """Return the label of an annotation or relation, and its other features."""
    features = {name: value for name, value in found.features.items() if value.strip()}
    names = [column.name for column in found.layer.columns if column.kind == "feature" and column.name in features]
    by = "value" if "value" in names else next((name for name in names if name != "note"), "")
    label = features.pop(by) if by else _short(found.layer.name)
    return label, features


def _short(layer: str) -> str:
    return layer.rpartition(".")[2] or layer
