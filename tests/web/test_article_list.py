"""The list of articles: what it shows to whom, at which cost, and what can be done with many at once."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Article, Assignment, AuditEvent
from annotations.workflow.assigning import submit
from tests import factories


def rows_of(response) -> dict[str, object]:
    return {row.article.title: row for row in response.context["rows"]}


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize("articles", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_the_list_of_many_articles_takes_at_most_twelve_queries_and_loads_no_text(team, browser, articles):
    factories.many_articles(team.mia, articles)
    mia = browser("mia")

    with CaptureQueriesContext(connection) as first:
        response = mia.get("/p/river/")
    with CaptureQueriesContext(connection) as later:
        mia.get("/p/river/" + response.context["next_query"] + "&sort=title&mine=none&state=unassigned&q=Meldung")

    assert len(response.context["rows"]) == 50
    assert response.context["total"] == articles
    assert len(first) <= 12
    assert len(later) <= 12
    text = re.compile(r'"annotations_articleversion"\."text"|"metadata"')
    assert not [query["sql"] for query in [*first, *later] if text.search(query["sql"])]


def test_noting_the_age_of_a_session_keeps_the_list_within_twelve_queries(team, browser, monkeypatch):
    factories.many_articles(team.mia, 100)
    mia = browser("mia")
    page = mia.get("/p/river/").context["next_query"]
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr(timezone, "now", lambda: later)

    with CaptureQueriesContext(connection) as queries:
        mia.get("/p/river/" + page)

    assert [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert len(queries) <= 12


def test_the_first_list_after_logging_in_takes_at_most_twelve_queries(team):
    factories.many_articles(team.mia, 100)
    mia = Client()
    mia.post("/login/", {"username": "mia", "password": factories.PASSWORD})

    with CaptureQueriesContext(connection) as queries:
        response = mia.get("/p/river/")

    assert len(response.context["rows"]) == 50
    assert len(queries) <= 12


def test_the_number_of_queries_does_not_grow_with_the_rows(team, browser):
    mia = browser("mia")
    factories.article(team.mia)
    with CaptureQueriesContext(connection) as few:
        mia.get("/p/river/")
    for _number in range(20):
        factories.assigned(team.mia, team.ada, factories.article(team.mia, publisher="Post"))
    with CaptureQueriesContext(connection) as many:
        mia.get("/p/river/")

    assert len(many) == len(few)


def test_a_manager_sees_how_far_everybody_is_and_all_annotations(team, browser):
    made = factories.article(team.mia, title="Der Preis")
    factories.assigned(team.mia, team.ada, made)
    factories.assigned(team.mia, team.ben, made)
    factories.annotation(team.ada, made, 2, 11)
    factories.annotation(team.ben, made, 2, 11)
    submit(made, by=team.ben)

    row = rows_of(browser("mia").get("/p/river/"))["Der Preis"]

    assert (row.handed_in, row.given, row.annotation_count) == (1, 2, 2)


def test_a_blind_annotator_sees_their_own_state_and_annotations_only(team, browser):
    made = factories.article(team.mia, title="Der Preis")
    factories.assigned(team.mia, team.ada, made)
    factories.assigned(team.mia, team.ben, made)
    factories.annotation(team.ben, made, 2, 11)
    submit(made, by=team.ben)

    response = browser("ada").get("/p/river/")
    row = rows_of(response)["Der Preis"]

    assert (row.my_state, row.given, row.annotation_count) == ("open", 1, 0)
    assert b"of 2 submitted" not in response.content
    assert team.ben.pseudonym.encode() not in response.content


def test_a_blind_annotator_who_asks_for_everybodys_state_is_told_so(team, browser):
    factories.article(team.mia)

    response = browser("ada").get("/p/river/?state=submitted")

    assert "You may filter by your own state only." in said(response)
    assert len(response.context["rows"]) == 1


def test_an_unknown_parameter_is_left_out_with_a_sentence(team, browser):
    factories.article(team.mia)

    response = browser("ada").get("/p/river/?publisher__name=Post&page=2")

    assert response.status_code == 200
    assert len(said(response)) == 2


def test_an_empty_project_says_the_next_act_of_each_role(team, browser):
    manager, annotator = browser("mia").get("/p/river/"), browser("ada").get("/p/river/")

    assert b"Import files" in manager.content
    assert b"Import files" not in annotator.content
    assert b"Guidelines" in annotator.content


def test_links_to_articles_and_to_the_export_keep_the_filter(team, browser):
    made = factories.article(team.mia, title="Der Preis", language="de")

    page = browser("mia").get("/p/river/?language=de").content.decode()

    assert f'href="/p/river/articles/{made.uuid}/?language=de"' in page
    assert 'href="/p/river/export/?language=de"' in page


def test_ticked_articles_are_assigned_to_the_chosen_people(team, browser):
    first, second = factories.article(team.mia), factories.article(team.mia)
    form = {"choice": "page", "article": [first.uuid], "act": "assign", "annotators": [team.ada.uuid, team.ben.uuid]}

    response = browser("mia").post("/p/river/bulk/", form)

    assert response.status_code == 302
    assert Assignment.objects.filter(version__article=first).count() == 2
    assert not Assignment.objects.filter(version__article=second).exists()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ({"act": "assign"}, "Nothing is new: these people have these articles already."),
        ({"act": "metadata", "set_language": "fr"}, "Nothing is changed: the articles have these values already."),
    ],
)
def test_a_bulk_act_that_is_sent_twice_says_that_nothing_is_new(act, sentence, team, browser):
    form = {"article": [factories.article(team.mia).uuid], "annotators": [team.ada.uuid]} | act
    mia = browser("mia")

    _first, again = mia.post("/p/river/bulk/", form), mia.post("/p/river/bulk/", form)

    assert said(again)[-1] == sentence


def test_all_that_match_are_changed_only_after_the_question(team, browser):
    for language in ("de", "de", "en"):
        factories.article(team.mia, language=language)
    form = {"choice": "matching", "act": "metadata", "set_publisher": "Tagblatt", "set_published_at": "2024-03-18"}
    mia = browser("mia")

    asked = mia.post("/p/river/bulk/?language=de", form)
    untouched = Article.objects.filter(publisher__isnull=True).count()
    answered = mia.post("/p/river/bulk/?language=de", form | {"confirmed": "yes"})

    assert (asked.status_code, untouched, asked.context["count"]) == (200, 3, 2)
    assert answered["Location"] == "/p/river/?language=de"
    changed = Article.objects.filter(publisher__name="Tagblatt")
    assert {(row.language, row.published_precision) for row in changed} == {("de", "day")}
    assert AuditEvent.objects.filter(verb="articles.changed").get().after["articles"] == 2


def test_the_question_about_all_that_match_names_the_people(team, browser):
    factories.article(team.mia)
    form = {"choice": "matching", "act": "assign", "annotators": [team.ada.uuid, team.ben.uuid]}

    asked = browser("mia").post("/p/river/bulk/", form)

    assert asked.context["said"] == [("Give to", "Ada, Ben")]


def test_the_question_about_all_that_match_names_the_values(team, browser):
    factories.article(team.mia)
    form = {"choice": "matching", "act": "metadata", "set_publisher": "Tagblatt", "set_language": "de"}

    asked = browser("mia").post("/p/river/bulk/", form)

    assert asked.context["said"] == [("Publisher", "Tagblatt"), ("Language", "de")]


def test_what_cannot_be_set_is_refused_before_the_question(team, browser):
    factories.article(team.mia)
    form = {"choice": "matching", "act": "metadata", "set_published_at": "31.02.2024"}

    response = browser("mia").post("/p/river/bulk/?language=de", form)

    assert response["Location"] == "/p/river/?language=de"
    assert "31.02.2024" in said(response)[0]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"choice": "page", "act": "assign"}, "Choose at least one article first."),
        ({"choice": "page", "article": ["not-a-uuid"], "act": "assign"}, "Choose at least one article first."),
        ({"article": ["{article}"], "act": "assign"}, "Give to: Choose whom to give the articles to."),
        ({"article": ["{article}"], "act": "metadata"}, "Choose what to set: publisher, date or language."),
        ({"article": ["{article}"], "act": "metadata", "set_published_at": "31.02.2024"}, "31.02.2024"),
        ({"article": ["{article}"], "act": "metadata", "set_language": "Deutsch?"}, "Deutsch?"),
        ({"article": ["{article}"], "act": "delete"}, "Choose what to do with the articles."),
    ],
)
def test_a_bulk_act_that_lacks_something_says_what(team, browser, form, sentence):
    made = factories.article(team.mia)
    filled = {name: [str(made.uuid)] if value == ["{article}"] else value for name, value in form.items()}

    response = browser("mia").post("/p/river/bulk/", filled)

    assert any(sentence in message for message in said(response))
    assert not Assignment.objects.exists()


def test_ac2_articles_and_people_of_another_project_cannot_be_named(team, browser):
    other = factories.project("other", manager="sam")
    theirs, ours = factories.article(other), factories.article(team.mia)
    mia = browser("mia")

    mia.post("/p/river/bulk/", {"article": [theirs.uuid], "act": "metadata", "set_publisher": "Mine"})
    mia.post("/p/river/bulk/", {"article": [ours.uuid], "act": "assign", "annotators": [other.uuid]})

    theirs.refresh_from_db()
    assert theirs.publisher is None
    assert not Assignment.objects.exists()


def test_a_candidate_is_shown_with_its_place_and_set_in_one_click(team, browser):
    made = factories.article(team.mia, title="Der Preis")
    Article.objects.filter(pk=made.pk).update(
        candidates={
            "publisher": [{"value": "Inkwell Daily", "place": {"field": "url"}}],
            "published_at": [{"value": "2018-11-15", "place": {"zone": "caption", "snippet": "seen on Nov 15, 2018"}}],
        }
    )
    mia = browser("mia")
    page = mia.get("/p/river/").content.decode()

    mia.post(f"/p/river/articles/{made.uuid}/details/", {"candidate": "publisher=Inkwell Daily"})
    mia.post(f"/p/river/articles/{made.uuid}/details/", {"candidate": "published_at=2018-11-15"})

    made.refresh_from_db()
    assert "link host" in page
    assert "caption" in page
    assert "seen on Nov 15, 2018" in page
    assert made.publisher.name == "Inkwell Daily"
    assert (made.published_at.date().isoformat(), made.published_precision) == ("2018-11-15", "day")


def test_what_was_never_a_candidate_is_not_set(team, browser):
    made = factories.article(team.mia)

    response = browser("mia").post(f"/p/river/articles/{made.uuid}/details/", {"candidate": "publisher=Anything"})

    made.refresh_from_db()
    assert made.publisher is None
    assert said(response) == ["This is known already, or was never proposed."]


def test_an_annotator_sees_no_candidates_and_no_bulk_acts(team, browser):
    made = factories.article(team.mia)
    Article.objects.filter(pk=made.pk).update(candidates={"publisher": [{"value": "Inkwell Daily", "place": "link"}]})

    page = browser("ada").get("/p/river/").content

    assert b"Inkwell Daily" not in page
    assert b"data-bulk" not in page


def offered(page: str) -> list[str]:
    select = page.partition('name="mine"')[2].partition("</select>")[0]
    return re.findall(r'<option value="(\w*)"', select)


def test_the_filter_by_ones_own_state_offers_only_states_that_can_be(team, browser):
    factories.article(team.mia)

    page = browser("ada").get("/p/river/").content.decode()

    assert offered(page) == ["", "none", "open", "submitted", "returned", "accepted"]


def test_the_filter_by_ones_own_state_keeps_a_state_that_a_file_brought(team, browser):
    made = factories.assigned(team.mia, team.ada, factories.article(team.mia, title="Der Preis"))
    Assignment.objects.filter(pk=made.pk).update(state="returned")

    response = browser("ada").get("/p/river/?mine=returned")

    assert "returned" in offered(response.content.decode())
    assert list(rows_of(response)) == ["Der Preis"]
