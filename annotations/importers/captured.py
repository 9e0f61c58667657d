"""What a native file says of sources beside their addresses: captures, looks, and passages of captures.

A capture is known by its source, its time and the hash of its bytes; of two files that hold it the first is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Article, Capture, Source, SourceCheck
from annotations.text.normalise import UnusableText, normalise
from annotations.text.spans import text_sha256
from annotations.text.urls import BadUrl, canonical_url, check_source_url, is_name_of_its_own, url_sha256
from annotations.workflow.articles import NORMALISER
from annotations.workflow.source_looks import put_state_right

from . import checking
from .checking import BadValue
from .context import PSEUDONYM_LENGTH, Context
from .files_apart import files_kept
from .tally import Tally

MOST_TEXT = 10_000_000
MOST_LISTED = 1_000
Values = dict[str, Any]
Named = tuple[datetime, bytes]
"""What tells a capture from the others of its source: when it was fetched, and the SHA-256 of its bytes."""


def facts_of_source(data: Values) -> Values:
    """Return what is known of a page besides title and publisher, checked. Raises `BadValue`."""
    published_at, precision = _published(data)
    return {
        "author": checking.text(data, "author", most=500, default=""),
        "published_at": published_at,
        "published_precision": precision,
        "medium": checking.one_of(data, "medium", Source.Medium.values, default=""),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "captures": [_capture(each) for each in checking.listed(data, "captures")[:MOST_LISTED]],
        "looks": [_look(each) for each in checking.listed(data, "looks")[:MOST_LISTED]],
    }


def people_in(sources: Iterable[Values]) -> set[str]:
    """Return who asked for what was captured, and who looked."""
    rows = [row for source in sources for name in ("captures", "looks") for row in source.get(name, ())]
    return {row["annotator"] for row in rows if row["annotator"]}


def named(data: Values) -> Named:
    """Return what names a capture. Raises `BadValue`."""
    fetched_at = checking.moment(data, "fetched_at")
    if fetched_at is None:
        raise BadValue("fetched_at", "", _("Say when it was fetched."))
    return fetched_at, _digest(data, "sha256")


def _published(data: Values) -> tuple[datetime | None, str]:
    precision = checking.one_of(data, "published_precision", Article.Precision.values, default="second")
    return checking.moment(data, "published_at"), precision


def _digest(data: Values, field: str) -> bytes:
    written = checking.text(data, field, most=64)
    try:
        found = bytes.fromhex(written)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise BadValue(field, written, _("A SHA-256 is 64 digits from 0 to f."))
    return found


def _url(data: Values, field: str) -> str:
    written = checking.text(data, field, most=10_000, default="")
    try:
        return check_source_url(written) if written else ""
    except BadUrl as error:
        raise BadValue(field, written, error.message) from None


def _capture(data: Values) -> Values:
    published_at, precision = _published(data)
    fetched_at, sha256 = named(data)
    text = checking.text(data, "text", most=MOST_TEXT, default="") if "text" in data else None
    words = ""
    if text is not None:
        try:
            words = normalise(text).text
        except UnusableText as error:
            raise BadValue("text", text[:40], error.message) from None
        if "text_sha256" in data and text_sha256(words) != _digest(data, "text_sha256"):
            raise BadValue("text_sha256", str(data["text_sha256"]), _("The text is not the one that was hashed."))
    withheld_at = checking.moment(data, "withheld_at")
    is_withheld = text is None and withheld_at is not None
    status = checking.whole(data, "status", default=0)
    return {
        "has_words": text is not None or is_withheld,
        "annotator": checking.text(data, "annotator", most=PSEUDONYM_LENGTH, default="").strip(),
        "row": {
            "how": checking.one_of(data, "how", Capture.How.values),
            "fetched_at": fetched_at,
            "sha256": sha256,
            "size": checking.whole(data, "size"),
            "status": status if 0 < status < 1000 else None,
            "final_url": _url(data, "final_url"),
            "archive_url": _url(data, "archive_url"),
            "media_type": checking.text(data, "media_type", most=100, default=""),
            "extractor": checking.text(data, "extractor", most=60, default=""),
            "normaliser": checking.text(data, "normaliser", most=60, default=NORMALISER),
            "title": checking.text(data, "title", most=1000, default=""),
            "author": checking.text(data, "author", most=500, default=""),
            "publisher_name": checking.text(data, "publisher", most=200, default=""),
            "language": checking.text(data, "language", most=35, default=""),
            "published_at": published_at,
            "published_precision": precision,
            "text": words,
            "length": checking.whole(data, "length") if is_withheld else len(words),
            "text_sha256": _digest(data, "text_sha256") if is_withheld else text_sha256(words),
            "withheld_at": withheld_at,
            "version_number": checking.whole(data, "version", least=1, default=1),
        },
    }


def _look(data: Values) -> Values:
    checked_at = checking.moment(data, "checked_at")
    if checked_at is None:
        raise BadValue("checked_at", "", _("Say when the page was looked at."))
    hops = [
        {"url": checking.text(hop, "url", most=2_000), "status": checking.whole(hop, "status")}
        for hop in checking.listed(data, "hops")[:20]
    ]
    status = checking.whole(data, "status", default=0)
    return {
        "annotator": checking.text(data, "annotator", most=PSEUDONYM_LENGTH, default="").strip(),
        "capture": named(checking.carried(data, "capture")) if data.get("capture") else None,
        "row": {
            "checked_at": checked_at,
            "outcome": checking.one_of(data, "outcome", SourceCheck.Outcome.values),
            "status": status if 0 < status < 1000 else None,
            "final_url": _url(data, "final_url"),
            "hops": hops,
            "note": checking.text(data, "note", most=1000, default=""),
        },
    }


def write_captured(sources: dict[int, Values], context: Context, tally: Tally) -> None:
    """Write captures and looks of sources, by their ids, and put the sources' states right; what is there stays."""
    with_any = {pk: values for pk, values in sources.items() if values.get("captures") or values.get("looks")}
    if not with_any:
        return
    known = captures_known(with_any, context)
    digests = {each["row"]["sha256"] for values in with_any.values() for each in values["captures"]}
    files = files_kept(digests, context.job)
    new = [
        Capture(
            project=context.project,
            source_id=pk,
            requested_by_id=context.person(each["annotator"]) if each["annotator"] else None,
            created_by_job_id=context.job.pk,
            raw_file_id=None if each["row"]["withheld_at"] else files.get(each["row"]["sha256"]),
            **each["row"],
        )
        for pk, values in with_any.items()
        for each in values["captures"]
        if each["has_words"] and (pk, each["row"]["fetched_at"], each["row"]["sha256"]) not in known
    ]
    Capture.objects.bulk_create(new, batch_size=200)
    for sha256, file in files.items():  # of captures that were here without their files
        here = Capture.objects.filter(source__in=with_any, sha256=sha256, withheld_at__isnull=True)
        here.filter(raw_file__isnull=True).update(raw_file=file)
    tally.others["captures_created"] += len(new)
    tally.others["looks_created"] += _write_looks(with_any, captures_known(with_any, context), context)
    for source in Source.objects.filter(pk__in=with_any):
        put_state_right(source)


