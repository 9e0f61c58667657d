"""What a label declares besides its name: attributes in the panel, by mouse and by keys, and labels below others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation, ArticleLabel, Label
from tests import factories
from tests.browser.reading import label, open_article, wait_until_saved
from tests.browser.test_main_path import TEXT

DEFINITIONS = [
    {"key": "certainty", "name": "Certainty", "kind": "ordinal", "values": ["low", "high"], "required": True},
    {"key": "topics", "name": "Topics", "kind": "many", "values": ["money", {"key": "law", "name": "Law"}]},
    {"key": "voice", "name": "Voice", "kind": "one", "values": [f"voice {n}" for n in range(9)]},
    {"key": "amount", "name": "Amount", "kind": "number", "min": 0},
    {"key": "wording", "name": "Wording", "kind": "text"},
    {"key": "checkable", "name": "Checkable", "kind": "yes_no"},
]


@pytest.fixture
def mia():
    mia = factories.project()
    claim, number = factories.label(mia.project), factories.label(mia.project, "number")
    Label.objects.filter(pk=claim.pk).update(attributes=DEFINITIONS)
    Label.objects.filter(pk=number.pk).update(parent=claim)
    return mia


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def stored() -> dict:
    return Annotation.objects.get().attributes


def test_every_kind_of_attribute_is_given_taken_back_and_undone(page_of, mia, ada):
    page = page_of(ada.user)
    open_article(page, factories.article(mia, TEXT))
    panel = page.locator("span-panel")
    label(page, TEXT[:12], "1")
    expect(panel.get_by_text("1 required value is missing.")).to_be_visible()

    panel.get_by_label("high").check()
    expect(panel.get_by_text("required value")).to_have_count(0)
    panel.get_by_label("Law").check()
    panel.get_by_label("money").check()
    panel.get_by_label("Voice").select_option("voice 7")
    panel.get_by_label("Amount").fill("-4")
    panel.get_by_label("Amount").blur()
    panel.get_by_label("Amount").fill("2.5")
    panel.get_by_role("textbox", name="Wording").fill("as Ms Zoë O’Neill put it")
    panel.get_by_role("group", name="Checkable").get_by_label("no", exact=True).check()
    wait_until_saved(page)
    everything = {
        "certainty": "high",
        "topics": ["money", "law"],
        "voice": "voice 7",
        "amount": 2.5,
        "wording": "as Ms Zoë O’Neill put it",
        "checkable": False,
    }
    assert stored() == everything

    panel.get_by_label("Law").uncheck()
    panel.get_by_label("Voice").select_option("")
    wait_until_saved(page)
    assert stored()["topics"] == ["money"]
    assert "voice" not in stored()
    page.keyboard.press("Escape")
    for _press in range(2):
        page.keyboard.press("Control+z")
    wait_until_saved(page)
    assert stored() == everything
    page.reload()
    wait_until_saved(page)
    page.keyboard.press("n")
    expect(panel.get_by_role("textbox", name="Wording")).to_have_value("as Ms Zoë O’Neill put it")


def test_attributes_are_reached_by_a_key_and_labels_stand_below_their_parents(page_of, mia, ada):
    page = page_of(ada.user)
    article = factories.article(mia, TEXT)
    factories.annotation(ada, article, 0, 12, attributes={"certainty": "low", "from elsewhere": [1, 2]})
    open_article(page, article)
    expect(page.locator('.label-list li[data-depth="1"] [data-label="number"]')).to_have_attribute(
        "aria-description", "stands below Claim"
    )
    page.keyboard.press("n")
    expect(page.locator("span-panel").get_by_label("low")).to_be_visible()
    assert page.locator('.span-label option[value="number"]').text_content() == "\u2003Number"

    page.keyboard.press("f")
    expect(page.locator("span-panel").get_by_label("low")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("span-panel").get_by_label("high")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    wait_until_saved(page)

    assert stored() == {"certainty": "high", "topics": ["money"], "from elsewhere": [1, 2]}
    page.get_by_role("button", name="Remove from elsewhere").click()
    wait_until_saved(page)
    assert stored() == {"certainty": "high", "topics": ["money"]}


def test_questions_about_the_article_are_answered_by_keys(page_of, mia, ada):
    article = factories.article(mia, TEXT)
    named = {"key": "names_source", "name": "Names a source?", "kind": "yes_no", "required": True}
    which = {"key": "which", "name": "Which?", "kind": "text", "required_if": {"key": "names_source", "values": [True]}}
    factories.label_for(mia.project, "questions", "article", attributes=[named, which])
    page = page_of(ada.user)
    open_article(page, article)
    box, form = page.locator("[data-article-label=questions]"), page.locator(".article-labels")
    expect(box).to_be_attached()

    page.keyboard.press("f")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(form.get_by_text("1 required value is missing.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(form.get_by_role("radio").last).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(form.get_by_label("no", exact=True)).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(form.get_by_label("yes", exact=True)).to_be_checked()
    expect(form.get_by_text("1 required value is missing.")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("das Amt")
    page.keyboard.press("Tab")
    wait_until_saved(page)

    expect(form.get_by_text("required value")).to_have_count(0)
    assert ArticleLabel.objects.get().attributes == {"names_source": True, "which": "das Amt"}
