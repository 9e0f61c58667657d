"""The label editor, and what it leads to in an article: attributes of relations and of labels on the whole."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotations.models import ArticleLabel, Job, LabelSet, Relation, User
from annotations.workflow.projects import NewLabel, current_labels, revise_label_set
from tests import factories
from tests.browser.conftest import picture
from tests.browser.reading import open_article, wait_until_saved
from tests.browser.test_accessibility import violations
from tests.browser.test_main_path import TEXT
from tests.workflow.test_labels import done

HOW = {"key": "how", "name": "How?", "kind": "one", "values": ["weakly", "strongly"], "required": True}
WHY = {"key": "why", "name": "Why?", "kind": "text", "required": True}


@pytest.fixture
def mia():
    return factories.project()


def test_labels_are_moved_given_attributes_and_told_of_clashes_and_a_second_manager_of_a_conflict(page_of, mia):
    page = page_of(mia.user)
    page.goto("/p/river/labels/edit/")
    rows = page.locator(".label-row")

    rows.nth(1).get_by_role("button", name="Move “Quotation” up").click()
    expect(page.locator("[data-said]")).to_have_text("“Quotation” is number 1 of 11 now.")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    rows.nth(0).locator("summary").click()
    claim = rows.nth(0)
    claim.get_by_label("Shortcut").fill("2")
    expect(claim.locator("[data-hint=shortcut]")).to_have_text(
        "“2” belongs to the label “Quotation” already. Free are: 1, A, B, C, D, E, F, G."
    )
    claim.get_by_label("Shortcut").fill("q")
    expect(claim.locator("[data-hint=shortcut]")).to_be_empty()
    claim.get_by_role("button", name="raspberry").click()
    expect(claim.locator("[data-hint=color]")).to_have_text("Hard to tell from “Hedge”.")
    claim.get_by_role("button", name="magenta").click()
    expect(claim.locator("[data-hint=color]")).to_be_empty()
    claim.get_by_role("button", name="One more attribute").click()
    attribute = claim.locator(".label-attribute")
    attribute.get_by_label("Name").fill("How sure?")
    attribute.get_by_label("Key", exact=True).fill("sure")
    attribute.get_by_label("Values, one a line").fill("low\nh = Very high")
    attribute.get_by_label("To begin with").first.select_option("h")
    attribute.get_by_label("has to be given", exact=True).check()
    claim.get_by_label("Below").select_option("speaker")
    rows.nth(8).locator("summary").click()
    rows.nth(8).get_by_label("Retire").check()
    revise_label_set([NewLabel("claim", "Behauptung"), NewLabel("new", "Neu")], by=mia)
    page.get_by_role("button", name="Save").click()

    told = page.get_by_role("alert")
    expect(told).to_contain_text("put version 2 in force while you were at it.")
    expect(told).to_contain_text("added: Neu")
    assert LabelSet.objects.count() == 2
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 3 of the label set is in force.")).to_be_visible()
    labels = {label.key: label for label in current_labels(mia.project)}
    assert list(labels)[:3] == ["claim", "speaker", "quotation"]
    assert "hedge" not in labels
    made = labels["claim"]
    assert (made.shortcut, made.color, made.parent.key) == ("Q", "#c700e8", "speaker")
    assert made.attributes == [
        {
            "key": "sure",
            "name": "How sure?",
            "kind": "one",
            "values": ["low", {"key": "h", "name": "Very high"}],
            "default": "h",
            "required": True,
        }
    ]


def test_relations_and_labels_on_the_article_have_fields_and_what_is_missing_leads_there(page_of, mia):
    ada, article = factories.member(mia, "ada"), factories.article(mia, TEXT)
    factories.label_for(mia.project, "mood", "article", attributes=[WHY, {"key": "n", "kind": "number", "default": 2}])
    factories.label_for(mia.project, "answers", "relation", attributes=[HOW])
    factories.annotation(ada, article, 0, 12)
    factories.annotation(ada, article, 30, 45, "number")
    factories.set_project(mia, submit_rules=[{"rule": "required_attributes"}])
    page = page_of(ada.user)
    open_article(page, article)

    expect(page.locator("[data-article-label=mood]")).to_be_attached()
    for key in ("n", "r", "n", "Enter"):
        page.keyboard.press(key)
    relation = page.locator(".related .link-row")
    relation.get_by_label("weakly").check()
    page.locator("#tab-article").click()
    page.locator("[data-article-label=mood]").check()
    mood = page.locator(".article-labels")
    expect(mood.get_by_label("n", exact=True)).to_have_value("2")
    wait_until_saved(page)
    page.keyboard.press("Control+Enter")
    lacking = page.locator(".missing-row")
    expect(lacking).to_contain_text("The label “Mood” of the article lacks “Why?”.")
    lacking.click()
    expect(mood.get_by_role("textbox", name="Why?")).to_be_focused()
    page.keyboard.type("so steht es da")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".missing")).to_have_count(0)

    expect(mood.locator("dd", has_text="so steht es da")).to_be_visible()
    assert Relation.objects.get().attributes == {"how": "weakly"}
    assert json.dumps(ArticleLabel.objects.get().attributes, sort_keys=True) == '{"n": 2, "why": "so steht es da"}'


def test_a_merge_is_undone_on_its_page_by_key_and_seen_in_the_admin(page_of):
    mia = factories.project(visibility="open")
    noted = factories.annotation(mia, factories.article(mia), 12, 17)
    factories.suggestion(noted.version.article, "stieg")
    page = page_of(mia.user, bypass_csp=True)
    page.goto("/p/river/labels/merge/")
    page.get_by_label("This label").select_option("claim")
    page.get_by_label("is merged into").select_option("number")
    page.get_by_role("button", name="See what it would do").press("Enter")
    expect(page.get_by_text("1 suggestion proposes the other label then.")).to_be_visible()
    picture(page, "labels-merge")
    page.get_by_role("button", name="Merge", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("/jobs/"))
    done(Job.objects.get())
    page.goto("/p/river/labels/")
    picture(page, "labels-retired")
    assert violations(page) == []
    page.get_by_role("link", name="Merged into “Number”").press("Enter")
    expect(page.get_by_text("What somebody gave a label since stays as it is.")).to_be_visible()
    picture(page, "labels-merged-job")
    page.get_by_role("button", name="Undo this merge").press("Enter")
    expect(page.get_by_role("link", name="To the merge that this undoes")).to_be_visible()
    done(Job.objects.latest("pk"))
    page.reload()
    expect(page.get_by_text("1 judgement has the label “Claim” again.")).to_be_visible()
    picture(page, "labels-undone-job")
    assert violations(page) == []

    User.objects.filter(pk=mia.user_id).update(is_staff=True)
    page.goto(reverse("admin:annotations_labelset_change", args=[mia.project.label_sets.latest("version").pk]))
    page.get_by_label("This label").select_option("claim")
    page.get_by_label("is merged into").select_option("number")
    page.get_by_role("button", name="See what it would do").press("Enter")
    expect(page.get_by_text("1 annotation, in 1 article, by 1 person")).to_be_visible()
    picture(page, "labels-admin")
    assert not [each for each in violations(page) if " label: " in each or "merging" in each]