def captures_known(sources: Iterable[int], context: Context) -> dict[tuple[int, datetime, bytes], tuple[int, int]]:
    """Return id and length of the captures of sources, by source and name; 1 query."""
    rows = Capture.objects.filter(project=context.project, source__in=list(sources)).order_by("-pk")
    found = rows.values_list("source_id", "fetched_at", "sha256", "pk", "length")
    return {(source, at, bytes(sha256)): (pk, length) for source, at, sha256, pk, length in found}


def _write_looks(
    sources: dict[int, Values], captures: dict[tuple[int, datetime, bytes], tuple[int, int]], context: Context
) -> int:
    there: dict[int, set[Any]] = defaultdict(set)
    rows = SourceCheck.objects.filter(source__in=list(sources))
    for source, at, outcome, person in rows.values_list("source_id", "checked_at", "outcome", "requested_by_id"):
        there[source].add((at, outcome, person))
    new = []
    for pk, values in sources.items():
        for look in values["looks"]:
            by = context.person(look["annotator"]) if look["annotator"] else None
            capture = captures.get((pk, *look["capture"])) if look["capture"] else None
            is_of_capture = look["row"]["outcome"] in (SourceCheck.Outcome.CAPTURED, SourceCheck.Outcome.UNCHANGED)
            name = (look["row"]["checked_at"], look["row"]["outcome"], by)
            if name in there[pk] or (is_of_capture and capture is None):  # a capture without its text is not here
                continue
            new.append(
                SourceCheck(
                    project=context.project,
                    source_id=pk,
                    requested_by_id=by,
                    capture_id=capture[0] if capture else None,
                    created_by_job_id=context.job.pk,
                    **look["row"],
                )
            )
    SourceCheck.objects.bulk_create(new, batch_size=500)
    return len(new)


