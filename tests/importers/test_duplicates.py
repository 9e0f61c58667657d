"""Articles that are there under another external id: found by text and address, told, and dealt with as chosen."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.errors import Refused
from annotations.models import Annotation, Article, Job, Membership
from tests.corpora import annotation, article, counts, imported, lines
from tests.factories import project

pytestmark = pytest.mark.django_db

TEXT = "Der Preis stieg um 4 %."
URL = "https://tern.example/preis"


@pytest.fixture
def mia() -> Membership:
    return project()


def notices(job: Job) -> list[tuple]:
    return list(job.problems.filter(severity="notice").values_list("file", "line", "field", "value"))


def test_an_equal_text_under_another_id_is_told_with_its_line_and_both_are_kept(mia):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT))})

    job = imported(mia, {"b.jsonl": lines(article("b-0", "Es regnete."), article("b-1", TEXT))})

    assert counts(job) == (2, 2, 0, 0, 0)
    assert job.state == Job.State.DONE
    assert notices(job) == [("b.jsonl", 2, "text", "b-1")]
    assert "“a-1” has the same text" in job.problems.get().message


def test_an_equal_address_in_another_spelling_is_told(mia):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT, url=URL))})

    job = imported(mia, {"b.jsonl": lines(article("b-1", "Ganz anders.", url=f"{URL}?utm_source=x#top"))})

    assert notices(job) == [("b.jsonl", 1, "url", "b-1")]
    assert "“a-1” has the same address" in job.problems.get().message


def test_two_equal_texts_of_one_file_are_told(mia):
    job = imported(mia, {"a.jsonl": lines(article("z-1", TEXT), article("a-2", TEXT))})

    assert counts(job) == (2, 2, 0, 0, 0)
    assert notices(job) == [("a.jsonl", 2, "text", "a-2")]


def test_another_project_is_not_looked_into(mia):
    imported(project("hill", manager="rosa"), {"a.jsonl": lines(article("a-1", TEXT, url=URL))})

    assert notices(imported(mia, {"b.jsonl": lines(article("b-1", TEXT, url=URL))})) == []


def test_the_same_file_again_tells_nothing(mia):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT), article("a-2", TEXT))})

    assert notices(imported(mia, {"a.jsonl": lines(article("a-1", TEXT), article("a-2", TEXT))})) == []


@pytest.mark.parametrize("where", ["project", "file"])
def test_a_repost_is_a_new_article_linked_to_the_other(mia, where):
    first = lines(article("a-1", TEXT))
    if where == "project":
        imported(mia, {"a.jsonl": first})
        first = b""

    job = imported(mia, {"b.jsonl": first + lines(article("b-1", TEXT))}, on_duplicate="repost")

    assert Article.objects.get(external_id="b-1").repost_of == Article.objects.get(external_id="a-1")
    assert job.n_created == (1 if where == "project" else 2)


@pytest.mark.parametrize("where", ["project", "file"])
def test_a_skipped_article_counts_as_unchanged_and_its_annotations_go_to_the_equal_text(mia, where):
    first = lines(article("a-1", TEXT))
    if where == "project":
        imported(mia, {"a.jsonl": first})
        first = b""
    second = article("b-1", TEXT, annotations=[annotation(TEXT, "stieg")])

    job = imported(mia, {"b.jsonl": first + lines(second)}, on_duplicate="skip")

    assert job.n_unchanged == 1
    assert Article.objects.get().external_id == "a-1"
    assert Annotation.objects.get().version.article.external_id == "a-1"
    again = imported(mia, {"b.jsonl": lines(second)}, on_duplicate="skip")
    assert counts(again) == (1, 0, 0, 1, 0)
    assert Annotation.objects.count() == 1


def test_annotations_of_a_skipped_article_with_another_text_are_named_as_left_out(mia):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT, url=URL))})
    other = "Der Wert stieg kaum."

    job = imported(
        mia,
        {"b.jsonl": lines(article("b-1", other, url=URL, annotations=[annotation(other, "stieg")]))},
        on_duplicate="skip",
    )

    assert job.problems.get(field="annotations").line == 1
    assert not Annotation.objects.exists()


def test_a_chunk_asks_two_questions_about_duplicates_however_many_articles_it_has(mia):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT))})

    with CaptureQueriesContext(
        connection,
    ) as queries:
        imported(mia, {"b.jsonl": lines(*(article(f"b-{n}", f"{TEXT} {n}", url=f"{URL}/{n}") for n in range(40)))})

    asked = [query["sql"] for query in queries if "MIN(" in query["sql"]]
    assert len(asked) == 2


def test_a_dry_run_tells_the_duplicates_and_changes_nothing(mia, tmp_path: Path):
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT))})
    (tmp_path / "b.jsonl").write_bytes(lines(article("b-1", TEXT)))
    out = StringIO()

    call_command(
        "import_corpus", str(tmp_path / "b.jsonl"), project="river", dry_run=True, json=True, stdout=out, stderr=out
    )

    [problem] = json.loads(out.getvalue().splitlines()[-1])["problems"]
    assert (problem["line"], problem["field"], problem["value"]) == (1, "text", "b-1")
    assert Article.objects.count() == 1


def test_an_unknown_answer_to_duplicates_is_refused(mia):
    with pytest.raises(Refused, match="keep, repost, skip"):
        imported(mia, {"a.jsonl": lines(article())}, on_duplicate="burn")
