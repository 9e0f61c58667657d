"""The one filter of articles, and paging by keyset in every order."""

import random
from datetime import UTC, date, datetime

import pytest

from annotations.errors import Refused
from annotations.models import Article
from annotations.search.article_filters import SORTS, ArticleFilters, article_page, neighbours
from annotations.workflow.assigning import submit
from annotations.workflow.suggesting import Decided, decide
from tests import factories


@pytest.fixture
def mia(db):
    return factories.project("river")


@pytest.fixture
def mixed(mia):
    """Write 23 articles whose titles, publishers and dates repeat or are not known."""
    chance = random.Random(7)
    for number in range(23):
        made = factories.article(
            mia, title=chance.choice(["Alpha", "Beta", "Gamma"]), publisher=chance.choice(["", "Post", "Wire"])
        )
        if number % 3:
            moment = datetime(2024, 3, chance.randint(1, 4), tzinfo=UTC)
            Article.objects.filter(pk=made.pk).update(published_at=moment)
    return mia


def titles(mia, by=None, **params) -> list[str]:
    rows = ArticleFilters.parse(params).articles(by or mia)
    return sorted(rows.values_list("title", flat=True))


@pytest.mark.parametrize("sort", SORTS)
def test_stepping_forwards_shows_each_article_once_and_backwards_the_same_pages(mixed, sort):
    filters = ArticleFilters(sort=sort)
    pages = [article_page(filters, mixed, size=5)]
    while pages[-1].next:
        pages.append(article_page(filters, mixed, after=str(pages[-1].next), size=5))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(article_page(filters, mixed, before=str(back[-1].previous), size=5))

    seen = [article.pk for page in pages for article in page.articles]
    assert len(seen) == len(set(seen)) == 23
    assert [[a.pk for a in page.articles] for page in back[::-1]] == [[a.pk for a in page.articles] for page in pages]


@pytest.mark.parametrize("sort", SORTS)
def test_next_and_previous_follow_the_order_of_the_list(mixed, sort):
    filters = ArticleFilters(sort=sort)
    order = article_page(filters, mixed, size=50).articles

    for place, article in enumerate(order):
        before, after = neighbours(filters, mixed, article)
        assert before == (order[place - 1].uuid if place else None)
        assert after == (order[place + 1].uuid if place + 1 < len(order) else None)


def test_what_is_not_known_stands_last_in_both_directions(mixed):
    for sort in ("published", "-published"):
        dates = [article.published_at for article in article_page(ArticleFilters(sort=sort), mixed, size=50).articles]
        assert None in dates
        assert dates.index(None) == len([one for one in dates if one])


def test_words_are_all_found_in_title_or_address(mia):
    factories.article(mia, title="The river letter", url="https://post.example/floods")
    factories.article(mia, title="Another letter")

    assert titles(mia, q="letter floods") == ["The river letter"]
    assert titles(mia, q="LETTER") == ["Another letter", "The river letter"]


def test_publisher_and_language_can_be_not_known(mia):
    known = factories.article(mia, title="Known", publisher="Post", language="de")
    factories.article(mia, title="Unknown")

    assert titles(mia, publisher=str(known.publisher.uuid)) == ["Known"]
    assert titles(mia, publisher="none") == ["Unknown"]
    assert titles(mia, language="de") == ["Known"]
    assert titles(mia, language="none") == ["Unknown"]


def test_days_are_taken_as_a_whole(mia):
    made = factories.article(mia, title="Late")
    Article.objects.filter(pk=made.pk).update(published_at=datetime(2024, 3, 18, 23, 59, tzinfo=UTC))

    assert titles(mia, published_after="2024-03-18", published_before="2024-03-18") == ["Late"]
    assert titles(mia, published_before="2024-03-17") == []


def test_the_last_day_there_is_can_be_asked_for(mia):
    factories.article(mia, title="Old", published_at=date(2024, 3, 18))

    assert titles(mia, published_after="0001-01-01", published_before="9999-12-31") == ["Old"]


def test_the_state_of_the_work_and_ones_own_are_told_apart(mia):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    done, begun, free = (factories.article(mia, title=name) for name in ("done", "begun", "free"))
    for made in (done, begun):
        factories.assigned(mia, ada, made)
        factories.assigned(mia, ben, made)
    submit(done, by=ada)
    submit(done, by=ben)
    submit(begun, by=ada)

    assert titles(mia, state="submitted") == ["done"]
    assert titles(mia, state="open") == ["begun"]
    assert titles(mia, state="unassigned") == [free.title]
    assert titles(mia, by=ada, mine="submitted") == ["begun", "done"]
    assert titles(mia, by=ben, mine="open") == ["begun"]
    assert titles(mia, by=ben, mine="none") == ["free"]


def test_a_blind_annotator_finds_articles_by_own_annotations_only(mia):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    made = factories.article(mia, title="Annotated by Ben")
    factories.annotation(ben, made, 2, 11)

    assert titles(mia, by=ada, has_annotations="yes") == []
    assert titles(mia, by=ben, has_annotations="yes") == ["Annotated by Ben"]


def test_open_suggestions_are_those_that_one_has_not_decided_about_oneself(mia):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    made = factories.article(mia, title="Suggested")
    factories.article(mia, title="Nothing suggested")
    suggested = factories.suggestion(made, "Preis")

    decide([Decided(suggested.key, "dismissed", 0)], by=ada)

    assert titles(mia, by=ada, open_suggestions="yes") == []
    assert titles(mia, by=ada, open_suggestions="no") == ["Nothing suggested", "Suggested"]
    assert titles(mia, by=ben, open_suggestions="yes") == ["Suggested"]


def test_a_blind_annotator_may_not_ask_for_the_state_of_everybodys_work(mia):
    ada = factories.member(mia, "ada")

    with pytest.raises(Refused) as caught:
        titles(mia, by=ada, state="submitted")

    assert caught.value.field == "state"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project__memberships__user__password", "x"),
        ("created_by_job__parameters", "1"),
        ("sort", "publisher__project__slug"),
        ("sort", "?"),
        ("publisher", "1 OR 1=1"),
        ("mine", "nearly"),
        ("has_annotations", "perhaps"),
        ("open_suggestions", "2"),
        ("published_after", "31.02.2024"),
        ("q", "x" * 201),
        ("q", "nul\x00"),
        ("articles_named", "0f9b3c7e-8f4e-4f6e-9a44-5d1f1c2b3a4d,x"),
    ],
)
def test_ac4_what_is_no_filter_or_no_value_of_one_is_refused_by_name(name, value):
    with pytest.raises(Refused) as caught:
        ArticleFilters.parse({name: value})

    assert caught.value.field == name


def test_a_kind_reading_leaves_out_what_it_cannot_read_and_says_so(mia):
    filters, sentences = ArticleFilters.parse_kindly({"q": "river", "mine": "nearly", "page": "3"}, mia)

    assert filters.as_params() == {"q": "river"}
    assert len(sentences) == 2


def test_the_parameters_of_a_filter_read_back_as_the_same_filter():
    filters = ArticleFilters.parse({"q": "river & mill", "language": "de", "sort": "title"})

    assert ArticleFilters.parse(filters.as_params()) == filters
    assert filters.as_query() == "?q=river+%26+mill&language=de&sort=title"


def test_articles_of_another_project_are_never_found(mia):
    other = factories.project("other", manager="sam")
    made = factories.article(other, title="Theirs")

    assert titles(mia) == []
    assert article_page(ArticleFilters(), mia, after=str(made.uuid)).articles == []
