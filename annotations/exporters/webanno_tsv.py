"""WebAnno TSV 3.3: a file an article and annotator in a .zip. Offsets count UTF-16 units.

An annotation that does not fit whole tokens stands on parts of them; space at its edges is lost, and so are what kind
of space stands between sentences and all that follows the last; DOC.article.json keeps both for our own import. Labels
are the feature `value`, notes `note`, attributes further features of the layer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from annotations.text.spans import Span
from annotations.text.tokens import tokenise
from annotations.text.utf16 import Utf16Offsets

from .archive import archive
from .conll import sentences_of
from .corpus import Corpus, Row
from .documents import Document, documents_of
from .label_names import LabelNames
from .losses import Losses

CARRIES = frozenset(
    {"annotations", "annotators", "layers", "overlaps", "notes", "attributes", "relations", "metadata", "sentences"}
)
SPAN_LAYER, RELATION_LAYER = "webanno.custom.Annotation", "webanno.custom.Relation"
_TYPE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)
_FEATURE = re.compile(r"(?!ROLE_|BT_)[A-Za-z_]\w*", re.ASCII)
_TAKEN = frozenset({"value", "note", "layer"})
_IN_CELLS = re.compile(r"->|[\\\[\]|_;*\t\n\r]")
_IN_TEXT = re.compile(r"[\\\t\n\r]")
_SIGNS = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive."""
    names = LabelNames.of(corpus.header())
    with archive(write_bytes) as made:
        for document in documents_of(corpus, ".tsv", ".txt"):
            table = _Table(document, names, corpus.losses)
            with made.member(f"{document.path}.tsv") as write_lines:
                for line in table.lines():
                    write_lines(f"{line}\n".encode())
            made.add(f"{document.path}.article.json", document.about(with_text=True, sentences=table.splitter))


@dataclass(slots=True)
class _Layer:
    """A layer of the file: its features in order, and for relations the layer of their ends."""

    name: str
    base: str = ""
    features: dict[str, None] = field(default_factory=lambda: {"value": None})

    def header(self) -> str:
        kind = "T_RL" if self.base else "T_SP"
        parts = [*self.features, *([f"BT_{self.base}"] if self.base else [])]
        return f"#{kind}={self.name}|{'|'.join(parts)}"


