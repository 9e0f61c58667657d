"""What `workbench verify` finds: each rule is broken once behind the back of the acts."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Annotation, AnnotationRevision, Article, Job, RawFile, ReviewCount, Source, WorkCount
from annotations.text.urls import url_sha256
from annotations.workflow import verifying
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.differing import count_differences
from annotations.workflow.verifying import check_texts, findings
from tests import factories
from tests.corpora import article, imported, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def work() -> Annotation:
    """Make a project with an import, an annotation that was changed once, and a source."""
    mia = factories.project()
    imported(mia, {"a.jsonl": lines(article("a-1", factories.GERMAN))})
    ada = factories.member(mia, "ada")
    made = factories.annotation(ada, Article.objects.get(), 2, 11)
    change_annotation(made.key, AnnotationChange(note="Sicher?"), by=ada, base_version=1)
    Source.objects.create(
        project=mia.project,
        url="https://example.org/",
        canonical_url="https://example.org/",
        url_sha256=url_sha256("https://example.org/"),
    )
    return made


def test_work_that_went_through_the_acts_has_no_finding(work):
    assert list(findings()) == []


def test_texts_are_looked_at_many_at_once(work, monkeypatch):
    mia = work.created_by.project.memberships.get(role="manager")
    imported(mia, {"b.jsonl": lines(*(article(f"b-{n}", f"{n}. {factories.GERMAN}") for n in range(30)))})
    with CaptureQueriesContext(connection) as once:
        assert list(check_texts()) == []
    monkeypatch.setattr(verifying, "CODE_POINTS_AT_ONCE", 1)
    with CaptureQueriesContext(connection) as each:
        assert list(check_texts()) == []

    assert (len(once), len(each)) == (1 + 6, 1 + 31 * 6)


BREAKS: list[tuple[str, Callable[[], Any]]] = [
    ("quote", lambda: Annotation.objects.update(quote="Die Preis")),
    ("context", lambda: Annotation.objects.update(prefix="")),
    ("quote", lambda: AnnotationRevision.objects.update(quote="Die Preis")),
    ("revisions", lambda: Annotation.objects.update(version_number=7)),
    ("current_version", lambda: Article.objects.update(current_version=None)),
    ("url_sha256", lambda: Source.objects.update(canonical_url="https://example.com/")),
    ("counts", lambda: Job.objects.update(n_read=2)),
    ("counts", lambda: Job.objects.update(done=0)),
    ("file", lambda: default_storage.delete(RawFile.objects.get().file.name)),
    ("file", lambda: RawFile.objects.update(size=1)),
]


COUNTERS: list[tuple[str, Callable[[], Any]]] = [
    ("places", lambda: Article.objects.update(places_taken=2)),
    ("places", lambda: Article.objects.update(is_full=True)),
    ("differences", lambda: ReviewCount.objects.update(n_missing=3)),
    ("differences", lambda: ReviewCount.objects.all().delete()),
    ("work", lambda: WorkCount.objects.filter(state="submitted").update(n=9)),
]


@pytest.mark.parametrize(("rule", "break_it"), COUNTERS)
def test_a_counter_that_is_wrong_is_found_and_set_right_by_counting_anew(work, rule, break_it):
    submit(Article.objects.get(), by=work.created_by)
    assert list(findings()) == []  # what waits to be counted is not wrong
    count_differences(work.project_id)
    assert list(findings()) == []

    break_it()

    assert [finding.rule for finding in findings()] == [rule]
    call_command("rebuild_counters", stdout=io.StringIO())
    assert list(findings()) == []


@pytest.mark.parametrize(("rule", "break_it"), BREAKS)
def test_a_broken_rule_is_found_once_and_named(work, rule, break_it):
    break_it()

    assert [finding.rule for finding in findings()] == [rule]
