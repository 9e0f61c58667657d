"""The table in a WebAnno TSV file: its layers, sentences, rows and cells as written; offsets count UTF-16 units."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from annotations.importers.fields import Place
from annotations.importers.records import FileRefused

FORMAT = "#FORMAT=WebAnno TSV 3."
SPAN, RELATION, CHAIN = "T_SP", "T_RL", "T_CH"
_LAYER = re.compile(r"#(T_SP|T_RL|T_CH)=([^|]*)(.*)")
_UNIT = re.compile(r"\d{1,9}-\d{1,9}(?:\.\d{1,9})?")
_OFFSETS = re.compile(r"(\d{1,9})-(\d{1,9})")
_VALUE = re.compile(r"((?:[^\\]|\\.)*?)(?:\[(\d{1,9})\])?", re.DOTALL)
_ESCAPED = re.compile(r"\\(->|.)", re.DOTALL)
_SIGNS = {"t": "\t", "n": "\n", "r": "\r"}


@dataclass(slots=True)
class Column:
    """A column of a layer: `kind` is feature, role (of a slot), target (of a slot), base (of a relation), link."""

    kind: str
    name: str


@dataclass(slots=True)
class Layer:
    """A layer with its columns; `base` is the layer that its relations or slots point to."""

    kind: str
    name: str
    columns: list[Column] = field(default_factory=list)
    base: str = ""


@dataclass(slots=True)
class Row:
    """A token, or a part of one: its unit as written, its offsets, and its cells layer by layer."""

    line: int
    unit: str
    start: int
    end: int
    token: str
    cells: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Sentence:
    """A sentence: its text where stated, and its rows."""

    line: int
    text: str | None = None
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A whole file."""

    layers: list[Layer] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the stacked values of a cell: None where the annotation has no value; `id` where it states one."""

    value: str | None
    id: int | None
    is_absent: bool = False


def read_table(text: str, place: Place) -> Table:
    """Return the table of a file; each line that cannot be taken is left out and named."""
    table = Table()
    sentence: Sentence | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        place.line = number
        if not line.strip():
            sentence = None
        elif line.startswith("#"):
            sentence = _comment(line, number, table, sentence)
        else:
            if sentence is None:
                sentence = Sentence(number)
                table.sentences.append(sentence)
            _take_row(line, number, table, sentence, place)
    if not any(each.rows for each in table.sentences):
        raise FileRefused(_("The file has no line with a token. Is it cut off?"))
    return table


def _comment(line: str, number: int, table: Table, sentence: Sentence | None) -> Sentence | None:
    layer = _LAYER.fullmatch(line)
    if line.startswith("#Text="):
        words = unescaped(line.removeprefix("#Text="))
        if sentence is not None and sentence.text is not None and not sentence.rows:
            sentence.text += "\n" + words
            return sentence
        table.sentences.append(Sentence(number, words))
        return table.sentences[-1]
    if layer and not table.sentences:
        table.layers.append(_layer(layer.group(1), layer.group(2), layer.group(3)))
    elif not line.startswith(FORMAT):
        table.comments.append(line[1:])
    return sentence


def _layer(kind: str, name: str, rest: str) -> Layer:
    layer = Layer(kind, name.strip())
    parts = rest.split("|")[1:] or [""]
    if kind == CHAIN:
        layer.columns = [Column("link", parts[0]), Column("feature", parts[-1])]
        return layer
    slot = ""
    for part in parts:
        if kind == RELATION and part.startswith("BT_"):
            layer.base = part.removeprefix("BT_")
            layer.columns.append(Column("base", layer.base))
        elif part.startswith("ROLE_"):
            slot = part.removeprefix("ROLE_").rpartition(":")[2].split("_")[0]
            layer.columns.append(Column("role", slot))
        elif slot:
            layer.columns.append(Column("target", part))
            slot = ""
        else:
            layer.columns.append(Column("feature", part.strip()))
    return layer


def _take_row(line: str, number: int, table: Table, sentence: Sentence, place: Place) -> None:
    cells = line.split("\t")
    offsets = _OFFSETS.fullmatch(cells[1]) if len(cells) > 2 and _UNIT.fullmatch(cells[0]) else None
    if offsets is None:
        message = _("A line of a token has its number, its offsets and the token, as in: 1-1, tab, 0-4, tab, Rain.")
        place.leave_out("annotations", line, message)
        return
    start, end = int(offsets.group(1)), int(offsets.group(2))
    expected = sum(len(layer.columns) for layer in table.layers)
    given = cells[3 : 3 + expected]
    rest = cells[3 + expected :]
    if len(given) < expected or any(rest):
        message = _("This line has %(given)s columns of annotations; the layers at the head of the file have %(n)s.")
        n_given = len(cells) - 3 - (cells[-1] == "" and len(cells) > 3)
        place.leave_out("annotations", line, message % {"given": n_given, "n": expected})
        given = ["_"] * expected
    by_layer, at = [], 0
    for layer in table.layers:
        by_layer.append(tuple(given[at : at + len(layer.columns)]))
        at += len(layer.columns)
    sentence.rows.append(Row(number, cells[0], start, end, sys.intern(unescaped(cells[2])), tuple(by_layer)))


def items_of(cell: str) -> list[Item]:
    """Return the stacked values of a cell of features.

    >>> [(item.value, item.id) for item in items_of(r"PER[1]|\\_[2]|*")]
    [('PER', 1), ('_', 2), (None, None)]
    >>> items_of("_")[0].is_absent
    True
    """
    return [_item(each) for each in _divided(cell, "|")]


def _item(written: str) -> Item:
    found = _VALUE.fullmatch(written)
    value, number = (found.group(1), found.group(2)) if found else (written, None)
    if value in ("_", ""):
        return Item(None, int(number) if number else None, is_absent=number is None)
    return Item(None if value == "*" else unescaped(value), int(number) if number else None)


def parts_of(cell: str) -> list[list[str]]:
    """Return the stacked values of a cell, each divided into those of a slot's fillers, as written."""
    return [_divided(each, ";") for each in _divided(cell, "|")]


def _divided(written: str, sign: str) -> list[str]:
    """Divide at a sign that no backslash stands before."""
    if "\\" not in written:
        return written.split(sign)
    parts, start, at = [], 0, 0
    while at < len(written):
        if written[at] == sign:
            parts.append(written[start:at])
            start = at + 1
        at += 2 if written[at] == "\\" else 1
    return [*parts, written[start:]]


def unescaped(written: str) -> str:
    """Return a value without its escapes.

    >>> unescaped(r"a\\_b\\->c\\td\\\\e")
    'a_b->c\\td\\\\e'
    """
    return _ESCAPED.sub(lambda found: _SIGNS.get(found.group(1), found.group(1)), written)


def rows_of(table: Table) -> Iterator[Row]:
    """Yield all rows in order."""
    for sentence in table.sentences:
        yield from sentence.rows
