"""Finding words in the article, and the list of annotations with its filter, by mouse, keys and touch."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Annotation, Region

from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import PLACE_OF, click_on, open_article, select, wait_until_saved

TEXT = (
    "🌊 Fourteen mayors ask for lower water\n\n"
    "Zoe\u0308 said the Ivel rose. 👩‍🚒 Zoë counted 42 leaks, ZOE’s list names nine. The mayors laughed.\n\n"
    + "\n\n".join(f"In week {n} the gauge at Oska stood at {n} metres, the mayors read." for n in range(1, 31))
    + "\n\nWritten for Tern Wire. The mayors keep all rights."
)
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
FOUND = "() => [...(CSS.highlights.get('cw-found') ?? [])].map((range) => range.startContainer.data.slice(range.startOffset, range.endOffset))"
PAINTED = "(name) => CSS.highlights.get(name)?.size ?? 0"


@pytest.fixture
def mia():
    return factories.project(name="River", visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia):
    return factories.article(mia, TEXT, title="Fourteen mayors ask for lower water", publisher="Tern Wire")


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"finding-{name}.png")


def spans() -> list[tuple[str, str]]:
    rows = Annotation.objects.filter(withdrawn_at__isnull=True).order_by("start", "end")
    for row in rows:
        assert row.version.text[row.start : row.end] == row.quote
    return [(row.label.key, row.quote) for row in rows.select_related("label", "version")]


def test_words_are_found_while_one_types_and_a_hit_is_marked_by_a_key(page_of, mia, ada, article):
    start = TEXT.index("Written for")
    version = article.current_version
    Region.objects.create(
        project=mia.project, version=version, length=version.length, kind="boilerplate", start=start, end=len(TEXT)
    )
    page = page_of(ada.user)
    open_article(page, article)
    page.get_by_role("tab", name="Article").click()
    page.get_by_role("checkbox", name="Not part of the article").check()
    page.locator(".article").focus()
    bar, count = page.locator(".find-bar"), page.locator(".find-count")

    page.keyboard.press("q")
    field = bar.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("zoe")
    expect(count).to_have_text("1 of 3")
    assert page.evaluate(FOUND) == ["Zoe\u0308"]
    picture(page, "bar")
    bar.get_by_role("button", name="Match accents").click()
    expect(count).to_have_text("1 of 1")
    assert page.evaluate(FOUND) == ["ZOE"]
    bar.get_by_role("button", name="Match accents").click()
    field.fill("👩")
    expect(count).to_have_text("Not found")
    field.fill("zoë")
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 3")
    page.keyboard.press("Alt+Enter")
    expect(page.locator(".article")).to_be_focused()
    page.keyboard.press("1")
    wait_until_saved(page)
    assert spans() == [("claim", "Zoë")]

    page.keyboard.press(",")
    expect(count).to_have_text("1 of 3")
    page.keyboard.press("q")
    field.fill("mayors")
    page.keyboard.press("Shift+Enter")
    expect(count).to_have_text("1 of 33")
    page.keyboard.press("Shift+Enter")
    expect(count).to_have_text("33 of 33")
    expect(page.locator("p[data-b]").last).to_be_in_viewport()
    expect(page.locator("[data-live]")).to_contain_text("33 of 33: Written for Tern Wire. The mayors")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator(".article")).to_be_focused()
    assert page.evaluate(PAINTED, "cw-find") == page.evaluate(PAINTED, "cw-found") == 0
    page.keyboard.press("2")
    wait_until_saved(page)
    assert spans() == [("claim", "Zoë"), ("quotation", "mayors")]
