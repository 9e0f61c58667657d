"""Articles over HTTP: list, filter, add, read, set what is known of one or many, give to people."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Article, Assignment, Membership
from tests import factories

LIST = "projects/river/articles/"


def test_a_pasted_text_is_frozen_and_given_back_in_full(api_of, mia):
    sent = {
        "title": "Preis steigt",
        "text": "Preis steigt\r\n\r\nDer Preis stieg um 4 %. 📈",
        "publisher": "Der Bote",
        "url": "https://bote.example/preis",
        "published_at": "2024-02-29",
        "language": "de",
    }

    response = api_of(mia).post(LIST, sent)

    assert response.status_code == 201
    made = response.json()
    assert made["version"]["text"] == "Preis steigt\n\nDer Preis stieg um 4 %. 📈"
    assert made["version"]["length"] == len(made["version"]["text"])
    assert (made["published_at"], made["publisher"]["name"]) == ("2024-02-29", "Der Bote")
    assert made["regions"][0]["kind"] == "headline"
    assert api_of(mia).get(f"{LIST}{made['uuid']}/").json() == made


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"text": " \n"}, 422, "text_empty", "text"),
        ({"text": "a\x00b"}, 400, "null_characters_not_allowed", "text"),
        ({"title": " "}, 422, "title_empty", "title"),
        ({"url": "javascript:alert(1)"}, 422, "url_scheme", "url"),
        ({"published_at": "31.02.2024"}, 422, "date_invalid", "published_at"),
        ({"project": "lake"}, 400, "unknown_field", "project"),
    ],
)
def test_an_article_of_the_wrong_shape_is_refused_by_name(api_of, mia, changes, status, code, field):
    response = api_of(mia).post(LIST, {"title": "Preis", "text": "Der Preis."} | changes)

    assert response.status_code == status
    assert [(one["code"], one["field"]) for one in response.json()["problems"]] == [(code, field)]
    assert not Article.objects.exists()


def test_only_a_manager_adds_or_edits_articles(api_of, ada, rosa, story):
    for member in (ada, rosa):
        assert api_of(member).post(LIST, {"title": "Preis", "text": "Der Preis."}).status_code == 403
        assert api_of(member).patch(f"{LIST}{story.uuid}/", {"base_revision": 1, "title": "x"}).status_code == 403
    assert Article.objects.get().title == "Der Preis"


def test_a_late_change_of_an_article_meets_a_conflict(api_of, mia, story):
    api, address = api_of(mia), f"{LIST}{story.uuid}/"

    first = api.patch(address, {"base_revision": 1, "publisher": "Der Bote", "published_at": "2024-02-29T06:30:00Z"})
    late = api.patch(address, {"base_revision": 1, "publisher": "Die Post"})
    cleared = api.patch(address, {"base_revision": 2, "published_at": None})

    assert (first.status_code, first.json()["published_at"]) == (200, "2024-02-29T06:30:00.000000Z")
    assert (late.status_code, late.json()["current"]["publisher"]["name"]) == (409, "Der Bote")
    assert (cleared.json()["published_at"], cleared.json()["publisher"]["name"]) == (None, "Der Bote")


@pytest.mark.parametrize("sort", ["added", "-added", "title", "-title", "published", "-published", "publisher"])
def test_pages_follow_one_another_without_gap_or_repeat(api_of, mia, sort):
    for n in range(7):
        factories.article(mia, title=f"Meldung {n % 3}", publisher="Bote" if n % 2 else "")
    api = api_of(mia)

    pages, cursor = [], None
    while cursor is not None or not pages:
        pages.append(api.get(LIST, sort=sort, limit=3, **({"cursor": cursor} if cursor else {})).json())
        cursor = pages[-1]["next"]
    back = api.get(LIST, sort=sort, limit=3, cursor=pages[1]["previous"]).json()

    found = [row["uuid"] for page in pages for row in page["results"]]
    assert [len(page["results"]) for page in pages] == [3, 3, 1]
    assert len(set(found)) == 7
    assert back["results"] == pages[0]["results"]


def test_filters_narrow_the_list_and_unknown_ones_are_refused(api_of, mia, ada, story):
    factories.article(mia, title="Hochwasser", publisher="Der Bote")
    api = api_of(mia)

    assert [row["title"] for row in api.get(LIST, q="hoch").json()["results"]] == ["Hochwasser"]
    assert [row["title"] for row in api.get(LIST, publisher="none").json()["results"]] == ["Der Preis"]
    assert api.get(LIST, publisher="Bote").json()["problems"][0]["field"] == "publisher"
    assert api.get(LIST, titel="x").status_code == 400
    assert api_of(ada).get(LIST, state="open").status_code == 400


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"limit": "٣"}, {"cursor": "x"}, {"cursor": "AA"}])
def test_a_page_that_nobody_was_offered_is_refused(api_of, mia, query):
    assert api_of(mia).get(LIST, **query).status_code == 400


def test_the_list_tells_an_annotator_of_their_own_work_only(api_of, mia, ada, ben, rosa, story):
    factories.annotation(ben, story, 2, 11)
    factories.annotation(ben, story, 4, 9)
    factories.annotation(ada, story, 2, 11)

    ours = api_of(ada).get(LIST).json()["results"][0]
    all_work = api_of(rosa).get(LIST).json()["results"][0]

    assert (ours["annotation_count"], ours["my_state"], ours["states"]) == (1, "open", None)
    assert (all_work["annotation_count"], all_work["my_state"], all_work["states"]) == (3, None, {"open": 2})


def test_a_page_of_a_long_list_takes_at_most_twelve_queries_and_loads_no_text(
    api_of, mia, django_assert_max_num_queries
):
    factories.many_articles(mia, 2_000)
    api = api_of(mia)

    with django_assert_max_num_queries(12) as first:
        page = api.get(LIST, limit=200, sort="title").json()
    with django_assert_max_num_queries(12) as second:
        rest = api.get(LIST, limit=200, sort="title", cursor=page["next"]).json()

    assert (len(page["results"]), rest["results"][0]["title"]) == (200, "Meldung 000200")
    queries = [one["sql"] for one in [*first.captured_queries, *second.captured_queries]]
    assert not [sql for sql in queries if '"annotations_articleversion"."text",' in sql]


def test_metadata_is_set_for_all_that_match_and_for_no_others(api_of, mia):
    for n in range(3):
        factories.article(mia, title=f"Hochwasser {n}")
    factories.article(mia, title="Der Preis")

    response = api_of(mia).post(
        f"{LIST}metadata/", {"filters": {"q": "hochwasser"}, "changes": {"publisher": "Bote", "language": "de"}}
    )

    assert response.json() == {"changed": 3}
    assert Article.objects.filter(publisher__name="Bote", language="de").count() == 3


def test_articles_are_given_to_people_once(api_of, mia, ada, ben, story):
    body = {"articles": [str(story.uuid)], "annotators": [str(ada.uuid), str(ben.uuid)]}
    api = api_of(mia)

    assert api.post(f"{LIST}assign/", body).json() == {"created": 2}
    assert api.post(f"{LIST}assign/", body).json() == {"created": 0}
    own = api_of(ada).get("projects/river/assignments/").json()["results"]
    assert [row["annotator"] for row in own] == [ada.pseudonym]
    assert len(api.get("projects/river/assignments/").json()["results"]) == 2


def test_bulk_acts_that_are_repeated_with_their_key_are_answered_as_the_first_time(api_of, mia, ada, story):
    key, other = uuid.uuid4(), uuid.uuid4()
    given = {"articles": [str(story.uuid)], "annotators": [str(ada.uuid)]}
    changed = {"articles": [str(story.uuid)], "changes": {"language": "fr"}}
    api = api_of(mia)

    answers = [api.post(f"{LIST}assign/", given, key=key).json() for _time in range(2)]
    answers += [api.post(f"{LIST}metadata/", changed, key=other).json() for _time in range(2)]
    reused = api.post(f"{LIST}metadata/", changed, key=key)

    assert answers == [{"created": 1}, {"created": 1}, {"changed": 1}, {"changed": 1}]
    assert (reused.status_code, reused.json()["problems"][0]["code"]) == (409, "key_reused")


def test_a_bulk_act_with_an_unknown_article_or_member_changes_nothing(api_of, mia, ada, story):
    api, unknown = api_of(mia), str(uuid.UUID(int=7))
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)

    no_article = {"articles": [str(story.uuid), unknown], "annotators": [str(ada.uuid)]}
    no_member = {"articles": [str(story.uuid)], "annotators": [str(ada.uuid), unknown]}
    no_annotator = {"articles": [str(story.uuid)], "annotators": [str(vera.uuid)]}
    both = {"articles": [str(story.uuid)], "filters": {}, "annotators": [str(ada.uuid)]}

    answers = [api.post(f"{LIST}assign/", body).status_code for body in (no_article, no_member, no_annotator, both)]
    assert answers == [404, 404, 422, 400]
    assert not Assignment.objects.exists()
