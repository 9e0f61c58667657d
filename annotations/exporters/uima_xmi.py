"""UIMA CAS XMI through dkpro-cassis: an .xmi an article and annotator with one TypeSystem.xml for all, in a .zip.

Offsets count UTF-16 units. Labels are the feature `value`, notes `note`, attributes further features; relations have
Governor and Dependent, as INCEpTION reads them. Characters that XML 1.0 cannot hold are written as U+FFFD, one for one,
and DOC.article.json keeps the text for our own import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.errors import Refused

from .archive import archive
from .corpus import Corpus, Row
from .documents import Document, documents_of
from .label_names import LabelNames
from .losses import Losses

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

CARRIES = frozenset(
    {"annotations", "annotators", "layers", "overlaps", "notes", "attributes", "relations", "metadata", "sentences"}
)
SPAN_TYPE, RELATION_TYPE = "webanno.custom.Annotation", "webanno.custom.Relation"
SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
DOCUMENT = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
_TYPE = re.compile(r"(?!uima\.)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)
_FEATURE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TAKEN = frozenset(
    {"begin", "end", "sofa", "value", "note", "layer", "label", "self", "type", "xmiID", "Governor", "Dependent"}
)
_RANGES = {str: "uima.cas.String", bool: "uima.cas.Boolean", int: "uima.cas.Long", float: "uima.cas.Double"}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive, the type system last, since it describes what was met. Raises `Refused` without the extra."""
    try:
        import cassis
    except ImportError:
        message = _("To write UIMA files, install claim-workbench[cas].")
        raise Refused("extra_missing", message, field="format") from None
    types = _Types(cassis.TypeSystem())
    names = LabelNames.of(corpus.header())
    with archive(write_bytes) as made:
        for document in documents_of(corpus, ".xmi", ".txt"):
            text: str = document.article.get("text", "")
            is_whole = _ILLEGAL.search(text) is None
            cas = _Writing(document, types, names, corpus.losses).cas()
            made.add(f"{document.path}.xmi", str(cas.to_xmi(pretty_print=True)).encode())
            made.add(f"{document.path}.article.json", document.about(with_text=not is_whole))
        made.add("TypeSystem.xml", types.system.to_xml().encode())


class _Types:
    """The types in use, with the range of each of their features."""

    def __init__(self, system: TypeSystem) -> None:
        self.system = system
        self._ranges: dict[tuple[str, str], str] = {}
        self._parents: dict[str, str] = {}

    def type_named(self, name: str, parent: str = "uima.tcas.Annotation") -> Any:
        """Return a type, made where it is not there."""
        if not self.system.contains_type(name):
            self.system.create_type(name, supertypeName=parent)
        return self.system.get_type(name)

    def takes(self, name: str, feature: str, kind: str) -> bool:
        """Say whether a feature of a type holds values of a kind, making it where it is not there."""
        if (name, feature) not in self._ranges:
            self._ranges[name, feature] = kind
            self.system.create_feature(self.type_named(name), feature, kind)
        return self._ranges[name, feature] == kind


class _Writing:
    """One annotator's work on one text."""

    def __init__(self, document: Document, types: _Types, names: LabelNames, losses: Losses) -> None:
        self._document = document
        self._types = types
        self._names = names
        self._losses = losses

    def cas(self) -> Cas:
        import cassis

        article, share = self._document.article, self._document.share
        text: str = article.get("text", "")
        spans = [(self._type_of(row, SPAN_TYPE), row) for row in share.annotations]
        links = [(self._type_of(row, RELATION_TYPE), row) for row in share.relations]
        values = {row["key"]: self._values(name, row) for name, row in [*spans, *links]}
        for name, _row in links:
            for end in ("Governor", "Dependent"):
                self._types.takes(name, end, "uima.tcas.Annotation")
        self._types.type_named(DOCUMENT, "uima.tcas.DocumentAnnotation")
        for name in ("documentTitle", "documentId"):
            self._types.takes(DOCUMENT, name, "uima.cas.String")
        sentence = self._types.type_named(SENTENCE)
        cas = cassis.Cas(typesystem=self._types.system)
        cas.sofa_string = self._legal(text)
        cas.sofa_mime = "text/plain"
        cas.add(self._about(article, len(text)))
        for start, end in article.get("sentences", ()):
            cas.add(sentence(begin=start, end=end))
        made: dict[str, Any] = {}
        for name, row in spans:
            kind = self._types.type_named(name)
            made[row["key"]] = kind(begin=row["start"], end=row["end"], **values[row["key"]])
            cas.add(made[row["key"]])
        for name, row in links:
            one, other = made[row["from"]], made[row["to"]]
            kind = self._types.type_named(name)
            ends = {"Governor": one, "Dependent": other, "begin": other.begin, "end": other.end}
            cas.add(kind(**ends, **values[row["key"]]))
        return cas

    def _about(self, article: Row, length: int) -> Any:
        stated = {"documentTitle": self._legal(article["title"]), "documentId": self._legal(article["external_id"])}
        language = article["language"] or "x-unspecified"
        return self._types.type_named(DOCUMENT)(begin=0, end=length, language=language, **stated)

    def _type_of(self, row: Row, otherwise: str) -> str:
        """Return the type that an imported judgement came from, as an attribute says, else our own."""
        found = row["attributes"].get("layer")
        is_other = isinstance(found, str) and _TYPE.fullmatch(found) and found not in (SENTENCE, DOCUMENT)
        name = found if is_other else otherwise
        has_ends = {(name, "Governor"), (name, "Dependent")} <= self._types._ranges.keys()
        if has_ends != (otherwise == RELATION_TYPE) and self._types.system.contains_type(name):
            self._losses.lose("attributes")
            name = otherwise
        self._types.type_named(name)
        return str(name)

    def _values(self, name: str, row: Row) -> Row:
        values: Row = {"value": self._legal(self._names[row["label"]])}
        self._types.takes(name, "value", "uima.cas.String")
        if row["note"]:
            self._types.takes(name, "note", "uima.cas.String")
            values["note"] = self._legal(row["note"])
        for feature, value in sorted(row["attributes"].items()):
            if feature == "layer" and value == name:
                continue
            kind = _RANGES.get(type(value))
            is_usual = kind and feature not in _TAKEN and _FEATURE.fullmatch(feature) and value == value
            if kind and is_usual and self._types.takes(name, feature, kind):
                values[feature] = self._legal(value) if isinstance(value, str) else value
            else:
                self._losses.lose("attributes")
        return values

    def _legal(self, text: str) -> str:
        """Return a text with U+FFFD for what XML cannot hold; offsets stay as they are."""
        legal, n = _ILLEGAL.subn("\ufffd", text)
        self._losses.lose("illegal_characters", n)
        return legal
