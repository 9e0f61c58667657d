"""brat: a text DOC.txt with its annotations in DOC.ann beside it. Offsets count code points of the text as it is filed.

Events become the annotation of their trigger, and relations from it to the arguments, named by the role. What our own
export tells of an article stands in DOC.article.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.brat_lines import About, Entity, Standoff, read_standoff
from annotations.importers.composing import raw_pointer
from annotations.importers.decoding import decode
from annotations.importers.fields import Place, read_fields
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.plain_text import read_whole
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.importers.side_file import SUFFIX, as_told, is_side_file, owner_in, read_about, stated_in, stem_of
from annotations.text.ids import id_from_path
from annotations.text.spans import Span

SETTINGS = frozenset({"annotation.conf", "visual.conf", "tools.conf", "kb_shortcuts.conf"})
_NUMBER = re.compile(r"(?<=[^\d])\d+\Z")
_LINE_ENDS = str.maketrans(dict.fromkeys("\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file is one of a pair, a .ann whose text is missing, or one of brat's settings."""
    path = PurePosixPath(source.path)
    if path.name in SETTINGS or path.suffix == ".ann":
        return True
    if path.suffix == ".txt":
        return source.beside(stem_of(source.path) + ".ann") is not None
    return is_side_file(source, ".ann")


def read(source: InputFile) -> Iterator[Record]:
    """Yield the article of a text with its annotations. The other files of a pair are read with the text."""
    path = PurePosixPath(source.path)
    if path.name in SETTINGS:
        message = _("Left out: brat's settings hold no article. Labels are taken from the annotations.")
        yield Problem(source.name, None, "", "", message, is_rejection=False)
    elif path.suffix == ".ann":
        if source.beside(stem_of(source.path) + ".txt") is None:
            message = _("The text of these annotations is missing. Give the .txt of the same name with it.")
            raise FileRefused(message, field="text", value=path.name)
    elif not source.path.endswith(SUFFIX):
        yield from _read_pair(source)


def _read_pair(source: InputFile) -> Iterator[Record]:
    data = read_whole(source)
    decoded = decode(data)
    yield from decoded.notice(source.name)
    place = Place(source.name, None, source.path)
    about = read_about(source, place)
    fields = {"external_id": id_from_path(source.path), **stated_in(about)}
    found = read_fields({**fields, "text": decoded.text}, place, raw_pointer(source, data))
    article = found[0]
    if not isinstance(article, ImportedArticle):
        yield from found
        return
    ann = source.beside(stem_of(source.path) + ".ann")
    if ann is not None:
        ann_place = Place(ann.name, None, ann.path)
        has_mark = data.startswith(b"\xef\xbb\xbf")
        judged = JudgementsInFile(article, decoded.text, ann_place)
        standoff = read_standoff(decode(read_whole(ann)).text, ann_place)
        _Reading(standoff, judged, ann_place, decoded.text, has_mark, owner_in(about)).judge()
        article = judged.onto_article()
        place.remarks += ann_place.remarks
    yield as_told(article, about)
    yield from place.remarks


