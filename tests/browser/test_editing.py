"""Making and changing spans on the article page: what only a browser shows."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation, Assignment, ClaimMention, EvidenceItem, Fragment
from annotations.workflow.wording_rules import add_spelling
from tests import factories
from tests.browser.conftest import PICTURES, picture
from tests.browser.reading import PLACE_OF, drag_end, label, open_article, select, touch_end, wait_until_saved

TEXT = (
    "Fourteen mayors ask for lower water 🌊\n\n"
    "Fourteen mayors from the Oska valley asked the minister on 12 March to lower the reservoir by six metres. "
    "👩‍🚒 Fire crews had counted 42 leaks, Dr. Zoë O’Neill said.\n\n"
    "The ministry called the letter “premature”. It named nine leaks, and mayors laughed."
)


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia):
    return factories.article(mia, TEXT, title="Fourteen mayors ask for lower water", publisher="Tern Wire")


def spans() -> list[tuple[str, str]]:
    rows = Annotation.objects.filter(withdrawn_at__isnull=True).order_by("start", "end")
    for row in rows:
        assert TEXT[row.start : row.end] == row.quote
    return [(row.label.key, row.quote) for row in rows.select_related("label")]


def test_a_span_is_dragged_split_merged_and_undone_after_a_reload(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "Oska valley", "1")
    expect(page.locator(".handle")).to_have_count(2)

    drag_end(page, "asked the minister")
    wait_until_saved(page)
    assert spans() == [("claim", "Oska valley asked the minister")]

    select(page, "asked the minister")
    page.keyboard.press("t")
    expect(page.locator("[data-count]")).to_have_text("2")
    wait_until_saved(page)
    assert spans() == [("claim", "Oska valley"), ("claim", "asked the minister")]
    page.keyboard.press("m")
    expect(page.locator("[data-count]")).to_have_text("1")
    wait_until_saved(page)
    assert spans() == [("claim", "Oska valley asked the minister")]

    page.reload()
    wait_until_saved(page)
    page.keyboard.press("u")
    expect(page.locator("[data-count]")).to_have_text("2")
    page.keyboard.press("u")
    page.keyboard.press("u")
    wait_until_saved(page)
    assert spans() == [("claim", "Oska valley")]
    page.keyboard.press("Control+Shift+Z")
    wait_until_saved(page)
    assert spans() == [("claim", "Oska valley asked the minister")]


def test_a_span_takes_in_further_words_and_gives_some_up(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "Fire crews", "1")
    expect(page.locator(".handle")).to_have_count(2)

    select(page, "42 leaks")
    page.keyboard.press("i")
    expect(page.locator(".handle")).to_have_count(4)
    wait_until_saved(page)
    assert spans() == [("claim", "Fire crews had counted 42 leaks")]
    assert [part.quote for part in Fragment.objects.order_by("n")] == ["Fire crews", "42 leaks"]
    drag_end(page, "O’Neill said")
    wait_until_saved(page)
    assert [part.quote for part in Fragment.objects.order_by("n")] == ["Fire crews", "42 leaks, Dr. Zoë O’Neill said"]

    select(page, "Fire crews")
    page.keyboard.press("d")
    expect(page.locator(".handle")).to_have_count(2)
    wait_until_saved(page)
    assert spans() == [("claim", "42 leaks, Dr. Zoë O’Neill said")]
    assert not Fragment.objects.exists()


def test_several_are_chosen_in_the_list_and_changed_at_once(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    for words in ("Oska valley", "12 March", "42 leaks"):
        label(page, words, "1")
    page.get_by_role("tab", name=re.compile("^All")).click()
    rows = page.locator(".span-rows button.span-row")

    rows.nth(0).click()
    page.get_by_role("tab", name=re.compile("^All")).click()
    rows.nth(0).focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".many-count")).to_have_text("3 chosen")
    rows.nth(1).click(modifiers=["Control"])
    expect(page.locator(".many-count")).to_have_text("2 chosen")
    page.locator(".many-bar select").select_option("number")
    wait_until_saved(page)
    assert [key for key, _quote in spans()] == ["number", "claim", "number"]

    page.keyboard.press("u")
    wait_until_saved(page)
    assert [key for key, _quote in spans()] == ["claim", "claim", "claim"]
    rows.nth(0).click(modifiers=["Control"])
    rows.nth(2).click(modifiers=["Shift"])
    page.locator(".many-bar .danger").click()
    expect(page.locator("[data-count]")).to_have_text("")
    wait_until_saved(page)
    assert spans() == []


def test_the_same_words_are_marked_elsewhere_but_for_the_place_that_is_unticked(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "mayors", "8")
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("ol input")).to_have_count(2)

    dialog.locator("ol input").first.uncheck()
    dialog.get_by_role("button", name="Mark 1 place").click()
    expect(page.locator("[data-count]")).to_have_text("2")
    wait_until_saved(page)
    assert [row.start for row in Annotation.objects.order_by("start")] == [9, TEXT.rindex("mayors")]

    page.keyboard.press("Control+z")
    expect(page.locator("[data-count]")).to_have_text("1")


def test_three_clicks_take_a_sentence_and_snapping_can_be_put_off(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    place = page.evaluate(PLACE_OF, "crews had")
    page.mouse.click(place["left"] + 5, place["top"], click_count=3)
    expect(page.locator("label-popup")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("[data-count]")).to_have_text("1")
    page.keyboard.press("w")
    place = page.evaluate(PLACE_OF, "ministry")
    page.mouse.move(place["left"] + 1, place["top"])
    page.mouse.down()
    page.mouse.move((place["left"] + place["right"]) / 2, place["top"], steps=3)
    page.mouse.up()
    page.keyboard.press("2")
    wait_until_saved(page)

    (_, sentence), (_, part) = spans()
    assert sentence.endswith("Fire crews had counted 42 leaks, Dr. Zoë O’Neill said.")
    assert "ministry".startswith(part)
    assert len(part) < len("ministry")


def test_keys_are_changed_in_the_sheet_and_a_clash_is_told(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Change keys").click()
    field = dialog.locator('[data-command="split"] input')

    field.fill("n")
    field.blur()
    expect(dialog.locator("[data-keys-state]")).to_contain_text("would mean two things")
    field.fill("#")
    field.blur()
    expect(dialog.locator("[data-keys-state]")).to_have_text("Saved.")
    page.keyboard.press("Escape")
    ada.user.refresh_from_db()
    assert ada.user.shortcuts == {"split": "#"}

    label(page, "Oska valley", "1")
    select(page, "valley")
    page.evaluate(
        """() => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", {key: "#", code: "Backslash", bubbles: true, cancelable: true}))"""
    )
    expect(page.locator("[data-count]")).to_have_text("2")


