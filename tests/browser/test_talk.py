"""Two browsers: comments begun, answered, edited, removed, settled; who is here; a link that is copied."""

from __future__ import annotations

import re
import uuid

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from annotations.models import Annotation, Comment, CommentMention, CommentThread
from annotations.workflow.discussing import NewThread, begin_thread
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import open_article, wait_until_saved
from tests.browser.test_main_path import TEXT

SOON = 30_000


def two_people(page_of):
    mia = factories.project(visibility="open")
    ada, ben = (factories.member(mia, name, pseudonym=name.title()) for name in ("ada", "ben"))
    article = factories.article(mia, TEXT)
    mark = factories.annotation(ada, article, 0, 12)
    of_ada, of_ben = page_of(ada.user), page_of(ben.user)
    open_article(of_ada, article)
    open_article(of_ben, article)
    return ada, ben, article, mark, of_ada, of_ben


def test_two_people_talk_about_a_span(page_of, watch):
    _ada, ben, _article, _mark, of_ada, of_ben = two_people(page_of)

    of_ada.keyboard.press("n")
    of_ada.locator("#side-span .talk").get_by_role("button", name="Comment").click()
    area = of_ada.get_by_role("textbox", name="Comment")
    area.press_sequentially("Is this right, @b")
    expect(of_ada.get_by_role("option", name="Ben")).to_be_visible()
    PICTURES.mkdir(parents=True, exist_ok=True)
    of_ada.screenshot(path=PICTURES / "talk-calling.png")
    area.press("Enter")
    area.press_sequentially("?")
    area.press("Control+Enter")
    expect(of_ada.locator(".comment-text .call")).to_have_text("@Ben")
    expect(of_ada.get_by_role("button", name="Reply")).to_be_visible()

    # Ben begins to write; what Ada says comes in beside it
    of_ben.keyboard.press("n")
    expect(of_ben.locator(".comment-text")).to_have_text("Is this right, @Ben ?", timeout=SOON)
    of_ben.locator("#side-span .talk").get_by_role("button", name="Reply").click()
    reply = of_ben.get_by_role("textbox", name="Reply")
    reply.fill("Yes, it")
    of_ada.get_by_role("button", name="Edit: Is this").click()
    of_ada.get_by_role("textbox", name="Comment").fill("Is this true, @Ben?")
    of_ada.get_by_role("button", name="Send").click()
    expect(of_ben.locator(".comment-text")).to_have_text("Is this true, @Ben?", timeout=SOON)
    expect(reply).to_have_value("Yes, it")
    expect(reply).to_be_focused()
    reply.press_sequentially(" is.")
    of_ben.get_by_role("button", name="Send").click()
    expect(of_ben.locator(".comment-text")).to_have_count(2)
    of_ben.get_by_role("button", name="Resolve").click()
    of_ben.get_by_text("1 resolved").click()
    expect(of_ben.get_by_text("Resolved by Ben")).to_be_visible()
    of_ben.screenshot(path=PICTURES / "talk.png")

    assert [row.text for row in Comment.objects.order_by("pk")] == ["Is this true, @Ben?", "Yes, it is."]
    assert CommentThread.objects.get().resolved_by == ben
    assert CommentMention.objects.get().read_at is not None


def test_a_comment_on_the_article_calls_somebody_who_finds_it(page_of, watch):
    _ada, _ben, article, _mark, of_ada, of_ben = two_people(page_of)
    of_ben.goto("about:blank")
    of_ada.locator("#tab-article").click()
    of_ada.locator("#side-article .talk").get_by_role("button", name="Comment").click()
    of_ada.get_by_role("textbox", name="Comment").fill("@Ben: please look " + "at all of this " * 12)
    of_ada.get_by_role("button", name="Send").click()
    expect(of_ada.locator("#side-article .comment")).to_have_count(1)

    of_ben.set_viewport_size({"width": 390, "height": 800})
    of_ben.goto("/")
    expect(of_ben.get_by_role("heading", name="New in your inbox")).to_be_visible()
    of_ben.get_by_role("link", name="The whole inbox").click()
    expect(of_ben.get_by_text("new", exact=True)).to_be_visible()
    of_ben.screenshot(path=PICTURES / "inbox-narrow.png")
    of_ben.get_by_role("link", name=article.title).click()
    expect(of_ben.locator("#side-article .comment")).to_be_focused()
    of_ben.screenshot(path=PICTURES / "talk-article-narrow.png")
    expect(of_ben.locator(".comment")).to_be_in_viewport()
    of_ben.goto("/inbox/")
    expect(of_ben.get_by_text("new", exact=True)).to_have_count(0)

    of_ada.get_by_role("button", name="Remove: @Ben").click()
    expect(of_ada.locator("#side-article .comment")).to_have_count(0)
    assert Comment.objects.get().text == ""


