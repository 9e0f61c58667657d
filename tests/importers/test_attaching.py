"""Annotations that come apart from their articles: which text they mean, and where on it they go."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from annotations.importers.attaching import attach
from annotations.importers.context import Context
from annotations.importers.gathering import load_records
from annotations.importers.labels_met import LabelsMet
from annotations.importers.records import ImportedRecord
from annotations.importers.tally import Tally
from annotations.models import Annotation, Job, Membership
from annotations.text.spans import text_sha256
from tests.corpora import article, imported, lines
from tests.factories import GERMAN, project

pytestmark = pytest.mark.django_db
TEXT = "📈 Der Preis stieg. Der Preis fiel."


@pytest.fixture
def mia() -> Membership:
    return project()


def having(mia: Membership, *records: dict[str, Any]) -> Job:
    return imported(mia, {"a.jsonl": lines(*records)})


def attached(job: Job, *rows: dict[str, Any], kind: str = "annotation") -> Tally:
    records = [ImportedRecord(kind, {"label": "claim", **row}, "s.csv", n + 2) for n, row in enumerate(rows)]
    tally = Tally()
    context = Context.of(job)
    context.now = timezone.now()
    attach(records, context, tally)
    return tally


def places() -> list[tuple[int, int, str]]:
    return list(Annotation.objects.order_by("start").values_list("start", "end", "quote"))


@pytest.mark.parametrize(
    "named",
    [
        {"article": "a-1"},
        {"article_url": "https://tern.example/preis?utm_source=x#top"},
        {"article": "https://tern.example/preis"},
        {"text_sha256": text_sha256(TEXT).hex()},
        {"article": "https://elsewhere.example/", "articles_beside": ["b-7", "a-1"]},
    ],
)
def test_an_article_is_meant_by_id_address_hash_or_what_lies_beside(mia, named):
    job = having(mia, article(text=TEXT, url="https://tern.example/preis"))

    tally = attached(job, {**named, "start": 12, "end": 17, "quote": "stieg"})

    assert places() == [(12, 17, "stieg")]
    assert tally.others["annotations_created"] == 1


def test_an_annotation_of_an_article_that_is_not_here_is_named_by_its_line(mia):
    job = having(mia, article(text=TEXT))

    tally = attached(job, {"article": "b-2", "start": 0, "end": 1})

    [problem] = tally.problems
    assert (problem.file, problem.line, problem.field, problem.value) == ("s.csv", 2, "article", "b-2")
    assert places() == []


def test_an_annotation_made_on_another_text_is_refused(mia):
    job = having(mia, article(text=TEXT))

    tally = attached(job, {"article": "a-1", "text_sha256": "00" * 32, "start": 0, "end": 1})

    assert [problem.field for problem in tally.problems] == ["text_sha256"]


def test_an_annotation_made_on_an_earlier_text_goes_there(mia):
    having(mia, article(text=TEXT))
    job = imported(mia, {"b.jsonl": lines(article(text="Neu. " + TEXT))}, on_conflict="version")

    attached(job, {"article": "a-1", "text_sha256": text_sha256(TEXT).hex(), "start": 12, "end": 17})

    assert Annotation.objects.get().version.n == 1


def test_an_address_that_two_articles_have_is_named(mia):
    url = "https://tern.example/preis"
    job = having(mia, article("a-1", TEXT, url=url), article("a-2", GERMAN, url=url))

    tally = attached(job, {"article_url": url, "quote": "stieg"})

    assert "Several articles" in tally.problems[0].message


def test_a_quote_without_offsets_is_found_by_its_surroundings(mia):
    job = having(mia, article(text=TEXT))

    attached(job, {"article": "a-1", "quote": "Der Preis", "suffix": " fiel"})

    assert places() == [(19, 28, "Der Preis")]


def test_offsets_where_other_words_stand_are_mended_by_the_quote_and_that_is_said(mia):
    job = having(mia, article(text=TEXT))

    tally = attached(job, {"article": "a-1", "start": 13, "end": 18, "quote": "stieg"})

    assert places() == [(12, 17, "stieg")]
    assert "other words" in tally.notices[0].message


@pytest.mark.parametrize(("quote", "why"), [("Der Preis", "2 places"), ("sank", "do not stand")])
def test_a_quote_that_stands_twice_or_nowhere_is_left_out_and_named(mia, quote, why):
    job = having(mia, article(text=TEXT))

    tally = attached(job, {"article": "a-1", "quote": quote})

    assert why in tally.problems[0].message
    assert places() == []


def test_the_same_records_twice_give_the_same_rows(mia):
    job = having(mia, article(text=TEXT))
    row = {"article": "a-1", "start": 12, "end": 17, "annotator": "ada"}
    attached(job, row)

    tally = attached(job, row)

    assert tally.others["annotations_unchanged"] == 1
    assert Annotation.objects.count() == 1


def test_a_wrong_span_does_not_keep_the_others_from_coming(mia):
    job = having(mia, article(text=TEXT))

    tally = attached(job, {"article": "a-1", "start": 30, "end": 99}, {"article": "a-1", "start": 12, "end": 17})

    assert places() == [(12, 17, "stieg")]
    assert [problem.line for problem in tally.problems] == [2]


def test_a_list_of_judgements_names_its_article_once_and_each_its_line(mia):
    job = having(mia, article(text=TEXT))
    rows = [{"label": "claim", "start": 12, "end": 17}, {"label": "claim", "start": 5, "end": 900, "line": 44}]

    tally = attached(job, {"article": "a-1", "annotations": rows}, kind="judgements")

    assert places() == [(12, 17, "stieg")]
    assert [problem.line for problem in tally.problems] == [44]


def test_records_of_a_chunk_are_loaded_with_claims_and_sources(mia):
    job = having(mia, article(text=TEXT))
    tally = Tally()

    load_records(
        [
            ImportedRecord("source", {"url": "https://stat.example/a"}, "a", 1),
            ImportedRecord("annotation", {"article": "a-1", "label": "claim", "quote": "stieg"}, "a", 2),
        ],
        Context.of(job),
        tally,
    )

    assert tally.problems == []
    assert Annotation.objects.count() == 1


def test_labels_of_judgements_that_come_apart_are_met():
    met = LabelsMet()

    met.meet_apart(ImportedRecord("annotation", {"label_name": "PER"}, "a"))
    met.meet_apart(ImportedRecord("judgements", {"relations": [{"label_name": "says"}]}, "a"))

    assert list(met.names) == [("span", "PER"), ("relation", "says")]


def test_articles_of_another_project_are_not_meant(mia):
    other = project("other")
    having(other, article(text=TEXT))
    job = having(mia, article("z", "Zu."))

    tally = attached(job, {"article": "a-1", "quote": "stieg"})

    assert len(tally.problems) == 1
    assert Annotation.objects.count() == 0