def test_every_other_occurrence_is_marked_in_other_spellings_too_with_a_preview(page_of, mia, ada):
    add_spelling(uuid.uuid4(), ["Uighur", "Uyghur", "Uygur"], by=mia)
    text = "The Uighur town. An Uyghur poet came. Uygur songs, and Uighur bread."
    article = factories.article(mia, text)
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "Uighur", "1")
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog")
    rows = dialog.locator(".occurrence-rows li")
    expect(rows).to_have_count(3)
    expect(rows.locator("mark")).to_have_text(["Uyghur", "Uygur", "Uighur"])
    expect(rows.locator(".badge")).to_have_count(2)
    rows.nth(2).get_by_role("checkbox").uncheck()
    picture(page, "editing-spellings")
    dialog.get_by_label("Other spellings too").uncheck()
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("checkbox")).not_to_be_checked()
    dialog.get_by_label("Other spellings too").check()
    page.keyboard.press("Shift+Tab")  # by key alone to the button
    dialog.get_by_role("button", name="Mark 2 places").press("Enter")
    expect(page.locator("[data-count]")).to_have_text("3")
    wait_until_saved(page)
    quotes = Annotation.objects.order_by("start").values_list("quote", "start", "end")
    assert [quote for quote, _start, _end in quotes] == ["Uighur", "Uyghur", "Uygur"]
    assert all(text[start:end] == quote for quote, start, end in quotes)
    page.keyboard.press("u")
    expect(page.locator("[data-count]")).to_have_text("1")


PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
SELECT = """(words) => {
  const p = [...document.querySelectorAll("p[data-b]")].find((p) => p.firstChild.data.includes(words));
  const at = p.firstChild.data.indexOf(words);
  p.scrollIntoView({block: "center"});
  getSelection().setBaseAndExtent(p.firstChild, at, p.firstChild, at + words.length);
}"""


def tap_on(page, words: str) -> None:
    """Touch the middle of words of the text."""
    place = page.evaluate(PLACE_OF, words)
    page.touchscreen.tap((place["left"] + place["right"]) / 2, place["top"])


def test_on_a_phone_an_article_is_read_marked_reviewed_and_gets_a_link(page_of, ada, article):
    page = page_of(ada.user, **PHONE)
    page.goto("/p/river/")
    page.get_by_role("link", name="Fourteen mayors ask for lower water").first.tap()
    wait_until_saved(page)
    for words, name in (("Oska valley", "place"), ("12 March", "date"), ("42 leaks", "number")):
        page.evaluate(SELECT, words)
        page.locator(f'label-picker button[data-label="{name}"]').tap()
        expect(page.locator("[data-toast]")).to_be_visible()
    tap_on(page, "42 leaks")
    page.locator("[data-focus=add-source]").tap()
    page.locator("evidence-form input[type=url], evidence-form [name=url]").first.fill("https://leaks.example/42")
    page.locator("evidence-form button.button-primary").tap()
    wait_until_saved(page)
    assert [key for key, _quote in spans()] == ["place", "date", "number"]
    assert EvidenceItem.objects.get().url == "https://leaks.example/42"
    assert ClaimMention.objects.get().annotation.label.key == "number"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "phone-link.png")

    # read over what was made, mend a label, and hand in
    page.locator("#tab-list").tap()
    page.screenshot(path=PICTURES / "phone-list.png")
    page.locator("button.span-row", has_text="12 March").tap()
    page.locator(".span-label select").select_option("number")
    wait_until_saved(page)
    page.locator(".side-close").tap()
    page.screenshot(path=PICTURES / "phone-text.png")
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    page.get_by_role("button", name="Submit").tap()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()

    assert [key for key, _quote in spans()] == ["place", "number", "number"]
    assert Assignment.objects.get().state == "submitted"


