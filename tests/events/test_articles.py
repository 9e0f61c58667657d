"""The live channel of an article: it tells those who see everybody's work, and for others there is none (BL-2)."""

from __future__ import annotations

import queue
import time
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from annotations.models import Membership, Presence, Project
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import NewMention, make_claim, reword_claim
from annotations.workflow.desk import merge_claims
from annotations.workflow.discussing import NewThread, answer, begin_thread, remove_comment, resolve_thread
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.projects import change_role, end_membership
from tests import factories

from .test_streams import event_server, listen_to, logged_in  # noqa: F401 - a fixture among them

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WITHIN = 5
"""Seconds in which a stream has to end for whom it may no longer serve."""


def path_of(article, slug="river") -> str:
    return f"/events/projects/{slug}/articles/{article.uuid}/?tab={uuid.uuid4()}"


def works(ben, article, others=()) -> None:
    """Do one of everything that others may be told of; with each act, whoever listens is called once."""
    acts = []
    mark = factories.annotation(ben, article, 2, 11)
    acts.append("annotated")
    claim = make_claim(uuid.uuid4(), "Der Preis stieg.", by=ben, mention=NewMention(uuid.uuid4(), mark.key, "asserts"))
    reword_claim(claim.key, "Er stieg.", by=ben, base_version=1)
    source = NewEvidence(uuid.uuid4(), SourceLink("https://amt.example/"), claim=claim.key)
    attach_source(source, by=ben)
    if others:
        thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", article.uuid, mark.key), by=others[0])
        said = answer(thread.key, uuid.uuid4(), "Ja", by=others[0])
        remove_comment(said.key, by=others[0], base_version=1)
        resolve_thread(thread.key, by=others[0], base_version=1)
    withdraw_annotation(mark.key, by=ben, base_version=1)
    submit(article, by=ben)


def drained(events: queue.Queue, seconds: float = 1.0) -> list:
    """Return what comes until nothing does for so long."""
    found = []
    while True:
        try:
            found.append(events.get(timeout=seconds))
        except queue.Empty:
            return found


def test_each_act_of_another_calls_and_opening_pages_show_who_is_there(event_server):  # noqa: F811
    mia = factories.project(visibility="open")
    ada, ben = (factories.member(mia, name, pseudonym=name.title()) for name in ("ada", "ben"))
    article = factories.article(mia)
    elsewhere = factories.article(mia, "Ein anderer Text.")
    status, events = listen_to(event_server, path_of(article), logged_in(ada.user))
    assert status == 200
    assert events.get(timeout=20) == {"changed": True, "people": []}
    drained(events)

    factories.annotation(ben, elsewhere, 0, 3)
    assert drained(events) == []
    acts = [
        lambda: factories.annotation(ben, article, 2, 11),
        lambda: begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", article.uuid), by=ben),
    ]
    for act in acts:
        act()
        assert events.get(timeout=10)["changed"]
    drained(events)
    works(ben, article)
    assert any(event["changed"] for event in drained(events))

    _status, of_ben = listen_to(event_server, path_of(article), logged_in(ben.user))
    assert of_ben.get(timeout=10)["people"] == ["Ada"]
    assert events.get(timeout=10) == {"changed": False, "people": ["Ben"]}
    assert Presence.objects.count() == 2


