"""Saving what goes beyond spans: kept without a connection, one in two tabs, disputed with both versions, one's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from annotations.models import Annotation, ArticleLabel, Relation, Suggestion, SuggestionDecision
from annotations.workflow.suggesting import Decided, decide
from tests import factories
from tests.browser.reading import offline, open_article, select, wait_until_saved

TEXT = "\n\n".join(f"In week {n} the gauge at Oska stood at {n} metres; Zoë read it twice. 🌊" for n in range(1, 5))


@pytest.fixture
def mia():
    mia = factories.project(name="River")
    factories.label_for(mia.project, "topic", "article")
    factories.label_for(mia.project, "answers", "relation")
    return mia


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia):
    made = factories.article(mia, TEXT, title="The gauge at Oska")
    for n in range(1, 5):
        factories.suggestion(made, f"{n} metres", "number")
    return made


def _counts(page) -> Any:
    return page.locator("[data-suggestion-counts]")


def test_decisions_relations_and_article_labels_wait_for_a_connection_and_a_new_tab(page_of, watch, ada, article):
    factories.annotation(ada, article, 0, 6)
    factories.annotation(ada, article, 12, 17)
    page = page_of(ada.user)
    open_article(page, article)
    expect(_counts(page)).to_have_text("4 open, 0 accepted, 0 rejected")
    expect(page.locator("[data-article-label=topic]")).to_be_attached()

    watch.dialogs_are_expected = True  # leaving with unsent work asks first
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.route("**/api/v1/**", lambda route: route.abort())
    for key in (" ", "a", "u", "a", "x"):
        page.keyboard.press(key)
    expect(_counts(page)).to_have_text("2 open, 1 accepted, 1 rejected")
    for key in ("n", "r", "n", "Enter"):
        page.keyboard.press(key)
    page.locator("#tab-article").click()
    page.locator("[data-article-label=topic]").check()
    expect(page.locator("save-state")).to_contain_text("Offline")
    assert not SuggestionDecision.objects.exists()
    page.reload()
    page.unroute("**/api/v1/**")
    open_article(page, article)

    expect(_counts(page)).to_have_text("2 open, 1 accepted, 1 rejected")
    expect(page.locator("[data-article-label=topic]")).to_be_checked()
    assert asked[0] == "beforeunload"
    assert sorted(SuggestionDecision.objects.values_list("state", flat=True)) == ["accepted", "dismissed"]
    assert Annotation.objects.filter(label__key="number", withdrawn_at__isnull=True).count() == 1
    assert (Relation.objects.count(), ArticleLabel.objects.count()) == (1, 1)


def test_a_relation_and_an_article_label_are_undone_by_key(page_of, ada, article):
    factories.annotation(ada, article, 0, 6)
    factories.annotation(ada, article, 12, 17)
    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-article-label=topic]")).to_be_attached()

    for key in ("n", "r", "n", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".related .link-row")).to_have_count(1)
    page.locator("#tab-article").click()
    page.locator("[data-article-label=topic]").check()
    wait_until_saved(page)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-article-label=topic]")).not_to_be_checked()
    page.keyboard.press("Control+z")
    wait_until_saved(page)

    assert not Relation.objects.filter(withdrawn_at__isnull=True).exists()
    assert not ArticleLabel.objects.filter(withdrawn_at__isnull=True).exists()


def test_two_tabs_agree_and_a_disputed_decision_shows_both_and_leaves_the_choice(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    other = page.context.new_page()
    open_article(other, article)
    expect(_counts(other)).to_have_text("4 open, 0 accepted, 0 rejected")

    page.bring_to_front()
    page.keyboard.press(" ")
    page.keyboard.press("x")
    expect(_counts(other)).to_have_text("3 open, 0 accepted, 1 rejected")

    other.close()
    second = Suggestion.objects.order_by("start")[1]
    with offline(page):
        page.keyboard.press("x")
        by = Decided(second.key, "dismissed", 0)
        decide([by], by=ada)
        decide([Decided(second.key, "open", 1)], by=ada)
    choice = page.locator("[data-decisions]")
    expect(choice).to_contain_text("Mine")
    expect(choice.get_by_role("definition").first).to_contain_text("2 metres")
    expect(choice.get_by_role("definition").last).to_contain_text("2 metres")
    expect(_counts(page)).to_have_text("2 open, 0 accepted, 2 rejected")
    choice.get_by_role("button", name="Take theirs").click()

    expect(_counts(page)).to_have_text("3 open, 0 accepted, 1 rejected")
    wait_until_saved(page)
    assert SuggestionDecision.objects.filter(state="dismissed").count() == 1


def test_what_waits_is_not_sent_under_the_name_of_who_logs_in_next(page_of, settings, live_server, mia, ada, article):
    ben = factories.member(mia, "ben")
    page = page_of(ada.user)
    open_article(page, article)
    expect(_counts(page)).to_have_text("4 open, 0 accepted, 0 rejected")

    client = Client()
    client.force_login(ben.user)
    name = settings.SESSION_COOKIE_NAME
    with offline(page):
        page.keyboard.press(" ")
        page.keyboard.press("x")
        cookies = [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        page.context.add_cookies([*cookies, {"name": "csrftoken", "value": "b" * 32, "url": live_server.url}])
    expect(page.locator("save-state")).to_contain_text("Someone else is logged in here")

    assert not SuggestionDecision.objects.exists()


def test_acts_that_nobody_did_yet_work_while_there_is_no_connection(page_of, ada, article):
    factories.annotation(ada, article, 0, 17)
    page = page_of(ada.user)
    open_article(page, article)
    page.wait_for_selector("cw-annotator[data-more=acts]", state="attached")

    with offline(page):
        select(page, article.current_version.text[6:11])
        page.locator("label-popup button").first.click()
        expect(page.locator("[data-count]")).to_have_text("2")
        expect(page.locator(".handle")).to_have_count(2)
    wait_until_saved(page)

    assert Annotation.objects.filter(withdrawn_at__isnull=True).count() == 2


def test_the_sheet_of_keys_opens_without_a_connection_though_it_was_never_opened(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    page.wait_for_selector("cw-annotator[data-more=acts]", state="attached")

    with offline(page):
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog")
        row = dialog.locator("dl > div", has_text="say who says the quotation")
        expect(row.locator("kbd")).to_have_text("Y")
        dialog.get_by_role("button", name="Change keys").press("Enter")
        row.locator("input").fill("#")
        row.locator("input").blur()
        expect(dialog.locator("[data-keys-state]")).to_contain_text("needs a connection")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
