"""One Web Annotation: whether it keeps to the Recommendation, where it points, and what it says. Pure."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.fields import parse_date

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
OURS = "urn:claim-workbench:"
NAMESPACE = uuid.UUID("3b1f6a52-7c0e-5d0b-8a5e-2f60c1f7a9d4")
"""Names annotations by their IRI, so that the same file gives the same keys."""
_IRI = re.compile(r"[^\s<>\"{}|\\^`]+")
_IRI_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_UUID = re.compile(r"urn:uuid:([0-9a-fA-F-]{36})")
_KNOWN = frozenset(
    {"@context", "id", "type", "motivation", "creator", "created", "modified", "body", "bodyValue", "target"}
)
_TAGS = frozenset({"tagging", "classifying"})
_LINKS = frozenset({"linking", "identifying", "bookmarking"})
Row = dict[str, Any]


def has_context(value: Any) -> bool:
    """Say whether a JSON-LD context holds that of Web Annotations."""
    return value == CONTEXT or (isinstance(value, list) and CONTEXT in value)


def refusal_of(given: Row, *, is_in_container: bool) -> str | None:
    """Return what an annotation lacks of what the Recommendation demands, None where it holds."""
    if not is_in_container and not has_context(given.get("@context")):
        return _("The annotation has no context of Web Annotations: http://www.w3.org/ns/anno.jsonld.")
    if "Annotation" not in listed(given.get("type")):
        return _("The type of the object is not Annotation.")
    own_id = given.get("id")
    if own_id is not None and not (isinstance(own_id, str) and _IRI.fullmatch(own_id)):
        return _("The id of the annotation is not one IRI.")
    for name in ("created", "modified", "generated"):
        if given.get(name) is not None and (
            not isinstance(given[name], str) or parse_date(given[name]) is None or "T" not in given[name]
        ):
            return _("“%(name)s” is not one time, as in 2015-10-13T13:00:00Z.") % {"name": name}
    for name in ("rights", "canonical", "via"):
        if any(not (isinstance(each, str) and _IRI.fullmatch(each)) for each in listed(given.get(name))):
            return _("“%(name)s” is not an IRI.") % {"name": name}
    targets = listed(given.get("target"))
    if not targets:
        return _("The annotation has no target.")
    return next((wrong for each in targets if (wrong := _wrong_target(each))), None)


def _wrong_target(target: Any) -> str | None:
    if isinstance(target, str):
        return None if _IRI.fullmatch(target) else _("A target is not an IRI.")
    if not isinstance(target, dict):
        return _("A target is neither an IRI nor an object.")
    for selector in selectors_of(target):
        for name in ("value", "exact", "prefix", "suffix", "type"):
            if name in selector and not isinstance(selector[name], str):
                return _("A selector has more than one “%(name)s”, or one that is no text.") % {"name": name}
        if selector.get("type") == "TextPositionSelector" and not all(
            type(selector.get(name)) is int and selector[name] >= 0 for name in ("start", "end")
        ):
            return _("A TextPositionSelector has a start and an end, whole numbers from 0.")
    return None


def listed(value: Any) -> list[Any]:
    """Return the values of a property, of which there may be none, one or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def selectors_of(target: Row) -> list[Row]:
    """Return the selectors of a target, those that refine another after it."""
    found = [each for each in listed(target.get("selector")) if isinstance(each, dict)]
    for each in found:
        if len(found) > 50:
            break
        found += [inner for inner in listed(each.get("refinedBy")) if isinstance(inner, dict)]
    return found


@dataclass(frozen=True, slots=True)
class Pointed:
    """Where a target points: the IRI of its source, and the passage, of which there is none for the whole."""

    source: str
    passage: Row | None
    others: tuple[str, ...] = ()
    target: Row = field(default_factory=dict)


def pointed(target: Any) -> Pointed:
    """Return where a target points. A position that refines another selector does not count from the text's start."""
    if isinstance(target, str):
        return Pointed(target, None)
    source = target.get("source", target.get("id", ""))
    iri = source.get("id", "") if isinstance(source, dict) else source
    outer = [each for each in listed(target.get("selector")) if isinstance(each, dict)]
    passage: Row = {}
    for each in selectors_of(target):
        if each.get("type") == "TextQuoteSelector" and each.get("exact"):
            passage |= {"quote": each["exact"], "prefix": each.get("prefix", ""), "suffix": each.get("suffix", "")}
        elif each.get("type") == "TextPositionSelector" and each in outer:
            passage |= {"start": each["start"], "end": each["end"]}
    kinds = tuple(str(each.get("type", "")) for each in selectors_of(target))
    return Pointed(iri if isinstance(iri, str) else "", passage or None, kinds, target)


