"""An export shows one state of the project, whatever others do meanwhile, and its memory does not grow with it."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection

from annotations.exporters import scope
from annotations.exporters.corpus import Corpus
from annotations.exporters.losses import Losses
from annotations.exporters.native import write_lines
from annotations.exporters.scope import Scope, snapshot
from annotations.jobs.export_options import ExportOptions
from annotations.models import Annotation, Article, ArticleVersion, Membership
from annotations.workflow.annotating import withdraw_annotation
from tests.corpora import article as record
from tests.corpora import exported, imported, lines
from tests.factories import GERMAN, annotation, article, many_articles, member, project
from tests.memory import MIB, above_idle


def meanwhile(act: Callable[[], Any]) -> None:
    """Do something on another connection, and wait until it is committed."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed


@pytest.mark.django_db(transaction=True)
def test_an_export_shows_one_snapshot_while_people_save_and_an_import_runs():
    mia = project()
    ada = member(mia, "ada")
    made = article(mia, GERMAN, external_id="b")
    marked = annotation(ada, made, 2, 11)

    def others() -> None:
        annotation(ada, made, 6, 17, "number")
        withdraw_annotation(marked.key, by=ada, base_version=1)
        imported(mia, {"a.jsonl": lines(record("a", "New."), record("c", "New too."))})

    expected = exported(mia)
    written: list[bytes] = []
    with snapshot():
        corpus = Corpus(Scope.of(mia.project, mia, {}), Losses())
        header = corpus.header()
        meanwhile(others)
        assert {"type": "corpus", **header} == orjson.loads(expected.splitlines()[0])
        write_lines(corpus, written.append)

    assert b"".join(written) == expected
    assert (Article.objects.count(), Annotation.objects.count()) == (3, 2)
    assert exported(mia) != expected


def peak_of_export(mia: Membership, options: ExportOptions) -> int:
    """Return the most memory that Python held during an export, in bytes."""
    tracemalloc.start()
    try:
        corpus = Corpus(Scope.of(mia.project, mia, {}, options), Losses())
        write_lines(corpus, lambda data: None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db
@pytest.mark.parametrize("options", [ExportOptions(), ExportOptions(split="80/10/10")])
def test_memory_does_not_grow_with_the_number_of_articles(options, monkeypatch):
    monkeypatch.setattr(scope, "BATCH", 200)
    small, large = project("small"), project("large")
    many_articles(small, 400)
    many_articles(large, 1_600)
    peak_of_export(small, options)  # what is loaded once is loaded

    before, after = peak_of_export(small, options), peak_of_export(large, options)

    assert after - before < 1_200 * 100  # bytes: not even the title of each article


def many_spans(mia: Membership, articles: int, each: int) -> None:
    """Mark every article many times, by copies of one annotation that the database makes itself."""
    many_articles(mia, articles, text="a" * (each + 2))
    first = annotation(mia, Article.objects.filter(project=mia.project).earliest("pk"), 0, 2)
    table = connection.ops.quote_name(Annotation._meta.db_table)
    columns = [field.column for field in Annotation._meta.concrete_fields if not field.primary_key]
    key = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    new = {"version_id": "version.id", "key": key, "start": "place", "end": "place + 2"}
    listed = ", ".join(map(connection.ops.quote_name, columns))
    values = ", ".join(new.get(column) or f"made.{connection.ops.quote_name(column)}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE places(place) AS"
            f" (SELECT 0 UNION ALL SELECT place + 1 FROM places WHERE place + 1 < {each})"
            f" INSERT INTO {table} ({listed}) SELECT {values} FROM {table} made CROSS JOIN places"
            f" CROSS JOIN {ArticleVersion._meta.db_table} version"
            f" WHERE made.id = %s AND version.project_id = made.project_id"
            f" AND NOT (version.id = made.version_id AND place = 0)",
            [first.pk],
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("articles", "each"),
    [
        (50, 1_000),
        pytest.param(1_000, 1_000, marks=pytest.mark.long),
        pytest.param(100_000, 10, marks=pytest.mark.long),
    ],
)
def test_an_export_of_very_many_spans_takes_little_memory(articles, each):
    """Check EX-2: a million spans, on few texts or on many; the quick one has a twentieth of them."""
    mia = project()
    many_spans(mia, articles, each)
    size = 0

    def written(data: bytes) -> None:
        nonlocal size
        size += len(data)

    corpus = Corpus(Scope.of(mia.project, mia, {}), Losses())
    taken = above_idle(lambda: write_lines(corpus, written)) / MIB

    print(f"{corpus.counts.annotations} annotations, {size / MIB:.0f} MiB written, {taken:.0f} MiB above idle")
    assert corpus.counts.annotations == articles * each
    assert taken < 60
