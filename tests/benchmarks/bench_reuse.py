"""What the index of shared passages costs and how fast it answers: `python -m tests.benchmarks.bench_reuse [SIZE]`.

It runs in a database of its own, made and removed as those of tests are. Processor seconds are steadier than the clock.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import quantiles

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")
USUAL = 5_000
ASKED = 400


def main(size: int) -> None:
    """Fill a project, index it, ask for planted passages, and print what it took."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    before = setup_databases(verbosity=0, interactive=False)
    try:
        _measure(size)
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def _measure(size: int) -> None:
    from django.db import connection, transaction

    from annotations.models import Article, IndexedText, Project
    from annotations.reuse.asking import where_else
    from annotations.reuse.finding import index_text
    from annotations.reuse.texts import load_texts
    from annotations.text.spans import Span
    from tests import factories
    from tests.reuse import planted

    made = planted.corpus(7, size, shares=0.2)
    mia = factories.project("bench")
    ids = _store(Project.objects.get(pk=mia.project_id), made.texts)
    at, used = time.perf_counter(), time.process_time()
    for first in range(0, size, 50):
        with transaction.atomic():
            for text in load_texts(ids[first : first + 50]).values():
                index_text(text)
    at, used = time.perf_counter() - at, time.process_time() - used
    print(f"{connection.vendor}, {size} articles: index {1000 * at / size:.2f} ms an article by the clock, "
          f"{1000 * used / size:.2f} ms of our processor")  # fmt: skip
    print(f"{IndexedText.objects.count()} texts, {_bytes(connection) / size:.0f} bytes of index an article")
    versions = {
        row.current_version_id: row.current_version for row in Article.objects.select_related("current_version")
    }
    took, found = [], 0
    chosen = made.planted[:: max(1, len(made.planted) // ASKED)]
    for each in chosen:
        version = versions[ids[each.target]]
        at = time.perf_counter()
        answer = where_else(mia, version=version, span=Span(*each.target_span))
        took.append(1000 * (time.perf_counter() - at))
        found += any(place.version_id == ids[each.source] for place in answer.places)
    cuts = quantiles(took, n=100)
    print(f"where else, verified: p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms (asked: 20); "
          f"{found} of {len(chosen)} planted passages found")  # fmt: skip


def _store(project, texts: list[str]) -> list[int]:  # type: ignore[no-untyped-def]
    from annotations.models import Article, ArticleVersion
    from annotations.text.spans import text_sha256

    ids: list[int] = []
    for first in range(0, len(texts), 1000):
        some = texts[first : first + 1000]
        rows = [Article(project=project, external_id=f"{first + n:08}", title="T") for n in range(len(some))]
        articles = Article.objects.bulk_create(rows)
        versions = ArticleVersion.objects.bulk_create(
            ArticleVersion(project=project, article=article, text=text, length=len(text),
                           text_sha256=text_sha256(text), normaliser="none")
            for article, text in zip(articles, some, strict=True)
        )  # fmt: skip
        for article, version in zip(articles, versions, strict=True):
            article.current_version = version
        Article.objects.bulk_update(articles, ["current_version"])
        ids += [version.pk for version in versions]
    return ids


def _bytes(connection) -> int:  # type: ignore[no-untyped-def]
    tables = ("annotations_fingerprint", "annotations_indexedtext")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) name", [list(tables)]
            )
        else:
            names = ", ".join(f"'{name}'" for name in tables)
            cursor.execute(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL)
