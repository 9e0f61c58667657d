"""The lines of a brat .ann file, as they are written: no text and no meaning of ours yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from annotations.importers.fields import Place

_OFFSETS = re.compile(r"\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*")


@dataclass(slots=True)
class Entity:
    """A text-bound annotation (T): its label, its pieces as (start, end), and the words the file gives for it."""

    line: int
    label: str
    pieces: list[tuple[int, int]]
    words: str


@dataclass(slots=True)
class Event:
    """An event (E): its type, its trigger's id, and its arguments as (role, id)."""

    line: int
    type: str
    trigger: str
    arguments: list[tuple[str, str]]


@dataclass(slots=True)
class Link:
    """A relation (R) from one id to another, or a set of equals (*)."""

    line: int
    id: str
    label: str
    ends: list[str]


@dataclass(slots=True)
class About:
    """What is said about an id: an attribute (A, M), a note (#) or a normalisation (N)."""

    line: int
    name: str
    of: str
    value: str


@dataclass(slots=True)
class Standoff:
    """All lines of one file, by kind."""

    entities: dict[str, Entity] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    relations: list[Link] = field(default_factory=list)
    equals: list[Link] = field(default_factory=list)
    attributes: list[About] = field(default_factory=list)
    notes: list[About] = field(default_factory=list)
    normalisations: list[About] = field(default_factory=list)


def read_standoff(text: str, place: Place) -> Standoff:
    """Return the lines of a file; each that is none of brat's is left out and named."""
    found = Standoff()
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        place.line = number
        sentence = _take(line, number, found)
        if sentence:
            place.leave_out("annotations" if line[0] in "TE" else "lines", line, sentence)
    return found


def _take(line: str, number: int, found: Standoff) -> str | None:
    """Take one line; return why it cannot be taken, or None."""
    mark, _tab, rest = line.partition("\t")
    head, _tab, tail = rest.partition("\t")
    words = head.split()
    kind = mark[:1]
    if kind == "T":
        return _entity(mark, head, tail, number, found)
    if kind == "E":
        return _event(mark, words, number, found)
    if kind == "R":
        return _relation(mark, words, number, found)
    if kind == "*":
        if len(words) < 3:
            return _("A line with * names a relation and at least two annotations.")
        found.equals.append(Link(number, f"*{len(found.equals) + 1}", words[0], words[1:]))
        return None
    if kind in ("A", "M") and len(words) >= 2:
        found.attributes.append(About(number, words[0], words[1], " ".join(words[2:])))
        return None
    if kind == "N" and len(words) >= 3:
        found.normalisations.append(About(number, words[0], words[1], f"{' '.join(words[2:])}\t{tail}"))
        return None
    if kind == "#" and len(words) == 2:
        found.notes.append(About(number, words[0], words[1], tail))
        return None
    return _("This line is not in brat's format, or of a kind that is not known.")


def _entity(mark: str, head: str, tail: str, number: int, found: Standoff) -> str | None:
    label, _space, offsets = head.strip().partition(" ")
    if not label or not _OFFSETS.fullmatch(offsets):
        return _("A line with T has a label and offsets, as in: T1, tab, Person 0 4, tab, Zoë.")
    if mark in found.entities:
        return _("Two annotations of the file have this id. Give each its own.")
    pairs = [pair.split(" ") for pair in offsets.split(";")]
    found.entities[mark] = Entity(number, label, [(int(start), int(end)) for start, end in pairs], tail)
    return None


def _event(mark: str, words: list[str], number: int, found: Standoff) -> str | None:
    pairs = [tuple(word.split(":", 1)) for word in words]
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        return _("A line with E has a type with its trigger, then roles, as in: Move:T3 Giver:T1.")
    if mark in found.events:
        return _("Two events of the file have this id. Give each its own.")
    (kind, trigger), *arguments = [(pair[0], pair[-1]) for pair in pairs]
    found.events[mark] = Event(number, kind, trigger, arguments)
    return None


def _relation(mark: str, words: list[str], number: int, found: Standoff) -> str | None:
    ends = [word.partition(":")[2] for word in words[1:]]
    if len(ends) != 2 or not all(ends):
        return _("A line with R has a type and two ends, as in: Family Arg1:T4 Arg2:T5.")
    found.relations.append(Link(number, mark, words[0], ends))
    return None
