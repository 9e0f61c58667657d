"""Search across a project by page: what is found, in which context, and where it leads."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from annotations.models import SavedFilter
from annotations.search.indexing import index_waiting
from tests import factories
from tests.search.test_everywhere import everything_of

TEXT = "Emoji 📈 zuerst.\n\n" + "Wort " * 60 + "Der <b>Préis</b> stieg. " + "Ende " * 60


@pytest.fixture
def corpus(team):
    """Give texts that are found and one that is not."""
    made = [factories.article(team.mia, TEXT, title=f"Preise {n}", external_id=f"p{n}") for n in range(22)]
    factories.article(team.mia, "Nichts davon.", title="Anderes")
    index_waiting()
    return made


def test_what_is_found_stands_in_context_and_leads_to_its_place(team, browser, corpus):
    page = browser("ada").get("/p/river/search/?text=preis+stieg").content.decode()

    at = TEXT.index("Préis")
    assert "22 articles hold this" in page
    assert f"/articles/{corpus[-1].uuid}/?text=preis+stieg#at={at}-{at + 5}" in page
    assert "&lt;b&gt;<mark>Préis</mark>&lt;/b&gt; <mark>stieg</mark>" in page
    assert "Anderes" not in page
    assert 'rel="next" href="?text=preis+stieg&amp;after=' in page


def test_very_many_are_not_counted(team, browser, corpus, monkeypatch):
    monkeypatch.setattr("annotations.web.searching.MOST_COUNTED", 21)

    assert "More than 21 articles hold this" in browser("ada").get("/p/river/search/?text=wort").content.decode()


def test_what_is_found_in_a_title_alone_is_marked_there_and_opens_the_article(team, browser, corpus):
    page = browser("ada").get("/p/river/search/?text=änd*+-preis").content.decode()

    assert "<bdi><mark>Anderes</mark></bdi>" in page
    assert "found in the title" in page
    assert "#at=" not in page


def test_the_page_says_what_is_wrong_with_a_query_and_keeps_it(team, browser, corpus):
    page = browser("ada").get('/p/river/search/?text="preis"+OR').content.decode()

    assert "“OR” stands between two things that are looked for." in page
    assert 'value="&quot;preis&quot; OR"' in page


def test_new_texts_are_told_until_they_can_be_found(team, browser, corpus):
    factories.article(team.mia, "Ein Preisnachlass.")

    assert "Some texts came in just now" in browser("ada").get("/p/river/search/").content.decode()
    index_waiting()
    page = browser("ada").get("/p/river/search/?text=preisnachlass").content.decode()
    assert "Some texts came in just now" not in page
    assert "1 article holds this" in page


def test_the_list_and_exports_take_words_of_the_text_as_a_filter(team, browser, corpus):
    page = browser("ada").get("/p/river/?text=nichts").content.decode()

    assert "1 article matches" in page
    assert "Anderes" in page


def test_a_page_of_results_takes_few_queries(team, browser, corpus, django_assert_max_num_queries):
    ada = browser("ada")

    with django_assert_max_num_queries(22):
        ada.get("/p/river/search/?text=preis+-nichts+OR+wort")


def test_other_kinds_stand_below_the_articles_and_lead_to_their_place(
    team, browser, corpus, django_assert_max_num_queries
):
    keys = [everything_of(team.mia, f"quartz{n}") for n in range(7)]
    mia = browser("mia")

    with django_assert_max_num_queries(28):
        page = mia.get("/p/river/search/?text=quartz*").content.decode()

    assert f'/claims/{keys[-1]["claims"]}/"' in page
    assert '/#verdict"' in page or "/#verdict" in page
    assert f"/sources/{keys[0]['sources']}/" in page
    assert "#at=0-4" in page
    assert 'href="?what=claims&amp;text=quartz%2A">All 7 of these' in page
    assert "A note on <mark>quartz6</mark>" in page
    one_kind = mia.get("/p/river/search/?text=quartz*&what=notes").content.decode()
    assert one_kind.count("A note on <mark>") == 7
    assert "articles hold this" not in one_kind


def test_an_annotator_of_blind_work_finds_nothing_of_others(team, browser, corpus):
    everything_of(team.mia, "quartz")

    page = browser("ada").get("/p/river/search/?text=note+quartz").content.decode()

    assert "Nothing holds this" in page
    assert 'name="person"' not in page


def test_a_search_is_saved_opened_and_removed(team, browser, corpus):
    ada = browser("ada")

    page = ada.post("/p/river/filters/?what=notes&text=preis", {"name": "Preise"}, follow=True).content.decode()

    assert "The search “Preise” is saved." in page
    assert '<a href="/p/river/search/?what=notes&amp;text=preis" aria-current="true"><bdi>Preise</bdi></a>' in page
    assert "Preise</bdi></a><form" not in ada.get("/p/river/").content.decode()
    saved = SavedFilter.objects.get()
    page = ada.post(f"/p/river/filters/{saved.uuid}/remove/?what=notes&text=preis", follow=True).content.decode()
    assert "The search “Preise” is removed." in page


def test_rl2_a_search_that_takes_too_long_is_stopped_with_a_sentence(team, browser, corpus, monkeypatch):
    stopped = OperationalError("canceling statement due to statement timeout")
    stopped.__cause__ = type("QueryCanceled", (Exception,), {"sqlstate": "57014"})()

    def too_slow(*args, **values):
        raise stopped

    monkeypatch.setattr("annotations.web.searching.article_page", too_slow)
    response = browser("ada").get("/p/river/search/?text=preis")

    assert response.status_code == 503
    assert "Look for rarer words" in response.content.decode()
