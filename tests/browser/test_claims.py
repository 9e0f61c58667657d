"""A claim in a real browser: from a mention to a verdict and a corrected one, by keyboard, at both desks."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Claim, Verdict
from annotations.workflow.claiming import make_claim
from annotations.workflow.desk import desk_of
from annotations.workflow.discussing import NewThread, answer, begin_thread
from tests import factories

from .conftest import PICTURES
from .test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page: Page, name: str) -> None:
    """Press a button as the keyboard does, and wait for the page that answers."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def unfold(page: Page, words: str) -> None:
    page.locator("summary", has_text=words).focus()
    page.keyboard.press("Enter")


def test_a_claim_from_its_mention_to_a_corrected_verdict(page_of):
    mia = factories.project(visibility="open")
    rosa = factories.member(mia, "rosa", "reviewer")
    story = factories.article(mia, title="Preise steigen", publisher="Niederauer Bote")
    made = factories.annotation(factories.member(mia, "ada"), story, 2, 26)
    make_claim(uuid.uuid4(), "Preise stiegen auch anderswo.", by=rosa)
    desk = page_of(rosa.user)
    second = page_of(mia.user, color_scheme="dark", viewport={"width": 390, "height": 800})

    desk.goto("/p/river/claims/")
    unfold(desk, "New claim")
    desk.get_by_label("Claim", exact=True).fill("Der Preis stieg 2024 um 4 %.")
    desk.get_by_label("Claimant", exact=False).first.fill("Amt für Statistik")
    press(desk, "Make the claim")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Der Preis stieg 2024 um 4 %.")
    desk.get_by_label("Find annotations that say it").fill("Preis stieg")
    desk.keyboard.press("Enter")
    desk.get_by_label("The article", exact=True).select_option("reports")
    press(desk, "This expresses the claim")
    expect(desk.locator("mark")).to_have_text(made.quote)

    link = f"/p/river/articles/{story.uuid}/#a={made.key}"
    for address, stance, holds in (("https://amt.example/2024", "supports", "1"), (link, "refutes", "0")):
        if address == link:
            unfold(desk, "Add evidence")
        form = desk.locator("form", has=desk.get_by_role("button", name="Add evidence"))
        form.get_by_label("Address").fill(address)
        form.get_by_label("Stance").select_option(stance)
        form.get_by_label("Holds").select_option(holds)
        press(desk, "Add evidence")
    expect(desk.get_by_text("alternatively")).to_be_visible()
    unfold(desk, "Reach a verdict")
    desk.get_by_label("Supported", exact=True).check()
    desk.get_by_label("set 1", exact=False).check()
    desk.get_by_label("Rationale").fill("Das Amt nennt 4 %.")
    press(desk, "Reach the verdict")
    press(desk, "Hand to second review")
    expect(desk.get_by_text("Another person than the author of the verdict publishes it.")).to_be_visible()
    assert violations(desk) == []

    second.goto(desk.url)
    press(second, "Publish the verdict")
    unfold(second, "Reach another verdict: it supersedes this one")
    second.get_by_label("Refuted", exact=True).check()
    second.get_by_label("Rationale").fill("Die Reihe wurde berichtigt: 3 %.")
    second.get_by_label("Correction, for readers").fill("Wir nannten die falsche Reihe.")
    press(second, "Reach the verdict")
    expect(second.get_by_text("superseded")).to_be_visible()
    press(second, "Hand to second review")
    expect(second.locator("#desk + dl")).to_contain_text("in second review")
    assert violations(second) == []
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.reload()
    press(desk, "Publish the verdict")
    expect(desk.locator("#desk + dl")).to_contain_text("corrected")
    desk.goto("/p/river/claims/?view=board")
    expect(desk.get_by_role("region", name="corrected")).to_contain_text("Der Preis stieg 2024")
    assert violations(desk) == []

    claim = Claim.objects.get(claimant="Amt für Statistik")
    assert desk_of(claim).state == "corrected"
    assert [each.value.key for each in Verdict.objects.order_by("pk")] == ["supported", "refuted"]
    assert Verdict.objects.filter(published_at__isnull=False).count() == 2


def test_comments_arrive_while_one_reads_and_take_nothing_from_who_writes(page_of, watch):
    mia = factories.project(visibility="open")
    rosa = factories.member(mia, "rosa", "reviewer", pseudonym="Rosa")
    claim = make_claim(uuid.uuid4(), "Der Preis stieg.", by=rosa)
    page = page_of(rosa.user)
    page.clock.install()  # where no channel answers the page asks by the clock
    page.goto(f"/p/river/claims/{claim.key}/")
    expect(page.get_by_text("Nothing was said yet.")).to_be_visible()

    thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Was sagt das Amt?", None, claim=claim.key), by=mia)
    page.clock.fast_forward(16_000)
    expect(page.locator(".said")).to_have_text("Was sagt das Amt?")
    expect(page.locator("#talk ~ [role=status]")).to_have_text("A comment arrived.")
    unfold(page, "Reply")
    page.get_by_role("textbox", name="Comment").first.fill("Es sagt")
    answer(thread.key, uuid.uuid4(), "Nichts mehr.", by=mia)
    page.clock.fast_forward(16_000)

    expect(page.locator(".said")).to_have_text(["Was sagt das Amt?", "Nichts mehr."])
    expect(page.get_by_role("textbox", name="Comment").first).to_have_value("Es sagt")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.locator("[data-talk]").screenshot(path=PICTURES / "claim-talk-live.png")
    assert violations(page) == []
