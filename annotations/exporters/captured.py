"""Sources as records: what is known of each page, what was captured of it, the looks at it, and the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from annotations.access import visible_to
from annotations.models import Capture, Source, SourceCheck
from annotations.workflow.source_sight import ShownSource, shown

from .scope import Scope, ids_in_order
from .values import moment

Row = dict[str, Any]


def source_ids(scope: Scope) -> Iterator[list[int]]:
    """Yield the ids of the sources in batches, by canonical address; texts of a batch have a bound on their length."""
    rows = scope.sources()
    if not scope.holds(Capture):
        return ids_in_order(rows, "canonical_url")
    measured = rows.annotate(text_length=Coalesce(Sum("captures__length"), 0))
    return ids_in_order(measured, "canonical_url", length="text_length")


def source_rows(ids: list[int], scope: Scope, *, with_text: bool) -> Iterator[Row]:
    """Yield one batch of sources with their captures and looks; at most 5 queries."""
    rows = {row.pk: row for row in Source.objects.filter(pk__among=ids).select_related("publisher")}
    known = {each.source.pk: each for each in shown([rows[pk] for pk in ids], scope.membership)}
    captures, looks = _captures(ids, scope, with_text=with_text), _looks(ids, scope)
    for pk in ids:
        yield {
            **_source(known[pk]),
            **({"captures": captures[pk]} if captures[pk] else {}),
            **({"looks": looks[pk]} if looks[pk] else {}),
        }


def files_of(scope: Scope) -> Iterator[tuple[bytes, BinaryIO | None]]:
    """Yield the bytes of captures that are not withheld, each once, by their hash; None where a file is not there."""
    rows = scope.captures().filter(raw_file__isnull=False, withheld_at__isnull=True, size__gt=0)
    last = b""
    for ids in ids_in_order(rows, "sha256"):
        known = Capture.objects.filter(pk__among=ids).select_related("raw_file").defer("text").in_bulk()
        for pk in ids:
            capture = known[pk]
            sha256 = bytes(capture.sha256)
            if sha256 != last:
                yield sha256, _opened(capture)
            last = sha256


def _opened(capture: Capture) -> BinaryIO | None:
    assert capture.raw_file is not None
    try:
        return cast(BinaryIO, capture.raw_file.file.storage.open(str(capture.raw_file.file.name), "rb"))
    except FileNotFoundError:  # somebody withheld it in this moment, or the storage has lost it
        return None


def _source(known: ShownSource) -> Row:
    version = known.version_number
    return {
        "type": "source",
        "url": known.url or known.source.canonical_url,
        "canonical_url": known.source.canonical_url,
        "title": known.title,
        "publisher": known.publisher or None,
        **({"author": known.author} if known.author else {}),
        **_dated(known),
        **({"medium": known.medium} if known.medium else {}),
        **({"version": version} if version > 1 else {}),
    }


def _dated(row: ShownSource | Capture) -> Row:
    if row.published_at is None:
        return {}
    precision = {} if row.published_precision == "second" else {"published_precision": row.published_precision}
    return {"published_at": moment(row.published_at), **precision}


def _captures(ids: list[int], scope: Scope, *, with_text: bool) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(Capture):
        return found
    rows: QuerySet[Capture] = visible_to(scope.membership, Capture.objects.filter(source__among=ids))
    rows = rows.select_related("requested_by").order_by("source_id", "fetched_at", "sha256", "pk")
    for capture in rows if with_text else rows.defer("text"):
        found[capture.source_id].append(_capture(capture, with_text=with_text))
    return found


def _capture(capture: Capture, *, with_text: bool) -> Row:
    written = {
        name: getattr(capture, name)
        for name in ("final_url", "status", "media_type", "extractor", "title", "author", "language", "archive_url")
    }
    return {
        **capture_named(capture),
        "how": capture.how,
        "size": capture.size,
        **{name: value for name, value in written.items() if value},
        **({"publisher": capture.publisher_name} if capture.publisher_name else {}),
        **_dated(capture),
        "normaliser": capture.normaliser,
        "length": capture.length,
        "text_sha256": bytes(capture.text_sha256).hex(),
        **({"text": capture.text} if with_text and capture.withheld_at is None else {}),
        **({"withheld_at": moment(capture.withheld_at)} if capture.withheld_at else {}),
        **({"version": capture.version_number} if capture.version_number > 1 else {}),
        **({"annotator": capture.requested_by.pseudonym} if capture.requested_by else {}),
    }


def capture_named(capture: Capture) -> Row:
    """Return what tells a capture from all others of its source, in any project."""
    return {"fetched_at": moment(capture.fetched_at), "sha256": bytes(capture.sha256).hex()}


def _looks(ids: list[int], scope: Scope) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not scope.holds(SourceCheck):
        return found
    rows = visible_to(scope.membership, SourceCheck.objects.filter(source__among=ids))
    rows = rows.select_related("requested_by", "capture").defer("capture__text")
    for look in rows.order_by("source_id", "checked_at", "outcome", "pk"):
        found[look.source_id].append(
            {
                "checked_at": moment(look.checked_at),
                "outcome": look.outcome,
                **({"status": look.status} if look.status is not None else {}),
                **({"final_url": look.final_url} if look.final_url else {}),
                **({"hops": look.hops} if look.hops else {}),
                **({"capture": capture_named(look.capture)} if look.capture else {}),
                **({"note": look.note} if look.note else {}),
                **({"annotator": look.requested_by.pseudonym} if look.requested_by else {}),
            }
        )
    return found
