"""How long "next article" takes in a large project, in each order, for who is new and for who has done much of it.

Whoever has done much has handed in the articles that come first while each of them still has a place for others: what
the queue has to pass over. Beside each figure stands that of a project a tenth the size: it must not grow with it.
WORKBENCH_BENCH_QUEUE sets the size (100,000). Nothing here fails for being slow.
"""

from __future__ import annotations

import os
import statistics
import time

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Assignment, Membership, Project
from annotations.workflow.queueing import take_next
from annotations.workflow.rounds import first_round
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
    new, busy = (factories.member(manager, f"{name}-{slug}") for name in ("new", "busy"))
    article = factories.article(manager, "📈 Kurz.")
    version = article.current_version_id
    done = Assignment.objects.create(
        project=manager.project,
        round=first_round(manager.project_id),
        version_id=version,
        annotator=busy,
        state="submitted",
        submitted_at=timezone.now(),
    )
    article.refresh_from_db()
    since = "timestamptz '2001-01-01' + s.n * interval '1 hour'"
    if connection.vendor == "sqlite":
        since = "datetime('2001-01-01', s.n || ' hours')"
    published = f"CASE WHEN s.n % 10 > 0 THEN {since} END"
    changes = {"external_id": "'bulk-' || s.n", "published_at": published, "current_version_id": "NULL"}
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, article, _numbers(count - 1), "true", changes)
        others = f"a.project_id = {manager.project_id} AND a.id > {article.pk}"
        _copy(cursor, article.current_version, "annotations_article a", others, {"article_id": "a.id"})
        cursor.execute(
            "UPDATE annotations_article SET current_version_id = (SELECT v.id FROM annotations_articleversion v"
            f" WHERE v.article_id = annotations_article.id), places_taken = CASE WHEN id < {article.pk + count // 2}"
            f" THEN 1 ELSE 0 END WHERE project_id = {manager.project_id}"
        )
        half = f"{others} AND a.id < {article.pk + count // 2}"
        _copy(cursor, done, "annotations_article a", half, {"version_id": "a.current_version_id"})
    return new, busy


def _numbers(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"generate_series(1, {count}) AS s(n)"
    return f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) AS s"


def _copy(cursor: CursorWrapper, row: Model, source: str, where: str, changes: dict[str, str]) -> None:
    """Write a row anew for each row of a source, with other values in some columns."""
    changes["uuid"] = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    columns = [field.column for field in row._meta.local_concrete_fields if not field.primary_key]
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = row._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, {source} WHERE t.id = {row.pk} AND {where}"
    )


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
