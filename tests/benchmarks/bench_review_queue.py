"""How long the list of reviews takes, by the texts that wait: again, after one changed, and after an import of all.

WORKBENCH_BENCH_REVIEWS sets how many wait (3,000), each with two annotators and ten spans. Beside each figure stand the
queries. Nothing here fails for being slow.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Annotation, Article, ArticleVersion, Assignment, Membership
from annotations.workflow.differing import count_differences, note_changed
from annotations.workflow.rounds import first_round
from annotations.workflow.waiting import waiting
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True)]
ARTICLES = int(os.environ.get("WORKBENCH_BENCH_REVIEWS", "3000"))
SPANS = 10
TIMES = 20


def prepare() -> Membership:
    """Make the texts, of which each has as many spans of either annotator, half of them alike."""
    manager = factories.project()
    people = [factories.member(manager, name) for name in ("ada", "ben")]
    first = factories.article(manager, factories.GERMAN * 3)
    spans = [factories.new_annotation(first.current_version, 4 * n, 4 * n + 3) for n in range(1, SPANS + 1)]
    label, text = factories.label(manager.project), first.current_version
    factories.many_articles(manager, ARTICLES - 1, text=factories.GERMAN * 3)
    versions = ArticleVersion.objects.filter(project=manager.project).values_list("pk", flat=True)
    in_round = first_round(manager.project_id)
    same: dict[str, Any] = {"project": manager.project, "length": text.length, "label": label}
    for person_number, person in enumerate(people):
        Assignment.objects.bulk_create(
            [
                Assignment(
                    project=manager.project,
                    round=in_round,
                    version_id=version,
                    annotator=person,
                    state="submitted",
                    submitted_at=timezone.now(),
                )
                for version in versions
            ],
            batch_size=1_000,
        )
        for version in versions:
            Annotation.objects.bulk_create(
                Annotation(
                    **same,
                    version_id=version,
                    created_by=person,
                    start=span.span.start - person_number * (n % 2),
                    end=span.span.end - person_number * (n % 2),
                    quote="abc",
                )
                for n, span in enumerate(spans)
            )
    note_changed(versions, manager.project_id)
    return manager


def measured(
    what: str, act: Callable[[], object], before: Callable[[], object] = lambda: None, times: int = TIMES
) -> None:
    """Print the median and the longest of a few times, and how many queries one takes."""
    found = []
    for _n in range(times):
        before()
        start = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            act()
        found.append(1000 * (time.perf_counter() - start))
    print(f"{what}: median {statistics.median(found):.1f} ms, longest {max(found):.1f} ms, {len(queries)} queries")


def test_the_list_of_reviews():
    manager = prepare()
    project = manager.project
    some = Article.objects.filter(project=project).values_list("current_version_id", flat=True)[:1]

    def read() -> None:
        queue = waiting(project)
        assert len(queue) == len(queue.between(0, 50)) or len(queue) > 50

    print(f"\n{connection.vendor}, {ARTICLES} texts, {2 * SPANS} spans on each")
    measured("counting all", lambda: count_differences(project.pk), times=1)
    measured("reading again", read)
    measured("reading after one changed", read, lambda: note_changed(some, project.pk))
