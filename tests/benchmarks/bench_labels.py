"""How long it takes to look at a merge of labels, to do it, and to undo it, where 100,000 annotations have the label,
ten on each of 10,000 articles.

WORKBENCH_BENCH_LABELS sets how many. Nothing here fails for being slow; what a chunk asks the database is counted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext

from annotations.jobs.leases import claim_chunk
from annotations.jobs.running import finish_if_complete, run_chunk
from annotations.jobs.starting import start_undo
from annotations.models import Annotation, Job
from annotations.tasks import KINDS
from annotations.workflow.labels import use_of_labels
from annotations.workflow.merging_labels import LabelMerge, count_label_merge, start_merging_labels
from tests import factories
from tests.benchmarks.bench_queue import _copy, _numbers

pytestmark = [pytest.mark.django_db(transaction=True)]
ANNOTATIONS = int(os.environ.get("WORKBENCH_BENCH_LABELS", "100000"))
OF_AN_ARTICLE = 10
MERGE = LabelMerge("claim", "number")


def test_merging_and_undoing_with_many_annotations() -> None:
    mia = factories.project("large")
    ada = factories.member(mia, "ada")
    article = factories.article(mia)
    first = factories.annotation(ada, article, 12, 17)
    others = f"a.project_id = {mia.project_id} AND a.id > {article.pk}"
    with transaction.atomic(), connection.cursor() as cursor:
        changes = {"external_id": "'bulk-' || s.n", "current_version_id": "NULL"}
        _copy(cursor, article, _numbers(ANNOTATIONS // OF_AN_ARTICLE - 1), "true", changes)
        _copy(cursor, article.current_version, "annotations_article a", others, {"article_id": "a.id"})
        versions = f"annotations_articleversion a JOIN {_numbers(OF_AN_ARTICLE)} ON true"
        _copy(cursor, first, versions, "t.id < a.id OR s.n > 1", {"version_id": "a.id", "key": _uuid()})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"\n{Annotation.objects.count():,} annotations on {connection.vendor}")

    timed("to look at what merging would do", lambda: count_label_merge(MERGE, by=mia))
    timed("to count the use of all labels", lambda: use_of_labels(mia.project))
    merge = done("to merge", lambda: start_merging_labels(MERGE, by=mia))
    undoing = done("to undo the merge", lambda: start_undo(mia, merge))

    n = Annotation.objects.count()
    assert (merge.n_updated, undoing.n_updated, undoing.n_unchanged) == (n, n, 0)
    assert Annotation.objects.filter(label__key="claim").count() == n


def _uuid() -> str:
    if connection.vendor == "postgresql":
        return "gen_random_uuid()"
    return "lower(hex(randomblob(16)))"


def timed(what: str, act: Callable[[], Any]) -> None:
    start = time.perf_counter()
    act()
    print(f"  {what:<40} {time.perf_counter() - start:8.2f} s", flush=True)


def done(what: str, start: Callable[[], Job]) -> Job:
    """Do a job to its end, and say how long it took and what its chunks asked; pauses between chunks are left out."""
    began, asked = time.perf_counter(), list[int]()
    job = start()
    spent = time.process_time()
    while chunk := claim_chunk("bench", job.pk):
        reset_queries()  # the log keeps the last 9,000
        with CaptureQueriesContext(connection) as queries:
            run_chunk(chunk, KINDS, owner="bench")
        asked += [len(queries)] if chunk.stage else []
    assert finish_if_complete(job.pk, KINDS)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    full = sorted(set(asked[:-1]))
    took, own = time.perf_counter() - began, time.process_time() - spent
    print(f"  {what:<40} {took:8.2f} s ({own:.1f} s of it here), {len(asked)} chunks, {full} queries each", flush=True)
    assert len(full) == 1
    return job
