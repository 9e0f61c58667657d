"""From a claim to a corrected page for readers, by the steps that docs/claims.md gives, each click and key counted."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from annotations.models import EvidenceItem, Publication, Verdict
from annotations.workflow.claiming import NewMention, make_claim
from tests import factories
from tests.claim_review_rules import faults, missing

from .reading import open_article, select, wait_until_saved
from .test_accessibility import violations

TEXT = "In {place} the mayor spoke. Fourteen mayors signed the letter, {said}. The council met on Monday."
OUTLETS = (("Tern Wire", "the wire said"), ("Orn24", "it says"), ("Bote", "so we hear"), ("Digest", "a list shows"))


class Counted:
    """A page whose clicks, drags, pastes and keys are counted, each as one act."""

    def __init__(self, page: Page, acts: list[str]) -> None:
        self.page, self.acts = page, acts

    def click(self, place) -> None:
        self.acts.append("click")
        place.click()

    def drag(self, words: str) -> None:
        self.acts.append("drag")
        select(self.page, words)

    def press(self, key: str) -> None:
        self.acts.append(key)
        self.page.keyboard.press(key)

    def paste(self, text: str) -> None:
        self.acts.append("paste")
        self.page.keyboard.insert_text(text)

    def send(self, name: str) -> None:
        """Press a button that sends a form, and wait for the page that answers."""
        with self.page.expect_navigation():
            self.click(self.page.get_by_role("button", name=name, exact=True))

    def unfold(self, words: str) -> None:
        self.click(self.page.locator("summary", has_text=words))

    def open(self, name: str) -> None:
        with self.page.expect_navigation():
            self.click(self.page.get_by_role("link", name=name, exact=True).first)


@pytest.mark.long
def test_a_claim_over_four_articles_is_published_and_corrected_in_at_most_40_acts(page_of, page):
    mia = factories.project(visibility="open", language="en")
    factories.set_project(mia, publishes=True, published_as="Valley Desk", published_from="https://desk.example/")
    ada, rosa = factories.member(mia, "ada"), factories.member(mia, "rosa", "reviewer")
    for n, (outlet, said) in enumerate(OUTLETS):
        text = TEXT.format(place=outlet, said=said)
        story = factories.article(mia, text, title=f"Story {n}", publisher=outlet, url=f"https://paper.example/{n}")
        start = text.index("Fourteen")
        factories.annotation(ada, story, start, start + len("Fourteen mayors signed the letter"))
    acts: list[str] = []
    desk, second = Counted(page_of(rosa.user), acts), Counted(page_of(mia.user), acts)
    claim = "Fourteen mayors signed the letter."

    desk.page.goto("/p/river/claims/")
    desk.unfold("New claim")
    desk.press("Tab")
    desk.paste(claim)
    desk.send("Make the claim")
    desk.click(desk.page.get_by_label("Find annotations that say it"))
    desk.paste("Fourteen mayors")
    desk.press("Enter")
    expect(desk.page.get_by_role("button", name="This expresses the claim")).to_have_count(4)
    for left in (3, 2, 1, 0):
        with desk.page.expect_navigation():
            desk.click(desk.page.get_by_role("button", name="This expresses the claim").first)
        expect(desk.page.get_by_role("button", name="This expresses the claim")).to_have_count(left)
    desk.click(desk.page.locator("#evidence-url"))
    desk.paste("https://ministry.example/letter")
    with desk.page.expect_navigation():
        desk.press("Enter")
    desk.open("Story 0")
    expect(desk.page.locator("cw-annotator[data-more]")).to_be_attached()
    desk.drag("The council met on Monday")
    desk.press("b")
    expect(desk.page.locator(".cite-claim")).to_be_focused()
    desk.press("-")
    desk.press("Enter")
    expect(desk.page.locator(".toast")).to_contain_text("Evidence (refutes)")
    desk.send("Open the claim")
    desk.unfold("Reach a verdict")
    desk.click(desk.page.get_by_label("Supported", exact=True))
    desk.click(desk.page.get_by_label("Rationale"))
    desk.paste("The letter has fourteen names [1].")
    desk.send("Reach the verdict")
    desk.send("Hand to second review")
    second.page.goto("/p/river/")
    second.open("Claims")
    second.open(claim)
    second.send("Publish the verdict")
    second.unfold("Reach another verdict")
    second.click(second.page.get_by_label("Refuted", exact=True))
    second.click(second.page.get_by_label("Rationale"))
    second.paste("One of them withdrew her name [2].")
    second.press("Tab")
    second.paste("We counted a name that was withdrawn.")
    second.send("Reach the verdict")
    second.send("Hand to second review")
    desk.press("F5")
    desk.page.reload()
    desk.send("Publish the verdict")

    assert len(acts) <= 40, acts
    published = Publication.objects.get()
    assert [each.kind for each in published.editions.order_by("n")] == ["published", "corrected"]
    assert [each.value.key for each in Verdict.objects.order_by("pk")] == ["supported", "refuted"]
    assert EvidenceItem.objects.get(version__isnull=False).quote == "The council met on Monday"
    assert Verdict.objects.latest("pk").evidence_sets.count() == 1
    page.goto(f"/published/{published.uuid}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(claim)
    expect(page.locator("#corrections")).to_contain_text("We counted a name that was withdrawn.")
    review = json.loads(page.locator('script[type="application/ld+json"]').text_content())
    assert (faults(review), missing(review)) == ([], ["itemReviewed/author", "itemReviewed/datePublished"])
    assert len(review["itemReviewed"]["appearance"]) == 4
    page.get_by_role("link", name="[2]").click()
    expect(page.locator("#evidence-2")).to_be_in_viewport()
    for scheme, width in (("dark", 390), ("light", 1000)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(desk.page) == []


def test_the_panel_leads_to_the_claim_and_the_list_puts_what_was_used_last_first(page_of):
    mia = factories.project(visibility="open")
    ada = factories.member(mia, "ada")
    story = factories.article(mia, TEXT.format(place="Town", said="it says"), title="Story")
    noted = factories.annotation(ada, story, 0, 7)
    first = make_claim(uuid.uuid4(), "The mayor spoke.", by=ada, mention=NewMention(uuid.uuid4(), noted.key))
    for n in range(3):
        make_claim(uuid.uuid4(), f"Another claim {n}.", by=ada)
    page = page_of(ada.user)
    open_article(page, story)
    wait_until_saved(page)
    for _n in range(2):
        select(page, "The council met on Monday")
        page.keyboard.press("b")
        expect(page.locator(".cite-claim").first).to_be_focused()
        page.keyboard.press("?")
        expect(page.locator('[data-stance="neutral"]')).to_have_attribute("aria-checked", "true")
        assert violations(page) == []
        page.get_by_role("searchbox", name="Find a claim").fill("mayor")
        expect(page.locator(".cite-claim")).to_have_count(1)
        page.locator(".cite-claim").click()
        expect(page.locator(".toast")).to_contain_text("Evidence (unclear) for: The mayor spoke.")
    select(page, "The council met")
    page.keyboard.press("b")

    expect(page.locator(".cite-claim").first).to_have_attribute("data-claim-key", str(first.key))
    page.keyboard.press("Escape")
    expect(page.locator(".cite-card")).to_have_count(0)
    page.goto(f"/p/river/articles/{story.uuid}/#a={noted.key}")
    page.reload()
    page.get_by_role("link", name="Open the claim").click()
    expect(page).to_have_url(re.compile(f"/claims/{first.key}/"))
    assert EvidenceItem.objects.filter(stance="neutral", evidence_set__claim=first).count() == 2
