"""Asking the managers about words of the text by key, and hearing their answer while one reads."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import Comment, CommentThread
from annotations.text.spans import Span
from annotations.workflow.discussing import NewThread, answer, begin_thread
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import open_article
from tests.browser.test_main_path import TEXT

SOON = 30_000


def select(page, words: str) -> None:
    """Select words of the text as a person would, by the browser's own selection."""
    page.evaluate(
        """words => {
          const walker = document.createTreeWalker(document.querySelector(".article"), NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const at = node.data.indexOf(words);
            if (at < 0) continue;
            getSelection().setBaseAndExtent(node, at, node, at + words.length);
            return;
          }
        }""",
        words,
    )


@pytest.fixture
def asked(page_of):
    mia = factories.project(visibility="blind")
    ada = factories.member(mia, "ada", pseudonym="Ada")
    article = factories.article(mia, TEXT)
    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-asks]").first).to_be_attached()
    return mia, ada, article, page


def test_words_are_asked_about_by_key_and_the_answer_comes_while_one_reads(asked, watch):
    mia, _ada, article, page = asked
    words = TEXT[: len("Fourteen mayors")]

    select(page, words)
    page.keyboard.press("!")
    area = page.get_by_role("textbox", name="Question")
    expect(area).to_be_focused()
    expect(page.locator(".asked-about")).to_have_text(words)
    area.press_sequentially("Is this a claim?")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "asking.png")
    area.press("Control+Enter")
    expect(page.locator(".comment-text")).to_have_text("Is this a claim?")

    question = CommentThread.objects.get()
    version = article.current_version
    assert question.quote == words == version.text[question.start : question.end]
    assert question.is_question
    assert page.evaluate("CSS.highlights.get('cw-question').size") == 1

    answer(question.key, uuid.uuid4(), "Yes, with its figure.", by=mia)
    expect(page.locator(".comment-text")).to_have_count(2, timeout=SOON)
    expect(page.locator(".comment-text").last).to_have_text("Yes, with its figure.")
    page.screenshot(path=PICTURES / "asking-answered.png")
    page.reload()
    expect(page.locator(".comment-text")).to_have_count(2, timeout=SOON)


@pytest.mark.long
def test_a_manager_finds_the_question_at_its_words_on_a_narrow_dark_page(page_of, watch):
    mia = factories.project(visibility="blind")
    ada = factories.member(mia, "ada", pseudonym="Ada")
    article = factories.article(mia, TEXT)
    words = TEXT[: len("Fourteen mayors")]
    about = {"span": Span(0, len(words)), "quote": words}
    long = "Is this one claim, or are these two? " * 8
    new = NewThread(uuid.uuid4(), uuid.uuid4(), long, article.uuid, is_question=True, **about)
    question = begin_thread(new, by=ada)
    page = page_of(mia.user, viewport={"width": 390, "height": 844}, color_scheme="dark")

    open_article(page, article)
    page.wait_for_function("CSS.highlights.get('cw-question')?.size === 1")
    page.locator(".bar-side").click()
    page.locator("#tab-article").click()
    expect(page.locator(".on-words q")).to_have_text(words)
    page.locator(".on-words").scroll_into_view_if_needed()
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "asking-narrow-dark.png")
    page.locator(".on-words").get_by_role("button", name="Reply").click()
    page.get_by_role("textbox", name="Reply").fill("One.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".on-words .comment-text")).to_have_count(2)
    page.goto(f"/p/river/questions/?article={article.uuid}&start=0&end={len(words)}")
    page.screenshot(path=PICTURES / "asking-page-narrow-dark.png", full_page=True)

    assert Comment.objects.filter(thread=question.pk).count() == 2
