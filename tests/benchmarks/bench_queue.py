"""How long "next article" takes in a large project, in each order, for who is new and for who has done much of it.

Whoever has done much has handed in the articles that come first while each of them still has a place for others: what
the queue has to pass over. Beside each figure stands that of a project a tenth the size: it must not grow with it.
WORKBENCH_BENCH_QUEUE sets the size (100,000). Nothing here fails for being slow.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Article, ArticleVersion, Assignment, Membership, Project
from annotations.text.spans import text_sha256
from annotations.workflow.queueing import take_next
from tests import factories
from tests.benchmarks.process import processor_seconds, seconds_of_backends

pytestmark = [pytest.mark.django_db(transaction=True)]
ARTICLES = int(os.environ.get("WORKBENCH_BENCH_QUEUE", "100000"))
TIMES = 60
WARM_UP = 5


def spent() -> float:
    """Return the processor time so far, ours and that of the database's processes, in milliseconds."""
    return 1000 * (processor_seconds() + sum(seconds_of_backends().values()))


def prepare(slug: str, count: int) -> tuple[Membership, Membership]:
    """Make a project with two places an article; return who is new, and who has handed in half of it."""
    manager = factories.project(slug, manager=f"mia-{slug}")
    Project.objects.filter(slug=slug).update(annotators_per_article=2)
    first = datetime(2001, 1, 1, tzinfo=UTC)
    rows = Article.objects.bulk_create(
        (
            Article(
                project=manager.project,
                external_id=f"bulk-{n}",
                title=f"Meldung {n}",
                published_at=first + timedelta(hours=n) if n % 10 else None,
            )
            for n in range(count)
        ),
        batch_size=1000,
    )
    text, sha256 = "📈 Kurz.", text_sha256("📈 Kurz.")
    versions = ArticleVersion.objects.bulk_create(
        (
            ArticleVersion(
                project=manager.project, article=row, text=text, length=7, text_sha256=sha256, normaliser="none"
            )
            for row in rows
        ),
        batch_size=1000,
    )
    own = ArticleVersion.objects.filter(article=OuterRef("pk")).values("pk")
    Article.objects.filter(project=manager.project).update(current_version=Subquery(own[:1]))
    new, busy = (factories.member(manager, f"{name}-{slug}") for name in ("new", "busy"))
    done, now = rows[: count // 2], timezone.now()
    Assignment.objects.bulk_create(
        (
            Assignment(project=manager.project, version=version, annotator=busy, state="submitted", submitted_at=now)
            for version in versions[: count // 2]
        ),
        batch_size=1000,
    )
    Article.objects.filter(pk__lte=done[-1].pk, project__slug=slug).update(places_taken=1)
    return new, busy


def take_and_hand_in(by: Membership) -> tuple[float, float]:
    """Take the next article; return the milliseconds by the clock and of the processors, then hand it in unmeasured."""
    before, started = spent(), time.perf_counter()
    taken = take_next(by=by)
    figures = (1000 * (time.perf_counter() - started), spent() - before)
    assert taken is not None
    Assignment.objects.filter(pk=taken.pk).update(
        state="submitted", submitted_at=timezone.now(), state_number=F("state_number") + 1
    )
    return figures


def test_next_article():
    sizes = (max(1, ARTICLES // 10), ARTICLES)
    people = {count: prepare(f"queue-{count}", count) for count in sizes}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"\n{connection.vendor}, {sizes[1]:,} articles, and {sizes[0]:,}; load {os.getloadavg()[0]:.1f}")
    for order in ("listed", "oldest", "fewest", "shuffled"):
        for place, name in enumerate(("new here", "half of it done")):
            shown = []
            for count in sizes:
                by = Membership.objects.select_related("project", "user").get(pk=people[count][place].pk)
                Project.objects.filter(pk=by.project_id).update(queue_order=order)
                by.project.refresh_from_db()
                for _time in range(WARM_UP):
                    take_and_hand_in(by)
                wall, processor = zip(*(take_and_hand_in(by) for _time in range(TIMES)), strict=True)
                p95 = statistics.quantiles(wall, n=20)[-1]
                shown.append((statistics.median(wall), p95, statistics.mean(processor)))
            with CaptureQueriesContext(connection) as queries:
                take_next(by=by)
            Assignment.objects.filter(annotator=by, state="open").update(state="submitted", submitted_at=timezone.now())
            figures = "; ".join(
                f"p50 {p50:.1f} ms, p95 {p95:.1f}, processor {cpu:.1f}" for p50, p95, cpu in shown[::-1]
            )
            print(f"{order:<9} {name:<16} {len(queries):>3} queries: {figures}", flush=True)
