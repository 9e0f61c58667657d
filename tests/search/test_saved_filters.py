"""Filters that people keep under a name: each their own, checked again when they are used."""

from __future__ import annotations

import pytest

from annotations.errors import NotThere, Refused
from annotations.models import Membership, SavedFilter
from annotations.search import saved_filters as saving
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import filters_of, find_saved, remove_saved, save_filter, saved_filters
from annotations.workflow.people import match_person
from annotations.workflow.projects import change_role
from tests import factories
from tests.corpora import annotation, article, imported, lines

pytestmark = pytest.mark.django_db
GERMAN = ArticleFilters(language="de", q="Preis")


@pytest.fixture
def mia() -> Membership:
    return factories.project()


def test_a_filter_is_kept_under_its_name_and_read_again(mia):
    saved = save_filter("  Deutsch „Preis“ 📈 ", GERMAN, by=mia)

    assert (saved.name, saved.filters) == ("Deutsch „Preis“ 📈", {"q": "Preis", "language": "de"})
    assert filters_of(saved, mia) == GERMAN


def test_the_same_name_again_replaces_the_filter(mia):
    first = save_filter("Deutsch", GERMAN, by=mia)

    again = save_filter("Deutsch", ArticleFilters(language="de"), by=mia)

    assert again.pk == first.pk
    assert [one.filters for one in saved_filters(mia)] == [{"language": "de"}]


def test_nobody_sees_uses_or_removes_the_filters_of_others(mia):
    ada = factories.member(mia, "ada")
    saved = save_filter("Deutsch", GERMAN, by=ada)

    with pytest.raises(NotThere):
        find_saved(mia, saved.uuid)
    remove_saved(saved, by=mia)

    assert (list(saved_filters(mia)), list(saved_filters(ada))) == ([], [saved])


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00b"])
def test_a_bad_name_is_refused(mia, name):
    with pytest.raises(Refused, match="Give the filter a name"):
        save_filter(name, GERMAN, by=mia)


def test_a_filter_that_asks_for_nothing_is_not_kept(mia):
    with pytest.raises(Refused, match="Filter the list first"):
        save_filter("Alle", ArticleFilters(), by=mia)


def test_there_is_an_end_to_how_many_one_keeps_and_an_old_one_can_still_be_replaced(mia, monkeypatch):
    monkeypatch.setattr(saving, "MOST_SAVED", 2)
    for name in ("one", "two"):
        save_filter(name, GERMAN, by=mia)

    with pytest.raises(Refused, match="You keep 2 filters already"):
        save_filter("three", GERMAN, by=mia)

    save_filter("two", ArticleFilters(language="en"), by=mia)
    assert SavedFilter.objects.count() == 2


def test_a_filter_that_one_may_no_longer_ask_for_is_refused_when_it_is_used(mia):
    rosa = factories.member(mia, "rosa", "reviewer")
    saved = save_filter("Open", ArticleFilters(state="open"), by=rosa)
    ada = change_role(rosa, "annotator", by=mia)

    with pytest.raises(Refused, match="“Open” can no longer be used"):
        filters_of(saved, ada)


def test_filters_pass_over_to_the_annotator_that_their_owner_turned_out_to_be(mia):
    ada = factories.member(mia, "ada")
    saved = save_filter("Deutsch", GERMAN, by=ada)
    text = "Der Preis stieg."
    imported(mia, {"a.jsonl": lines(article("a-1", text, annotations=[annotation(text, "stieg")]))})

    matched = match_person(Membership.objects.get(pseudonym="amber-otter-101"), ada.user, by=mia)

    assert list(saved_filters(matched)) == [saved]