def words_of(captures: Iterable[int]) -> dict[int, tuple[str, bool]]:
    """Return the texts of captures by id, and whether each is withheld; 1 query."""
    rows = Capture.objects.filter(pk__in=list(captures)).values_list("pk", "text", "withheld_at")
    return {pk: (text, withheld_at is not None) for pk, text, withheld_at in rows}


# Passages of captures


@dataclass(frozen=True, slots=True)
class CapturedPassage:
    """A passage of a capture, told by the hash of its source's address, its time and the hash of its bytes."""

    sha256: bytes
    name: Named
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CapturesThere:
    """The captures of some sources that are here, with their UUIDs and texts."""

    sources: dict[bytes, int]
    captures: dict[tuple[int, datetime, bytes], tuple[int, int]]
    texts: dict[int, tuple[str, str]]

    @classmethod
    def of(cls, passages: Iterable[CapturedPassage], context: Context) -> CapturesThere:
        """Look them up; at most 3 queries, none where there is no passage."""
        digests = {each.sha256 for each in passages}
        if not digests:
            return cls({}, {}, {})
        sources = Source.objects.filter(project=context.project, url_sha256__in=digests)
        by_digest = {bytes(sha256): pk for sha256, pk in sources.values_list("url_sha256", "pk")}
        captures = captures_known(by_digest.values(), context)
        rows = Capture.objects.filter(pk__in=[pk for pk, _length in captures.values()])
        texts = {pk: (str(uuid), text) for pk, uuid, text in rows.values_list("pk", "uuid", "text")}
        return cls(by_digest, captures, texts)

    def place(self, passage: CapturedPassage, quote: str) -> tuple[dict[str, Any], str]:
        """Return the columns of a passage and its capture's UUID. Raises `BadValue` where its words are not there."""
        pk, length = self.captures.get((self.sources.get(passage.sha256, 0), *passage.name), (0, 0))
        uuid, text = self.texts.get(pk, ("", ""))
        words = text[passage.start : passage.end]
        if not pk or passage.end > length or (quote and words and quote != words):
            raise BadValue(
                "capture",
                passage.name[0].isoformat(),
                _("The capture with this passage is not here, or has other words."),
            )
        return {"capture_id": pk, "length": length, "start": passage.start, "end": passage.end}, uuid


def captured_in(data: dict[str, Any]) -> CapturedPassage:
    """Return the passage of a capture that an object names. Raises `BadValue`."""
    capture = checking.carried(data, "capture")
    given = checking.text(capture, "url", most=10_000)
    try:
        sha256 = url_sha256(given if is_name_of_its_own(given) else canonical_url(check_source_url(given)))
    except BadUrl as error:
        raise BadValue("capture.url", given, error.message) from None
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if start >= end:
        raise BadValue("end", end, _("A passage ends after its start."))
    return CapturedPassage(sha256, named(capture), start, end)