@pytest.mark.long
def test_who_else_is_here_is_shown_quietly_and_a_reload_is_not_needed(page_of, watch):
    ada, _ben, article, _mark, of_ada, of_ben = two_people(page_of)

    expect(of_ben.locator(".bar-here")).to_have_text("also here: Ada · ", timeout=SOON)
    of_ben.screenshot(path=PICTURES / "presence.png")
    of_ben.locator("[data-count]").wait_for()
    of_ben.context.set_offline(True)
    second = factories.annotation(ada, article, 30, 45, "number")
    of_ben.wait_for_timeout(500)
    of_ben.context.set_offline(False)
    expect(of_ben.locator("[data-count]")).to_have_text("2", timeout=SOON)
    from annotations.workflow.annotating import withdraw_annotation

    withdraw_annotation(second.key, by=ada, base_version=1)
    expect(of_ben.locator("[data-count]")).to_have_text("1", timeout=SOON)
    of_ada.goto("about:blank")
    expect(of_ben.locator(".bar-here")).to_be_hidden(timeout=40_000)


def test_a_link_to_a_span_is_copied_and_opens_there(page_of, watch, live_server):
    ada, _ben, article, mark, of_ada, of_ben = two_people(page_of)
    of_ada.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    of_ada.keyboard.press("n")
    of_ada.get_by_role("button", name="Copy link").click()
    expect(of_ada.locator("[data-toast]")).to_contain_text(re.compile("copied", re.IGNORECASE))

    copied = of_ada.evaluate("navigator.clipboard.readText()")

    assert copied == f"{live_server.url}/p/river/articles/{article.uuid}/#a={mark.key}"
    of_ben.goto("about:blank")
    of_ben.goto(copied)
    expect(of_ben.locator(".span-quote")).to_have_text(mark.quote)

    said = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", article.uuid, mark.key), by=ada).comments.get()
    of_ben.set_viewport_size({"width": 390, "height": 700})
    of_ben.goto("about:blank")
    of_ben.goto(copied.replace(f"#a={mark.key}", f"#c={said.key}"))
    expect(of_ben.locator(f"[data-comment='{said.key}']")).to_be_focused()
    expect(of_ben.locator(f"[data-comment='{said.key}']")).to_be_in_viewport()


def test_what_is_being_written_survives_a_reload_for_its_writer_alone(page_of, watch, live_server):
    watch.dialogs_are_expected = True  # the page asks, as the note is not saved yet
    mia = factories.project(visibility="open")
    ada, ben = (factories.member(mia, name, pseudonym=name.title()) for name in ("ada", "ben"))
    article = factories.article(mia, TEXT)
    factories.annotation(ada, article, 0, 12)
    thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Woher?", article.uuid, None), by=ben)
    page = page_of(ada.user)
    open_article(page, article)
    page.keyboard.press("n")
    page.locator("#side-span .talk").get_by_role("button", name="Comment").click()
    page.locator("#side-span .talk textarea").fill("Is this right? 📈")
    page.get_by_role("tab", name="Article").click()
    page.locator("#side-article .talk").get_by_role("button", name="Reply").click()
    page.locator("#side-article .talk textarea").fill("From the")
    page.get_by_role("tab", name="Annotation").click()
    page.locator("textarea.note").fill("ask the desk")

    page.reload()
    wait_until_saved(page)
    page.wait_for_selector("cw-annotator[data-more]", state="attached")
    page.keyboard.press("n")

    expect(page.locator("#side-span .talk textarea")).to_have_value("Is this right? 📈")
    expect(page.locator("textarea.note")).to_have_value("ask the desk")
    assert Annotation.objects.get().note == "ask the desk"
    other = Client()
    other.force_login(ben.user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": other.cookies[name].value, "url": live_server.url}])
    open_article(page, article)
    page.keyboard.press("n")
    expect(page.locator("#side-span .talk").get_by_role("button", name="Comment")).to_be_visible()
    expect(page.locator(".talk textarea")).to_have_count(0)

    again = Client()
    again.force_login(ada.user)
    page.context.add_cookies([{"name": name, "value": again.cookies[name].value, "url": live_server.url}])
    open_article(page, article)
    page.get_by_role("tab", name="Article").click()
    page.locator("#side-article .talk").get_by_role("button", name="Send").click()
    expect(page.locator("#side-article .talk .comment-text")).to_have_text(["Woher?", "From the"])
    page.reload()
    page.wait_for_selector("cw-annotator[data-more]", state="attached")
    page.get_by_role("tab", name="Article").click()
    expect(page.locator("#side-article .talk textarea")).to_have_count(0)
    assert [row.text for row in Comment.objects.filter(thread=thread).order_by("pk")] == ["Woher?", "From the"]
