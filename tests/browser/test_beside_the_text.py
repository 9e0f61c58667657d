"""The list and the panel beside the text: what is drawn again, and what their buttons are called."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Annotation, Claim, ClaimMention, EvidenceItem
from tests import factories
from tests.browser.reading import PLACE_OF, click_on, label, open_article, wait_until_saved

TEXT = "\n\n".join(f"In week {n} the gauge at Oska stood at {n} metres; Zoë read it twice. 🌊" for n in range(1, 31))
COUNT_TOUCHED_ROWS = """
() => {
  const list = document.querySelector("span-list");
  window.touched = new Set();
  window.other = 0;
  new MutationObserver((records) => {
    for (const { target } of records) {
      const row = target.closest("li");
      if (row) window.touched.add(row);
      else window.other += 1;
    }
  }).observe(list, {subtree: true, childList: true, attributes: true, characterData: true});
}
"""
NAMES = "(buttons) => buttons.map((button) => button.ariaLabel ?? button.textContent)"


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia, ada):
    made = factories.article(mia, TEXT, title="The gauge at Oska")
    text = made.current_version.text
    for n in range(1, 31):
        start = text.index(f"{n} metres")
        factories.annotation(ada, made, start, start + len(f"{n} metres"), "number")
    return made


def touched(page: Page) -> tuple[int, int]:
    """Count the rows of the list that changed, and the changes beside them."""
    rows, other = page.evaluate("[window.touched.size, window.other]")
    page.evaluate("() => { window.touched.clear(); window.other = 0; }")
    return rows, other


def test_going_to_the_next_annotation_draws_two_rows_of_the_list_and_no_other(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    page.get_by_role("tab", name="All").click()
    page.keyboard.press("n")
    expect(page.locator("span-list [aria-current=true]")).to_contain_text("1 metres")
    page.evaluate(COUNT_TOUCHED_ROWS)

    page.keyboard.press("n")
    expect(page.locator("span-list [aria-current=true]")).to_contain_text("2 metres")

    assert touched(page) == (2, 0)


def test_a_new_annotation_draws_one_row_and_leaves_the_others_in_place(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    page.get_by_role("tab", name="All").click()
    expect(page.locator("span-list .span-rows > li")).to_have_count(30)
    page.evaluate("document.querySelectorAll('span-list li').forEach((row) => (row.wasThere = true))")

    label(page, "week 3 the gauge", "1")
    wait_until_saved(page)

    rows = page.locator("span-list .span-rows > li")
    expect(rows).to_have_count(31)
    assert rows.nth(2).inner_text().endswith("week 3 the gauge")
    assert page.evaluate("[...document.querySelectorAll('span-list li')].filter((row) => !row.wasThere).length") == 1


def test_the_chosen_row_is_brought_into_view(page_of, ada, article):
    page = page_of(ada.user, viewport={"width": 1200, "height": 500})
    open_article(page, article)
    page.get_by_role("tab", name="All").click()

    page.keyboard.press("p")

    expect(page.locator("span-list [aria-current=true]")).to_be_in_viewport(ratio=0.9)


def test_every_way_to_take_something_back_has_a_name_of_its_own(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    click_on(page, "7 metres")
    for host in ("gauge.example", "ministry.example"):
        page.keyboard.press("e")
        page.locator("evidence-form [name=url]").fill(f"https://{host}/7")
        page.locator("evidence-form button.button-primary").click()
        expect(page.get_by_role("button", name=f"Withdraw source link: {host}")).to_be_visible()
    wait_until_saved(page)

    names = page.locator("span-panel").get_by_role("button").evaluate_all(NAMES)

    assert sorted(name for name in names if name.startswith(("Take", "Withdraw"))) == [
        "Take claim off: 7 metres",
        "Withdraw annotation",
        "Withdraw claim: 7 metres",
        "Withdraw source link: gauge.example",
        "Withdraw source link: ministry.example",
    ]


def test_each_of_them_takes_back_what_it_names(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    click_on(page, "7 metres")
    page.keyboard.press("e")
    page.locator("evidence-form [name=url]").fill("https://gauge.example/7")
    page.locator("evidence-form button.button-primary").click()

    for name, model in {
        "Withdraw source link: gauge.example": EvidenceItem,
        "Take claim off: 7 metres": ClaimMention,
        "Withdraw annotation": Annotation,
    }.items():
        page.get_by_role("button", name=name).click()
        wait_until_saved(page)
        assert model.objects.filter(withdrawn_at__isnull=False).count() == 1, name
    assert not Claim.objects.filter(withdrawn_at__isnull=False).exists()


def test_the_tip_under_the_mouse_goes_with_the_next_key(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    click_on(page, "7 metres")
    page.mouse.move(0, 0)
    place = page.evaluate(PLACE_OF, "7 metres")
    page.mouse.move(place["left"] + 4, place["top"])
    expect(page.locator(".tip")).to_be_visible()

    page.keyboard.press("Delete")

    expect(page.locator(".tip")).to_be_hidden()


def test_the_beginning_of_a_right_to_left_title_stays_in_view(page_of, mia, ada):
    title = "المدينة تعلن خفض منسوب الخزان ستة أمتار"
    made = factories.article(mia, f"{title}\n\nقال المهندس إن الخطر حقيقي.", title=title)
    page = page_of(ada.user, viewport={"width": 390, "height": 844})
    open_article(page, made)

    assert page.locator("h1").evaluate("(head) => getComputedStyle(head).direction") == "rtl"
    assert page.locator("h1").evaluate("(head) => head.getBoundingClientRect().left") < 60


def test_the_tabs_of_the_sheet_stay_at_hand_when_it_is_scrolled(page_of, ada, article):
    page = page_of(ada.user, viewport={"width": 390, "height": 844}, has_touch=True)
    open_article(page, article)
    page.get_by_role("button", name="Annotations and guidelines").click()
    page.get_by_role("tab", name="All").click()

    page.locator(".side").evaluate("(side) => side.scrollTo(0, 600)")

    expect(page.get_by_role("tab", name="Guidelines")).to_be_in_viewport(ratio=0.9)
