"""Questions to the managers: private while work is blind, answered, and made an example of the guidelines for all."""

from __future__ import annotations

import uuid

import pytest

from annotations.access import visible_to
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.exporters.scope import Scope
from annotations.models import AuditEvent, Comment, CommentThread, Membership
from annotations.text.spans import Span
from annotations.workflow.announcing import (
    announce,
    announced_to,
    count_unread_announcements,
    draft_of,
    note_announcements,
)
from annotations.workflow.correcting import correct_article
from annotations.workflow.discussing import (
    NewThread,
    answer,
    begin_thread,
    edit_comment,
    mentions_of,
    remove_comment,
    resolve_thread,
    threads_on,
)
from annotations.workflow.projects import current_guidelines, publish_guidelines
from annotations.workflow.verifying import findings
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", Membership.Role.REVIEWER)


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


@pytest.fixture
def story(mia):
    return factories.article(mia)


def ask(by, story, text="Ist das eine Behauptung?", about=None, *, span=None, quote=None):
    if span is not None and quote is None:
        quote = span.text_of(story.current_version.text)
    new = NewThread(
        *(uuid.uuid4(), uuid.uuid4(), text, story.uuid, about), is_question=True, span=span, quote=quote or ""
    )
    return begin_thread(new, by=by)


def correct(story, by, text):
    story.refresh_from_db()
    done = correct_article(story, text, by=by, base_version=story.current_version.uuid)
    story.refresh_from_db()
    return done.version


def test_while_work_is_blind_a_question_is_seen_by_who_asked_and_by_those_who_see_all_work(mia, rosa, ada, ben, story):
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)
    about = factories.annotation(ada, story, 2, 11)

    question = ask(ada, story, about=about.key)
    answer(question.key, uuid.uuid4(), "Ja, das ganze „Der Preis stieg“.", by=mia)

    for model in (CommentThread, Comment):
        seeing = [each for each in (mia, rosa, ada) if visible_to(each, model.objects.all()).exists()]
        assert seeing == [mia, rosa, ada]
        assert not any(visible_to(each, model.objects.all()).exists() for each in (ben, vera))
    assert question.annotation == about
    assert AuditEvent.objects.get(verb="question.asked").object_key == str(question.key)


def test_a_question_calls_the_managers_and_the_answer_who_asked(mia, rosa, ada, ben, story):
    question = ask(ada, story, text=f"@{ben.pseudonym} @{rosa.pseudonym} Ist das eine?")
    asked = list(mentions_of(mia.user))
    answer(question.key, uuid.uuid4(), f"Ja. @{rosa.pseudonym} sieht es auch so.", by=mia)
    answer(question.key, uuid.uuid4(), "Danke!", by=ada)

    assert len(asked) == 1
    assert len(mentions_of(mia.user)) == 2
    assert len(mentions_of(ada.user)) == 1
    assert len(mentions_of(rosa.user)) == 1  # whom Mia named; to Ada, who sees nobody, names mean nothing
    assert not mentions_of(ben.user)


def test_who_asked_can_reword_take_back_and_settle_and_others_cannot(mia, ada, ben, story):
    question = ask(ada, story)
    said = question.comments.get()

    edited = edit_comment(said.key, "Ist „stieg“ eine?", by=ada, base_version=1)
    settled = resolve_thread(question.key, by=ada, base_version=1)
    removed = remove_comment(said.key, by=ada, base_version=edited.version_number)

    assert settled.resolved_by == ada
    assert removed.withdrawn_at is not None
    for act in (
        lambda: answer(question.key, uuid.uuid4(), "Ja", by=ben),
        lambda: resolve_thread(question.key, by=ben, base_version=1),
        lambda: begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Na?", story.uuid), by=ada),
    ):
        with pytest.raises(Forbidden) as refusal:
            act()
        assert refusal.value.code == "work_is_hidden"


def test_nobody_asks_about_what_they_do_not_see(ada, ben, story):
    of_ben = factories.annotation(ben, story, 2, 11)

    with pytest.raises(NotThere):
        ask(ada, story, about=of_ben.key)