class _Reading:
    """One .ann on its text."""

    def __init__(
        self, standoff: Standoff, judged: JudgementsInFile, place: Place, raw: str, has_mark: bool, owner: Row
    ) -> None:
        self._standoff = standoff
        self._judged = judged
        self._place = place
        self._raw = raw
        self._plain = raw.translate(_LINE_ENDS)
        self._has_mark = has_mark
        self._owner = owner
        self._keys: dict[str, str] = {}

    def judge(self) -> None:
        """Add what the lines say to the article's judgements."""
        extras = self._extras()
        for mark, entity in self._standoff.entities.items():
            self._place.line = entity.line
            pieces = self._pieces(entity)
            if pieces:
                key = self._annotation(entity, pieces, extras.pop(mark, {}))
                if key:
                    self._keys[mark] = key
        self._relate(extras)
        for given in extras.values():
            for about in given.get("lines", ()):
                self._place.line = about.line
                message = _("This is about an annotation that the file does not have or that was left out.")
                self._place.remark("annotations", f"{about.name} {about.of}", message)

    def _annotation(self, entity: Entity, pieces: list[Span], extra: Row) -> str | None:
        text = self._judged.text
        more = {name: extra[name] for name in ("note", "attributes") if extra.get(name)}
        if len(pieces) > 1:
            more["fragments"] = [
                {"start": piece.start, "end": piece.end, "quote": piece.text_of(text)} for piece in pieces
            ]
        whole = Span(pieces[0].start, pieces[-1].end)
        return self._judged.annotation(whole, entity.label, **self._owner, **more)

    def _pieces(self, entity: Entity) -> list[Span]:
        """Return the pieces in the text as it is kept; [] where they do not hold what the file says."""
        pairs = sorted(entity.pieces)
        given = entity.words.translate(_LINE_ENDS)
        shifts = (-1, 0) if self._has_mark else (0,)
        for shift in shifts:
            moved = [(start + shift, end + shift) for start, end in pairs]
            if self._are_in_text(moved) and (not given or self._have_words(moved, given)):
                return [
                    span for start, end in moved if (span := self._judged.span(start, end, "annotations", entity.label))
                ]
        there = " ".join(self._raw[start:end] for start, end in pairs)
        message = _("The text at these offsets is “%(found)s”, not what the line says. Offsets count code points.")
        self._place.leave_out("annotations", entity.words, message % {"found": there[:60]})
        return []

    def _are_in_text(self, pairs: list[tuple[int, int]]) -> bool:
        last = 0
        for start, end in pairs:
            if not last <= start < end <= len(self._raw):
                return False
            last = end
        return True

    def _have_words(self, pairs: list[tuple[int, int]], given: str) -> bool:
        """Compare as brat writes: the pieces joined by spaces, line ends as spaces."""
        there = " ".join(self._plain[start:end] for start, end in pairs)
        return there == given or there.split() == given.split()

    def _extras(self) -> dict[str, Row]:
        """Return notes and attributes by the id of the annotation or relation they are about."""
        extras: dict[str, Row] = {}
        for about in self._standoff.attributes:
            self._add(extras, about, "attributes").setdefault("attributes", {})[about.name] = about.value or True
        for about in self._standoff.normalisations:
            reference, _tab, words = about.value.partition("\t")
            attributes = self._add(extras, about, "normalizations").setdefault("attributes", {})
            listed = attributes.setdefault("normalizations", [])
            listed.append({"type": about.name, "reference": reference, "text": words})
        for about in self._standoff.notes:
            extra = self._add(extras, about, "note")
            line = about.value if about.name == "AnnotatorNotes" else f"{about.name}: {about.value}"
            extra["note"] = f"{extra['note']}\n{line}" if "note" in extra else line
        return extras

    def _add(self, extras: dict[str, Row], about: About, name: str) -> Row:
        """Return what is collected for the annotation that a line is about: of an event, for its trigger."""
        event = self._standoff.events.get(about.of)
        extra = extras.setdefault(event.trigger if event else about.of, {"lines": []})
        if name == "attributes" and about.name in extra.get("attributes", {}):
            self._place.line = about.line
            message = _("The annotation has another value of this attribute already; the later one is kept.")
            self._place.remark("attributes", about.name, message)
        extra["lines"].append(about)
        return extra

    def _relate(self, extras: dict[str, Row]) -> None:
        for link in self._standoff.relations:
            extra = extras.pop(link.id, {})
            more = {name: extra[name] for name in ("note", "attributes") if extra.get(name)}
            self._relation(link.line, link.ends[0], link.ends[1], link.label, **more)
        for number, link in enumerate(self._standoff.equals, start=1):
            for one, other in zip(link.ends, link.ends[1:], strict=False):
                self._relation(link.line, one, other, link.label, attributes={"equals": number})
        for mark, event in self._standoff.events.items():
            self._place.line = event.line
            trigger = self._standoff.entities.get(event.trigger)
            if trigger is not None and trigger.label != event.type:
                message = _("The event has another type than its trigger, “%(label)s”, which is kept.")
                self._place.remark("annotations", event.type, message % {"label": trigger.label})
            for role, argument in event.arguments:
                name = _NUMBER.sub("", role)
                attributes = {"event": mark} | ({"role": role} if role != name else {})
                self._relation(event.line, event.trigger, argument, name, attributes=attributes)

    def _relation(self, line: int, one: str, other: str, label: str, **more: Any) -> None:
        self._place.line = line
        keys = [self._keys.get(self._entity_of(mark)) for mark in (one, other)]
        if keys[0] is None or keys[1] is None:
            missing = one if keys[0] is None else other
            message = _("The relation names an annotation that the file does not have or that was left out.")
            self._place.leave_out("relations", missing, message)
            return
        self._judged.relation(keys[0], keys[1], label, **self._owner, **more)

    def _entity_of(self, mark: str) -> str:
        """Return the id of the text-bound annotation that stands for an id: of an event, its trigger's."""
        event = self._standoff.events.get(mark)
        return event.trigger if event else mark