@dataclass(slots=True)
class _Unit:
    """A token or a part of one, with what stands on it by layer."""

    number: str
    span: Span
    annotations: dict[str, list[_Mark]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class _Mark:
    """An annotation on its units, with the values of its features and its id where it needs one."""

    layer: str
    values: dict[str, str]
    units: list[_Unit] = field(default_factory=list)
    id: int = 0


class _Table:
    """One annotator's work on one text."""

    def __init__(self, document: Document, names: LabelNames, losses: Losses) -> None:
        self._text: str = document.article.get("text", "")
        self._names = names
        self._losses = losses
        self._units = Utf16Offsets(self._text)
        self._layers: dict[str, _Layer] = {}
        sentences, self.splitter = sentences_of(document.article)
        self._sentences = list(_apart(sentences))
        self._tokens = [
            [
                _Unit(f"{n}-{m}", token)
                for m, token in enumerate(tokenise(self._text, sentence.start, sentence.end), start=1)
            ]
            for n, sentence in enumerate(self._sentences, start=1)
        ]
        self._flat = [unit for tokens in self._tokens for unit in tokens]
        self._ends = [unit.span.end for unit in self._flat]
        self._parts: dict[str, dict[Span, _Unit]] = defaultdict(dict)
        self._marks = self._place(document.share.annotations)
        self._relate(document.share.relations)
        if not self.splitter.startswith("workbench"):
            self.splitter = "stated"

    def lines(self) -> Iterator[str]:
        yield "#FORMAT=WebAnno TSV 3.3"
        yield from (layer.header() for layer in self._layers.values())
        yield ""
        yield ""
        for n, (sentence, tokens) in enumerate(zip(self._sentences, self._tokens, strict=True)):
            if n:
                yield ""
                gap = self._text[self._sentences[n - 1].end : sentence.start]
                self._losses.lose("between_sentences", gap != (" " * (len(gap) - 1) + "\n" if gap else ""))
            yield f"#Text={_IN_TEXT.sub(_escape, sentence.text_of(self._text))}"
            for token in tokens:
                yield self._row(token)
                yield from (self._row(part) for part in self._parts_of(token))
        self._losses.lose("between_sentences", self._n_ends_read_otherwise())

    def _n_ends_read_otherwise(self) -> int:
        """Count the ends of the text, 0 to 2, whose space is not read back: before, only spaces are, behind nothing."""
        if not self._sentences:
            return int(bool(self._text))
        before, after = self._text[: self._sentences[0].start], self._text[self._sentences[-1].end :]
        return bool(before.strip(" ")) + bool(after)

    def _parts_of(self, token: _Unit) -> list[_Unit]:
        parts = self._parts.get(token.number, {})
        return [parts[span] for span in sorted(parts)]

    def _row(self, unit: _Unit) -> str:
        start, end = self._units.to_units(unit.span.start), self._units.to_units(unit.span.end)
        cells = [unit.number, f"{start}-{end}", _IN_TEXT.sub(_escape, unit.span.text_of(self._text))]
        for layer in self._layers.values():
            cells += _relation_cells(layer, unit) if layer.base else _span_cells(layer, unit)
        return "\t".join(cells) + "\t"

    # Annotations

    def _place(self, rows: list[Row]) -> dict[str, _Mark]:
        """Put the annotations on their units; return them by key."""
        marks: dict[str, _Mark] = {}
        for row in sorted(rows, key=lambda row: (row["start"], -row["end"], row["key"])):
            units = list(self._units_of(row))
            if not units:
                self._losses.lose("annotations")
                continue
            start, end = units[0].span.start, units[-1].span.end
            self._losses.lose("misaligned", (start, end) != (row["start"], row["end"]))
            layer = self._layers.setdefault(name := _type_in(row) or SPAN_LAYER, _Layer(name))
            marks[row["key"]] = mark = _Mark(layer.name, self._values(row, layer), units)
            for unit in units:
                unit.annotations[layer.name].append(mark)
        self._number_parts()
        self._number(marks)
        return marks

    def _units_of(self, row: Row) -> Iterator[_Unit]:
        """Yield the tokens, and parts of tokens at its edges, that an annotation covers."""
        at = bisect_right(self._ends, row["start"])
        while at < len(self._flat) and self._flat[at].span.start < row["end"]:
            token = self._flat[at]
            at += 1
            covered = Span(max(token.span.start, row["start"]), min(token.span.end, row["end"]))
            if covered == token.span:
                yield token
            else:
                yield self._parts[token.number].setdefault(covered, _Unit(token.number, covered))

    def _number_parts(self) -> None:
        for token, parts in self._parts.items():
            for n, span in enumerate(sorted(parts), start=1):
                parts[span].number = f"{token}.{n}"

    def _number(self, marks: dict[str, _Mark]) -> None:
        """Give an id to annotations of several units, and to those that share a unit with another of their layer."""
        numbers = count(1)
        for mark in marks.values():
            if len(mark.units) > 1 or len(mark.units[0].annotations[mark.layer]) > 1:
                mark.id = next(numbers)

    def _values(self, row: Row, layer: _Layer) -> dict[str, str]:
        """Return the values of features, and add the features to the layer."""
        values = {"value": self._names[row["label"]]}
        if row["note"].strip():
            values["note"] = row["note"]
        for name, value in sorted(row["attributes"].items()):
            if name == "layer" and _type_in(row):
                continue
            if name in _TAKEN or not _FEATURE.fullmatch(name) or not isinstance(value, str) or not value.strip():
                self._losses.lose("attributes")
            else:
                values[name] = value
        layer.features |= dict.fromkeys(values)
        return values

    # Relations

    def _relate(self, rows: list[Row]) -> None:
        """Put the relations on the first unit of the annotation they lead to."""
        layers: dict[tuple[str, str], _Layer] = {}
        for row in rows:
            source, target = self._marks.get(row["from"]), self._marks.get(row["to"])
            if source is None or target is None or source.layer != target.layer:
                self._losses.lose("relations")
                continue
            wanted = (_type_in(row) or RELATION_LAYER, source.layer)
            if wanted not in layers:
                layers[wanted] = _Layer(self._free_name(row, wanted[0]), base=source.layer)
                self._layers[layers[wanted].name] = layers[wanted]
            ids = f"[{source.id}_{target.id}]" if source.id or target.id else ""
            reference = source.units[0].number + ids
            values = self._values(row, layers[wanted])
            target.units[0].relations[layers[wanted].name].append((values, reference))

    def _free_name(self, row: Row, wanted: str) -> str:
        """Return the name of a layer of relations; a layer has one base, and one with another base another name."""
        if wanted not in self._layers:
            return wanted
        self._losses.lose("attributes", wanted != RELATION_LAYER)
        return next(name for n in count(2) if (name := f"{RELATION_LAYER}{n}") not in self._layers)


def _apart(sentences: list[Span]) -> Iterator[Span]:
    """Yield the sentences without what they share with the one before."""
    reached = 0
    for each in sorted(sentences):
        if each.end > reached:
            yield Span(max(each.start, reached), each.end)
            reached = each.end


def _type_in(row: Row) -> str:
    """Return the layer that an imported annotation came from, as an attribute says."""
    found = row["attributes"].get("layer")
    return found if isinstance(found, str) and _TYPE.fullmatch(found) else ""


def _span_cells(layer: _Layer, unit: _Unit) -> list[str]:
    marks = unit.annotations.get(layer.name, [])
    if not marks:
        return ["_"] * len(layer.features)
    return [
        "|".join(_cell(mark.values.get(name)) + (f"[{mark.id}]" if mark.id else "") for mark in marks)
        for name in layer.features
    ]


def _relation_cells(layer: _Layer, unit: _Unit) -> list[str]:
    relations = unit.relations.get(layer.name, [])
    if not relations:
        return ["_"] * (len(layer.features) + 1)
    cells = ["|".join(_cell(values.get(name)) for values, _reference in relations) for name in layer.features]
    return [*cells, "|".join(reference for _values, reference in relations)]


def _cell(value: str | None) -> str:
    return "*" if value is None else _IN_CELLS.sub(_escape, value)


def _escape(found: re.Match[str]) -> str:
    return _SIGNS.get(found.group(), "\\" + found.group())
