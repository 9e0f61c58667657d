"""Merging articles by API: the one kept is answered, the other says where it went."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annotations.models import settling
from tests import factories


def test_a_merge_answers_with_the_article_kept_and_the_other_says_where_it_went(api_of, mia, story):
    other = factories.article(mia)

    response = api_of(mia).post(f"projects/river/articles/{other.uuid}/merge/", {"into": str(story.uuid)})

    assert response.status_code == 200
    assert response.json()["uuid"] == str(story.uuid)
    gone = api_of(mia).get(f"projects/river/articles/{other.uuid}/").json()
    assert gone["merged_into"] == str(story.uuid)
    listed = api_of(mia).get("projects/river/articles/").json()
    assert [row["uuid"] for row in listed["results"]] == [str(story.uuid)]


def test_an_annotator_may_not_merge(api_of, mia, ada, story):
    other = factories.article(mia)

    response = api_of(ada).post(f"projects/river/articles/{other.uuid}/merge/", {"into": str(story.uuid)})

    assert response.status_code == 403


def test_a_merge_of_different_texts_is_undone(api_of, mia, story):
    other = factories.article(mia, "Es regnete lange.")
    api_of(mia).post(f"projects/river/articles/{other.uuid}/merge/", {"into": str(story.uuid)})

    response = api_of(mia).post(f"projects/river/articles/{other.uuid}/split/", {})

    assert response.status_code == 200
    assert response.json()["merged_into"] is None


@pytest.fixture
def at_once(monkeypatch):
    """Let nothing be told twice for clocks alone."""
    monkeypatch.setattr(settling, "OVERLAP", timedelta())


def read(api, path, since=""):
    page = api.get(f"projects/river/{path}", **({"changed_since": since} if since else {})).json()
    return page["results"], page["changed_since"]


def test_programs_that_keep_up_learn_of_a_merge_of_what_moved_with_it_and_of_its_undoing(
    api_of, mia, ada, story, at_once
):
    same, unlike = factories.article(mia), factories.article(mia, "Es regnete lange.")
    moved = factories.annotation(ada, same, 2, 11)
    api = api_of(mia)
    (_articles, of_articles), (_rows, of_annotations) = read(api, "articles/changes/"), read(api, "annotations/")

    for other in (same, unlike):
        api.post(f"projects/river/articles/{other.uuid}/merge/", {"into": str(story.uuid)})
    articles, of_articles = read(api, "articles/changes/", of_articles)
    annotations, _since = read(api, "annotations/", of_annotations)
    api.post(f"projects/river/articles/{unlike.uuid}/split/", {})
    parted, _since = read(api, "articles/changes/", of_articles)

    into = {row["uuid"]: row["merged_into"] for row in articles}
    assert into == {str(story.uuid): None, str(same.uuid): str(story.uuid), str(unlike.uuid): str(story.uuid)}
    assert [(row["key"], row["article"]) for row in annotations] == [(str(moved.key), str(story.uuid))]
    assert [(row["uuid"], row["merged_into"]) for row in parted] == [(str(unlike.uuid), None)]
