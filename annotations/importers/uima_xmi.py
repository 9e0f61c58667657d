"""UIMA CAS, XMI or JSON: each view with a text is an article, its annotations those of the view.

Sentences become stated sentences; tokens and their analyses are not taken, which is said. A type with Governor and
Dependent is a relation. A label is the feature `value`, else `label`, else the name of the type; the other values are
attributes, the full name of the type is the attribute `layer`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers.cas_file import XMI, Seen, load_cas
from annotations.importers.composing import raw_pointer
from annotations.importers.fields import Place, read_fields
from annotations.importers.judgements_in_file import JudgementsInFile
from annotations.importers.opening import InputFile
from annotations.importers.plain_text import read_whole
from annotations.importers.records import FileRefused, ImportedArticle, Problem, Record
from annotations.importers.side_file import SUFFIX, as_told, is_side_file, owner_in, read_about, stated_in
from annotations.text.ids import id_from_path

if TYPE_CHECKING:
    from cassis import Cas

SPAN_TYPE, RELATION_TYPE = "webanno.custom.Annotation", "webanno.custom.Relation"
"""Types of our own export; the names of others are kept in the attribute `layer`."""
_ANALYSES = frozenset(
    {"Token", "Lemma", "Stem", "POS", "MorphologicalFeatures", "TagsetDescription", "TagDescription", "Paragraph"}
)
_PACKAGES = (".segmentation.type.", ".lexmorph.type.", ".syntax.type.constituent.")
_STRUCTURE = frozenset({"begin", "end", "sofa", "xmiID"})
_TYPE_SYSTEM = b"typeSystemDescription"
_JSON_FIELD = re.compile(rb'"%(?:TYPES|FEATURE_STRUCTURES)"[ \t\r\n]*:')
"""A field of a CAS in JSON, not a text that is its name."""


def looks_like(source: InputFile) -> bool:
    """Say whether a file is a CAS, a type system, or lies beside one of our exports."""
    head = source.head[:8_192]
    if source.path.casefold().endswith(".xmi"):
        return True
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if is_json:
        return bool(_JSON_FIELD.search(source.head)) or is_side_file(source, ".xmi")
    return XMI.encode() in head or _TYPE_SYSTEM in head


def read(source: InputFile) -> Iterator[Record]:
    """Yield the article of each view that has a text."""
    if source.path.endswith(SUFFIX):
        return
    if _TYPE_SYSTEM in source.head[:8_192]:
        message = _("Left out: a type system holds no article. It is read with the CAS that it lies beside.")
        yield Problem(source.name, None, "", "", message, is_rejection=False)
        return
    data = read_whole(source)
    place = Place(source.name, None, source.path)
    cas, seen = load_cas(source, data, place)
    views = [sofa.sofaID for sofa in cas.sofas if (sofa.sofaString or "").strip()]
    if not views:
        raise FileRefused(_("The CAS has no view with a text."), field="sofaString", value=_names_of(cas))
    if len(cas.sofas) > 1:
        message = _("The file has several views; each that has a text is an article of its own.")
        place.remark("sofa", _names_of(cas), message)
    yield from place.remarks
    about = read_about(source, place)
    for name in views:
        own_id = source.path if len(views) == 1 else f"{source.path}#{name}"
        inner = Place(source.name, None, source.path)
        yield from _View(cas.get_view(name), seen, about, inner).records(own_id, raw_pointer(source, data))


def _names_of(cas: Cas) -> str:
    return ", ".join(sofa.sofaID for sofa in cas.sofas)


class _View:
    """One view of a CAS."""

    def __init__(self, view: Cas, seen: Seen, about: dict[str, Any], place: Place) -> None:
        self._view = view
        self._bad = seen.not_on_characters()
        self._about = about
        self._place = place
        self._owner = owner_in(about)
        self._keys: dict[str, str] = {}
        self._not_taken: Counter[str] = Counter()
        self._sentences: list[tuple[int, int]] = []

    def records(self, own_id: str, raw: Any) -> Iterator[Record]:
        structures = list(self._view.select_all_annotations())
        documents = [each for each in structures if self._is_document(each)]
        raw_text = self._view.sofa_string or ""
        told = self._metadata(documents)
        stated = stated_in(self._about) or told
        text = _exact(stated.pop("text", None), raw_text)
        fields = {"external_id": id_from_path(own_id), **stated, "text": text}
        found = read_fields(fields, self._place, raw)
        article = found[0]
        if not isinstance(article, ImportedArticle):
            yield from found
            return
        judged = JudgementsInFile(article, text, self._place)
        rest = [each for each in structures if not self._is_document(each)]
        relations = [each for each in rest if _ends(each)]
        for each in rest:
            if not _ends(each):
                self._take(each, judged)
        for each in relations:
            self._relate(each, judged)
        for name, n in sorted(self._not_taken.items()):
            message = _("%(n)s of these are not taken: analyses of words, or values that are no text or number.")
            self._place.remark("annotations", name, message % {"n": n})
        yield as_told(replace(judged.onto_article(), sentences=tuple(sorted(self._sentences))), self._about)
        yield from self._place.remarks

    def _is_document(self, structure: Any) -> bool:
        name = structure.type.name
        system = self._view.typesystem
        return _short(name) == "CASMetadata" or system.is_instance_of(name, "uima.tcas.DocumentAnnotation")

    def _metadata(self, documents: list[Any]) -> dict[str, Any]:
        """Return what the CAS says of the document: its language and title, and all else for the metadata."""
        fields: dict[str, Any] = {}
        for document in documents:
            values, _others = _values(document)
            if _short(document.type.name) == "CASMetadata":
                self._take_owner(values)
            language = values.pop("language", "")
            if language and language != "x-unspecified":
                fields["language"] = language
            if values.get("documentTitle"):
                fields["title"] = values.pop("documentTitle")
            fields |= {name: value for name, value in values.items() if name not in ("text", "external_id")}
        return fields

    def _take_owner(self, values: dict[str, Any]) -> None:
        """Take whose work it is from what INCEpTION writes; its curator's is gold."""
        name = values.pop("username", "")
        if isinstance(name, str) and name and not self._owner["annotator"]:
            self._owner = {"annotator": name} | ({"layer": "gold"} if name == "CURATION_USER" else {})

    def _take(self, structure: Any, judged: JudgementsInFile) -> None:
        name = structure.type.name
        if _short(name) == "Sentence":
            span = self._span(structure, judged)
            if span:
                self._sentences.append((span.start, span.end))
            return
        if _short(name) in _ANALYSES or any(package in name for package in _PACKAGES):
            self._not_taken[name] += 1
            return
        span = self._span(structure, judged)
        if span is None:
            return
        label, attributes, more = self._said(structure, SPAN_TYPE)
        key = judged.annotation(span, label, attributes=attributes, **self._owner, **more)
        if key:
            self._keys[str(structure.xmiID)] = key

    def _span(self, structure: Any, judged: JudgementsInFile) -> Any:
        if str(structure.xmiID) in self._bad:
            message = _("The offsets lie outside the text or cut a character. They count UTF-16 units.")
            where = f"{structure.type.name} {structure.begin} {structure.end}"
            self._place.leave_out("annotations", where, message)
            return None
        if structure.begin == structure.end:
            message = _("The annotation has no length. Ours stand on at least one character.")
            self._place.leave_out("annotations", structure.type.name, message)
            return None
        return judged.span(structure.begin, structure.end, "annotations", structure.type.name)

    def _said(self, structure: Any, own_type: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the label, the attributes and the note of an annotation or relation."""
        name = structure.type.name
        values, others = _values(structure)
        for other in others:
            self._not_taken[f"{name}:{other}"] += 1
        by = next(
            (each for each in ("value", "label") if isinstance(values.get(each), str) and values[each].strip()), ""
        )
        label = values.pop(by) if by else _short(name)
        note = values.pop("note", "")
        if name != own_type:
            values["layer"] = name
        return label, values, {"note": str(note)} if note else {}

    def _relate(self, structure: Any, judged: JudgementsInFile) -> None:
        ends = [self._keys.get(end) for end in _ends(structure)]
        label, attributes, more = self._said(structure, RELATION_TYPE)
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            message = _("The relation has an end that was not taken, such as a token.")
            self._place.leave_out("relations", label, message)
            return
        judged.relation(ends[0], ends[1], label, attributes=attributes, **self._owner, **more)


def _exact(stated: Any, built: str) -> str:
    """Return the text our own export keeps beside, where it differs only in characters that XML cannot hold."""
    if not isinstance(stated, str) or len(stated) != len(built):
        return built
    pairs = zip(stated, built, strict=True)
    return stated if all(one == other or other == "\ufffd" for one, other in pairs) else built


def _values(structure: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the texts, numbers and truths of a structure by feature, and the names of features that hold others."""
    values: dict[str, Any] = {}
    others: list[str] = []
    for feature in structure.type.all_features:
        name = feature.name
        value = structure[name]
        if name in _STRUCTURE or value is None or name in ("Governor", "Dependent"):
            continue
        if isinstance(value, str | int | float):
            values[name.removesuffix("_") if name in ("self_", "type_") else name] = value
        else:
            others.append(name)
    return values, others


def _ends(structure: Any) -> list[str]:
    """Return the ids of a relation's two ends, [] for what is no relation."""
    names = {feature.name for feature in structure.type.all_features}
    if not {"Governor", "Dependent"} <= names:
        return []
    ends = [structure["Governor"], structure["Dependent"]]
    return [str(getattr(end, "xmiID", end)) for end in ends]


def _short(name: str) -> str:
    return str(name).rpartition(".")[2]
