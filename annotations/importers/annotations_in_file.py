"""Annotations that come with an article: spans and quotes checked in the file's text and in the normalised one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers.json_items import is_plain, unusable_value
from annotations.text.normalise import Normalised
from annotations.text.spans import Span

if TYPE_CHECKING:
    from annotations.importers.fields import Place


def read_annotations(
    value: Any, raw: str, normalised: Normalised, place: Place, name: str = "annotations"
) -> tuple[dict[str, Any], ...]:
    """Return the annotations that hold, with offsets in the normalised text; each other one is a problem.

    Suggestions, which are labels on spans as well, are read alike under their own name.
    """
    if value in (None, ""):
        return ()
    if not isinstance(value, list):
        place.leave_out(name, value, _("This is not a list. Write it in square brackets."))
        return ()
    kept: list[dict[str, Any]] = []
    keys: set[str] = set()
    are_plain = is_plain(value)  # all at once, so that mostly none is looked at alone
    for given in value:
        if are_plain and _holds_as_it_stands(given, normalised, keys):
            kept.append(given)
            continue
        unusable = None if are_plain or not isinstance(given, dict) else unusable_value(given)
        sentence = unusable or _refusal(given, raw, keys)
        if sentence:
            place.leave_out(name, given, sentence)
        else:
            kept.append(_moved(given, normalised))
    return tuple(kept)


def _holds_as_it_stands(given: Any, normalised: Normalised, keys: set[str]) -> bool:
    """Tell of the usual annotation, with a key and no gap in a text that was not changed, that nothing is to be said.

    False means that it has to be looked at. Notes the key. What stands around the quote is read in the text.
    """
    if type(given) is not dict or normalised.offsets.removed or given.get("fragments"):
        return False
    key, label, start, end = given.get("key"), given.get("label"), given.get("start"), given.get("end")
    if type(key) is not str or type(label) is not str or type(start) is not int or type(end) is not int:
        return False
    if not key or not label or key in keys or not 0 <= start < end:
        return False
    if normalised.text[start:end] != given.get("quote") or end > len(normalised.text):
        return False
    keys.add(key)
    given.pop("prefix", None)
    given.pop("suffix", None)
    return True


def _refusal(given: Any, raw: str, keys: set[str]) -> str | None:
    """Return why an annotation is left out, or None where it holds."""
    if not isinstance(given, dict):
        return _("This is not an object. Write it in curly brackets.")
    key, label = given.get("key"), given.get("label")
    if key is not None and not isinstance(key, str):
        return _("The key of this annotation is not a string.")
    if not isinstance(label, str) or not label:
        return _("The annotation has no label. Name one in the field “label”.")
    if key in keys:
        return _("Two annotations of the article have this key. Give each its own.")
    sentence = _wrong_span(given, raw) or _wrong_fragments(given, raw)
    if sentence:
        return sentence
    if key:
        keys.add(key)
    return None


def _wrong_fragments(given: dict[str, Any], raw: str) -> str | None:
    fragments = given.get("fragments")
    if not fragments:
        return None
    if not isinstance(fragments, list) or not all(isinstance(each, dict) for each in fragments):
        return _("The fragments are not a list of objects.")
    sentence = next((wrong for wrong in (_wrong_span(each, raw) for each in fragments) if wrong), None)
    whole = Span(given["start"], given["end"])
    if sentence is None and not all(whole.holds(Span(each["start"], each["end"])) for each in fragments):
        return _("A fragment lies outside its annotation.")
    return sentence


def _wrong_span(part: dict[str, Any], raw: str) -> str | None:
    start, end, words = part.get("start"), part.get("end"), part.get("quote")
    if isinstance(start, bool) or isinstance(end, bool) or not isinstance(start, int) or not isinstance(end, int):
        return _("“start” and “end” have to be whole numbers.")
    if not 0 <= start < end <= len(raw):
        message = _("The span %(start)s to %(end)s is not within the text of %(length)s characters.")
        return message % {"start": start, "end": end, "length": len(raw)}
    if words is None or raw[start:end] == words:
        return None
    if not isinstance(words, str):
        return _("The quote is not a string. Write it in quotation marks.")
    if _in_utf_16(raw, start, end) == words:
        return _("The offsets count UTF-16 units. Count Unicode code points: each emoji is one.")
    message = _("The text at %(start)s to %(end)s is “%(found)s”, not the quote. Mend the span or the quote.")
    return message % {"start": start, "end": end, "found": raw[start:end][:60]}


def _in_utf_16(raw: str, start: int, end: int) -> str:
    return raw.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le", "replace")


def _moved(given: dict[str, Any], normalised: Normalised) -> dict[str, Any]:
    """Return the annotation with its span and quote in the normalised text; what stands around it is read there."""
    moved = {**given, **_part(given, normalised)}
    moved.pop("prefix", None)
    moved.pop("suffix", None)
    if given.get("fragments"):
        moved["fragments"] = [{**each, **_part(each, normalised)} for each in given["fragments"]]
    if normalised.offsets.removed and isinstance(given.get("revisions"), list):
        raw_length = len(normalised.text) + len(normalised.offsets.removed)
        moved["revisions"] = [_moved_state(each, raw_length, normalised) for each in given["revisions"]]
    return moved


def _moved_state(state: Any, raw_length: int, normalised: Normalised) -> Any:
    """Return an earlier state with its span moved; one without a span that holds is refused where it is checked."""
    start, end = (state.get("start"), state.get("end")) if isinstance(state, dict) else (None, None)
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= raw_length:
        return state
    return {**state, **_part(state, normalised)}


def _part(part: dict[str, Any], normalised: Normalised) -> dict[str, Any]:
    if not normalised.offsets.removed:
        start, end = part["start"], part["end"]
        return {"start": start, "end": end, "quote": normalised.text[start:end]}
    span = normalised.offsets.span_to_text(Span(part["start"], part["end"]))
    return {"start": span.start, "end": span.end, "quote": span.text_of(normalised.text)}
