"""Relations by keys, labels on the whole article, a link to a span, and another's mark that appears by itself."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import ArticleLabel, Relation
from annotations.workflow.relating import NewRelation, relate
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import open_article, wait_until_saved
from tests.browser.test_main_path import TEXT


@pytest.fixture
def mia_who_relates():
    mia = factories.project()
    factories.label_for(mia.project, "answers", "relation")
    return mia


def test_two_people_relate_label_and_link(page_of, watch):
    mia = factories.project(visibility="open")
    factories.label_for(mia.project, "topic", "article")
    factories.label_for(mia.project, "answers", "relation")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    article = factories.article(mia, TEXT)
    first = factories.annotation(ada, article, 0, 12)
    second = factories.annotation(ada, article, 30, 45, "number")
    of_ada, of_ben = page_of(ada.user), page_of(ben.user)
    open_article(of_ada, article)
    open_article(of_ben, article)
    expect(of_ben.locator("[data-count]")).to_have_text("2")

    expect(of_ada.locator("[data-article-label=topic]")).to_be_attached()
    of_ada.keyboard.press("n")
    of_ada.keyboard.press("r")
    of_ada.keyboard.press("n")
    of_ada.keyboard.press("Enter")
    expect(of_ada.locator(".related .link-row")).to_contain_text("Answers ←")
    of_ada.locator("#tab-article").click()
    of_ada.locator("[data-article-label=topic]").check()
    expect(of_ada.locator("[data-article-label=topic]")).to_be_checked()

    factories.annotation(ada, article, 50, 60)
    expect(of_ben.locator("[data-count]")).to_have_text("3", timeout=30_000)
    of_ben.goto(f"{of_ben.url.split('#')[0]}#a={second.key}")
    expect(of_ben.locator(".related .link-row")).to_contain_text("Answers ←")
    of_ben.set_viewport_size({"width": 390, "height": 800})
    of_ada.locator("#tab-span").click()
    PICTURES.mkdir(parents=True, exist_ok=True)
    of_ada.screenshot(path=PICTURES / "related.png")
    of_ben.screenshot(path=PICTURES / "related-narrow.png")

    relation = Relation.objects.get()
    assert (relation.from_annotation, relation.to_annotation, relation.created_by) == (first, second, ada)
    assert ArticleLabel.objects.get().created_by == ada


CROSSED = """
() => {
  const boxes = [...document.querySelectorAll("p[data-b]")].flatMap((p) => {
    const range = document.createRange();
    range.selectNodeContents(p);
    return [...range.getClientRects()];
  });
  const frame = document.querySelector(".relation-lines").getBoundingClientRect();
  const isIn = (x, y) =>
    boxes.some(({left, right, top, bottom}) => x > left && x < right && y > top + 5 && y < bottom - 5);
  return [...document.querySelectorAll(".relation-line")].some((line) => {
    const places = Array.from({length: Math.ceil(line.getTotalLength())}, (_, n) => line.getPointAtLength(n));
    return places.some(({x, y}) => isIn(x + frame.x, y + frame.y));
  });
}
"""
ENDS = """
() => [...document.querySelectorAll(".relation-line")].map((line) => {
  const frame = document.querySelector(".relation-lines").getBoundingClientRect();
  const at = (n) => line.getPointAtLength(n);
  return [at(0), at(line.getTotalLength())].map(({x, y}) => [x + frame.x, y + frame.y]);
})
"""
INSIDE = """
([words, x, y]) => [...document.querySelectorAll("p[data-b]")].some((p) => {
  const start = p.firstChild.data.indexOf(words);
  if (start < 0) return false;
  const range = document.createRange();
  range.setStart(p.firstChild, start);
  range.setEnd(p.firstChild, start + words.length);
  const box = range.getClientRects()[0];
  return x >= box.left - 1 && x <= box.right + 1 && Math.abs(y - box.top) < 6;
})
"""


FROM_RIGHT = "\n\n".join(
    f"ראש העיר אמר: {n} בתים נפגעו בשיטפון ליד הנהר ולא ידוע מתי ישובו התושבים." for n in range(30, 36)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [(TEXT, ["mayors ask", "42 leaks"]), (FROM_RIGHT, ["30 בתים", "34 בתים"])],
    ids=["English", "Hebrew"],
)
def test_lines_lead_from_span_to_span_past_the_words_and_follow_the_window(text, words, page_of, mia_who_relates):
    mia = mia_who_relates
    ada = factories.member(mia, "ada")
    article = factories.article(mia, text, language="he" if text != TEXT else "en")
    spans = [factories.annotation(ada, article, text.index(each), text.index(each) + len(each)) for each in words]
    relate(NewRelation(uuid.uuid4(), spans[0].key, spans[1].key, "answers"), by=ada)
    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-focus=lines]")).to_be_attached()

    page.keyboard.press("l")
    for size in ({"width": 1280, "height": 720}, {"width": 390, "height": 780}):
        page.set_viewport_size(size)
        expect(page.locator(".relation-line")).to_have_count(1)
        page.wait_for_timeout(100)
        ((start, end),) = page.evaluate(ENDS)
        assert page.evaluate(INSIDE, [words[0], *start])
        assert page.evaluate(INSIDE, [words[1], *end])
        assert not page.evaluate(CROSSED)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"lines-{article.language}-{size['width']}.png")

    page.keyboard.press("l")
    expect(page.locator(".relation-lines")).to_have_count(0)


def test_a_relation_gets_another_label_and_is_turned_round_in_the_panel(page_of, mia_who_relates):
    mia = mia_who_relates
    factories.label_for(mia.project, "repeats", "relation")
    ada = factories.member(mia, "ada")
    article = factories.article(mia, TEXT)
    first, second = factories.annotation(ada, article, 0, 12), factories.annotation(ada, article, 30, 45, "number")
    old = relate(NewRelation(uuid.uuid4(), first.key, second.key, "answers", note="so it says"), by=ada)
    page = page_of(ada.user)
    open_article(page, article)
    page.keyboard.press("n")
    row = page.locator(".related .link-row")
    expect(row).to_contain_text("Answers →")

    row.get_by_role("combobox").focus()
    row.get_by_role("combobox").select_option("repeats")
    expect(row).to_contain_text("Repeats →")
    expect(row.get_by_role("combobox")).to_be_focused()
    row.get_by_role("button", name="Turn round").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Repeats ←")
    wait_until_saved(page)

    old.refresh_from_db()
    assert (old.label.key, old.withdrawn_at is not None) == ("repeats", True)
    standing = Relation.objects.get(withdrawn_at=None)
    assert (standing.from_annotation, standing.to_annotation, standing.note) == (second, first, "so it says")
