"""Saved filters by API: one's own, kept once under a name, and named by an export."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Job, SavedFilter
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import save_filter

LIST = "projects/river/filters/"
GERMAN = {"name": "Deutsch", "filters": {"language": "de", "sort": "title"}}


def test_a_filter_is_kept_listed_and_removed(api_of, ada, ben):
    api = api_of(ada)

    made, again = api.post(LIST, GERMAN), api.post(LIST, GERMAN)
    listed = api.get(LIST).json()["results"]

    assert (made.status_code, made.json()["filters"]) == (201, GERMAN["filters"])
    assert listed == [made.json()] == [again.json()]
    assert api_of(ben).get(LIST).json()["results"] == []
    address = f"{LIST}{listed[0]['uuid']}/remove/"
    assert [api_of(who).post(address, {}).status_code for who in (ben, ada, ada)] == [404, 204, 404]
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"filters": {"project": "lake"}}, 400, "project"),
        ({"filters": {"state": "open"}}, 400, "state"),
        ({"filters": {}}, 422, "filters"),
        ({"name": " "}, 422, "name"),
        ({"name": "x" * 101}, 400, "name"),
        ({"owner": 1}, 400, "owner"),
    ],
)
def test_a_filter_of_the_wrong_shape_is_refused_by_name(api_of, ada, changes, status, field):
    response = api_of(ada).post(LIST, GERMAN | changes)

    assert (response.status_code, response.json()["problems"][0]["field"]) == (status, field)
    assert not SavedFilter.objects.exists()


def test_an_export_names_a_saved_filter_in_place_of_filters(api_of, ada, ben):
    saved = save_filter("Deutsch", ArticleFilters(language="de"), by=ada)
    body = {"saved_filter": str(saved.uuid)}

    made = api_of(ada).post("projects/river/exports/", body)
    both = api_of(ada).post("projects/river/exports/", body | {"filters": {}})
    strangers = [
        api_of(ben).post("projects/river/exports/", body),
        api_of(ada).post("projects/river/exports/", {"saved_filter": str(uuid.uuid4())}),
    ]

    assert (made.status_code, both.status_code) == (202, 400)
    assert [one.status_code for one in strangers] == [404, 404]
    assert Job.objects.get().parameters["filters"] == {"language": "de"}
