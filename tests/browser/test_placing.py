"""Correcting an article, and placing within it what has no certain place any more: by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation, ArticleVersion, Region
from annotations.workflow.correcting import correct_article
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import click_on, offline, open_article, select, wait_until_saved

TEXT = (
    "Mayors ask for lower water\n\n"
    "Crews counted 42 leaks 🌊 at the dam of Oska.\n\n"
    "A letter, premature, the ministry called it.\n\n"
    "Zoë O’Neill of the valley laughed, and nobody answered her."
)
NEW = (
    "Mayors ask for lower water\n\n"
    "Crews counted forty leaks 🌊 at the dam of Oska.\n\n"
    "So the ministry called it premature, yes premature.\n\n"
    "Zoë O’Neill of the valley laughed, and they kept silent."
)


@pytest.fixture
def mia():
    return factories.project(name="River", visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia, ada):
    made = factories.article(mia, TEXT, title="Mayors ask for lower water", publisher="Tern Wire")
    Region.objects.all().delete()
    for words in ("42 leaks", "premature", "nobody answered her", "Zoë O’Neill"):
        at = TEXT.index(words)
        factories.annotation(ada, made, at, at + len(words))
    return made


def now() -> list[str]:
    rows = Annotation.objects.filter(version__n=2, withdrawn_at__isnull=True).order_by("start")
    for row in rows:
        assert NEW[row.start : row.end] == row.quote
    return [row.quote for row in rows]


def picture(page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"placing-{name}.png")


def corrected(article, mia):
    article.refresh_from_db()
    correct_article(article, NEW, by=mia, base_version=article.current_version.uuid)
    return article


def test_a_text_is_corrected_and_what_waits_is_placed_by_mouse(page_of, mia, ada, article):
    page = page_of(mia.user)
    open_article(page, article)
    page.locator("#tab-article").click()
    page.get_by_role("link", name="Correct text").click()
    page.get_by_label("Text", exact=True).fill(NEW)
    page.get_by_role("button", name="Look at the changes").click()
    changes = page.get_by_role("region", name="What changes").first
    expect(changes.locator("ins").first).to_have_text("forty")
    expect(page.get_by_role("row", name="Annotations")).to_contain_text("1")
    assert ArticleVersion.objects.count() == 1
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("body")).to_contain_text("3 annotations wait for their annotators to place them.")
    assert now() == ["Zoë O’Neill"]

    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-placing]")).to_be_visible()
    page.get_by_role("link", name="3 annotations wait to be placed.").click()
    panel = page.locator("[data-placing]")
    expect(panel).to_contain_text("1 of 3")
    expect(panel.locator("blockquote mark")).to_have_text("42 leaks")
    picture(page, "panel")
    panel.get_by_role("button", name="Place here").click()
    expect(panel.locator("blockquote mark")).to_have_text("premature")
    click_on(page, "yes premature.")
    picture(page, "chosen")
    expect(panel.locator("li").nth(1).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="Place here").click()
    select(page, "kept silent")
    panel.get_by_role("button", name="Place here").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("link", name="wait to be placed")).to_have_count(0)
    wait_until_saved(page)
    assert now() == ["forty leaks", "premature", "Zoë O’Neill", "kept silent"]

    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    wait_until_saved(page)
    expect(panel).to_contain_text("1 annotation waits to be placed.")
    assert now() == ["forty leaks", "premature", "Zoë O’Neill"]


def test_what_waits_is_placed_dropped_and_undone_by_keyboard_alone_without_a_connection(page_of, mia, ada, article):
    corrected(article, mia)
    page = page_of(ada.user)
    page.goto(f"/p/river/articles/{article.uuid}/placing/")
    page.get_by_role("link", name="Place them within the text").press("Enter")
    panel = page.locator("[data-placing]")
    expect(panel).to_contain_text("1 of 3")
    with offline(page):
        page.keyboard.press("j")
        expect(panel.locator("blockquote mark")).to_have_text("premature")
        page.keyboard.press("ArrowDown")
        expect(page.locator("[data-live]")).to_contain_text("Place 2 of 2: “premature”.")
        page.keyboard.press("n")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(panel).to_contain_text("2 of 2")
        page.keyboard.press("Delete")
        expect(panel).to_contain_text("1 of 1")
        page.keyboard.press("u")
        expect(panel).to_contain_text("2 of 2")
        expect(panel.locator("blockquote mark")).to_have_text("nobody answered her")
        page.keyboard.press("Control+Shift+z")
        expect(panel).to_contain_text("1 of 1")
        expect(page.locator("save-state")).to_contain_text("Offline")
    wait_until_saved(page)
    assert now() == ["premature", "Zoë O’Neill"]
    assert Annotation.objects.filter(version__n=1, withdrawn_at__isnull=True).count() == 3

    page.keyboard.press("Escape")
    expect(panel).to_contain_text("1 annotation waits to be placed.")
    page.keyboard.press("u")
    page.keyboard.press("u")
    wait_until_saved(page)
    page.reload()
    expect(panel).to_contain_text("1 of 3")
    assert now() == ["Zoë O’Neill"]
    picture(page, "sign")


def test_whoever_manages_places_what_came_with_a_file_and_zones(page_of, mia, ada, article):
    ada.user.is_active = False
    ada.user.save(update_fields=["is_active"])
    at = TEXT.index("premature")
    version = article.current_version
    row = Region(kind="caption", start=at, end=at + 9, project=mia.project, version=version, length=len(TEXT))
    row.save()
    corrected(article, mia)
    page = page_of(mia.user, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    open_article(page, article)
    panel = page.locator("[data-placing]")
    expect(panel).to_be_attached()
    expect(panel).not_to_have_attribute("hidden", "")
    page.get_by_role("link", name="1 zone waits to be placed.").tap()
    expect(panel).to_contain_text("1 of 4")
    expect(panel).to_contain_text(f"by {ada.pseudonym}")
    picture(page, "phone")
    panel.get_by_role("button", name="Place here").tap()
    panel.get_by_role("button", name="Drop").tap()
    panel.get_by_role("button", name="Drop").tap()
    expect(panel.locator("strong")).to_have_text("Caption")
    panel.get_by_role("button", name="Place here").tap()
    wait_until_saved(page)
    assert now() == ["forty leaks", "Zoë O’Neill"]
    assert Annotation.objects.get(quote="forty leaks").created_by == ada
    zone = Region.objects.get(version__n=2)
    assert (zone.kind, zone.withdrawn_at) == ("caption", None)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.reload()
    wait_until_saved(page)
    expect(panel).to_be_attached()
    page.evaluate("document.querySelector('cw-annotator').desk.deeds.undo()")
    expect(page.get_by_role("link", name="1 zone waits to be placed.")).to_be_visible()
    page.get_by_role("link", name="1 zone waits to be placed.").tap()
    page.locator(".side-close").tap()
    words = "document.querySelectorAll('p[data-b]')[1].firstChild"
    page.evaluate(f"getSelection().setBaseAndExtent({words}, 0, {words}, 5)")
    expect(page.locator(".annotator[data-selecting]")).to_be_attached()
    picture(page, "phone-words")
    page.locator("label-picker").get_by_role("button", name="Place here").tap()
    wait_until_saved(page)
    zone.refresh_from_db()
    assert (NEW[zone.start : zone.end], zone.withdrawn_at) == ("Crews", None)