def test_a_question_about_words_keeps_their_place_in_code_points_and_checks_them(mia, rosa, ada, ben, story):
    text = story.current_version.text
    assert text.startswith("📈")

    question = ask(ada, story, span=Span(2, 11))

    row = CommentThread.objects.get()
    assert (row.start, row.end, row.quote) == (2, 11, text[2:11]) == (2, 11, "Der Preis")
    assert draft_of(question).startswith("> Der Preis\n\n*Ist das")
    seen = [list(visible_to(each, CommentThread.objects.all())) for each in (mia, rosa, ada, ben)]
    assert seen == [[row], [row], [row], []]
    for wrong, code in (
        ({"span": Span(3, 12), "quote": "Der Preis"}, "quote_mismatch"),
        ({"span": Span(2, 9999), "quote": text[2:]}, "quote_mismatch"),
        ({"span": Span(2, 11), "about": factories.annotation(ada, story, 2, 11).key}, "one_subject"),
    ):
        with pytest.raises(Refused) as refusal:
            ask(ada, story, **wrong)
        assert refusal.value.code == code


def test_a_question_about_words_goes_along_to_the_corrected_text_where_they_are_certain(mia, ada, story):
    text = story.current_version.text
    start = text.index("4 %")
    stays = ask(ada, story, "Und das?", span=Span(2, 11))
    is_gone = ask(ada, story, "Und die?", span=Span(start, start + 3))

    version = correct(story, mia, "Heute: " + text.replace("4 %", "fünf Prozent"))

    moved, left = (CommentThread.objects.get(pk=each.pk) for each in (stays, is_gone))
    assert (moved.version, moved.start, moved.quote) == (version, 9, "Der Preis")
    assert (left.version.n, left.quote) == (version.n - 1, "4 %")
    assert [each.pk for each in threads_on(version, ada)] == [stays.pk, is_gone.pk]
    assert threads_on(version, factories.member(mia, "cleo")).count() == 0

    again = correct(story, mia, text)  # as it was, so that the words are certain again

    left.refresh_from_db()
    assert (left.version, left.start, left.quote) == (again, start, "4 %")
    assert not list(findings())


def test_an_answer_becomes_an_example_that_all_members_are_told_of_once(mia, ada, ben, story):
    question = ask(ada, story)
    before = current_guidelines(mia.project)
    assert before is not None

    done = announce(question.key, "> stieg\n\nNur mit Zahl.", by=mia, base_version=before.version)

    after = current_guidelines(mia.project)
    assert after is not None
    assert (after.version, done.announced_in) == (before.version + 1, after)
    assert after.text.startswith(before.text.rstrip())
    assert after.text.endswith("## Examples from questions\n\n> stieg\n\nNur mit Zahl.\n")
    assert [each.guidelines for each in announced_to([ben])] == [after]
    assert count_unread_announcements([ada, ben]) >= 1
    assert (note_announcements(ben.user), note_announcements(ben.user)) == (1, 0)
    ben.refresh_from_db()
    assert count_unread_announcements([ben]) == 0
    with pytest.raises(Conflict) as refusal:
        announce(question.key, "> nochmal", by=mia, base_version=after.version)
    assert refusal.value.code == "announced_already"


def test_a_second_example_stands_below_the_first_under_one_heading(mia, ada, story):
    for n in range(2):
        current = current_guidelines(mia.project)
        assert current is not None
        announce(ask(ada, story).key, f"> Beispiel {n}", by=mia, base_version=current.version)

    text = current_guidelines(mia.project).text
    assert text.count("## Examples from questions") == 1
    assert text.index("Beispiel 0") < text.index("Beispiel 1")


def test_announcing_takes_a_manager_words_and_the_version_it_was_written_on(mia, rosa, ada, story):
    question = ask(ada, story)
    publish_guidelines("Anders.", by=mia)

    with pytest.raises(Forbidden):
        announce(question.key, "> x", by=rosa, base_version=2)
    with pytest.raises(Conflict) as stale:
        announce(question.key, "> x", by=mia, base_version=1)
    with pytest.raises(Refused) as empty:
        announce(question.key, " ", by=mia, base_version=2)
    talk = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Na?", story.uuid), by=mia)
    with pytest.raises(Refused) as other:
        announce(talk.key, "> x", by=mia, base_version=2)

    assert (stale.value.code, empty.value.code, other.value.code) == ("stale_version", "example_empty", "no_question")


def test_who_joins_later_is_told_nothing_of_what_was_announced_before(mia, ada, story):
    announce(ask(ada, story).key, "> x", by=mia, base_version=1)

    assert announced_to([factories.member(mia, "cleo")]) == []


def test_an_export_of_who_asked_holds_their_question_and_nobody_who_was_called(mia, ada, ben, story):
    question = ask(ada, story)
    factories.annotation(ada, story, 2, 11)

    own, of_ben = (Scope.of(mia.project, by, {}) for by in (ada, ben))

    assert [each.key for each in own.threads()] == [question.key]
    assert not own.calls()
    assert [each.pseudonym for each in own.annotators()] == [ada.pseudonym]
    assert not of_ben.threads()
