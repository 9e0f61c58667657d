"""Questions to the managers in the admin: managers look at them; who is bound to blindness sees their own only."""

from __future__ import annotations

import uuid

from django.urls import reverse

from annotations.models import CommentThread
from annotations.text.spans import Span
from annotations.workflow.discussing import NewThread, answer, begin_thread
from tests import factories


def ask(by, story, words):
    new = NewThread(
        *(uuid.uuid4(), uuid.uuid4(), words, story.uuid), is_question=True, span=Span(2, 11), quote="Der Preis"
    )
    return begin_thread(new, by=by)


def test_a_manager_finds_questions_with_their_words_and_answers(mia, ada, logged_in):
    question = ask(ada, factories.article(mia, title="Der Pegel"), "Ist das eine?")
    answer(question.key, uuid.uuid4(), "Ja, eine.", by=mia)
    client = logged_in(mia)

    listed = client.get(reverse("admin:annotations_commentthread_changelist"), {"resolved": "no"}).content.decode()
    shown = client.get(reverse("admin:annotations_commentthread_change", args=[question.pk])).content.decode()

    assert "Der Preis" in listed
    assert "Ja, eine." in shown
    assert f"#q-{question.key}" in shown
    assert client.post(reverse("admin:annotations_commentthread_change", args=[question.pk]), {}).status_code == 403


def test_an_administrator_who_annotates_blind_sees_no_question_of_others(mia, ada, olga, logged_in):
    part = factories.member(mia, "olga")
    story = factories.article(mia)
    ask(ada, story, "FREMD")
    own = ask(part, story, "Meine?")
    client = logged_in(olga)

    for row in CommentThread.objects.all():
        address = reverse("admin:annotations_commentthread_change", args=[row.pk])
        assert client.get(address).status_code == (200 if row.pk == own.pk else 404)
