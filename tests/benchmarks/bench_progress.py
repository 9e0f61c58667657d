"""How long the page of progress takes in a large project: the first page, one in the middle, each filter.

Three people have every article; most is handed in, one in a hundred returned, the rest open. WORKBENCH_BENCH_PROGRESS
sets the size (100,000). Nothing here fails for being slow; the aim is a p95 of 300 ms on PostgreSQL.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from annotations.models import Article, ArticleVersion, Assignment, Project
from annotations.workflow.rounds import first_round
from tests import factories
from tests.benchmarks.bench_queue import _copy, _numbers, spent

pytestmark = [pytest.mark.django_db(transaction=True)]
ARTICLES = int(os.environ.get("WORKBENCH_BENCH_PROGRESS", "100000"))
PEOPLE, TIMES, WARM_UP = 3, 40, 3
STATES = "CASE WHEN a.id % 100 = 7 THEN 'returned' WHEN a.id % 4 = 0 THEN 'open' ELSE 'submitted' END"


def prepare(count: int) -> Client:
    manager = factories.project("large")
    Project.objects.filter(slug="large").update(annotators_per_article=PEOPLE)
    article = factories.article(manager, "📈 Kurz.")
    people = [factories.member(manager, f"person-{n}") for n in range(PEOPLE)]
    common = {"project": manager.project, "round": first_round(manager.project_id), "submitted_at": timezone.now()}
    rows = [Assignment.objects.create(version=article.current_version, annotator=each, **common) for each in people]
    article.refresh_from_db()
    changes = {"external_id": "'bulk-' || s.n", "title": "'Artikel ' || s.n", "current_version_id": "NULL"}
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, article, _numbers(count - 1), "true", changes)
        others = f"a.project_id = {manager.project_id} AND a.id > {article.pk}"
        _copy(cursor, article.current_version, "annotations_article a", others, {"article_id": "a.id"})
        cursor.execute(
            "UPDATE annotations_article SET current_version_id = (SELECT v.id FROM annotations_articleversion v"
            f" WHERE v.article_id = annotations_article.id), places_taken = {PEOPLE}, is_full = true"
            f" WHERE project_id = {manager.project_id}"
        )
        for row in rows:
            _copy(cursor, row, "annotations_article a", others, {"version_id": "a.current_version_id", "state": STATES})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(manager.user)
    return client


def queries_of(client: Client, address: str) -> list[str]:
    """Return what a page asks the database, counted at the connection: the client's requests begin its log anew."""
    asked: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        client.get(address)
    return asked


def test_page_of_progress():
    client = prepare(ARTICLES)
    middle = ArticleVersion.objects.order_by("pk")[ARTICLES // 2].uuid
    person = Assignment.objects.order_by("pk")[0].annotator.uuid
    pages = {
        "first page": "",
        "in the middle": f"?after={middle}",
        "returned": "?state=returned",
        "of one person": f"?person={person}",
        "open of one person": f"?person={person}&state=open",
        "lapsed (none)": "?state=lapsed",
        "lacks annotators (none)": "?state=free",
    }
    print(f"\n{connection.vendor}, {Article.objects.count():,} articles × {PEOPLE}; load {os.getloadavg()[0]:.1f}")
    for name, query in pages.items():
        address = f"/p/large/progress/{query}"
        for _time in range(WARM_UP):
            assert client.get(address).status_code == 200
        asked = queries_of(client, address)
        taken, before = [], spent()
        for _time in range(TIMES):
            started = time.perf_counter()
            client.get(address)
            taken.append(1000 * (time.perf_counter() - started))
        processor = (spent() - before) / TIMES
        p95 = statistics.quantiles(taken, n=20)[-1]
        median = statistics.median(taken)
        figures = f"p50 {median:.0f} ms, p95 {p95:.0f} ms, processor {processor:.0f} ms"
        print(f"{name:<24} {len(asked):>3} queries: {figures}", flush=True)
