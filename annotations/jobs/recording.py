"""The line that a chunk of a job leaves in the record of acts: it is one act, with count and digest of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from annotations.models import AuditArticle, AuditEvent, Chunk


def digest_of(keys: Iterable[Any]) -> str:
    """Return the SHA-256 (hex) of the keys of rows, each on a line, in their order: whoever has them can compare.

    >>> digest_of([1, 2]) == digest_of(["1", "2"]) != digest_of([2, 1])
    True
    """
    return hashlib.sha256("\n".join(map(str, keys)).encode()).hexdigest()


def note_articles(event: AuditEvent, articles: Iterable[int], before: dict[int, dict[str, Any]] | None = None) -> None:
    """Note by their ids which articles an act on many was done to, for the history of each; 1 query for 1,000."""
    known = before or {}
    rows = (AuditArticle(event=event, article=pk, before=known.get(pk, {})) for pk in sorted(set(articles)))
    AuditArticle.objects.bulk_create(rows, batch_size=1_000)


def record_chunk(
    chunk: Chunk,
    verb: str,
    rows: Iterable[Any],
    after: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
    what: tuple[str, Any] | None = None,
    articles: Iterable[int] = (),
) -> None:
    """Write the one act of a chunk in the transaction of its rows, whose keys are `rows`; 1 query.

    It is done to the job, or to `what`: a kind of object and its key. The histories of `articles`, where any are
    given, show it; 1 query more.
    """
    job = chunk.job
    kind, key = what or ("job", job.uuid)
    event = AuditEvent.objects.create(
        project_id=job.project_id,
        actor_id=job.requested_by_id,
        verb=verb,
        object_type=kind,
        object_key=str(key),
        before=before or {},
        after={"chunk": chunk.n, **after, "sha256": digest_of(rows)},
    )
    note_articles(event, articles)
