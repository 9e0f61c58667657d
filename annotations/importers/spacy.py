"""spaCy's files: DocBin (.spacy), Prodigy's JSON Lines with spans, and JSON of (text, annotations) pairs.

Offsets count code points. Of a DocBin only words, spaces, entities, span groups, cats and user data are taken.
"""

from __future__ import annotations

import gc
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.columns import Column, columns_of
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import FIELDS, Place, read_fields
from annotations.importers.joining import join_annotators
from annotations.importers.json_items import BrokenJson, Item, parse, unusable_value
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.native import items_of
from annotations.importers.opening import InputFile
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.text.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

SUFFIX = ".spacy"
USER_DATA = "claim_workbench"
_PRODIGY = re.compile(
    rb'\s*+\[?\s*+\{[^\n]*?"(?:_input_hash|_task_hash|answer)"\s*:'
    rb'|\s*+\[?\s*+\{[^\n]*?"spans"\s*:\s*\[\s*\{[^{}]*"(?:start|end)"\s*:\s*\d'
)
_PAIRS = re.compile(
    rb'\s*\[\s*\[\s*"(?:[^"\\]|\\.){0,60000}"\s*,\s*\{\s*(?:"(?:entities|cats|spans)"\s*:|\})', re.DOTALL
)
_TAKEN = frozenset({"spans", "tokens", "relations", "answer", "label", "entities", "cats", "links"})
_OF_A_SPAN = frozenset({"start", "end", "label", "text", "token_start", "token_end", "score", "ws", "id"})


def looks_like(source: InputFile) -> bool:
    """Say whether a file has the suffix of a DocBin, or begins like Prodigy's lines or pairs of text and labels."""
    if PurePosixPath(source.path).suffix.casefold() == SUFFIX:
        return True
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    is_line = bool(_PRODIGY.match(head)) and b'"text"' in head and b'"result"' not in head
    return is_line or bool(_PAIRS.match(head))


def read(source: InputFile, names: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Yield an article for each document. `names` maps fields of JSON Lines, or of a document's user data, to ours."""
    if _is_bin(source):
        yield from _read_bin(source, names or {})
    else:
        yield from join_annotators(_told(item, source, names or {}) for item in items_of(source))


def columns(source: InputFile) -> list[Column]:
    """Return the fields of the first lines or pairs, or what others put into the user data of the first documents."""
    if not _is_bin(source):
        return columns_of(_objects_in_json(source))
    place = Place(source.name, None, source.path)
    return columns_of(_user_data(document, place)[1] for document in _documents(source))


def _is_bin(source: InputFile) -> bool:
    return source.head[:1] == b"\x78"


def _objects_in_json(source: InputFile) -> Iterator[dict[str, Any]]:
    for item in items_of(source):
        try:
            given = _object(parse(item.data)) if isinstance(item, Item) else None
        except BrokenJson:
            continue
        if given is not None:
            yield given


# JSON


def _told(item: Item | Problem, source: InputFile, names: Mapping[str, str]) -> tuple[str, list[Record]]:
    """Return the annotator of one value and what it gives."""
    if isinstance(item, Problem):
        return "", [item]
    try:
        given = parse(item.data)
    except BrokenJson as broken:
        return "", [Problem(source.name, item.line + broken.line - 1, "", broken.value, broken.message)]
    place = Place(source.name, item.line, source.path, is_one_of_many=True)
    given = _object(given)
    if given is None:
        message = _("This is neither an object nor a pair of a text and its annotations.")
        return "", [Problem(source.name, item.line, "", item.data[:100].decode("utf-8", "replace"), message)]
    return _annotator(given), _article(given, item, source, place, names)


def _object(given: Any) -> dict[str, Any] | None:
    """Return an object as it is, and a pair of a text and its annotations as one; None for anything else."""
    if isinstance(given, list) and len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], dict):
        return {"text": given[0], **given[1]}
    return given if isinstance(given, dict) else None


def _article(
    given: dict[str, Any], item: Item, source: InputFile, place: Place, names: Mapping[str, str]
) -> list[Record]:
    others = {name: value for name, value in given.items() if name not in _TAKEN - names.keys()}
    found = read_fields(others, place, raw_pointer(source, item.data, item.start), names)
    article = found[0]
    if not isinstance(article, ImportedArticle):
        return [*found]
    text_field = next((written for written, ours in names.items() if ours == "text" and written in given), "text")
    raw = given.get(text_field)
    judged = JudgementsInFile(article, raw if isinstance(raw, str) else article.text, place)
    answer = given.get("answer", "accept")
    if answer != "accept":
        message = _("Nobody accepted this one; its text is imported without its labels.")
        place.remark("answer", answer, message)
    else:
        _judge(given, judged, raw if isinstance(raw, str) else article.text, place)
    return [judged.onto_article(), *place.remarks]


def _annotator(given: dict[str, Any]) -> str:
    for name in ("_annotator_id", "_session_id"):
        value = given.get(name)
        if isinstance(value, str) and value.strip() and unusable_value(value) is None:
            return value.strip()[:100]
    return ""


