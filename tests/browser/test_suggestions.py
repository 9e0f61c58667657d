"""Suggestions on the article page: walked, accepted, rejected, changed and taken back by key alone; many at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation, SuggestionDecision
from tests import factories
from tests.browser.reading import open_article, wait_until_saved

TEXT = "\n\n".join(f"In week {n} the gauge at Oska stood at {n} metres; Zoë read it twice. 🌊" for n in range(1, 9))


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia):
    made = factories.article(mia, TEXT, title="The gauge at Oska")
    for n in range(1, 9):
        factories.suggestion(made, f"{n} metres", "number")
    return made


def test_suggestions_are_decided_by_key_alone_and_many_at_once(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    counts = page.locator("[data-suggestion-counts]")
    expect(counts).to_have_text("8 open, 0 accepted, 0 rejected")
    assert page.evaluate("CSS.highlights.get('cw-suggested').size") == 8

    for key in (" ", "a", "x", "2"):
        page.keyboard.press(key)
    expect(counts).to_have_text("5 open, 2 accepted, 1 rejected")
    page.keyboard.press("u")
    expect(counts).to_have_text("6 open, 1 accepted, 1 rejected")
    wait_until_saved(page)
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_text("Accept many").click()
    page.get_by_role("button", name="Accept 6").click()
    expect(counts).to_have_text("0 open, 7 accepted, 1 rejected")
    expect(page.locator("[data-count]")).to_have_text("7")
    wait_until_saved(page)

    rows = Annotation.objects.filter(withdrawn_at__isnull=True)
    assert rows.filter(created_by=ada, label__key="number").count() == 7
    assert all(TEXT[row.start : row.end] == row.quote for row in rows)
    assert SuggestionDecision.objects.filter(state="dismissed").count() == 1
    page.reload()
    expect(counts).to_have_text("0 open, 7 accepted, 1 rejected")


def test_what_is_accepted_is_painted_before_it_is_saved_and_undone_by_key_after_a_reload(page_of, watch, ada, article):
    watch.dialogs_are_expected = True  # it asks before it leaves what is not saved
    page = page_of(ada.user)
    open_article(page, article)
    counts, count = page.locator("[data-suggestion-counts]"), page.locator("[data-count]")
    expect(counts).to_have_text("8 open, 0 accepted, 0 rejected")
    page.route("**/suggestions/decide/", lambda route: route.abort())
    for key in (" ", "a", "2"):
        page.keyboard.press(key)
    expect(count).to_have_text("2")
    page.keyboard.press("n")
    expect(page.locator(".span-quote")).to_have_text("1 metres")
    assert not Annotation.objects.exists()

    page.reload()
    page.wait_for_selector("cw-annotator[data-more]", state="attached")
    expect(counts).to_have_text("6 open, 2 accepted, 0 rejected")
    expect(count).to_have_text("2")
    page.keyboard.press("u")
    expect(counts).to_have_text("7 open, 1 accepted, 0 rejected")
    expect(count).to_have_text("1")
    page.keyboard.press("Control+Shift+z")
    expect(counts).to_have_text("6 open, 2 accepted, 0 rejected")
    page.keyboard.press("u")
    page.unroute("**/suggestions/decide/")
    wait_until_saved(page, timeout=40_000)

    assert [(row.quote, row.label.key) for row in Annotation.objects.filter(withdrawn_at__isnull=True)] == [
        ("1 metres", "number")
    ]
    page.keyboard.press("u")
    wait_until_saved(page)
    expect(counts).to_have_text("8 open, 0 accepted, 0 rejected")
    assert not Annotation.objects.filter(withdrawn_at__isnull=True).exists()
