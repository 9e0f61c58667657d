"""Comment threads: said once, changed by who said it, settled by anybody, calling those who may read them."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.access import visible_to
from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import AuditEvent, AuditText, Comment, CommentMention, CommentThread
from annotations.text.mentioning import mentioned
from annotations.workflow.correcting import correct_article
from annotations.workflow.discussing import (
    NewThread,
    answer,
    begin_thread,
    edit_comment,
    mentions_of,
    people_to_call,
    read_mentions,
    remove_comment,
    reopen_thread,
    resolve_thread,
    threads_on,
)
from annotations.workflow.merging import merge_articles
from annotations.workflow.placing import place_annotation, unplaced
from annotations.workflow.projects import end_membership
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada", pseudonym="ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben", pseudonym="Ben K.")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def thread(by, story, text="Stimmt das?", annotation=None, **values) -> CommentThread:
    new = NewThread(uuid.uuid4(), uuid.uuid4(), text, story.uuid, annotation.key if annotation else None)
    return begin_thread(new, by=by, **values)


def said(thread: CommentThread) -> Comment:
    return thread.comments.order_by("pk")[0]


def test_a_thread_is_begun_answered_settled_and_opened_again(ada, ben, story):
    mark = factories.annotation(ada, story, 2, 11)
    made = thread(ben, story, annotation=mark)
    reply = answer(made.key, uuid.uuid4(), "Ja.", by=ada)

    settled = resolve_thread(made.key, by=ada, base_version=1)
    again = reopen_thread(made.key, by=ben, base_version=2)

    assert (settled.resolved_by, again.resolved_at, again.version_number) == (ada, None, 3)
    assert [row.text for row in made.comments.order_by("pk")] == ["Stimmt das?", "Ja."]
    assert (made.annotation, reply.created_by) == (mark, ada)
    acts = AuditEvent.objects.filter(object_type__in=["thread", "comment"]).order_by("pk")
    assert [act.verb for act in acts] == ["thread.created", "comment.created", "thread.resolved", "thread.reopened"]


def test_a_repeated_request_says_it_once_and_a_stale_one_says_so(ada, ben, story):
    request, new = Request.of(uuid.uuid4(), "x"), NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", story.uuid)
    first = begin_thread(new, by=ada, request=request)
    assert begin_thread(new, by=ada, request=request).pk == first.pk
    once = Request.of(uuid.uuid4(), "y")
    key = uuid.uuid4()
    assert answer(first.key, key, "A", by=ben, request=once).pk == answer(first.key, key, "A", by=ben, request=once).pk

    edit_comment(said(first).key, "Hmm", by=ada, base_version=1)
    with pytest.raises(Conflict):
        edit_comment(said(first).key, "Hm!", by=ada, base_version=1)
    with pytest.raises(Conflict):
        resolve_thread(first.key, by=ada, base_version=9)
    assert (CommentThread.objects.count(), Comment.objects.count()) == (1, 2)


def test_words_are_their_owners_and_removed_ones_leave_their_place(ada, ben, story):
    made = thread(ada, story, "Frag @Ben K. danach")
    with pytest.raises(Forbidden):
        edit_comment(said(made).key, "x", by=ben, base_version=1)
    with pytest.raises(Forbidden):
        remove_comment(said(made).key, by=ben, base_version=1)
    answer(made.key, uuid.uuid4(), "Gern", by=ben)

    gone = remove_comment(said(made).key, by=ada, base_version=1)
    remove_comment(said(made).key, by=ada, base_version=1)

    assert (gone.text, gone.withdrawn_at is None) == ("", False)
    assert not CommentMention.objects.exists()
    assert [row.pk for row in threads_on(story.current_version, ada)] == [made.pk]
    assert AuditText.objects.get(event__verb="comment.removed").values == {"earlier_text": "Frag @Ben K. danach"}
    with pytest.raises(Refused):
        edit_comment(said(made).key, "doch", by=ada, base_version=2)


def test_who_is_called_is_told_until_they_have_read_it(mia, ada, ben, story):
    made = thread(ada, story, "@ben k. und @ada und @niemand: bitte sehen")
    [call] = mentions_of(ben.user)
    assert (call.comment, call.read_at) == (said(made), None)

    assert (read_mentions(ben.user, [said(made).key]), read_mentions(ben.user)) == (1, 0)
    edit_comment(said(made).key, "@Ben K. und @mia", by=ada, base_version=1)
    assert [row.read_at is None for row in mentions_of(ben.user)] == [False]
    assert people_to_call(ada) == sorted(["Ben K.", mia.pseudonym])
    edit_comment(said(made).key, "niemand", by=ada, base_version=2)
    assert not mentions_of(ben.user).exists()


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@ada b", ["ada b"]),
        ("@ada, @ADA.", ["ada"]),
        ("x@ada @adab @_ada", []),
        ("(@straße)@ben", ["straße", "ben"]),
        ("@STRASSE", ["straße"]),
        ("@", []),
    ],
)
def test_names_are_found_whole_and_the_longest_counts(text, called):
    assert mentioned(text, ["ada", "ada b", "ben", "straße"]) == called
    assert mentioned(text, []) == []


def test_in_a_blind_project_only_those_who_see_all_work_talk():
    mia = factories.project(visibility="blind")
    ada, vera = factories.member(mia, "ada"), factories.member(mia, "vera", factories.Role.VIEWER)
    rosa = factories.member(mia, "rosa", factories.Role.REVIEWER, pseudonym="rosa")
    story = factories.article(mia)
    mark = factories.annotation(ada, story, 2, 11)

    made = thread(mia, story, f"@{ada.pseudonym} @rosa", annotation=mark)

    assert [row.member for row in CommentMention.objects.all()] == [rosa]
    for member in (ada, vera):
        for model in (CommentThread, Comment, CommentMention):
            assert not visible_to(member, model.objects.all()).exists()
        assert people_to_call(member) == []
        with pytest.raises(Forbidden):
            thread(member, story)
    with pytest.raises(Forbidden):
        answer(made.key, uuid.uuid4(), "x", by=ada)


def test_a_call_is_gone_with_the_part_of_who_was_called(mia, ada, ben, story):
    thread(ada, story, "@Ben K.")
    end_membership(ben, by=mia)
    assert not mentions_of(ben.user).exists()


def test_what_cannot_be_said_or_named_is_refused(mia, ada, story):
    other = factories.article(mia, "Ein anderer Text.")
    mark = factories.annotation(ada, other, 0, 3)
    for text in (" \n", "x" * 10_001):
        with pytest.raises(Refused):
            thread(ada, story, text)
    with pytest.raises(NotThere):
        thread(ada, story, annotation=mark)
    with pytest.raises(NotThere):
        answer(uuid.uuid4(), uuid.uuid4(), "x", by=ada)


def test_threads_go_along_to_a_corrected_text_when_what_they_are_about_does(mia, ada, story):
    version = story.current_version
    stays, lost = factories.annotation(ada, story, 2, 11), factories.annotation(ada, story, 38, 47)
    about, on_lost, on_all = (thread(ada, story, annotation=mark) for mark in (stays, lost, None))
    text = version.text.replace(version.text[38:47], "nie zu ahnen")

    done = correct_article(story, text, by=mia, base_version=version.uuid)

    story.refresh_from_db()
    assert {row.pk for row in threads_on(done.version, ada)} == {about.pk, on_all.pk}
    [waiting] = unplaced(story, by=ada)
    place = factories.Span(38, 41)
    placed = place_annotation(story, waiting.annotation.key, place, done.version.text[38:41], by=ada)
    on_lost.refresh_from_db()
    assert on_lost.annotation == placed


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_no_thread_is_begun_on_a_text_that_is_being_corrected(ada, story):
    with CaptureQueriesContext(connection) as queries:
        thread(ada, story)

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert any('FROM "annotations_article"' in sql for sql in locks)


def test_threads_move_with_a_merged_article(mia, ada, story):
    same = factories.article(mia)
    mark = factories.annotation(ada, same, 2, 11)
    made = thread(ada, same, annotation=mark)
    merge_articles(story, same, by=mia)
    assert [row.pk for row in threads_on(story.current_version, ada)] == [made.pk]


def test_an_act_takes_few_queries(ada, ben, story, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        made = thread(ada, story, "@Ben K.")
    with django_assert_max_num_queries(13):
        answer(made.key, uuid.uuid4(), "@Ben K.", by=ada)
    for _n in range(5):
        answer(made.key, uuid.uuid4(), "mehr", by=ben)
    with django_assert_max_num_queries(3):
        assert len(list(threads_on(story.current_version, ada)[0].comments.all())) == 7
