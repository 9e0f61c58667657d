"""The page of questions to the managers, and what was announced among the mentions."""

from __future__ import annotations

import html
import uuid

import pytest

from annotations.models import CommentThread, GuidelinesVersion
from tests import factories


@pytest.fixture
def mia(team):
    return team.mia


@pytest.fixture
def ada(team):
    return team.ada


@pytest.fixture
def ben(team):
    return team.ben


@pytest.fixture
def story(mia):
    return factories.article(mia, title="Der Preis")


def sent(browser, who: str, query: str = "", **body: object):
    return browser(who).post(f"/p/river/questions/{query}", body)


def ask(browser, story, text: str = "Ist das eine Behauptung?", **body: object):
    values = {"act": "ask", "key": str(uuid.uuid4()), "text": text, **body}
    return sent(browser, "ada", f"?article={story.uuid}", **values), values


def shown(browser, who: str, path: str = "/p/river/questions/") -> str:
    return html.unescape(browser(who).get(path).content.decode())


def test_a_question_is_asked_answered_settled_and_announced(browser, mia, ada, ben, story):
    about = factories.annotation(ada, story, 2, 11)

    asked, values = ask(browser, story, annotation=str(about.key))
    again = sent(browser, "ada", f"?article={story.uuid}", **values)
    question = CommentThread.objects.get()
    of_question = {"question": str(question.key)}
    answered = sent(browser, "mia", act="answer", key=str(uuid.uuid4()), text="Ja, mit Zahl.", **of_question)
    told = shown(browser, "ada", "/mentions/")
    draft = shown(browser, "mia")
    announced = sent(browser, "mia", act="announce", base="1", text="> Der Preis\n\nMit Zahl.", **of_question)
    settled = sent(browser, "ada", act="resolve", base="1", **of_question)

    assert [each.status_code for each in (asked, again, answered, announced, settled)] == [302] * 5
    assert "Ja, mit Zahl." in told
    assert "> Der Preis\n\n*Ist das eine Behauptung?*\n\nJa, mit Zahl.</textarea>" in draft
    assert "Der Preis" in shown(browser, "ada")
    assert "settled" in shown(browser, "ada")
    assert "No questions yet" in shown(browser, "ben")
    assert GuidelinesVersion.objects.get(version=2).announcement == "> Der Preis\n\nMit Zahl."


def test_words_are_asked_about_from_the_address_and_shown_with_their_place(browser, mia, ada, ben, story):
    words = story.current_version.text[2:11]
    query = f"?article={story.uuid}&start=2&end=11"

    form = shown(browser, "ada", f"/p/river/questions/{query}")
    values = {"act": "ask", "key": str(uuid.uuid4()), "text": "Ist das eine?", "start": "2", "end": "11"}
    asked = sent(browser, "ada", query, **values, quote=words)
    other = sent(browser, "ada", query, **values | {"key": str(uuid.uuid4())}, quote="Die Preis")

    assert f'<blockquote dir="auto">{words}</blockquote>' in form
    assert (asked.status_code, other.status_code) == (302, 422)
    assert "reads “Der Preis”" in html.unescape(other.content.decode())
    assert CommentThread.objects.get().quote == words
    of_mia = shown(browser, "mia")
    assert f"/articles/{story.uuid}/#at=2-11" in of_mia
    assert f'<blockquote dir="auto">{words}</blockquote>' in of_mia
    assert words not in shown(browser, "ben")
    assert "asks the managers" in shown(browser, "mia", "/inbox/")
    assert f"/questions/#q-{CommentThread.objects.get().key}" in shown(browser, "mia", "/inbox/")


def test_what_was_announced_is_new_until_it_is_noted(browser, mia, ada, ben, story):
    ask(browser, story)
    key = str(CommentThread.objects.get().key)
    sent(browser, "mia", act="announce", base="1", text="> Beispiel", question=key)

    home, new = shown(browser, "ben", "/"), shown(browser, "ben", "/mentions/")
    noted = browser("ben").post("/mentions/", {"what": "announcements"})
    after = shown(browser, "ben", "/mentions/")

    assert "1 new example" in home
    assert ">new</span>" in new
    assert noted.status_code == 302
    assert ">new</span>" not in after
    assert "Beispiel" in after
    assert "1 new example" not in shown(browser, "ben", "/")


def test_a_question_without_words_or_article_is_not_asked(browser, mia, ada, story):
    empty, _values = ask(browser, story, text=" ")
    nowhere = sent(browser, "ada", act="ask", key=str(uuid.uuid4()), text="Na?")
    odd = browser("ada").get("/p/river/questions/?article=nothing")

    assert (empty.status_code, nowhere.status_code, odd.status_code) == (422, 404, 404)
    assert not CommentThread.objects.exists()


def test_a_draft_on_older_guidelines_is_told_so(browser, mia, ada, story):
    ask(browser, story)
    key = str(CommentThread.objects.get().key)

    stale = browser("mia").post(
        "/p/river/questions/", {"act": "announce", "base": "7", "text": "> x", "question": key}, follow=True
    )

    assert "Somebody put version 1 in force" in html.unescape(stale.content.decode())
    assert GuidelinesVersion.objects.count() == 1
