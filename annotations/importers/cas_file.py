"""A UIMA CAS from its file, through dkpro-cassis: XMI with the type system that lies beside it, or JSON.

Types that no type system here describes are made of what the file itself shows of them, their values as text.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers.fields import Place
from annotations.importers.json_items import BrokenJson, parse, unusable_value
from annotations.importers.opening import InputFile
from annotations.importers.plain_text import read_whole
from annotations.importers.records import FileRefused
from annotations.importers.safe_xml import look_through
from annotations.importers.side_file import stem_of
from annotations.text.utf16 import Utf16Offsets

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

XMI = "http://www.omg.org/XMI"
_NAMESPACE = re.compile(r"http:///(.*)\.ecore (\w+)")
_BUILT_IN = re.compile(r"uima\.cas\.\w+|uima\.tcas\.(?:Annotation|DocumentAnnotation)")
_ILLEGAL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:[0-8]|1[124-9]|2[0-9]|3[01]|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
)
_REPLACEMENT = "\ufffd".encode()


@dataclass(slots=True)
class Seen:
    """What a file shows by itself: texts by sofa, spans in UTF-16 units, and the features of its types."""

    texts: dict[str, str] = field(default_factory=dict)
    spans: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    features: dict[str, set[str]] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    annotations: set[str] = field(default_factory=set)

    def not_on_characters(self) -> set[str]:
        """Return the ids of annotations whose offsets lie outside their text or cut a character."""
        offsets = {sofa: Utf16Offsets(text) for sofa, text in self.texts.items()}
        return {own_id for own_id, sofa, start, end in self.spans if not _holds(offsets.get(sofa), start, end)}


def _holds(offsets: Utf16Offsets | None, start: Any, end: Any) -> bool:
    if offsets is None or not str(start).isdecimal() or not str(end).isdecimal():
        return False
    first, last = offsets.to_code_points(int(start)), offsets.to_code_points(int(end))
    return first is not None and last is not None and first <= last


def load_cas(source: InputFile, data: bytes, place: Place) -> tuple[Cas, Seen]:
    """Return the CAS of a file, and what the file shows by itself. Raises FileRefused."""
    try:
        import cassis
        from lxml.etree import XMLSyntaxError
    except ImportError:
        raise FileRefused(_("To read UIMA files, install claim-workbench[cas]."), field="format") from None
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    failures = (KeyError, ValueError, TypeError, AttributeError, RuntimeError, cassis.typesystem.TypeNotFoundError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if is_json:
                seen = _seen_in_json(data)
                return cassis.load_cas_from_json(data.decode("utf-8-sig")), seen
            data = _without_illegal(data, place)
            seen = _seen_in_xmi(data)
            system = _type_system(source, seen, place)
            return cassis.load_cas_from_xmi(io.BytesIO(data), typesystem=system), seen
    except (*failures, XMLSyntaxError) as error:
        message = _("This is not a CAS that can be read: %(reason)s.")
        reason = f"{type(error).__name__} {error}"[:150]
        raise FileRefused(message % {"reason": reason}) from error


def _without_illegal(data: bytes, place: Place) -> bytes:
    """Put the sign for a lost character in the place of each that XML 1.0 cannot hold; offsets stay as they are."""
    if b"\x00" in data[:8]:  # UTF-16, which is left as it is
        return data
    replaced, n = _ILLEGAL.subn(_REPLACEMENT, data)
    if n:
        message = _("%(n)s characters that XML 1.0 cannot hold were read as U+FFFD.") % {"n": n}
        place.remark("text", "", message)
    return replaced


# XMI


def _seen_in_xmi(data: bytes) -> Seen:
    seen = Seen()
    within = ""

    def element(name: str, attributes: dict[str, str], depth: int) -> None:
        nonlocal within
        if depth == 0 and name != f"{XMI} XMI":
            raise FileRefused(_("The outer element of this file is not xmi:XMI."), value=name)
        if depth == 1:
            within = _type_name(name)
            _see(seen, within, attributes)
        elif depth == 2:
            seen.lists.setdefault(within, set()).add(name)

    look_through(data, element)
    return seen


def _type_name(name: str) -> str:
    """Return the name of a type.

    >>> _type_name("http:///webanno/custom.ecore Span"), _type_name("http:///uima/noNamespace.ecore Note")
    ('webanno.custom.Span', 'Note')
    """
    found = _NAMESPACE.fullmatch(name)
    if found is None:
        raise FileRefused(_("This element is in no namespace that stands for a package of types."), value=name)
    package = found.group(1).replace("/", ".")
    return found.group(2) if package == "uima.noNamespace" else f"{package}.{found.group(2)}"


def _see(seen: Seen, name: str, attributes: dict[str, str]) -> None:
    own_id = attributes.get(f"{XMI} id", "")
    if name == "uima.cas.Sofa":
        seen.texts[own_id] = attributes.get("sofaString", "")
    elif "begin" in attributes and "end" in attributes and "sofa" in attributes:
        seen.spans.append((own_id, attributes["sofa"], attributes["begin"], attributes["end"]))
        seen.annotations.add(name)
    if name not in ("uima.cas.Sofa", "uima.cas.View", "uima.cas.NULL"):
        seen.features.setdefault(name, set()).update(key for key in attributes if " " not in key)


def _type_system(source: InputFile, seen: Seen, place: Place) -> TypeSystem:
    """Return the type system beside the file, completed by what the file shows of types that it does not describe."""
    import cassis

    found = next((each for path in _places_of_type_system(source.path) if (each := source.beside(path))), None)
    if found is None:
        system = cassis.TypeSystem()
    else:
        data = read_whole(found)
        look_through(data)
        system = cassis.load_typesystem(io.BytesIO(data))
    missing = [name for name in seen.features if not _BUILT_IN.fullmatch(name) and not system.contains_type(name)]
    for name in missing:
        has_sofa = "sofa" in seen.features[name]
        parent = "uima.cas.AnnotationBase" if has_sofa else "uima.cas.TOP"
        if name in seen.annotations:
            parent = "uima.tcas.Annotation"
        if name.endswith(".DocumentMetaData"):
            parent = "uima.tcas.DocumentAnnotation"
        made = system.create_type(name, supertypeName=parent)
        for feature in sorted(seen.features[name] - {"begin", "end", "sofa", "language"}):
            system.create_feature(made, feature, "uima.cas.String")
        if "language" in seen.features[name] and parent != "uima.tcas.DocumentAnnotation":
            system.create_feature(made, "language", "uima.cas.String")
        for feature in sorted(seen.lists.get(name, set()) - seen.features[name]):
            system.create_feature(made, feature, "uima.cas.StringArray")
    if missing:
        message = _(
            "No type system beside the file (TypeSystem.xml) describes these types; their values are read as text."
        )
        place.remark("types", ", ".join(sorted(missing)), message)
    return system


def _places_of_type_system(path: str) -> Iterator[str]:
    stem = stem_of(path)
    for ending in ("-typesystem.xml", "_typesystem.xml", ".typesystem.xml", "-TypeSystem.xml"):
        yield stem + ending
    for folder in PurePosixPath(path).parents:
        for name in ("TypeSystem.xml", "typesystem.xml"):
            yield str(folder / name)


# JSON


def _seen_in_json(data: bytes) -> Seen:
    try:
        value = parse(data.removeprefix(b"\xef\xbb\xbf"))
    except BrokenJson as broken:
        raise FileRefused(broken.message, line=broken.line, value=broken.value) from broken
    sentence = unusable_value(value)
    if sentence or not isinstance(value, dict):
        raise FileRefused(sentence or _("This is not a JSON CAS: it is no object."))
    listed = value.get("%FEATURE_STRUCTURES", [])
    structures = (
        [{"%ID": own_id, **each} for own_id, each in listed.items()] if isinstance(listed, dict) else list(listed)
    )
    seen = Seen()
    for each in structures:
        if each.get("%TYPE") == "uima.cas.Sofa":
            seen.texts[str(each.get("%ID"))] = each.get("sofaString") or ""
        elif "begin" in each and "end" in each:
            seen.spans.append((str(each.get("%ID")), str(each.get("@sofa")), each["begin"], each["end"]))
    return seen
