"""Talking about claims: begun, answered, changed, settled, called; by page and API, in files, and blind."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import AuditEvent, Claim, Comment, CommentMention, CommentThread, User
from annotations.workflow.claiming import make_claim, set_claim_withdrawn
from annotations.workflow.desk import merge_claims
from annotations.workflow.discussing import NewThread, answer, begin_thread, mentions_of, resolve_thread
from annotations.workflow.inbox import CLAIM_MENTION, inbox_of, parts_of
from tests import factories
from tests.corpora import exported, imported, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")


@pytest.fixture
def claim(mia, rosa):
    return make_claim(uuid.uuid4(), "Der Preis stieg um 4 %.", by=rosa)


def say(claim, by, text="Stimmt das? 📈"):
    return begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), text, None, claim=claim.key), by=by)


def browser(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def send(client, claim, act, **values):
    return client.post(f"/p/river/claims/{claim.key}/", {"act": act, "form_key": str(uuid.uuid4()), **values})


def test_a_thread_about_a_claim_is_begun_answered_and_settled_and_calls_people(mia, rosa, claim):
    thread = say(claim, mia, f"@{rosa.pseudonym} bitte prüfen")
    answer(thread.key, uuid.uuid4(), "Ja.", by=rosa)
    resolve_thread(thread.key, by=rosa, base_version=1)

    thread.refresh_from_db()
    assert (thread.claim, thread.version, thread.length, thread.resolved_by) == (claim, None, None, rosa)
    assert CommentMention.objects.get().member == rosa
    [item] = inbox_of(parts_of(rosa.user), most=9)
    assert (item.kind, item.about, item.title) == (CLAIM_MENTION, claim.key, claim.text)
    event = AuditEvent.objects.get(verb="thread.created_on_claim")
    assert event.after["claim"] == str(claim.key)


def test_who_sees_only_their_own_work_neither_reads_nor_says_anything_about_claims(mia, claim):
    ada = factories.member(mia, "ada")
    own = make_claim(uuid.uuid4(), "Adas Behauptung.", by=ada)
    thread = say(own, mia, "Nur für uns.")

    with pytest.raises(Forbidden):
        say(own, ada)
    with pytest.raises((NotThere, Forbidden)):
        answer(thread.key, uuid.uuid4(), "?", by=ada)
    page = browser(ada).get(f"/p/river/claims/{own.key}/").content.decode()
    assert "Nur für uns." not in page
    assert 'id="talk"' not in page
    api = browser(ada).get(f"/api/v1/projects/river/claims/{own.key}/threads/")
    assert api.json() == {"threads": [], "people": []}
    assert browser(ada).get(f"/api/v1/projects/river/claims/{claim.key}/threads/").status_code == 404


def test_a_thread_is_about_a_claim_that_stands_or_about_a_text_and_never_both(mia, rosa, claim):
    article = factories.article(mia)
    with pytest.raises(Refused):
        begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "?", None), by=mia)
    with pytest.raises(Refused):
        begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "?", None, is_question=True, claim=claim.key), by=mia)
    set_claim_withdrawn(claim.key, True, by=rosa, base_version=1)
    with pytest.raises(Refused):
        say(claim, mia)
    values = {"project": mia.project, "created_by": mia}
    for about in ({}, {"claim": claim, "version": article.current_version, "length": article.current_version.length}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CommentThread.objects.create(**values, **about)


def test_a_claim_of_another_project_is_not_talked_about(mia, claim):
    other = factories.project("lake", manager="max")
    with pytest.raises(NotThere):
        say(claim, other)
    with pytest.raises(IntegrityError), transaction.atomic():
        CommentThread.objects.create(project=other.project, created_by=other, claim=claim)


def test_the_page_of_a_claim_carries_the_talk_and_lets_one_go_on_with_it(mia, rosa, claim):
    desk = browser(rosa)
    assert send(desk, claim, "talk-begin", text="").status_code == 422
    assert send(desk, claim, "talk-begin", text=f"@{mia.pseudonym} Was sagt das Amt?").status_code == 302
    comment = Comment.objects.get()
    manager = browser(mia)
    page = manager.get(f"/p/river/claims/{claim.key}/").content.decode()
    assert "Was sagt das Amt?" in page
    assert f'id="c-{comment.key}"' in page
    assert 'value="talk-read"' in page
    assert 'value="talk-edit"' not in page  # it is another's
    send(manager, claim, "talk-read", key=str(comment.key))
    assert mentions_of(mia.user).get().read_at is not None
    send(manager, claim, "talk-answer", key=str(comment.thread.key), text="Nichts.")
    assert (
        send(desk, claim, "talk-edit", key=str(comment.key), base="1", text="Was sagt das Ministerium?").status_code
        == 302
    )
    assert send(desk, claim, "talk-edit", key=str(comment.key), base="1", text="Veraltet").status_code == 409
    send(desk, claim, "talk-resolve", key=str(comment.thread.key), base="1")
    page = desk.get(f"/p/river/claims/{claim.key}/").content.decode()
    assert "Was sagt das Ministerium?" in page
    assert 'value="talk-reopen"' in page
    send(desk, claim, "talk-remove", key=str(comment.key), base="2")
    assert Comment.objects.get(pk=comment.pk).text == ""
    calls = manager.get("/mentions/").content.decode()
    assert "Ministerium" not in calls


def test_the_same_form_sent_twice_says_it_once(rosa, claim):
    client, key = browser(rosa), str(uuid.uuid4())
    for _again in range(2):
        client.post(f"/p/river/claims/{claim.key}/", {"act": "talk-begin", "form_key": key, "text": "Einmal."})
    assert Comment.objects.count() == 1


def test_what_was_said_about_a_merged_claim_shows_at_the_one_that_stands(mia, rosa, claim):
    other = make_claim(uuid.uuid4(), "Vier Prozent mehr.", by=rosa)
    say(other, mia, "Ist dasselbe.")
    merge_claims(other.key, claim.key, by=rosa, base_version=0)
    assert "Ist dasselbe." in browser(rosa).get(f"/p/river/claims/{claim.key}/").content.decode()
    listed = browser(rosa).get(f"/api/v1/projects/river/claims/{claim.key}/threads/").json()["threads"]
    assert [each["claim"] for each in listed] == [str(other.key)]


def test_programs_talk_about_claims_and_are_told_of_it(mia, rosa, claim):
    client = browser(rosa)
    body = {"key": str(uuid.uuid4()), "comment": str(uuid.uuid4()), "text": f"@{mia.pseudonym} Hier."}
    path = f"/api/v1/projects/river/claims/{claim.key}/threads/"
    once: dict[str, Any] = {"content_type": "application/json", "headers": {"Idempotency-Key": body["key"]}}
    made = client.post(path, body, **once)
    assert (made.status_code, made.json()["claim"]) == (201, str(claim.key))
    assert client.post(path, body, **once).json()["key"] == body["key"]
    assert client.get(path).json()["threads"][0]["comments"][0]["text"] == body["text"]
    [thread] = client.get("/api/v1/projects/river/threads/").json()["results"]
    assert (thread["claim"], thread["article"], thread["text_sha256"]) == (str(claim.key), None, None)
    [comment] = client.get("/api/v1/projects/river/comments/").json()["results"]
    assert (comment["claim"], comment["annotation"]) == (str(claim.key), None)
    [call] = browser(mia).get("/api/v1/me/mentions/").json()["results"]
    assert (call["claim"], call["article"], call["title"]) == (str(claim.key), None, claim.text)


def test_talk_about_claims_goes_out_and_comes_back_to_the_byte_and_goes_with_its_import(mia, rosa, claim):
    thread = say(claim, mia, f"@{rosa.pseudonym} bitte prüfen")
    answer(thread.key, uuid.uuid4(), "Ja.", by=rosa)
    resolve_thread(thread.key, by=rosa, base_version=1)
    factories.article(mia, external_id="a")  # an import of claims alone cannot be undone
    written = exported(mia, format="native")

    other = factories.project("lake", manager="max")
    job = imported(other, {"corpus.jsonl": written})

    there = CommentThread.objects.get(project=other.project)
    assert (there.claim.text, there.comments.count()) == (claim.text, 2)
    assert exported(other, format="native").splitlines()[1:] == written.splitlines()[1:]
    undone(other, job)
    assert not CommentThread.objects.filter(project=other.project).exists()
    assert not Claim.objects.filter(project=other.project).exists()


def test_a_claim_that_somebody_talked_about_stays_when_its_import_is_undone(mia, rosa, claim):
    factories.article(mia, external_id="a")
    other = factories.project("lake", manager="max")
    job = imported(other, {"corpus.jsonl": exported(mia, format="native")})
    say(Claim.objects.get(project=other.project), other)
    undone(other, job)
    assert Claim.objects.filter(project=other.project).exists()


def test_a_manager_finds_threads_in_the_admin(mia, rosa, claim):
    say(claim, rosa, "Gesucht wird dies.")
    User.objects.filter(pk=mia.user_id).update(is_staff=True)
    client, thread = browser(mia), CommentThread.objects.get()
    path = reverse("admin:annotations_commentthread_changelist")
    assert claim.text in client.get(path, {"about": "claim", "q": "Gesucht"}).content.decode()
    assert claim.text not in client.get(path, {"about": "article"}).content.decode()
    shown = client.get(reverse("admin:annotations_commentthread_change", args=[thread.pk])).content.decode()
    assert "Gesucht wird dies." in shown
    assert reverse("annotations:claim", args=["river", claim.key]) in shown