def test_in_a_blind_project_an_annotator_has_no_channel_at_all(event_server):  # noqa: F811
    """BL-2: while others save, submit, comment and delete, nothing comes to her, by no channel there is."""
    mia = factories.project(visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    vera = factories.member(mia, "vera", factories.Role.VIEWER)
    article = factories.article(mia)
    for annotator in (ada, ben):
        factories.assigned(mia, annotator, article)
    for member in (ada, vera):
        status, events = listen_to(event_server, path_of(article), logged_in(member.user))
        assert status == 404
        works(ben, article, others=(mia,)) if member is ada else None
        assert [event for event in drained(events) if event is not None] == []
    assert not Presence.objects.exists()


@pytest.mark.parametrize("end", ["part", "raw", "blind", "logout"])
def test_a_stream_ends_soon_for_whom_it_may_no_longer_serve(event_server, end):  # noqa: F811
    """BL-2: authorised at each event; withdrawing somebody is one."""
    mia = factories.project(visibility="open")
    ada = factories.member(mia, "ada")
    article, client = factories.article(mia), logged_in(ada.user)
    _status, events = listen_to(event_server, path_of(article), client)
    events.get(timeout=20)
    drained(events)

    began = time.monotonic()
    if end == "part":
        end_membership(ada, by=mia)
    elif end == "raw":
        Membership.objects.filter(pk=ada.pk).update(ended_at=timezone.now())
    elif end == "blind":
        Project.objects.filter(pk=mia.project_id).update(visibility="blind")
    else:
        client.logout()
        factories.annotation(mia, article, 2, 11)

    assert [event for event in iter(lambda: events.get(timeout=WITHIN), None) if event["changed"]] == []
    assert time.monotonic() - began < WITHIN


def test_a_broken_connection_of_the_channel_is_made_anew_and_what_was_missed_is_looked_at(event_server):  # noqa: F811
    """FT-4: whoever listens is called once it is back, whatever happened meanwhile."""
    mia = factories.project(visibility="open")
    article = factories.article(mia)
    ada = factories.member(mia, "ada")
    _status, events = listen_to(event_server, path_of(article), logged_in(ada.user))
    events.get(timeout=20)
    drained(events)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        assert cursor.fetchone()[0] == 1
    factories.annotation(mia, article, 2, 11)

    assert events.get(timeout=30)["changed"]
    drained(events)
    factories.annotation(mia, article, 2, 12)
    assert events.get(timeout=10)["changed"]


def test_many_open_pages_take_no_more_connections_than_one(event_server):  # noqa: F811
    mia = factories.project(visibility="open")
    article = factories.article(mia)

    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return cursor.fetchone()[0]

    def opened(n: int) -> None:
        status, events = listen_to(event_server, path_of(article), logged_in(factories.member(mia, f"p{n}").user))
        assert status == 200
        assert events.get(timeout=20)["changed"]

    opened(0)
    before = connections()
    for n in range(1, 12):
        opened(n)

    assert connections() <= before + 1  # of a request that is answered in this moment


def test_who_reads_a_claim_hears_of_talk_about_it_and_who_may_not_see_others_work_has_no_channel(event_server):  # noqa: F811
    """BL-2: whatever the claim, nothing tells an annotator of a blind project that there is one, or talk about it."""
    mia = factories.project(visibility="blind")
    ada, rosa = factories.member(mia, "ada"), factories.member(mia, "rosa", "reviewer")
    claim, other = (make_claim(uuid.uuid4(), words, by=ada) for words in ("Der Preis stieg.", "Alles teurer."))
    path = f"/events/projects/river/claims/{claim.key}/"
    for member, slug in ((ada, "river"), (rosa, "lake")):
        assert listen_to(event_server, path.replace("river", slug), logged_in(member.user))[0] == 404
    assert listen_to(event_server, path.replace(str(claim.key), str(uuid.uuid4())), logged_in(rosa.user))[0] == 404
    status, events = listen_to(event_server, path, logged_in(rosa.user))
    assert (status, events.get(timeout=20)) == (200, {"changed": True})
    drained(events)

    thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", None, claim=claim.key), by=mia)
    assert events.get(timeout=10) == {"changed": True}
    said = answer(thread.key, uuid.uuid4(), "Ja", by=mia)
    assert events.get(timeout=10) == {"changed": True}
    remove_comment(said.key, by=mia, base_version=1)
    assert events.get(timeout=10) == {"changed": True}
    about_other = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", None, claim=other.key), by=mia)
    assert drained(events) == []
    merge_claims(other.key, claim.key, by=mia, base_version=0)
    resolve_thread(about_other.key, by=mia, base_version=1)
    assert events.get(timeout=10) == {"changed": True}
    change_role(rosa, "annotator", by=mia)
    assert events.get(timeout=WITHIN) is None


def test_who_asked_hears_of_answers_and_of_nothing_that_others_do(event_server):  # noqa: F811
    """BL-2: the channel of one's own questions is silent while others work, and about others' questions."""
    mia = factories.project(visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    article = factories.article(mia)
    for annotator in (ada, ben):
        factories.assigned(mia, annotator, article)
    of_ada, of_ben = (
        begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Ja?", article.uuid, is_question=True), by=each)
        for each in (ada, ben)
    )
    client = logged_in(ada.user)
    status, events = listen_to(event_server, "/events/projects/river/questions/", client)
    assert status == 200
    assert events.get(timeout=20) == {"changed": True}
    drained(events)

    works(ben, article, others=(mia,))
    answer(of_ben.key, uuid.uuid4(), "Nein.", by=mia)
    Membership.objects.filter(pk=ben.pk).update(guidelines_read=1)
    assert drained(events) == []

    answer(of_ada.key, uuid.uuid4(), "Ja.", by=mia)
    assert events.get(timeout=10) == {"changed": True}
    resolve_thread(of_ada.key, by=mia, base_version=1)
    assert events.get(timeout=10) == {"changed": True}
    end_membership(ada, by=mia)
    assert events.get(timeout=WITHIN) is None
    stranger = factories.user("sam")
    assert listen_to(event_server, "/events/projects/river/questions/", logged_in(stranger))[0] == 404
