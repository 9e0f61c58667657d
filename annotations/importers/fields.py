"""Our own field names, checked.

From the fields of one JSON object or CSV row to an ImportedArticle, or to its problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson
from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.annotations_in_file import read_annotations
from annotations.importers.checking import BadValue
from annotations.importers.composing import (
    candidates_in,
    dates_in,
    stated_dates,
    title_from,
    zones_of,
)
from annotations.importers.json_items import unusable_value
from annotations.importers.records import (
    ImportedArticle,
    ImportedLink,
    ImportedZone,
    Problem,
    RawPointer,
    rejected,
)
from annotations.importers.withheld_in_file import take_withheld, with_withheld
from annotations.text.ids import id_from_path
from annotations.text.language import direction_of, language_tag
from annotations.text.normalise import Normalised, UnusableText, normalise
from annotations.text.spans import Span, text_sha256
from annotations.text.urls import BadUrl, canonical_url, check_source_url
from annotations.text.zones import KINDS

FIELDS = (
    "external_id",
    "title",
    "text",
    "publisher",
    "published_at",
    "posted_at",
    "url",
    "language",
    "direction",
    "metadata",
    "regions",
    "links",
    "annotations",
)
"""The fields of an article; others are kept in its metadata."""
ALIASES = {
    "id": "external_id",
    "headline": "title",
    "body": "text",
    "published": "published_at",
    "date": "published_at",
    "posted": "posted_at",
    "link": "url",
    "lang": "language",
}
"""Other names that are understood where our own name is not there."""
NATIVE_ONLY = ("type", "text_sha256", "normaliser", "version", "assignments", "in_round")
"""Fields of the native format that are checked or carried by themselves, not kept in the metadata."""
NATIVE_SHAPES: dict[str, Callable[[Any], bool]] = {
    "relations": lambda each: isinstance(each, dict) and "from" in each and "to" in each,
    "article_labels": lambda each: isinstance(each, dict) and "label" in each,
    "suggestions": lambda each: isinstance(each, dict) and "label" in each and "start" in each,
    "threads": lambda each: isinstance(each, dict) and isinstance(each.get("comments"), list),
    "adjudications": lambda each: isinstance(each, dict) and "state" in each and "annotator" in each,
    "rulings": lambda each: isinstance(each, dict) and "outcome" in each and "sources" in each,
    "sentences": lambda each: isinstance(each, list) and [type(offset) for offset in each] == [int, int],
    "earlier_versions": lambda each: isinstance(each, dict) and ("text" in each or "withheld_at" in each),
}
"""Lists of the native format; other files give these names to things of their own, which are kept in the metadata."""
HISTORY_OF_ZONES = ("key", "marked_by", "version", "created_at", "withdrawn_at", "revisions")
"""What a native file says of a zone that somebody marked or changed."""
REFERENCES = ("repost_of", "merged_into")
"""Fields that name another article of the project by its external id."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?")


@dataclass(slots=True)
class Place:
    """Where a record stands: for its problems, and for an id where it names none.

    `is_plain` says that no string of it holds what cannot be stored, so that each need not be looked at.
    """

    file: str
    line: int | None
    path: str
    is_one_of_many: bool = False
    is_plain: bool = False
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, value: Any, message: str) -> None:
        """Note a problem for which the record is not imported."""
        if len(self.problems) < limits.PROBLEMS_IN_A_RECORD:
            self.problems.append(Problem(self.file, self.line, name, shown(value), message))

    def remark(self, name: str, value: Any, message: str) -> None:
        """Note a problem with which the record is imported all the same."""
        if len(self.remarks) < limits.PROBLEMS_IN_A_RECORD:
            self.remarks.append(Problem(self.file, self.line, name, shown(value), message, is_rejection=False))

    def leave_out(self, name: str, value: Any, message: str) -> None:
        """Note a problem for which a part of the record is not imported, while the record itself is."""
        if len(self.remarks) < limits.PROBLEMS_IN_A_RECORD:
            self.remarks.append(Problem(self.file, self.line, name, shown(value), message, False, leaves_out=name))


def shown(value: Any) -> str:
    """Return a value as a problem repeats it.

    >>> shown({"a": 1}), shown("a")
    ('{"a":1}', 'a')
    """
    if isinstance(value, str):
        return value[:500]
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode("utf-8")[:500]
    except (TypeError, orjson.JSONEncodeError):
        return type(value).__name__


def read_fields(
    given: Mapping[str, Any], place: Place, raw: RawPointer | None = None, names: Mapping[str, str] | None = None
) -> list[ImportedArticle | Problem]:
    """Return the article of one record with its remarks, or its problems where it has to be rejected.

    `names` maps names in the file to ours.
    """
    fields, others = _by_our_names(given, names or {})
    article = _article(fields, others, place, raw)
    if article is None or place.problems:
        return [*rejected(place.problems), *place.remarks]
    return [article, *place.remarks]


