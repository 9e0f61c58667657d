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
from annotations.models import Annotation, Article, Membership
from annotations.workflow.annotating import withdraw_annotation
from tests.corpora import article as record
from tests.corpora import exported, imported, lines
from tests.factories import GERMAN, annotation, article, many_articles, member, project


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
