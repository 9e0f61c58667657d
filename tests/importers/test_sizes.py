"""Imports at the sizes that people bring: many lines with one bad one, one very long text, very many annotations."""

from __future__ import annotations

import pytest
from django.test import Client

from annotations.models import Annotation, Article, ArticleVersion, Membership
from tests.corpora import article, counts, imported, lines
from tests.factories import project

pytestmark = pytest.mark.django_db
LETTERS = 10_000_000
SPANS = 50_000


@pytest.fixture
def mia() -> Membership:
    return project()


def opened(mia: Membership) -> int:
    """Open the only article of the project as a person does; return the status."""
    client = Client()
    client.force_login(mia.user)
    return client.get(f"/p/{mia.project.slug}/articles/{Article.objects.get().uuid}/").status_code


def test_of_ten_thousand_lines_the_bad_one_in_the_middle_is_named_and_all_others_come(mia):
    records = [article(f"a-{n}", f"Pegel {n}.") for n in range(1, 10_001)]
    records[4_999] = '{"external_id": "a-5000", "text": '

    job = imported(mia, {"a.jsonl": lines(*records)})

    assert counts(job) == (10_000, 9_999, 0, 0, 1)
    assert [(each.file, each.line) for each in job.problems.all()] == [("a.jsonl", 5_000)]


@pytest.mark.long
def test_an_article_of_ten_million_letters_is_imported_and_opens(mia):
    paragraph = "Der Damm steht noch. " * 40 + "\n\n"
    text = (paragraph * (LETTERS // len(paragraph))).strip()

    job = imported(mia, {"a.jsonl": lines(article("a-1", text))})

    assert counts(job) == (1, 1, 0, 0, 0)
    assert ArticleVersion.objects.get().length == len(text)
    assert opened(mia) == 200


@pytest.mark.long
def test_an_article_with_fifty_thousand_annotations_is_imported_and_opens(mia):
    text = "Damm " * SPANS
    made = [
        {"start": at, "end": at + 4, "quote": "Damm", "label": "claim", "annotator": "Ada"}
        for at in range(0, 5 * SPANS, 5)
    ]

    job = imported(mia, {"a.jsonl": lines(article("a-1", text.strip(), annotations=made))})

    assert counts(job) == (1, 1, 0, 0, 0)
    assert Annotation.objects.count() == SPANS
    assert opened(mia) == 200
