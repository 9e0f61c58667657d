"""brat: DOC.txt, DOC.ann and what brat has no place for of the article in DOC.article.json, in a .zip.

Work of several annotators stands in a folder each, gold and imported layers apart. Relations that came from events, and
from sets of equals, are written as such again. brat allows no line end within an annotation: one that goes over it is
divided into pieces.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from typing import Any

from .archive import archive
from .corpus import Corpus, Row
from .documents import Document, documents_of
from .label_names import LabelNames
from .losses import Losses

CARRIES = frozenset(
    {"annotations", "annotators", "layers", "fragments", "overlaps", "notes", "attributes", "relations", "metadata"}
)
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VALUE = re.compile(r"\S+")
_PART = re.compile(r"[^\n]+")
_LINE_ENDS = str.maketrans(dict.fromkeys("\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
_MOST_VALUES = 200


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive, the settings last, since they list what was met."""
    names = BratNames(LabelNames.of(corpus.header()), corpus.losses)
    settings = _Settings()
    with archive(write_bytes) as made:
        for document in documents_of(corpus, ".txt"):
            lines = _Standoff(document, names, settings, corpus.losses).lines()
            made.add(f"{document.path}.txt", document.article.get("text", "").encode())
            made.add(f"{document.path}.ann", "".join(f"{line}\n" for line in lines).encode())
            made.add(f"{document.path}.article.json", document.about())
        made.add("annotation.conf", settings.written().encode())


class BratNames:
    """The names of labels in the characters that brat allows, told apart."""

    def __init__(self, names: LabelNames, losses: Losses) -> None:
        self._names = names
        self._losses = losses
        self._by_key: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._by_key:
            wanted = self._names[key]
            plain = _NOT_ALLOWED.sub("_", wanted) or "_"
            taken = set(self._by_key.values())
            name = next(each for n in count(1) if (each := plain if n == 1 else f"{plain}_{n}") not in taken)
            self._losses.lose("renamed_labels", name != wanted)
            self._by_key[key] = name
        return self._by_key[key]


class _Settings:
    """What brat has to know of the types in use."""

    def __init__(self) -> None:
        self.entities: set[str] = set()
        self.relations: set[str] = set()
        self.events: dict[str, set[str]] = defaultdict(set)
        self.attributes: dict[str, set[str]] = defaultdict(set)

    def add_value(self, name: str, value: str) -> None:
        if len(self.attributes[name]) < _MOST_VALUES:
            self.attributes[name].add(value)

    def written(self) -> str:
        lines = ["[entities]", *sorted(self.entities - self.events.keys()), "", "[relations]"]
        lines += [f"{name} Arg1:<ANY>, Arg2:<ANY>" for name in sorted(self.relations)]
        lines += ["", "[events]"]
        lines += [
            f"{name} {', '.join(f'{role}*:<ANY>' for role in sorted(roles))}"
            for name, roles in sorted(self.events.items())
        ]
        lines += ["", "[attributes]"]
        for name, values in sorted(self.attributes.items()):
            listed = "|".join(sorted(values - {""}))
            lines.append(f"{name} Arg:<ANY>, Value:{listed}" if listed else f"{name} Arg:<ANY>")
        return "\n".join(lines) + "\n"