def test_a_finger_drags_a_handle_and_the_page_stays_where_it_is(page_of, ada, article):
    page = page_of(ada.user, **PHONE)
    open_article(page, article)
    page.evaluate(SELECT, "Oska valley")
    page.locator('label-picker button[data-label="place"]').tap()
    expect(page.locator(".handle")).to_have_count(2)
    page.evaluate(PLACE_OF, "asked the minister")
    height = page.evaluate("scrollY")
    touch_end(page, "asked the minister")
    wait_until_saved(page)

    assert spans() == [("place", "Oska valley asked the minister")]
    assert page.evaluate("scrollY") == height


CARET = "document.querySelector('cw-annotator').desk.caret.offset()"


def reach(page, words: str, key: str = "ArrowRight") -> None:
    """Press an arrow until the caret stands before words, or with Shift at their end."""
    at = TEXT.index(words) + (len(words) if "Shift" in key else -1)  # arrows stop behind words, before the space
    units = len(TEXT[:at].encode("utf-16-le")) // 2
    for _press in range(60):
        if page.evaluate(CARET) >= units:
            return
        page.keyboard.press(key)
    raise AssertionError(f"“{words}” was not reached")


def test_a_whole_article_is_annotated_by_keyboard_only(page_of, ada, article):
    page = page_of(ada.user)
    page.goto("/p/river/")
    link = page.get_by_role("link", name="Fourteen mayors ask for lower water").first
    for _press in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    wait_until_saved(page)

    page.keyboard.press("v")
    page.keyboard.press("j")
    for words, key in (("mayors ask", "1"), ("Oska valley", "7"), ("12 March", "6"), ("42 leaks", "5")):
        if TEXT.index(words) > 50 and "Fourteen mayors from" not in page.evaluate("getSelection().focusNode.data"):
            page.keyboard.press("j")
        reach(page, words)
        reach(page, words, "Shift+ArrowRight")
        page.keyboard.press(key)
    page.keyboard.press("e")
    expect(page.locator("evidence-form [name=url]")).to_be_focused()
    page.keyboard.type("https://leaks.example/42")
    page.keyboard.press("Enter")
    expect(page.locator("evidence-form")).to_have_count(0)
    wait_until_saved(page)
    assert [key for key, _quote in spans()] == ["claim", "place", "date", "number"]
    assert [quote for _key, quote in spans()] == ["mayors ask", "Oska valley", "12 March", "42 leaks"]

    # step back through them: another label, a wider end, one withdrawn and brought back
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.keyboard.press("5")
    page.keyboard.press("p")
    page.keyboard.press("]")
    page.keyboard.press("p")
    page.keyboard.press("Delete")
    expect(page.locator("[data-count]")).to_have_text("3")
    page.keyboard.press("u")
    expect(page.locator("[data-count]")).to_have_text("4")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()

    assert spans() == [
        ("claim", "mayors ask"),
        ("place", "Oska valley asked"),
        ("number", "12 March"),
        ("number", "42 leaks"),
    ]
    assert ClaimMention.objects.get().annotation.quote == "42 leaks"
    assert Assignment.objects.get().state == "submitted"


class Counted:
    """A page whose clicks, drags, pastes and keys are counted, each as one act."""

    def __init__(self, page) -> None:
        self.page, self.acts = page, 0

    def click(self, selector: str) -> None:
        self.acts += 1
        self.page.locator(selector).click()

    def drag(self, words: str) -> None:
        self.acts += 1
        select(self.page, words)

    def press(self, key: str) -> None:
        self.acts += 1
        self.page.keyboard.press(key)

    def paste(self, text: str) -> None:
        self.acts += 1
        self.page.keyboard.insert_text(text)


def test_ten_claims_with_a_source_link_each_take_at_most_45_acts(page_of, mia, ada):
    names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    text = "\n\n".join(f"Claim {name} holds water. And more is said." for name in names)
    page = page_of(ada.user)
    open_article(page, factories.article(mia, text, title="Ten claims"))
    counted = Counted(page)

    counted.click('label-picker [data-label="claim"]')  # from now on every selection is a claim
    for n, name in enumerate(names, start=1):
        counted.drag(f"Claim {name} holds water")
        expect(page.locator("[data-count]")).to_have_text(str(n))
        counted.press("e")
        expect(page.locator("evidence-form [name=url]")).to_be_focused()
        counted.paste(f"https://source.example/{n}")
        counted.press("Enter")
        expect(page.locator("evidence-form")).to_have_count(0)
    wait_until_saved(page)

    assert counted.acts == 41
    assert Annotation.objects.count() == ClaimMention.objects.count() == EvidenceItem.objects.count() == 10
    assert len({mention.annotation_id for mention in ClaimMention.objects.all()}) == 10
