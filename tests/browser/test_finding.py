"""Finding words in the article, and the list of annotations with its filter, by mouse, keys and touch."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Annotation, Region
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.suggesting import Decided, decide
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import PLACE_OF, click_on, open_article, wait_until_saved

TEXT = (
    "🌊 Fourteen mayors ask for lower water\n\n"
    "Zoe\u0308 said the Ivel rose. 👩‍🚒 Zoë counted 42 leaks, ZOE’s list names nine. The mayors laughed.\n\n"
    + "\n\n".join(f"In week {n} the gauge at Oska stood at {n} metres, the mayors read." for n in range(1, 31))
    + "\n\nWritten for Tern Wire. The mayors keep all rights."
)
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
FOUND = """() => [...(CSS.highlights.get("cw-found") ?? [])].map((range) =>
  range.startContainer.data.slice(range.startOffset, range.endOffset))"""
TOP_OF_HIT = """() => {
  const [hit] = CSS.highlights.get("cw-found");
  const range = new Range();
  range.setStart(hit.startContainer, hit.startOffset);
  return range.getBoundingClientRect().top;
}"""
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
    page.keyboard.type("fourteen")
    expect(count).to_have_text("1 of 1")
    assert page.evaluate("document.querySelector('.find-bar').getBoundingClientRect().bottom") < page.evaluate(
        TOP_OF_HIT
    )
    field.fill("zoe")
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


def test_the_list_is_filtered_and_the_keys_and_the_text_keep_to_it(page_of, mia, ada, article):
    ben = factories.member(mia, "ben")
    for n, by in ((1, ada), (2, ben), (3, ada), (4, ben)):
        start = TEXT.index(f"{n} metres")
        factories.annotation(
            by, article, start, start + len(f"{n} metres"), "number", note="" if n != 3 else "Très haut"
        )
    suggestion = factories.suggestion(article, "42 leaks")
    decide([Decided(suggestion.key, "accepted", 0, uuid4())], by=ben)
    withdraw_annotation(factories.annotation(ada, article, 0, 3, "hedge").key, base_version=1, by=ada)
    submit(article, by=ben)
    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-find]")).to_be_visible()
    rows, result = page.locator("span-list > .span-rows > li"), page.locator(".filter-count")

    page.keyboard.press("c")
    words = page.get_by_role("searchbox", name="Words or note")
    expect(words).to_be_focused()
    expect(rows).to_have_count(5)
    page.keyboard.type("très Haut")
    expect(result).to_have_text("1 of 5")
    expect(rows).to_contain_text(["3 metres"])
    page.locator(".filter-more summary").click()
    picture(page, "filter")
    page.get_by_role("button", name="Clear filter").click()
    expect(words).to_be_focused()
    assert page.get_by_label("By", exact=True).evaluate("each => [...each.options].map((option) => option.text)") == [
        "any",
        "me (3)",
        f"{ben.pseudonym} (3)",
        "accepted from tagger 1 (1)",
    ]
    page.get_by_label("By", exact=True).select_option(label="accepted from tagger 1 (1)")
    expect(rows).to_contain_text(["42 leaks"])
    page.get_by_label("By", exact=True).select_option("")
    page.get_by_label("State", exact=True).select_option(label="withdrawn (1)")
    expect(result).to_have_text("1 of 1")
    rows.get_by_role("button", name="Restore").click()
    expect(result).to_have_text("0 of 0")
    page.get_by_label("State", exact=True).select_option("submitted")
    expect(rows).to_contain_text(["42 leaks", "2 metres", "4 metres"])
    page.get_by_label("Label", exact=True).select_option("number")
    expect(result).to_have_text("2 of 6")
    assert page.evaluate(PAINTED, "cw-dim") == 4

    page.locator(".article").focus()
    for quote in ("2 metres", "4 metres", "2 metres"):
        page.keyboard.press("n")
        expect(page.locator("[data-live]")).to_contain_text(f"Number: {quote}")
    expect(page.locator("[data-live]")).to_contain_text("1 of 2.")
    page.get_by_role("tab", name="All").click()
    page.get_by_label("The others in the text").select_option("hidden")
    assert page.evaluate(PAINTED, "cw-dim") == 0
    picture(page, "hidden")
    page.keyboard.press("Escape")
    click_on(page, "3 metres")
    expect(page.locator("#side-span")).to_be_hidden()
    page.get_by_role("button", name="Clear filter").click()
    expect(rows).to_have_count(6)
    click_on(page, "3 metres")
    expect(page.locator("#side-span .span-quote")).to_have_text("3 metres")


def test_the_filter_learns_how_far_others_are_without_a_reload(page_of, mia, ada, article):
    ben = factories.member(mia, "ben")
    factories.assigned(mia, ben, article)
    factories.annotation(ben, article, 0, 3)
    page = page_of(ada.user)
    open_article(page, article)
    page.keyboard.press("c")
    page.locator(".filter-more summary").click()
    states = page.get_by_label("State", exact=True).locator("option")
    expect(states.and_(page.locator("[value=open]"))).to_have_count(1)

    submit(article, by=ben)
    page.evaluate("dispatchEvent(new Event('online'))")  # it looks at once then, else every 15 seconds

    expect(states.and_(page.locator("[value=submitted]"))).to_have_count(1)
    expect(states.and_(page.locator("[value=open]"))).to_have_count(0)


def test_on_a_phone_several_are_chosen_one_press_after_the_other(page_of, ada, article):
    for n in range(1, 5):
        start = TEXT.index(f"week {n}")
        factories.annotation(ada, article, start, start + len(f"week {n}"), "number")
    page = page_of(ada.user, **PHONE)
    open_article(page, article)

    page.locator("label-picker [data-several]").tap()
    expect(page.locator(".many-count")).to_have_text("0 chosen")
    for words in ("week 1", "week 3"):
        place = page.evaluate(PLACE_OF, words)
        page.touchscreen.tap((place["left"] + place["right"]) / 2, place["top"])
    expect(page.locator(".many-count")).to_have_text("2 chosen")
    assert page.evaluate(PAINTED, "cw-chosen") == 2
    picture(page, "several-text")
    page.get_by_role("button", name="Annotations and guidelines").tap()
    page.locator("#tab-list").tap()
    page.locator("button.span-row").nth(3).tap()
    expect(page.locator(".many-count")).to_have_text("3 chosen")
    picture(page, "several-list")
    page.locator(".many-bar select").select_option("claim")
    wait_until_saved(page)
    assert [key for key, _quote in spans()] == ["claim", "number", "claim", "claim"]
    expect(page.locator(".many-bar")).to_be_hidden()
    page.locator(".side-close").tap()
    page.locator("[data-find]").tap()
    page.locator(".find-field").fill("gauge")
    expect(page.locator(".find-count")).to_have_text("1 of 30")
    picture(page, "bar-phone")
    page.locator(".find-bar").get_by_role("button", name="Select").tap()
    page.locator('label-picker button[data-label="actor"]').tap()
    wait_until_saved(page)
    assert ("actor", "gauge") in spans()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390


ARABIC = "قال الوزير إن الماء ارتفع. طلب أربعة عشر عمدة خفض الخزان 🌊 هذا الأسبوع. ضحك العمدة."
BOX_OF = """(words) => {
  const text = document.querySelector("p[data-b]").firstChild;
  const range = new Range();
  range.setStart(text, text.data.indexOf(words));
  range.setEnd(text, text.data.indexOf(words) + words.length);
  const {left, right, top, height} = range.getBoundingClientRect();
  return {left, right, middle: top + height / 2};
}"""


def test_in_text_from_right_to_left_a_sentence_is_taken_and_its_end_dragged(page_of, mia, ada):
    made = factories.article(mia, ARABIC, title="الماء", language="ar")
    page = page_of(ada.user)
    open_article(page, made)

    box = page.evaluate(BOX_OF, "أربعة")
    page.mouse.click((box["left"] + box["right"]) / 2, box["middle"], click_count=3)
    expect(page.locator("label-popup")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(".handle")).to_have_count(2)
    wait_until_saved(page)
    row = Annotation.objects.get()
    assert row.quote == "طلب أربعة عشر عمدة خفض الخزان 🌊 هذا الأسبوع."
    first, last = page.evaluate(BOX_OF, "طلب"), page.evaluate(BOX_OF, "الأسبوع.")
    start, end = (page.locator(f'.handle[data-edge="{edge}"]').bounding_box() for edge in ("start", "end"))
    assert abs(start["x"] - first["right"]) <= 3
    assert abs(end["x"] - last["left"]) <= 3
    picture(page, "rtl")

    for edge, words, side, inward in (("end", "عمدة", "left", 2), ("start", "عشر", "right", -2)):
        handle, goal = page.locator(f'.handle[data-edge="{edge}"]').bounding_box(), page.evaluate(BOX_OF, words)
        page.mouse.move(handle["x"] + 1, handle["y"] + handle["height"] / 2 + (14 if edge == "end" else -14))
        knob = handle["y"] + handle["height"] + 6 if edge == "end" else handle["y"] - 6
        page.mouse.move(handle["x"] + 1, knob)
        page.mouse.down()
        page.mouse.move(goal[side] + inward, knob + goal["middle"] - handle["y"] - handle["height"] / 2, steps=4)
        page.mouse.up()
        wait_until_saved(page)
    row.refresh_from_db()
    assert row.quote == ARABIC[row.start : row.end] == "عشر عمدة"


WATCH_TASKS = """() => {
  window.tasks = [];
  window.watching = new PerformanceObserver((list) => {
    for (const {duration} of list.getEntries()) window.tasks.push(duration);
  });
  window.watching.observe({type: "longtask"});
}"""


@pytest.mark.long
def test_100_000_words_with_10_000_annotations_are_searched_and_listed_without_holding_the_page_up(page_of, mia, ada):
    words = "The mayors of the Oska valley asked Zoë 👩‍🚒 for lower water on 12 March and got none of it at all. " * 4
    text = "\n\n".join(words.strip() for _ in range(1250))
    made = factories.article(mia, text, title="Long")
    version, label = made.current_version, factories.label(mia.project, "place")
    step = len(text) // 10_000
    Annotation.objects.bulk_create(
        Annotation(
            project=mia.project,
            version=version,
            length=version.length,
            label=label,
            created_by=ada,
            start=at,
            end=at + 9,
            quote=text[at : at + 9],
        )
        for at in range(0, step * 10_000, step)
    )
    page, held, passes = page_of(ada.user), [], []
    page.route("**/annotations/?from=*", lambda route: route.continue_() if passes else held.append(route))
    open_article(page, made)
    expect(page.locator("[data-find]")).to_be_visible()
    page.keyboard.press("c")
    rows = page.locator("span-list > .span-rows > li")
    expect(rows.first).to_be_visible()
    expect(page.locator(".filter-partial")).to_be_visible()
    passes.append(True)
    for route in held:
        route.continue_()
    expect(page.locator("[data-count]")).to_have_text("10000", timeout=60_000)
    expect(page.locator(".filter-partial")).to_be_hidden()
    page.evaluate(WATCH_TASKS)

    assert rows.count() < 40
    page.keyboard.type("zoë")
    expect(page.locator(".filter-count")).to_contain_text("of 10000")
    page.keyboard.press("ArrowDown")
    for _press in range(30):
        page.keyboard.press("ArrowDown")
    expect(page.locator("span-list li:focus-within")).to_have_attribute("aria-posinset", "31")
    page.locator(".side").evaluate("side => side.scrollTo(0, side.scrollHeight)")
    expect(page.locator("span-list li:focus-within")).to_have_attribute("aria-posinset", "31")
    assert rows.count() < 40
    page.locator(".article").focus()
    page.keyboard.press("q")
    page.keyboard.type("mayors")
    expect(page.locator(".find-count")).to_have_text("1 of 5000")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".find-count")).to_have_text("5000 of 5000")
    expect(page.locator("p[data-b]").last).to_be_in_viewport()
    picture(page, "long")

    tasks = page.evaluate("window.tasks")
    print("tasks over 50 ms:", tasks)
    assert max(tasks, default=0) < 500


WITHOUT_HIGHLIGHTS = "delete CSS.highlights; delete globalThis.Highlight;"
WRAPPED = """(name) => [...document.querySelectorAll(`.article .${name}`)].map((each) => each.textContent)"""


def test_hits_are_drawn_where_a_browser_has_no_highlights_beside_spans_and_a_selection(page_of, ada, article):
    page = page_of(ada.user)
    page.context.add_init_script(WITHOUT_HIGHLIGHTS)
    factories.annotation(ada, article, TEXT.index("The mayors"), TEXT.index(" laughed"))
    open_article(page, article)
    assert page.evaluate("document.querySelector('cw-annotator').desk.painter.constructor.name") == "DomPainter"
    texts = "[...document.querySelectorAll('p[data-b]')].map((p) => p.textContent).join('\\n\\n')"
    before = page.evaluate(texts)
    assert page.evaluate(WRAPPED, "cw-bg") == ["The mayors"]

    page.keyboard.press("q")
    page.keyboard.type("mayors")
    count = page.locator(".find-count")
    expect(count).to_contain_text("1 of 33")
    assert page.evaluate(WRAPPED, "cw-found") == ["mayors"]
    hits = page.evaluate(WRAPPED, "cw-find")
    assert len(hits) > 2
    assert set(hits) == {"mayors"}
    page.keyboard.press("Enter")
    expect(count).to_contain_text("2 of 33")
    assert page.locator(".cw-bg .cw-found, .cw-found .cw-bg").all_inner_texts() == ["mayors"]
    assert page.evaluate(texts) == before
    picture(page, "fallback")
    page.emulate_media(color_scheme="dark")
    picture(page, "fallback-dark")
    page.emulate_media(color_scheme="light")

    page.keyboard.press("Alt+Enter")  # select the hit, and mark it by a label's key
    page.keyboard.press("2")
    wait_until_saved(page)
    assert spans() == [("claim", "The mayors"), ("quotation", "mayors")]
    page.keyboard.press(".")
    expect(count).to_contain_text("3 of 33")
    assert page.evaluate(WRAPPED, "cw-found") == ["mayors"]
    for _step in range(30):
        page.keyboard.press(".")
    expect(count).to_contain_text("33 of 33")
    expect(page.locator("p[data-b]").last.locator(".cw-found")).to_have_text("mayors")
    page.locator(".find-field").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".cw-find, .cw-found")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".cw-bg", has_text="The").first).to_be_visible()
    assert page.evaluate(texts) == before
