"""Relations by keys, labels on the whole article, a link to a span, and another's mark that appears by itself."""

from __future__ import annotations

from playwright.sync_api import expect

from annotations.models import ArticleLabel, Relation
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import open_article
from tests.browser.test_main_path import TEXT


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
