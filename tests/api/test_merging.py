"""Merging articles by API: the one kept is answered, the other says where it went."""

from __future__ import annotations

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