def _judge(given: dict[str, Any], judged: JudgementsInFile, raw: str, place: Place) -> None:
    who = {"annotator": _annotator(given)} if _annotator(given) else {}
    keys: dict[tuple[int, int], str] = {}
    for each in _listed(given.get("entities"), "entities", place):
        triple = each if isinstance(each, list) and len(each) >= 3 else [None, None, None]
        span = judged.span(triple[0], triple[1], "entities", each)
        if span:
            judged.annotation(span, triple[2], **who)
    groups = given.get("spans")
    for each in _spans(groups, place):
        key = _span(each, judged, raw, place, who)
        if key and isinstance(each, dict):
            keys[each["start"], each["end"]] = key
    for each in _listed(given.get("relations"), "relations", place):
        _relation(each, keys, judged, place, who)
    label = given.get("label")
    if isinstance(label, str) and label and not keys:
        judged.article_label(label, **who)
    cats = given.get("cats")
    for name, value in cats.items() if isinstance(cats, dict) else ():
        _category(name, value, judged, place, who)


def _spans(groups: Any, place: Place) -> Iterator[Any]:
    """Yield the spans of a list, or of all groups of an object."""
    if isinstance(groups, dict):
        for rows in groups.values():
            yield from _listed(rows, "spans", place)
    else:
        yield from _listed(groups, "spans", place)


def _listed(value: Any, name: str, place: Place) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    if value != {}:
        place.remark(name, value, _("This is not a list. Write it in square brackets."))
    return []


def _span(each: Any, judged: JudgementsInFile, raw: str, place: Place, who: dict[str, Any]) -> str | None:
    if isinstance(each, list) and len(each) >= 3:
        each = {"start": each[0], "end": each[1], "label": each[2]}
    if not isinstance(each, dict):
        place.remark("spans", each, _("This is not an object. Write it in curly brackets."))
        return None
    span = judged.span(each.get("start"), each.get("end"), "spans", each)
    if span is None:
        return None
    words = each.get("text")
    if isinstance(words, str) and words != raw[each["start"] : each["end"]]:
        place.remark("spans", each, _("At these offsets stand other words than the span's own."))
        return None
    more: dict[str, Any] = {name: value for name, value in each.items() if name not in _OF_A_SPAN}
    if unusable_value(more):
        place.remark("spans", more, _("These values cannot be stored and are left out."))
        more = {}
    score = each.get("score")
    is_fraction = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    more |= {} if is_fraction or score is None else {"score": score}
    rest: dict[str, Any] = {**who, **({"attributes": more} if more else {})}
    if is_fraction:
        rest["confidence"] = score
    return judged.annotation(span, each.get("label"), **rest)


def _relation(
    each: Any, keys: dict[tuple[int, int], str], judged: JudgementsInFile, place: Place, who: dict[str, Any]
) -> None:
    ends = [each.get(name) for name in ("head_span", "child_span")] if isinstance(each, dict) else []
    found = [keys.get((end.get("start", -1), end.get("end", -1))) for end in ends if isinstance(end, dict)]
    if len(found) < 2 or found[0] is None or found[1] is None:
        place.remark("relations", each, _("The relation names no two spans of this text."))
        return
    judged.relation(found[0], found[1], each.get("label"), **who)


def _category(name: Any, value: Any, judged: JudgementsInFile, place: Place, who: dict[str, Any]) -> None:
    """Take a class that holds; spaCy writes 0 for one that does not."""
    if isinstance(value, bool | int | float) and 0 <= value <= 1:
        if value >= 0.5:
            more: dict[str, Any] = {} if value == 1 else {"confidence": float(value)}
            judged.article_label(name, **who, **more)
    else:
        place.remark("cats", [name, value], _("The value of a class is a number from 0 to 1."))


# DocBin


_BROKEN = (ValueError, KeyError, TypeError, IndexError, OverflowError, AttributeError, MemoryError)
"""What the library raises over a damaged file."""


def _read_bin(source: InputFile, names: Mapping[str, str]) -> Iterator[Record]:
    for n, document in enumerate(_documents(source), start=1):
        place = Place(source.name, n, source.path, is_one_of_many=True)
        try:
            yield from _document(document, place, names)
        except _BROKEN as error:
            raise FileRefused(_cannot_be_read(n, error)) from error


def _documents(source: InputFile) -> Iterator[Doc]:
    """Yield the documents of a DocBin. Raises FileRefused, also behind the first ones."""
    data = _whole(source)
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError:
        raise FileRefused(_("To read this format, install claim-workbench[spacy]."), field="format") from None
    try:
        found = DocBin().from_bytes(data)
        _keep_what_is_read(found)
        n_documents = len(found)
    except _BROKEN as error:
        message = _("The file is no DocBin that can be read: %(reason)s")
        raise FileRefused(message % {"reason": str(error)[:200]}) from error
    finally:
        gc.enable()  # the library leaves it switched off where it fails
    vocab = spacy.blank("xx").vocab
    documents = found.get_docs(vocab)
    for n in range(1, n_documents + 1):
        try:
            document = next(documents)
        except (*_BROKEN, StopIteration) as error:
            raise FileRefused(_cannot_be_read(n, error)) from error
        finally:
            gc.enable()
        yield document


