"""Saved filters on the pages: kept and applied in the list of articles, chosen for an export."""

from __future__ import annotations

import pytest

from annotations.models import Job, SavedFilter
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import save_filter, saved_filters
from tests import factories

EXPORT = {"format": "native", "texts": "with"}


@pytest.fixture
def corpus(team):
    """Give one German and one English article."""
    return [factories.article(team.mia, language=language, title=language) for language in ("de", "en")]


def test_the_present_filter_is_saved_applied_and_removed(team, browser, corpus):
    ada = browser("ada")
    assert b"Save this filter" not in ada.get("/p/river/").content

    saved = ada.post("/p/river/filters/?language=de", {"name": "Nur <Deutsch>"})
    page = ada.get("/p/river/?language=de").content.decode()

    assert saved["Location"] == "/p/river/?language=de"
    assert 'href="/p/river/?language=de" aria-current="true"><bdi>Nur &lt;Deutsch&gt;</bdi>' in page
    assert "Save this filter" not in page
    one = SavedFilter.objects.get()
    ada.post(f"/p/river/filters/{one.uuid}/remove/?language=de")
    assert not SavedFilter.objects.exists()


def test_what_cannot_be_saved_is_said_above_the_list(team, browser, corpus):
    page = browser("ada").post("/p/river/filters/", {"name": "Alle"}, follow=True).content.decode()

    assert "Filter the list first" in page
    assert not SavedFilter.objects.exists()


def test_filters_of_others_are_on_no_page(team, browser, corpus):
    save_filter("Geheim", ArticleFilters(language="de"), by=team.ben)

    for path in ("/p/river/", "/p/river/export/"):
        assert b"Geheim" not in browser("ada").get(path).content


def test_a_saved_filter_is_the_scope_of_an_export(team, browser, corpus):
    saved = save_filter("Deutsch", ArticleFilters(language="de"), by=team.ada)
    ada = browser("ada")
    assert b"Deutsch" in ada.get("/p/river/export/").content

    ada.post("/p/river/export/?language=en", EXPORT | {"saved_filter": str(saved.uuid)})
    ada.post("/p/river/export/?language=en", EXPORT | {"saved_filter": ""})

    assert [job.parameters["filters"] for job in Job.objects.order_by("pk")] == [{"language": "de"}, {"language": "en"}]


def test_an_export_of_a_filter_that_is_not_one_s_own_is_refused_at_the_field(team, browser, corpus):
    save_filter("Deutsch", ArticleFilters(language="de"), by=team.ada)
    other = save_filter("Deutsch", ArticleFilters(language="en"), by=team.ben)

    response = browser("ada").post("/p/river/export/", EXPORT | {"saved_filter": str(other.uuid)})

    assert response.status_code == 422
    assert response.context["form"].errors["saved_filter"]
    assert not Job.objects.exists()


def test_an_export_of_a_filter_that_may_no_longer_be_asked_holds_nothing_else_instead(team, browser, corpus):
    saved = save_filter("Offen", ArticleFilters(language="de"), by=team.ada)
    saved_filters(team.ada).update(filters={"state": "open"})

    response = browser("ada").post("/p/river/export/", EXPORT | {"saved_filter": str(saved.uuid)})

    assert "can no longer be used" in str(response.context["form"].errors["saved_filter"])
    assert not Job.objects.exists()
