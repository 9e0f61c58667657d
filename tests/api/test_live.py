"""What changed on an article since one looked last, who has it open, and comments, by the API."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.api import live
from annotations.importers.removals import note_removed
from annotations.models import Presence, Relation, RemovedRow, settling
from annotations.workflow import presence
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import NewMention, make_claim, set_mention_withdrawn
from annotations.workflow.discussing import NewThread, answer, begin_thread, remove_comment, resolve_thread
from annotations.workflow.projects import end_membership
from annotations.workflow.relating import NewRelation, relate
from tests import factories

from .test_changes import at_once, read  # noqa: F401 - a fixture among them

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(db):
    return factories.project(visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada", pseudonym="ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben", pseudonym="ben")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def path_of(story, what: str = "live") -> str:
    return f"projects/river/articles/{story.uuid}/{what}/"


def looked(api, story, since: str = "") -> dict:
    reply = api.get(path_of(story), **({"since": since} if since else {}))
    assert reply.status_code == 200, reply.content
    return reply.json()


def test_a_page_learns_of_each_change_of_others_from_where_it_looked_last(api_of, mia, ada, ben, at_once):  # noqa: F811
    story, elsewhere = factories.article(mia), factories.article(mia, "Anderswo.")
    api = api_of(ada)
    since = looked(api, story)["since"]
    mark = factories.annotation(ben, story, 2, 11)
    factories.annotation(ben, elsewhere, 0, 3)
    claim = make_claim(uuid.uuid4(), "Er stieg.", by=ben, mention=NewMention(uuid.uuid4(), mark.key))
    thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "@ada?", story.uuid, mark.key), by=ben)

    first = looked(api, story, since)
    set_mention_withdrawn(claim.mentions.get().key, True, by=ben, base_version=1)
    withdraw_annotation(mark.key, by=ben, base_version=1)
    said = answer(thread.key, uuid.uuid4(), "Ja", by=ben)
    second = looked(api, story, first["since"])
    remove_comment(said.key, by=ben, base_version=1)
    third = looked(api, story, second["since"])

    assert [(row["key"], row["withdrawn_at"]) for row in first["annotations"]] == [(str(mark.key), None)]
    assert [len(row["mentions"]) for row in first["claims"]] == [1]
    assert [row["comments"][0]["is_unread"] for row in first["threads"]] == [True]
    assert [row["withdrawn_at"] is None for row in second["annotations"]] == [False]
    assert [row["mentions"][0]["withdrawn_at"] is None for row in second["claims"]] == [False]
    assert [len(row["comments"]) for row in second["threads"]] == [2]
    assert (third["annotations"], third["claims"]) == ([], [])
    assert [row["comments"][1]["text"] for row in third["threads"]] == [""]


def test_what_was_stored_while_a_page_looked_is_told_the_next_time(api_of, ada, ben, story):
    """FT-4: the next look goes on before where nothing can appear any more."""
    api = api_of(ada)
    since = looked(api, story)["since"]
    late = factories.annotation(ben, story, 2, 11)
    type(late).objects.filter(pk=late.pk).update(stored_at=timezone.now() - settling.OVERLAP)

    assert [row["key"] for row in looked(api, story, since)["annotations"]] == [str(late.key)]
    assert api.get(path_of(story), since="gestern").status_code == 422
    assert api.get(path_of(story), since="2001-01-01T00:00:00Z").status_code == 422


def test_a_look_tells_how_far_those_are_whose_work_is_shown(api_of, mia, ada, ben, story):
    factories.assigned(mia, ben, story)
    factories.assigned(mia, ada, story)
    api = api_of(ada)
    before = looked(api, story)["states"]
    factories.annotation(ben, story, 2, 11)
    submit(story, by=ben)

    assert (before, looked(api, story)["states"]) == ({}, {"ben": "submitted"})


def test_a_look_takes_few_queries_however_much_changed(api_of, ada, ben, story, django_assert_max_num_queries):
    since = looked(api_of(ada), story)["since"]
    for start in range(8):
        mark = factories.annotation(ben, story, start, start + 3)
        begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", story.uuid, mark.key), by=ben)
    api = api_of(ada)

    with django_assert_max_num_queries(22):
        assert len(looked(api, story, since)["annotations"]) == 8


def test_who_has_an_article_open_is_written_seldom_and_forgotten_by_itself(api_of, ada, ben, story, monkeypatch):
    tab = uuid.uuid4()
    for _time in range(3):
        assert api_of(ben).post(path_of(story, "presence"), {"tab": str(tab)}).json() == {"people": []}
    until = Presence.objects.get().until

    of_ada = api_of(ada).post(path_of(story, "presence"), {"tab": str(uuid.uuid4())})
    api_of(ada).post(path_of(story, "presence"), {"tab": str(tab)})  # whose tab this is, is not changed by another
    later = timezone.now() + timedelta(seconds=60)
    monkeypatch.setattr(presence.timezone, "now", lambda: later)
    api_of(ben).post(path_of(story, "presence"), {"tab": str(tab)})

    assert of_ada.json() == {"people": ["ben"]}
    assert Presence.objects.get(tab=tab).until > until
    later += timedelta(seconds=80)
    assert presence.people_at(story, ben) == []
    assert presence.people_at(story, ada) == ["ben"]
    api_of(ben).post(path_of(story, "presence"), {"tab": str(tab), "closes": True})
    assert presence.people_at(story, ada) == []


def test_who_left_the_project_is_not_here(mia, ada, ben, story):
    presence.be_present(story, uuid.uuid4(), ben)
    end_membership(ben, by=mia)
    assert presence.people_at(story, ada) == []


def test_bl2_in_a_blind_project_nothing_of_it_exists_for_an_annotator(api_of):
    """Asked before and after others saved, commented and handed in, each channel says the same."""
    mia = factories.project(visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    vera = factories.member(mia, "vera", factories.Role.VIEWER)
    story = factories.article(mia)
    factories.annotation(ada, story, 2, 11)

    def heard() -> list:
        answers = []
        for api in (api_of(ada), api_of(vera)):
            asked = [api.get(path_of(story)), api.get(path_of(story, "threads")), api.get("me/mentions/")]
            asked += [api.post(path_of(story, "presence"), {"tab": str(uuid.UUID(int=1))})]
            asked += [api.client.get("/"), api.client.get("/mentions/")]
            pages = [b'"live_since": null' in api.client.get(f"/p/river/articles/{story.uuid}/").content]
            lists = [read(api, f"projects/river/{name}/")[0] for name in ("threads", "comments")]
            answers += [(each.status_code, re.sub(rb'value="\w{64}"', b"", each.content)) for each in asked]
            answers += [*pages, *lists]
            assert all(pages)
        return answers

    before = heard()
    mark = factories.annotation(ben, story, 4, 9)
    words = f"@{ada.pseudonym} @{vera.pseudonym} seht her"
    thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), words, story.uuid, mark.key), by=mia)
    answer(thread.key, uuid.uuid4(), words, by=mia)
    resolve_thread(thread.key, by=mia, base_version=1)
    presence.be_present(story, uuid.uuid4(), mia)
    withdraw_annotation(mark.key, by=ben, base_version=1)

    assert heard() == before
    assert Presence.objects.count() == 1
    assert api_of(mia).get(path_of(story)).status_code == 200


def test_bl2_a_relation_is_hidden_with_an_end_that_is_and_told_once_it_is_not(api_of, at_once):  # noqa: F811
    mia = factories.project(visibility="blind")
    factories.label_for(mia.project, "answers", "relation")
    ada = factories.member(mia, "ada")
    rosa = factories.member(mia, "rosa", factories.Role.REVIEWER)
    vera = factories.member(mia, "vera", factories.Role.VIEWER)
    story = factories.article(mia)
    of_ada, of_rosa = factories.annotation(ada, story, 2, 11), factories.annotation(rosa, story, 12, 17)
    link = relate(NewRelation(uuid.uuid4(), of_rosa.key, of_ada.key, "answers"), by=rosa)
    submit(story, by=rosa)
    note_removed(Relation.objects.filter(pk=link.pk))
    assert not RemovedRow.objects.get(key=link.key).was_handed_in
    api, path = api_of(vera), "projects/river/relations/"

    seen, since = read(api, path)
    assert seen == []
    assert str(of_ada.key) not in api.get(path_of(story, "related")).content.decode()
    submit(story, by=ada)
    note_removed(Relation.objects.filter(pk=link.pk))
    assert RemovedRow.objects.get(key=link.key).was_handed_in

    [told], _since = read(api, path, since)
    assert told["key"] == str(link.key)
    assert [row["key"] for row in api.get(path_of(story, "related")).json()["relations"]] == [str(link.key)]


def test_comments_are_written_and_read_by_the_api(api_of, ada, ben, story):
    api, key, comment = api_of(ada), str(uuid.uuid4()), str(uuid.uuid4())
    body = {"key": key, "comment": comment, "text": "@ben, siehst du das?"}
    made = api.post(path_of(story, "threads"), body, key=uuid.UUID(int=1))
    again = api.post(path_of(story, "threads"), body, key=uuid.UUID(int=1))
    other = api_of(ben)
    reply = other.post(f"projects/river/threads/{key}/comments/", {"key": str(uuid.uuid4()), "text": "Ja"})
    stale = api.patch(f"projects/river/comments/{comment}/", {"base_version": 7, "text": "x"})
    mentions = other.get("me/mentions/").json()["results"]
    noted = other.post("me/mentions/read/", {"comments": [comment]})
    settled = other.post(f"projects/river/threads/{key}/resolve/", {"base_version": 1})
    removed = api.post(f"projects/river/comments/{comment}/remove/", {"base_version": 1})
    threads = api.get(path_of(story, "threads")).json()

    assert (made.status_code, again.status_code, reply.status_code) == (201, 201, 201)
    assert (stale.status_code, stale.json()["current"]["key"]) == (409, comment)
    assert [(row["comment"], row["read_at"]) for row in mentions] == [(comment, None)]
    assert noted.json() == {"read": 1}
    assert settled.json()["resolved_by"] == "ben"
    assert removed.json()["text"] == ""
    assert [[row["text"] for row in one["comments"]] for one in threads["threads"]] == [["", "Ja"]]
    assert "ben" in threads["people"]
    assert other.get("me/mentions/").json()["results"] == []


def test_mentions_come_page_by_page(api_of, ada, ben, story):
    said = [uuid.uuid4() for _n in range(3)]
    for comment in said:
        begin_thread(NewThread(uuid.uuid4(), comment, "@ben", story.uuid), by=ada)
    api, found, more = api_of(ben), [], {}

    for _page in range(3):
        page = api.get("me/mentions/", limit=1, **more).json()
        found += [row["comment"] for row in page["results"]]
        more = {"cursor": page["next"]}

    assert (found, page["next"]) == ([str(comment) for comment in reversed(said)], None)


def test_where_too_much_was_removed_to_name_it_a_page_is_told_to_begin_anew(api_of, mia, ada, story, monkeypatch):
    monkeypatch.setattr(live, "MOST_REMOVED", 1)
    api = api_of(ada)
    since = looked(api, story)["since"]
    project = {"project": mia.project, "kind": RemovedRow.Kind.ANNOTATION}
    one = RemovedRow.objects.create(**project, key=uuid.uuid4(), owner=mia, was_handed_in=True)

    few = looked(api, story, since)
    RemovedRow.objects.create(**project, key=uuid.uuid4(), owner=mia, was_handed_in=True)
    many = looked(api, story, since)

    assert (few["removed"], few["removed_too_many"]) == ([str(one.key)], False)
    assert (many["removed"], many["removed_too_many"]) == ([], True)
