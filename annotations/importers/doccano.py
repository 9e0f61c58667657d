"""doccano's JSON Lines: spans, spans with relations, classes, or spans and classes; offsets in code points.

Lines that follow one another with the same id and text and name different annotators are one article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, read_fields
from annotations.importers.joining import join_annotators
from annotations.importers.json_items import Item, unusable_value
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.native import items_of, parsed
from annotations.importers.opening import InputFile
from annotations.importers.records import ImportedArticle, Problem, Record
from annotations.text.spans import Span

_LABEL_NAMES = ("label", "labels")
_TAKEN = frozenset({"label", "labels", "entities", "relations", "cats", "annotator"})
_NOBODY = frozenset({"all", "unknown"})
"""Names of doccano's files that are no person's: of a shared project, and of what nobody has labelled."""
_SPANS = rb'"labels?"\s*:\s*\[\s*\[\s*\d+\s*,\s*\d+\s*,\s*"'
_ENTITIES = (
    rb'"entities"\s*:\s*\[\s*(?:\[\s*\d+\s*,\s*\d+\s*,\s*"|\{[^{}]*"start_offset"|\][^\n]*"(?:relations|cats)"\s*:)'
)
_CLASSES = rb'"labels?"\s*:\s*\[\s*(?:"|\]\s*[,}])'
_LOOKS = re.compile(rb"|".join((_SPANS, _ENTITIES, _CLASSES)))
_LINE = re.compile(rb'\s*\{[^\n]*?"text"\s*:\s*"|\s*\{[^\n]*?"(?:label|entities)"')


def looks_like(source: InputFile) -> bool:
    """Say whether one of the first lines holds labels as doccano writes them."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    return bool(_LINE.match(head)) and b'"type"' not in head[:200] and bool(_LOOKS.search(head))


def read(source: InputFile, names: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Yield an article for each text. `names` maps columns to ours; `text` and `label` are the ones doccano needs."""
    yield from join_annotators(_records(item, source, names or {}) for item in items_of(source))


def _records(item: Item | Problem, source: InputFile, names: Mapping[str, str]) -> tuple[str, list[Record]]:
    """Return the annotator of a line and what it gives: the article and its remarks, or what is wrong with it."""
    given = item if isinstance(item, Problem) else parsed(item, source.name)
    if isinstance(item, Problem) or isinstance(given, Problem):
        return "", [given] if isinstance(given, Problem) else []
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    label_column = next((written for written, ours in names.items() if ours == "label"), "")
    labels = given.get(label_column) if label_column else next((given[n] for n in _LABEL_NAMES if n in given), None)
    others = {name: value for name, value in given.items() if name not in _TAKEN - names.keys() and value != []}
    others.pop(label_column, None)
    found = read_fields(others, place, raw_pointer(source, item.data, item.start), names)
    article = found[0]
    if not isinstance(article, ImportedArticle):
        return "", [*found]
    text_column = next((written for written, ours in names.items() if ours == "text" and written in given), "")
    raw = given[text_column or ("text" if "text" in given else "body")]
    judged = JudgementsInFile(article, raw, place)
    annotator = _annotator(given, source, place)
    _read_labels(given, labels, judged, place, annotator)
    return annotator, [judged.onto_article(), *place.remarks]


def _annotator(given: dict[str, Any], source: InputFile, place: Place) -> str:
    """Return who labelled: as the line says, else by the file's name, since doccano writes one file a person."""
    stated = given.get("annotator")
    if isinstance(stated, str) and stated.strip() and unusable_value(stated) is None:
        return stated.strip()
    if stated not in (None, ""):
        place.remark("annotator", stated, _("This is not a name. Write it as text in quotation marks."))
    stem = PurePosixPath(source.path).stem
    is_export = "Comments" in given or "comments" in given
    return stem if is_export and stem not in _NOBODY else ""


def _read_labels(given: dict[str, Any], labels: Any, judged: JudgementsInFile, place: Place, annotator: str) -> None:
    keys: dict[Any, str] = {}
    listed = [labels] if isinstance(labels, str) else labels
    for name, value in (("label", listed), ("entities", given.get("entities"))):
        for each in _listed(value, name, place):
            if isinstance(each, str):
                judged.article_label(each, annotator=annotator)
            else:
                _read_span(each, name, judged, place, annotator, keys)
    for each in _listed(given.get("cats"), "cats", place):
        judged.article_label(each, annotator=annotator)
    for each in _listed(given.get("relations"), "relations", place):
        _read_relation(each, judged, place, annotator, keys)


def _listed(value: Any, name: str, place: Place) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    if value != "":
        place.remark(name, value, _("This is not a list. Write it in square brackets."))
    return []


def _read_span(
    each: Any, name: str, judged: JudgementsInFile, place: Place, annotator: str, keys: dict[Any, str]
) -> None:
    if isinstance(each, list) and len(each) == 3:
        start, end, label = each
        own_id: Any = None
    elif isinstance(each, dict):
        start, end, label = each.get("start_offset"), each.get("end_offset"), each.get("label")
        own_id = each.get("id")
        others = {key: value for key, value in each.items() if key not in ("id", "start_offset", "end_offset", "label")}
        if others:
            place.remark(name, others, _("These fields of a span are not known and not kept."))
    else:
        place.remark(name, each, _("This is not a span. Write it as [start, end, label]."))
        return
    span: Span | None = judged.span(start, end, name, each)
    key = judged.annotation(span, label, annotator=annotator) if span else None
    if key and isinstance(own_id, int | str):
        keys[own_id] = key


def _read_relation(each: Any, judged: JudgementsInFile, place: Place, annotator: str, keys: dict[Any, str]) -> None:
    if not isinstance(each, dict):
        place.remark("relations", each, _("This is not an object. Write it in curly brackets."))
        return
    ends = [keys.get(each[name]) if isinstance(each.get(name), int | str) else None for name in ("from_id", "to_id")]
    if ends[0] is None or ends[1] is None:
        place.remark("relations", each, _("The relation names a span that is not there, by from_id or to_id."))
        return
    judged.relation(ends[0], ends[1], each.get("type"), annotator=annotator)
