"""How sources, captures and looks are written as JSON."""

from __future__ import annotations

from annotations.models import Capture, SourceCheck
from annotations.search.source_lists import SourceLine
from annotations.workflow.source_sight import ShownSource

from .representations import Json, utc


def source_json(known: ShownSource) -> Json:
    """Represent a source as one may know it."""
    return {
        "uuid": str(known.source.uuid),
        "url": known.url,
        "canonical_url": known.source.canonical_url,
        "title": known.title,
        "author": known.author,
        "publisher": known.publisher,
        "published_at": utc(known.published_at),
        "published_precision": known.published_precision,
        "medium": known.medium,
        "state": known.state,
        "checked_at": utc(known.checked_at),
        "version": known.version_number,
    }


def line_json(line: SourceLine) -> Json:
    """Represent a source with how much there is of it."""
    return {**source_json(line.shown), "captures": line.n_captures, "evidence": line.n_evidence}


def capture_json(capture: Capture, *, with_text: bool = False) -> Json:
    """Represent a capture; its source and who asked for it are loaded already."""
    return {
        "uuid": str(capture.uuid),
        "source": str(capture.source.uuid),
        "how": capture.how,
        "fetched_at": utc(capture.fetched_at),
        "final_url": capture.final_url,
        "status": capture.status,
        "media_type": capture.media_type,
        "size": capture.size,
        "sha256": bytes(capture.sha256).hex(),
        "length": capture.length,
        "text_sha256": bytes(capture.text_sha256).hex(),
        "title": capture.title,
        "author": capture.author,
        "publisher": capture.publisher_name,
        "published_at": utc(capture.published_at),
        "published_precision": capture.published_precision,
        "language": capture.language,
        "archive_url": capture.archive_url,
        "withheld": capture.withheld_at is not None,
        "requested_by": capture.requested_by.pseudonym if capture.requested_by else None,
        "has_file": capture.raw_file_id is not None,
        "version": capture.version_number,
        **({"text": capture.text} if with_text else {}),
    }


def look_json(look: SourceCheck) -> Json:
    """Represent one look at a source; its capture and who asked for it are loaded already."""
    return {
        "uuid": str(look.uuid),
        "outcome": look.outcome,
        "status": look.status,
        "final_url": look.final_url,
        "hops": look.hops,
        "capture": str(look.capture.uuid) if look.capture else None,
        "note": look.note,
        "requested_by": look.requested_by.pseudonym if look.requested_by else None,
        "checked_at": utc(look.checked_at),
    }