def _cannot_be_read(n: int, error: Exception) -> str:
    message = _("Document %(n)s and those after it cannot be read: %(reason)s")
    return message % {"n": n, "reason": str(error)[:200]}


def _whole(source: InputFile) -> bytes:
    """Return the bytes of a DocBin that unpacks to no more than it may."""
    parts, size, unpacker = [], 0, zlib.decompressobj()
    with source.open() as stream:
        while data := stream.read(64 * 1024):
            parts.append(data)
            try:
                while data and not unpacker.eof:
                    size += len(unpacker.decompress(data, limits.MIB))
                    data = unpacker.unconsumed_tail
                    if size > source.whole_bytes:
                        message = _("The file unpacks to more than %(size)s MiB. Divide it.")
                        raise FileRefused(message % {"size": source.whole_bytes // limits.MIB})
            except zlib.error as error:
                raise FileRefused(_("The file is no DocBin that can be read."), value=str(error)) from error
    return b"".join(parts)


def _keep_what_is_read(found: Any) -> None:
    """Take all columns but words and entities out: what a file says of trees and tags is not looked at."""
    from numpy import ascontiguousarray
    from spacy.tokens import DocBin

    read = DocBin(attrs=["ENT_IOB", "ENT_TYPE"]).attrs
    wanted = [n for n, attr in enumerate(found.attrs) if attr in read]
    found.tokens = [ascontiguousarray(tokens[:, wanted]) for tokens in found.tokens]
    found.attrs = [found.attrs[n] for n in wanted]


def _document(document: Doc, place: Place, names: Mapping[str, str]) -> Iterator[Record]:
    text = document.text
    ours, metadata = _user_data(document, place)
    mapped = {field: metadata.pop(name) for name, field in names.items() if name in metadata and field in _MAPPED}
    fields: dict[str, Any] = {**ours.get("article", {}), **mapped, "text": text}
    if metadata:
        fields["metadata"] = {**fields.get("metadata", {}), **metadata}
    found = read_fields(fields, place)
    article = found[0]
    if not isinstance(article, ImportedArticle):
        yield from found
        return
    judged = JudgementsInFile(article, text, place)
    rows = _Rows(ours)
    groups = [("ents", list(document.ents)), *((name, list(group)) for name, group in document.spans.items())]
    met: set[tuple[str, int, int, str]] = set()
    for group, spans in groups:
        for each in spans:
            mark = (each.label_, each.start_char, each.end_char)
            row = rows.of_span(mark)
            if row is None and ("", *mark[1:], mark[0]) in met:
                continue  # a group that repeats the entities
            met.add(("", *mark[1:], mark[0]))
            span = judged.span(each.start_char, each.end_char, group, list(mark))
            if span:
                _annotate(span, mark[0], row, judged)
    for name, value in document.cats.items():
        known = rows.of_class(name)
        for row in known:
            judged.article_label(name, **row)
        if not known:
            _category(name, value, judged, place, {})
    keys = {row["key"] for row in judged.onto_article().annotations}
    for row in rows.relations:
        if row.get("from") in keys and row.get("to") in keys:
            judged.relation(row.pop("from"), row.pop("to"), row.pop("label", ""), **row)
        else:
            place.remark("relations", row, _("The relation names a span that is not there."))
    yield judged.onto_article()
    yield from place.remarks


_MAPPED = frozenset(FIELDS) - {"text", "metadata"}
"""What a document's user data can be mapped to: its text is made of its words."""


def _annotate(span: Span, label: str, row: dict[str, Any] | None, judged: JudgementsInFile) -> None:
    judged.annotation(span, label, **(row or {}))


class _Rows:
    """What our own export says of the spans and classes of a document; each row is given once."""

    def __init__(self, ours: dict[str, Any]) -> None:
        self._spans: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in _objects(ours.get("annotations")):
            mark = (row.pop("label", ""), row.pop("start", -1), row.pop("end", -1))
            self._spans.setdefault(mark, []).append(row)
        self._classes: dict[Any, list[dict[str, Any]]] = {}
        for row in _objects(ours.get("article_labels")):
            self._classes.setdefault(row.pop("label", ""), []).append(row)
        self.relations = _objects(ours.get("relations"))

    def of_span(self, mark: tuple[str, int, int]) -> dict[str, Any] | None:
        rows = self._spans.get(mark)
        return rows.pop(0) if rows else None

    def of_class(self, name: str) -> list[dict[str, Any]]:
        return self._classes.get(name, [])


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _user_data(document: Doc, place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is ours of a document's data, and what others put there as metadata."""
    given = _plain(document.user_data)
    ours = given.pop(USER_DATA, None)
    usable = {name: value for name, value in given.items() if unusable_value([name, value]) is None}
    for name in given.keys() - usable.keys():
        place.remark("user_data", name, _("These values cannot be stored and are left out."))
    return (ours if isinstance(ours, dict) and unusable_value(ours) is None else {}), usable


def _plain(value: Any) -> Any:
    """Return nested data as JSON has it: lists, and strings as names."""
    if isinstance(value, dict):
        return {name if isinstance(name, str) else str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