class _Standoff:
    """One annotator's work on one text, as lines."""

    def __init__(self, document: Document, names: BratNames, settings: _Settings, losses: Losses) -> None:
        self._text: str = document.article.get("text", "")
        self._share = document.share
        self._names = names
        self._settings = settings
        self._losses = losses
        self._ids: dict[str, str] = {}
        self._numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))

    def lines(self) -> Iterator[str]:
        rows = sorted(self._share.annotations, key=lambda row: (row["start"], -row["end"], row["key"]))
        for row in rows:
            yield from self._entity(row)
        plain: list[Row] = []
        events: dict[tuple[str, str], list[Row]] = defaultdict(list)
        equals: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in self._share.relations:
            if row["from"] not in self._ids or row["to"] not in self._ids:
                self._losses.lose("relations")
            elif self._is_of_event(row):
                events[row["from"], row["attributes"]["event"]].append(row)
            elif row["attributes"].keys() == {"equals"} and type(row["attributes"]["equals"]) is int:
                equals[row["label"], row["attributes"]["equals"]].append(row)
            else:
                plain.append(row)
        yield from self._equals(equals, plain)
        yield from self._events(events)
        for row in plain:
            yield from self._relation(row)

    def _entity(self, row: Row) -> Iterator[str]:
        given = row.get("fragments") or [row]
        pieces = [
            (each["start"] + part.start(), each["start"] + part.end())
            for each in given
            for part in _PART.finditer(self._text[each["start"] : each["end"]])
        ]
        if not pieces:
            self._losses.lose("annotations")
            return
        held = sum(end - start for start, end in pieces)
        self._losses.lose("split", held != sum(each["end"] - each["start"] for each in given))
        mark = self._next("T")
        self._ids[row["key"]] = mark
        label = self._names[row["label"]]
        self._settings.entities.add(label)
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(self._text[start:end].translate(_LINE_ENDS) for start, end in pieces)
        yield f"{mark}\t{label} {offsets}\t{words}"
        yield from self._about(mark, row)

    def _next(self, kind: str) -> str:
        return f"{kind}{next(self._numbers[kind])}"

    def _about(self, mark: str, row: Row) -> Iterator[str]:
        """Yield attributes, normalisations and the note of an annotation or relation."""
        for name, value in sorted(row["attributes"].items()):
            if name == "normalizations" and _are_normalisations(value):
                for each in value:
                    yield f"{self._next('N')}\t{each['type']} {mark} {each['reference']}\t{each['text']}"
            elif _NAME.fullmatch(name) and (value is True or (isinstance(value, str) and _VALUE.fullmatch(value))):
                self._settings.add_value(name, "" if value is True else value)
                yield f"{self._next('A')}\t{name} {mark}" + ("" if value is True else f" {value}")
            else:
                self._losses.lose("attributes")
        if row["note"]:
            self._losses.lose("notes", "\r" in row["note"])
            for line in row["note"].replace("\r", " ").split("\n"):
                yield f"{self._next('#')}\tAnnotatorNotes {mark}\t{line}"

    def _relation(self, row: Row) -> Iterator[str]:
        mark = self._next("R")
        label = self._names[row["label"]]
        self._settings.relations.add(label)
        yield f"{mark}\t{label} Arg1:{self._ids[row['from']]} Arg2:{self._ids[row['to']]}"
        yield from self._about(mark, row)

    def _equals(self, found: dict[tuple[str, int], list[Row]], plain: list[Row]) -> Iterator[str]:
        """Yield the sets of equals whose relations form a chain; the others are written one by one."""
        for (key, _number), rows in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
            chain = _chained(rows)
            if not chain or any(row["note"] for row in rows):
                plain += rows
                continue
            label = self._names[key]
            self._settings.relations.add(label)
            yield f"*\t{label} {' '.join(self._ids[each] for each in chain)}"

    def _is_of_event(self, row: Row) -> bool:
        attributes = row["attributes"]
        label = self._names[row["label"]]
        role = attributes.get("role", label)
        return (
            isinstance(attributes.get("event"), str)
            and attributes.keys() <= {"event", "role"}
            and isinstance(role, str)
            and not row["note"]
            and re.fullmatch(rf"{re.escape(label)}\d*", role) is not None
            and not label[-1].isdigit()
        )

    def _events(self, found: dict[tuple[str, str], list[Row]]) -> Iterator[str]:
        """Yield the events; an argument that is the trigger of one event is named by it."""
        labels = {row["key"]: self._names[row["label"]] for row in self._share.annotations}
        marks: dict[tuple[str, str], str] = {}
        taken = {event for _trigger, event in found}
        for trigger, event in found:
            is_usual = re.fullmatch(r"E\d{1,9}", event) is not None and event not in marks.values()
            marks[trigger, event] = (
                event if is_usual else next(each for n in count(1) if (each := f"E{n}") not in taken)
            )
            taken.add(marks[trigger, event])
        events_of: dict[str, list[str]] = defaultdict(list)
        for (trigger, _event), mark in marks.items():
            events_of[trigger].append(mark)
        for (trigger, event), rows in found.items():
            arguments = []
            for row in rows:
                own = events_of.get(row["to"], [])
                role = row["attributes"].get("role", self._names[row["label"]])
                arguments.append(f"{role}:{own[0] if len(own) == 1 else self._ids[row['to']]}")
            roles = {self._names[row["label"]] for row in rows}
            self._settings.events[labels[trigger]] |= roles
            yield f"{marks[trigger, event]}\t{labels[trigger]}:{self._ids[trigger]} {' '.join(arguments)}"


def _are_normalisations(value: Any) -> bool:
    names = {"type", "reference", "text"}
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and each.keys() == names
        and all(isinstance(part, str) for part in each.values())
        and _NAME.fullmatch(each["type"])
        and _VALUE.fullmatch(each["reference"])
        and not set(each["text"]) & set("\r\n\t")
        for each in value
    )


def _chained(rows: list[Row]) -> list[str]:
    """Return the annotations of relations that follow one another, in order; [] where they do not."""
    nexts = {row["from"]: row["to"] for row in rows}
    firsts = nexts.keys() - set(nexts.values())
    if len(nexts) != len(rows) or len(firsts) != 1:
        return []
    chain = [firsts.pop()]
    while chain[-1] in nexts and len(chain) <= len(rows):
        chain.append(nexts[chain[-1]])
    is_whole = len(chain) == len(rows) + 1 and all(nexts[one] == other for one, other in pairwise(chain))
    return chain if is_whole else []