def _by_our_names(given: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide a record into our fields and others. Named by the map comes first, then our own name, then an alias."""
    fields: dict[str, Any] = {}
    others: dict[str, Any] = {}
    mapped = {written: ours for written, ours in names.items() if written in given and ours in FIELDS}
    for written, ours in mapped.items():
        fields[ours] = given[written]
    for written, value in given.items():
        if written in mapped:
            continue
        ours = written if written in FIELDS else ALIASES.get(written, "")
        is_free = ours and ours not in fields and (ours == written or ours not in given)
        if is_free:
            fields[ours] = value
        else:
            others[written] = value
    return fields, others


def _article(
    fields: dict[str, Any], others: dict[str, Any], place: Place, raw: RawPointer | None
) -> ImportedArticle | None:
    normalised = _text(fields, others, place)
    metadata = _metadata(fields, others, place)
    url = _url(fields.get("url"), place)
    title = _string(fields, "title", place, limits.TITLE_LENGTH)
    publisher = _string(fields, "publisher", place, limits.PUBLISHER_LENGTH)
    language = _language(fields.get("language"), place)
    given_id = _string(fields, "external_id", place, limits.EXTERNAL_ID_LENGTH)
    published_at = read_date(fields.get("published_at"), "published_at", place)
    posted_at = read_date(fields.get("posted_at"), "posted_at", place)
    direction = _direction(fields.get("direction"), place)
    if normalised is None or place.problems:
        return None
    text = normalised.text
    title = title or title_from(text, place.path)
    zones = _zones(fields, title, normalised, place)
    dates = dates_in(text, zones)
    if "published_at" not in fields:
        published_at, stated_posted = stated_dates(dates)
        posted_at = posted_at or (None if "posted_at" in fields else stated_posted)
    return ImportedArticle(
        external_id=given_id or _own_id(url, text, place),
        title=title,
        text=text,
        publisher=publisher or None,
        published_at=published_at,
        posted_at=posted_at,
        url=url,
        language=language,
        direction=direction or (direction_of(language) if language else direction_of(text)),
        metadata=metadata,
        links=_links(fields.get("links"), normalised, place),
        zones=zones,
        version=_version(others.get("version"), place),
        in_round=others["in_round"] if type(others.get("in_round")) is int else None,
        raw=raw,
        file=place.file,
        line=place.line,
        candidates=candidates_in(text, dates, zones, "" if publisher else url),
        earlier_versions=tuple(_earlier_versions(others, place)),
        rulings=tuple(_native(others, "rulings")),
        text_sha256=text_sha256(text).hex(),
        **_on_text({**others, **fields}, normalised, place),
    )


def _on_text(given: Mapping[str, Any], normalised: Normalised, place: Place) -> dict[str, Any]:
    """Return what lies on a text: judgements, suggestions, assignments and stated sentences."""
    raw = given["text"]
    return {
        "annotations": read_annotations(given.get("annotations"), raw, normalised, place),
        "assignments": tuple(_listed(given.get("assignments"), "assignments", place)),
        "suggestions": read_annotations(_native(given, "suggestions"), raw, normalised, place, "suggestions"),
        "relations": tuple(_native(given, "relations")),
        "article_labels": tuple(_native(given, "article_labels")),
        "threads": tuple(_native(given, "threads")),
        "adjudications": tuple(_native(given, "adjudications")),
        "sentences": _sentences(_native(given, "sentences"), normalised, place),
    }


def _native(given: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of the native format; [] where what stands under its name is something else."""
    return given[name] if is_native(name, given.get(name)) else []


def is_native(name: str, value: Any) -> bool:
    """Tell whether a field has the shape that the native format gives it."""
    return isinstance(value, list) and all(map(NATIVE_SHAPES[name], value))


def _sentences(given: list[Any], normalised: Normalised, place: Place) -> tuple[tuple[int, int], ...]:
    spans = [_span({"start": start, "end": end}, normalised, "sentences", place) for start, end in given]
    return tuple((span.start, span.end) for span in spans if span is not None)


def _earlier_versions(others: Mapping[str, Any], place: Place) -> Iterator[ImportedArticle]:
    """Yield the texts that an article had before; one that cannot be taken becomes a remark."""
    for number, given in enumerate(_native(others, "earlier_versions")):
        inner = Place(place.file, place.line, place.path)
        try:
            given, withheld = take_withheld(given)
        except BadValue as bad:
            place.remark(f"earlier_versions.{number}.{bad.field}", bad.value, bad.message)
            continue
        normalised = _text(given, given, inner)
        if normalised is not None:
            earlier = ImportedArticle(
                external_id="",  # the article it belongs to has it
                title="",
                text=normalised.text,
                zones=_zones({"regions": [], **given}, "", normalised, inner),
                links=_links(given.get("links"), normalised, inner),
                version=_version(given.get("version"), inner),
                file=place.file,
                line=place.line,
                **_on_text(given, normalised, inner),
            )
            yield with_withheld(earlier, withheld) if withheld else earlier
        for problem in (*inner.problems, *inner.remarks):
            place.remark(f"earlier_versions.{number}.{problem.field}", problem.value, problem.message)


def _own_id(url: str, text: str, place: Place) -> str:
    """Return the id of a record that names none; of many in one file the text's digest tells them apart."""
    if url:
        return id_from_path(canonical_url(url))
    digest = f"#{text_sha256(text).hex()[:16]}" if place.is_one_of_many else ""
    return id_from_path(place.path + digest)


def _text(fields: dict[str, Any], others: dict[str, Any], place: Place) -> Normalised | None:
    raw = fields.get("text")
    if raw is None and others.get("text_sha256"):
        message = _("The article comes without its text. Give the texts with it: import_corpus --texts FOLDER.")
        place.refuse("text", None, message)
        return None
    if raw is None:
        place.refuse("text", None, _("The article has no text. Give it in the field “text”."))
        return None
    if not isinstance(raw, str):
        place.refuse("text", raw, _("The text is not a string. Write it in quotation marks."))
        return None
    if not raw.strip():
        place.refuse("text", raw, _("The text is empty. Leave the article out or give its text."))
        return None
    try:
        normalised = normalise(raw, is_usable=place.is_plain)
    except UnusableText as error:
        place.refuse("text", raw[max(0, error.offset - 20) : error.offset + 20], unusable_sentence(error))
        return None
    digest = others.get("text_sha256")
    if digest is not None and not any(digest == text_sha256(text).hex() for text in (normalised.text, raw)):
        place.refuse("text_sha256", digest, _("This is not the SHA-256 of the text. The text was changed after it."))
        return None
    return normalised


def unusable_sentence(error: UnusableText) -> str:
    """Return the sentence for a text that cannot be stored, in the reader's language."""
    if error.code == "nul":
        return _("The character at offset %(offset)s is NUL. Remove it.") % {"offset": error.offset}
    message = _("The character at offset %(offset)s is half of a surrogate pair. Write the whole character.")
    return message % {"offset": error.offset}


def _metadata(fields: dict[str, Any], others: dict[str, Any], place: Place) -> dict[str, Any]:
    given = fields.get("metadata")
    if given is not None and not isinstance(given, dict):
        place.refuse("metadata", given, _("The metadata is not an object. Write it in curly brackets."))
        return {}
    kept = {name: value for name, value in others.items() if not _is_ours(name, value) and value not in (None, "")}
    if others.get("type") not in (None, "article"):
        kept["type"] = others["type"]
    metadata = {**kept, **(given or {})}
    for name, value in metadata.items():
        sentence = None if place.is_plain and isinstance(value, str) else unusable_value([name, value])
        if sentence:
            place.refuse(name, value, sentence)
    return metadata


def _is_ours(name: str, value: Any) -> bool:
    if name in NATIVE_SHAPES:
        return is_native(name, value)
    return name in NATIVE_ONLY or (name in REFERENCES and isinstance(value, str))


def _string(fields: dict[str, Any], name: str, place: Place, longest: int) -> str:
    """Return a short string field with its spaces made plain; "" where it is not given."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and name == "external_id":
        value = str(value)
    if not isinstance(value, str):
        place.refuse(name, value, _("This is not a string. Write it in quotation marks."))
        return ""
    sentence = None if place.is_plain else unusable_value(value)
    if sentence:
        place.refuse(name, value, sentence)
        return ""
    words = value.strip() if name == "external_id" else " ".join(value.split())
    if len(words) > longest:
        message = _("This is longer than %(count)s characters. Shorten it.") % {"count": longest}
        place.refuse(name, value, message)
        return ""
    return words


def _url(value: Any, place: Place) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str):
        place.refuse("url", value, _("This is not a string. Write it in quotation marks."))
        return ""
    try:
        return check_source_url(value)
    except BadUrl as error:
        place.refuse("url", value, error.message)
        return ""


def _language(value: Any, place: Place) -> str | None:
    if value in (None, ""):
        return None
    tag = language_tag(value) if isinstance(value, str) else None
    if tag is None or len(tag) > 35:
        place.refuse("language", value, _("This is not a language tag. Write one such as en or pt-BR."))
        return None
    return tag


def _direction(value: Any, place: Place) -> str | None:
    if value in (None, ""):
        return None
    if value not in ("ltr", "rtl"):
        place.refuse("direction", value, _("This is not a direction. Write ltr or rtl."))
        return None
    return str(value)


def read_date(value: Any, name: str, place: Place) -> date | datetime | None:
    """Return a date, or a time in UTC. A time that does not say its zone gives its date alone."""
    if value in (None, ""):
        return None
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        message = _('"%(value)s" is not a date. Write YYYY-MM-DD.') % {"value": shown(value)[:40]}
        place.refuse(name, value, message)
    return found


def parse_date(written: str) -> date | datetime | None:
    """Return the date or the time in UTC that is written in the ISO form, else None.

    >>> parse_date("2018-11-15T09:25:09-05:00").isoformat(), parse_date("31.02.2024")
    ('2018-11-15T14:25:09+00:00', None)
    """
    words = written.strip()
    try:
        if _DAY.fullmatch(words):
            return date.fromisoformat(words)
        if not _TIME.fullmatch(words):
            return None
        clock = datetime.fromisoformat(words.replace(",", ".").replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
        return clock.date() if clock.tzinfo is None else clock.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_moment(written: Any) -> str | None:
    """Return a time that says its zone in the ISO form in UTC; None for anything else.

    >>> parse_moment("2024-05-15T12:09:16.789536Z"), parse_moment("2024-05-15")
    ('2024-05-15T12:09:16.789536+00:00', None)
    """
    found = parse_date(written) if isinstance(written, str) else None
    return found.isoformat() if isinstance(found, datetime) else None


def _zones(fields: dict[str, Any], title: str, normalised: Normalised, place: Place) -> tuple[ImportedZone, ...]:
    if fields.get("regions") is None:
        return zones_of(normalised.text, title)
    listed: list[ImportedZone] = []
    for given in _listed(fields["regions"], "regions", place):
        span = _span(given, normalised, "regions", place)
        if span is None:
            continue
        publisher, url = given.get("publisher"), given.get("url") or ""
        if given.get("kind") not in KINDS:
            place.remark("regions", given, _("This kind of region is not known. Write one of: %s.") % ", ".join(KINDS))
        elif publisher is not None and not (isinstance(publisher, str) and 0 < len(publisher.strip()) <= 200):
            place.remark("regions", given, _("The publisher of this region is not a name."))
        else:
            history = {name: given[name] for name in HISTORY_OF_ZONES if given.get(name) is not None}
            address = _address_of_zone(url, given, place)
            listed.append(ImportedZone(given["kind"], span.start, span.end, publisher, address, history or None))
    return tuple(listed)


def _address_of_zone(url: Any, given: dict[str, Any], place: Place) -> str:
    try:
        return check_source_url(str(url)) if url else ""
    except BadUrl as error:
        place.remark("regions", given, error.message)
        return ""


def _version(value: Any, place: Place) -> int:
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 2_000_000_000:
        place.remark("version", value, _("The number of a version is a whole number from 1 up."))
        return 1
    return value


def _links(value: Any, normalised: Normalised, place: Place) -> tuple[ImportedLink, ...]:
    listed: list[ImportedLink] = []
    for given in _listed(value, "links", place):
        span = _span(given, normalised, "links", place)
        if span is None:
            continue
        try:
            listed.append(ImportedLink(span.start, span.end, check_source_url(str(given.get("url") or ""))))
        except BadUrl as error:
            place.remark("links", given, error.message)
    return tuple(listed[: limits.LINKS])


def _listed(value: Any, name: str, place: Place) -> Iterable[dict[str, Any]]:
    """Yield the objects of a list; what is not one becomes a remark."""
    if value in (None, ""):
        return
    if not isinstance(value, list):
        place.remark(name, value, _("This is not a list. Write it in square brackets."))
        return
    for each in value:
        if isinstance(each, dict):
            yield each
        else:
            place.remark(name, each, _("This is not an object. Write it in curly brackets."))


def _span(given: dict[str, Any], normalised: Normalised, name: str, place: Place) -> Span | None:
    """Return a span of the file as one of the normalised text; a wrong one becomes a remark."""
    start, end = given.get("start"), given.get("end")
    if isinstance(start, bool) or isinstance(end, bool) or not isinstance(start, int) or not isinstance(end, int):
        place.remark(name, given, _("“start” and “end” have to be whole numbers."))
        return None
    raw_length = len(normalised.text) + len(normalised.offsets.removed)
    if not 0 <= start < end <= raw_length:
        message = _("The span %(start)s to %(end)s is not within the text of %(length)s characters.")
        place.remark(name, given, message % {"start": start, "end": end, "length": raw_length})
        return None
    return normalised.offsets.span_to_text(Span(start, end))
