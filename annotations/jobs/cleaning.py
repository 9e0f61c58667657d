"""What jobs leave behind, and when it goes: results past their time, what was read of imports, files nobody names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from annotations.models import ArticleVersion, Capture, Job, JobFile, RawFile, RemovedRow, WaitingFile
from annotations.models.removals import TOLD_FOR

logger = logging.getLogger(__name__)
SPOOL_KEPT_FOR = timedelta(days=7)
"""How long a failed or cancelled import can go on from where it stopped, and a dry run be imported for real."""
ORPHAN_AFTER = timedelta(days=1)
AT_ONCE = 100
NAMES_AT_ONCE = 500
REMOVALS_AT_ONCE = 5_000


def remove_expired_files() -> int:
    """Delete results and spools past their time; the rows stay. Return how many."""
    now = timezone.now()
    removed = 0
    for job in Job.objects.filter(expires_at__lt=now).exclude(result="")[:AT_ONCE]:
        forget_result(job)
        removed += 1
    well = Job.objects.filter(state__in=(Job.State.DONE, Job.State.DONE_WITH_PROBLEMS))
    badly = Job.objects.filter(state__in=(Job.State.FAILED, Job.State.CANCELLED), finished_at__lt=now - SPOOL_KEPT_FOR)
    for job in (well | badly).exclude(spool="")[:AT_ONCE]:
        forget_spool(job)
        removed += 1
    tried = Job.objects.filter(parameters__is_trial=True, finished_at__lt=now - SPOOL_KEPT_FOR, files__isnull=False)
    for job in tried.distinct()[:AT_ONCE]:
        forget_files(job)
        removed += 1
    return removed


def forget_result(job: Job) -> None:
    """Delete a result."""
    default_storage.delete(str(job.result.name))
    Job.objects.filter(pk=job.pk, result=job.result.name).update(result="")


def forget_spool(job: Job) -> None:
    """Delete what was read of an import, once the surrounding transaction is committed."""
    Job.objects.filter(pk=job.pk).update(spool="")
    transaction.on_commit(partial(default_storage.delete, str(job.spool.name)))


def forget_files(job: Job) -> None:
    """Let go of the files that a dry run read; those that nothing else names are deleted.

    A file that somebody sends again in this moment gets a new `last_sent_at`, and is then left alone.
    """
    sent = dict(job.files.values_list("raw_file_id", "raw_file__last_sent_at"))
    job.files.all().delete()
    for pk, last_sent_at in sent.items():
        if not is_named(pk):
            _delete_unless_sent_again(pk, last_sent_at)


def is_named(raw_file: int) -> bool:
    """Tell whether a job, a text, a capture or an upload that waits needs a stored file; at most 4 queries."""
    return any(
        model._default_manager.filter(raw_file=raw_file).exists()
        for model in (JobFile, ArticleVersion, Capture, WaitingFile)
    )


def _delete_unless_sent_again(pk: int, last_sent_at: datetime) -> None:
    with transaction.atomic():
        row = RawFile.objects.select_for_update().filter(pk=pk, last_sent_at=last_sent_at).first()
        if row is None or is_named(pk):
            return
        row.delete()
        transaction.on_commit(partial(default_storage.delete, str(row.file.name)))


def remove_orphans() -> int:
    """Delete files older than a day that no row names, as a killed process leaves them; return how many."""
    removed = 0
    for folder, named in (("spool", _named_spools), ("results", _named_results), ("raw", _named_raw_files)):
        names = _old_files(folder, timezone.now() - ORPHAN_AFTER)
        while part := list(islice(names, NAMES_AT_ONCE)):
            for name in sorted(set(part) - named(part)):
                default_storage.delete(name)
                removed += 1
    if removed:
        logger.info("files that no row names were removed", extra={"files": removed})
    return removed


def forget_old_removals() -> int:
    """Delete what is known of rows that were removed so long ago that no cursor asks for them; return how many.

    A day longer than cursors are good for, and a part at a time: nobody waits for all of a large import.
    """
    old = RemovedRow.objects.filter(stored_at__lt=timezone.now() - TOLD_FOR - timedelta(days=1)).order_by()
    forgotten = 0
    while deleted := RemovedRow.objects.filter(pk__in=old.values("pk")[:REMOVALS_AT_ONCE]).delete()[0]:
        forgotten += deleted
    return forgotten


def _named_spools(names: list[str]) -> set[str]:
    return set(Job.objects.filter(spool__in=names).values_list("spool", flat=True))


def _named_results(names: list[str]) -> set[str]:
    return set(Job.objects.filter(result__in=names).values_list("result", flat=True))


def _named_raw_files(names: list[str]) -> set[str]:
    return set(RawFile.objects.filter(file__in=names).values_list("file", flat=True))


def _old_files(folder: str, before: datetime) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except (FileNotFoundError, NotImplementedError):
        return
    for name in files:
        path = f"{folder}/{name}"
        try:
            if default_storage.get_modified_time(path) < before:
                yield path
        except FileNotFoundError:
            continue
    for inner in folders:
        yield from _old_files(f"{folder}/{inner}", before)
