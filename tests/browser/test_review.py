"""Settling two annotators' differences by key, by mouse and by touch, and what the annotator sees of it."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import (
    Adjudication,
    Annotation,
    ArticleLabel,
    Assignment,
    Claim,
    ClaimMention,
    EvidenceItem,
    Relation,
    Ruling,
)
from annotations.workflow.assigning import submit
from annotations.workflow.relating import NewArticleLabel, NewRelation, label_article, relate
from tests import factories
from tests.browser.conftest import picture
from tests.workflow.test_settling_claims import OTHER, claim, evidence

WORDS = [f"Wort{n:02}" for n in range(60)]
TEXT = "\n\n".join(" ".join(WORDS[n : n + 12]) + "." for n in range(0, 60, 12))
GOLD = Annotation.Layer.GOLD


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def people(mia):
    return [factories.member(mia, name, pseudonym=f"{name}-heron") for name in ("ada", "ben")]


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")


@pytest.fixture
def story(mia, people):
    """30 spans of each; of six the bounds or the label differ."""
    made = factories.article(mia, TEXT, title="Der Pegel")
    version = made.current_version
    rows = []
    for number, by in enumerate(people):
        for n in range(30):
            differs = n % 5 == 0 and number == 1
            start = TEXT.index(WORDS[2 * n])
            end = start + (4 if differs and n % 10 == 0 else 6)
            key = "number" if differs and n % 10 == 5 else "claim"
            rows.append(
                Annotation(
                    project=mia.project, created_by=by, version=version, length=version.length,
                    label=factories.label(mia.project, key), start=start, end=end, quote=TEXT[start:end],
                )
            )  # fmt: skip
    Annotation.objects.bulk_create(rows)
    for by in people:
        submit(made, by=by)
    return made


def gold():
    rows = Annotation.objects.filter(layer=GOLD, withdrawn_at__isnull=True)
    return list(rows.order_by("start").values_list("quote", "label__key"))


def test_thirty_spans_with_six_differences_take_at_most_twelve_key_presses(page_of, mia, people, rosa, story):
    page = page_of(rosa.user)
    page.goto("/p/river/")
    page.get_by_role("navigation").get_by_role("link", name="Review").click()
    page.get_by_role("link", name="Der Pegel").click()
    expect(page.get_by_text("0 of 6 settled", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation", name="Differences")).to_be_visible()
    pressed = ["t", "1", "2", "1", "2", "x", "1", "f"]

    for key in pressed[:-1]:
        page.keyboard.press(key)
    expect(page.get_by_text("6 of 6 settled", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Finish")).to_be_focused()
    page.keyboard.press(pressed[-1])

    expect(page.get_by_text("This article is adjudicated.")).to_be_visible()
    assert len(pressed) <= 12
    assert Adjudication.objects.get().state == "finished"
    expected = [(word, "claim") for n, word in enumerate(WORDS[::2]) if n not in (5, 15, 20)]
    expected += [(WORDS[10], "number"), (WORDS[30], "number")]
    assert sorted(gold()) == sorted(expected)
    assert set(Assignment.objects.values_list("state", flat=True)) == {"accepted"}


def test_by_mouse_with_a_comment_an_edit_and_undo_and_what_a_second_reviewer_did(page_of, mia, people, rosa, story):
    page = page_of(rosa.user)
    page.goto(f"/p/river/articles/{story.uuid}/review/")
    card = page.locator(".unit:not([hidden])")
    expect(page.get_by_role("navigation", name="Differences")).to_be_visible()
    expect(card).to_contain_text("Difference 1 of 6")

    page.locator('[data-text] [data-unit="3"]').first.click()
    expect(card).to_contain_text("Difference 3 of 6")
    page.keyboard.press("c")
    page.keyboard.type("Steht so nicht in den Leitlinien.")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("e")
    card.get_by_label("Label").select_option("number")
    card.get_by_role("button", name="End one word later").click()
    expect(card.locator("[data-preview]")).to_have_text(f"{WORDS[20]} {WORDS[21]}")
    card.get_by_role("button", name="Save as gold").click()
    expect(page.get_by_text("1 of 6 settled", exact=True)).to_be_visible()
    expect(page.locator("[data-state]")).to_have_text("Saved")
    (ruling,) = Ruling.objects.filter(withdrawn_at__isnull=True)
    assert (ruling.outcome, ruling.guideline_unclear) == ("edited", True)
    assert ruling.note == "Steht so nicht in den Leitlinien."
    assert gold() == [(f"{WORDS[20]} {WORDS[21]}", "number")]

    page.keyboard.press("Backspace")
    expect(page.get_by_text("0 of 6 settled", exact=True)).to_be_visible()
    expect(page.locator("[data-state]")).to_have_text("Saved")
    assert gold() == []

    other = page_of(mia.user)
    other.goto(f"/p/river/articles/{story.uuid}/review/#unit-3")
    other.locator(".unit:not([hidden])").get_by_role("button", name=people[0].pseudonym).click()
    expect(other.locator("[data-state]")).to_have_text("Saved")
    card.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has settled this in the meantime.")
    assert gold() == [(WORDS[20], "claim")]


def test_without_scripts_and_on_a_phone_a_difference_is_settled_and_work_given_back(page_of, people, rosa, story):
    page = page_of(rosa.user, java_script_enabled=False, viewport={"width": 390, "height": 800}, has_touch=True)
    page.goto(f"/p/river/articles/{story.uuid}/review/")

    page.locator("#unit-2").get_by_role("button", name=people[1].pseudonym).tap()
    expect(page.locator("#unit-2")).to_contain_text("settled")
    page.get_by_text("Give work back to its annotator").tap()
    page.get_by_label(f"What {people[0].pseudonym} is to do").fill("Bitte die Zahlen prüfen.")
    page.get_by_role("button", name=f"Give back to {people[0].pseudonym}").tap()
    expect(page.get_by_text(f"The article is {people[0].pseudonym}’s again.")).to_be_visible()

    assert gold() == [(WORDS[10], "number")]
    annotator = page_of(people[0].user)
    annotator.goto(f"/p/river/articles/{story.uuid}/")
    expect(annotator.get_by_text("A reviewer gave this back to you: Bitte die Zahlen prüfen.")).to_be_visible()


def test_labels_on_the_article_and_relations_are_settled_by_key_on_the_same_screen(page_of, mia, people, rosa):
    story = factories.article(mia, "Wort00 Wort01 Wort02.", title="Der Pegel")
    for key, kind in (("topic", "article"), ("supports", "relation"), ("refutes", "relation")):
        values = [{"key": "of", "name": "About", "kind": "many", "values": ["prices", "grain", "war"]}]
        factories.label_for(mia.project, key, kind, attributes=values if key == "topic" else [])
    for by, end, of, link in zip(people, (13, 20), ("prices", "grain"), ("supports", "refutes"), strict=True):
        first, second = factories.annotation(by, story, 0, 6), factories.annotation(by, story, 7, end)
        label_article(
            NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "topic", attributes={"of": [of]}), by=by
        )
        relate(NewRelation(uuid.uuid4(), first.key, second.key, link), by=by)
        submit(story, by=by)
    page = page_of(rosa.user)
    page.goto(f"/p/river/articles/{story.uuid}/review/")
    card = page.locator(".unit:not([hidden])")
    expect(page.get_by_role("navigation", name="Differences")).to_be_visible()

    for key in ("t", "1"):
        page.keyboard.press(key)
    expect(card).to_contain_text("Label on the whole article")
    page.keyboard.press("e")
    expect(card.get_by_label("Label")).to_be_focused()
    card.get_by_label("About").select_option(["war", "prices"])
    card.get_by_role("button", name="Save as gold").press("Enter")

    relation = page.locator("#unit-3")
    expect(relation).to_contain_text("Difference 3 of 3")
    expect(relation).to_contain_text("Relation: Wort00")
    expect(page.locator("#unit-1")).to_be_hidden()
    page.keyboard.press("2")
    expect(page.get_by_text("3 of 3 settled", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Finish")).to_be_focused()
    page.keyboard.press("f")

    expect(page.get_by_text("This article is adjudicated.")).to_be_visible()
    assert ArticleLabel.objects.get(layer=GOLD).attributes == {"of": ["prices", "war"]}
    row = Relation.objects.get(layer=GOLD)
    assert (row.label.key, row.from_annotation.quote, row.to_annotation.quote) == ("refutes", "Wort00", "Wort01")


@pytest.fixture
def claimed(mia, people):
    """Both claim something of one span, the one at great length; they cite two pages, of one with another stance."""
    made = factories.article(mia, "Wort00 Wort01 Wort02. " + TEXT, title="Der Pegel")
    said = ("Der Pegel steigt.", "Der Pegel steigt seit Jahren, und niemand hat etwas dagegen getan. " * 6)
    for by, text, stance in zip(people, said, ("supports", "refutes"), strict=True):
        draft = claim(by, factories.annotation(by, made, 0, 20), text, claimant="Das Amt")
        evidence(by, draft, title="Messwerte der letzten zehn Jahre")
        evidence(by, draft, OTHER, stance, note="Seite 3", quote="Der Pegel steht seit Mai höher als im Vorjahr.")
        submit(made, by=by)
    return made


def test_claims_and_evidence_are_settled_by_key_on_the_same_screen(page_of, mia, people, rosa, claimed):
    page = page_of(rosa.user)
    page.goto(f"/p/river/articles/{claimed.uuid}/review/")
    card = page.locator(".unit:not([hidden])")
    expect(page.get_by_role("button", name="Take over 1")).to_be_visible()

    page.keyboard.press("t")
    expect(card.locator(".unit-about")).to_have_text("Claim: Wort00 Wort01 Wort02")
    expect(page.locator('[data-text] [data-spot="1"]')).to_have_class("is-here")
    picture(page, "review-claim")
    page.keyboard.press("e")
    expect(card.get_by_label("Claim", exact=True)).to_be_focused()
    card.get_by_label("Claim", exact=True).fill("Der Pegel steigt seit zehn Jahren.")
    card.get_by_label("The article").select_option("reports")
    card.get_by_role("button", name="Save as gold").press("Enter")
    expect(page.get_by_role("button", name="Take over 1")).to_be_visible()
    expect(page.locator("#unit-1")).to_be_hidden()
    expect(card).to_contain_text("Evidence on the claim")
    expect(card.get_by_role("link", name="Open the source")).to_have_attribute("href", OTHER)
    picture(page, "review-evidence")
    page.keyboard.press("a")
    page.keyboard.press("t")
    expect(page.get_by_text("2 of 2 settled", exact=True)).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_text("This article is adjudicated.")).to_be_visible()
    picture(page, "review-finished")

    (shared,) = Claim.objects.filter(created_by=rosa)
    assert (shared.text, shared.claimant) == ("Der Pegel steigt seit zehn Jahren.", "Das Amt")
    assert ClaimMention.objects.get(claim=shared).stance == "reports"
    made = EvidenceItem.objects.filter(created_by=rosa, withdrawn_at__isnull=True)
    assert sorted(made.values_list("url", "stance")) == [
        (OTHER, "refutes"),
        (OTHER, "supports"),
        ("https://tern.example/zahlen", "supports"),
    ]


@pytest.mark.long
def test_without_scripts_claims_are_joined_edited_and_their_evidence_settled(page_of, people, rosa, claimed):
    page = page_of(rosa.user, java_script_enabled=False)
    page.goto(f"/p/river/articles/{claimed.uuid}/review/")
    page.get_by_role("button", name="Take over 1").click()
    page.locator("#unit-1").get_by_role("button", name="Keep apart").click()
    expect(page.locator("#unit-1")).to_contain_text("kept apart")
    page.locator("#unit-1").get_by_text("Edit the claim").click()
    page.locator("#unit-1").get_by_label("Date of the claim").fill("2026-03-01")
    page.locator("#unit-1").get_by_role("button", name="Save as gold").click()
    expect(page.locator("#unit-1")).to_contain_text("2026-03-01")
    page.locator("#unit-2").get_by_text("Edit the stance").click()
    page.locator("#unit-2").get_by_label("The source").select_option("neutral")
    page.locator("#unit-2").get_by_role("button", name="Save as gold").click()
    expect(page.get_by_text("2 of 2 settled", exact=True)).to_be_visible()

    assert Claim.objects.filter(created_by=rosa, withdrawn_at__isnull=True).count() == 1
    assert EvidenceItem.objects.get(url=OTHER, created_by=rosa).stance == "neutral"