def said_by(given: Row) -> Row:
    """Return what an annotation says, in the fields of the native format: label, note, attributes, who and when."""
    motivations = [each for each in listed(given.get("motivation")) if isinstance(each, str)]
    tags: list[str] = []
    classes: list[str] = []
    notes: list[str] = []
    attributes: Row = dict(own) if isinstance(own := given.get("workbench:attributes"), dict) else {}
    bodies = listed(given.get("body")) + listed(given.get("bodyValue"))
    for body in bodies:
        _take_body(body, motivations, tags, classes, notes, attributes)
    label = next(iter([*tags, *map(_last_part, classes), *motivations]), "highlighting")
    if tags[1:]:
        attributes["tags"] = tags[1:]
    foreign = [each for each in classes if not each.startswith(OURS)]
    if foreign:
        attributes["classified_as"] = foreign
    rest = {name: value for name, value in given.items() if name not in _KNOWN and not name.startswith("workbench:")}
    if rest:
        attributes["w3c"] = rest
    return {
        "label_name": label[:100],
        "note": "\n".join(notes),
        "attributes": attributes,
        "annotator": _creator(given.get("creator")),
        **_times(given),
        **_ours(given),
    }


def _take_body(
    body: Any, motivations: list[str], tags: list[str], classes: list[str], notes: list[str], attributes: Row
) -> None:
    if isinstance(body, str):
        is_iri = _IRI_WITH_SCHEME.fullmatch(body)
        (attributes.setdefault("links", []) if is_iri else notes).append(body)
        return
    if not isinstance(body, dict):
        attributes.setdefault("bodies", []).append(body)
        return
    purposes = {each for each in listed(body.get("purpose")) if isinstance(each, str)} or set(motivations)
    source = body.get("source", body.get("id"))
    source = source.get("id") if isinstance(source, dict) else source
    value = body.get("value")
    if isinstance(value, str) and value.strip():
        is_note = not purposes & _TAGS or (bool(body.get("format")) and purposes & {"commenting", "describing"})
        (notes if is_note else tags).append(value if is_note else value.strip())
    elif isinstance(source, str) and purposes & _TAGS:
        classes.append(source)
    elif isinstance(source, str) and (purposes & _LINKS or not purposes) and "selector" not in body:
        attributes.setdefault("links", []).append(source)
    else:
        attributes.setdefault("bodies", []).append(body)


def _last_part(iri: str) -> str:
    return re.split(r"[/#:]", iri.rstrip("/#"))[-1] or iri


def _creator(value: Any) -> str:
    for each in listed(value):
        if isinstance(each, str):
            return each[:100]
        if isinstance(each, dict):
            names = (each.get(name) for name in ("nickname", "name", "id"))
            found = next((name for name in names if isinstance(name, str) and name.strip()), "")
            return found.strip()[:100]
    return ""


def _times(given: Row) -> Row:
    """Return when it was made and changed, where the time says its zone."""
    times: Row = {}
    for ours, theirs in (("created_at", "created"), ("updated_at", "modified")):
        value = given.get(theirs)
        found = parse_date(value) if isinstance(value, str) else None
        if found is not None and hasattr(found, "tzinfo"):
            times[ours] = found.isoformat()
    return times


def _ours(given: Row) -> Row:
    """Return what our own export says besides."""
    own = {name: given.get(f"workbench:{name}") for name in ("layer", "confidence")}
    return {name: value for name, value in own.items() if value is not None}


def key_of(given: Row, number: int, n_targets: int) -> str | None:
    """Return the key of an annotation: our own, else one made of its IRI; None where it has no id."""
    own_id = given.get("id")
    if not isinstance(own_id, str):
        return None
    ours = uuid_in(own_id)
    if ours and n_targets == 1:
        return ours
    return str(uuid.uuid5(NAMESPACE, f"{own_id}#{number}"))


def uuid_in(iri: Any) -> str | None:
    """Return the key in the IRI of an annotation of ours."""
    found = _UUID.fullmatch(iri) if isinstance(iri, str) else None
    return found.group(1).lower() if found else None
