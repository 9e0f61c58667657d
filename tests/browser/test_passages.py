"""Shared passages in the browser: signs beside the text, places, “where else?”, linking by hand, deciding by key."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from playwright.sync_api import expect

from annotations.models import QuoteDecision, QuoteLink
from annotations.reuse.finding import start_finding
from annotations.workflow.sources import add_source, add_source_without_address
from tests import factories
from tests.api.test_quotations import captured
from tests.browser.conftest import picture
from tests.browser.reading import open_article, select
from tests.browser.test_accessibility import violations
from tests.capturing.world import claim_of
from tests.reuse.test_finding import MORE, REPORT, done

LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe " * 3


def test_a_shared_passage_is_seen_followed_asked_for_linked_and_rejected(page_of):
    mia = factories.project(visibility="open")
    one = factories.article(mia, f"Der Brief\n\n{REPORT}\n\n{MORE}", title="Report", publisher="Tern Wire")
    two = factories.article(
        mia,
        f"So. {REPORT.replace('wants', 'hopes')} Yes.\n\nElse.",
        title=LONG,
        publisher=LONG,
        published_at=datetime(2018, 11, 20, tzinfo=UTC),
    )
    three = factories.article(mia, "Envoys of fifteen lands seek talks.", title="Third")
    done(start_finding(mia))
    page = page_of(mia.user, bypass_csp=True)

    open_article(page, one)
    sign = page.get_by_role("button", name="also in 1 article").first
    expect(sign).to_be_visible()
    assert page.evaluate("CSS.highlights.get('cw-shared').size") == 1
    picture(page, "passages-sign")
    sign.click()
    card = page.locator(".passage-card")
    expect(card.get_by_role("link", name=LONG.strip())).to_be_visible()
    expect(card).to_contain_text("Nov 20, 2018")
    picture(page, "passages-card")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.keyboard.press("s")
    expect(card.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Enter")
    link = QuoteLink.objects.get()
    expect(page).to_have_url(re.compile(f"{two.uuid}/#at={link.to_start}-{link.to_end}$"))

    expect(page.locator("[data-where-else]")).to_be_attached()
    select(page, "to meet the party secretary of the region, a draft of the letter says")
    page.locator("label-popup").get_by_text("Where else?").click()
    expect(card.get_by_role("link", name="Report")).to_be_visible()
    expect(card).to_contain_text("It stands in 1 other place")
    picture(page, "passages-where")
    card.get_by_role("button", name="Same as…").click()
    expect(page.locator("[data-toast]")).to_contain_text("Kept.")

    open_article(page, three)
    expect(page.locator("[data-where-else]")).to_be_attached()
    select(page, "Envoys of fifteen lands seek talks")
    page.keyboard.press("h")
    expect(card).to_contain_text("Choose at least 8 words")
    card.get_by_role("button", name="Same as “to meet the party").click()
    expect(page.locator("[data-toast]")).to_contain_text("Linked with")
    expect(page.get_by_role("button", name="also in 1 article").first).to_be_visible()
    made = QuoteLink.objects.get(made_by=mia)
    assert (made.to_version, made.relation) == (three.current_version, "paraphrased")
    assert two.current_version.text[made.from_start : made.from_end].startswith("to meet the party")

    page.goto(f"/p/river/articles/{two.uuid}/passages/")
    expect(page.locator("[data-passage]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("heading", name="Rejected", exact=True)).to_be_visible()
    expect(page.locator("[data-passage]:focus [data-state-name]")).to_have_text("rejected")
    assert QuoteDecision.objects.filter(state="rejected").count() == 1
    picture(page, "passages-page")
    page.goto("/p/river/passages/")
    picture(page, "passages-project")
    assert violations(page) == []


def test_a_passage_that_was_kept_is_linked_with_one_selected_in_a_capture(page_of):
    mia = factories.project(visibility="open")
    one = factories.article(mia, f"Der Brief 📈\n\n{REPORT}", title=LONG)
    source = add_source("https://wire.example/speech", by=mia)
    capture = captured(source, mia, "📈 An aide wrote it.\n\nNobody denied that.")
    page = page_of(mia.user, bypass_csp=True)
    open_article(page, one)
    there = page.url.partition("/articles/")[0] + f"/sources/{source.uuid}/captures/{capture.uuid}/"
    page.goto(there)
    expect(page.locator("[data-same]")).to_be_hidden()

    open_article(page, one)
    expect(page.locator("[data-where-else]")).to_be_attached()
    select(page, "A group of fifteen")
    page.locator("label-popup").get_by_text("Where else?").click()
    page.locator(".passage-card").get_by_role("button", name="Same as…").click()
    page.goto(there)
    section = page.locator("[data-same]")
    expect(section.get_by_role("link", name="A group of fifteen")).to_be_visible()
    page.evaluate(
        """() => {
          const words = document.querySelector("[data-capture-text] p").firstChild;
          getSelection().setBaseAndExtent(words, 3, words, 10);
        }"""
    )
    expect(section.get_by_label("Words of the passage")).to_have_value("An aide")
    picture(page, "capture-same")
    assert violations(page) == []
    section.get_by_role("button", name="Link the passages").click()
    expect(page.get_by_text("The passages are linked.")).to_be_visible()
    expect(page.locator("[data-same]")).to_be_hidden()

    link = QuoteLink.objects.get()
    assert (link.to_capture, capture.text[link.to_start : link.to_end]) == (capture, "An aide")
    assert one.current_version.text[link.from_start : link.from_end] == "A group of fifteen"
    open_article(page, one)
    expect(page.get_by_role("button", name="also in 1 source").first).to_be_visible()


def test_a_passage_in_a_capture_is_seen_beside_the_text_opened_and_rejected_by_key(page_of):
    mia = factories.project(visibility="open")
    one = factories.article(mia, f"Der Brief 📈\n\n{REPORT}\n\n{MORE}", title="Report", publisher="Tern Wire")
    factories.article(mia, f"So. {REPORT}", title="Copy")
    source = add_source("https://wire.example/speech", by=mia)
    captured(source, mia, f"{LONG}\n\n{REPORT.replace('wants', 'hopes')}")
    book = {"title": LONG, "medium": "book", "author": "Ann Bee", "publisher": "Tal Verlag"}
    book_source = add_source_without_address(uuid.uuid4(), book, by=mia)
    claim_of(mia)
    done(start_finding(mia))
    page = page_of(mia.user, bypass_csp=True)

    open_article(page, one)
    page.get_by_role("button", name="also in 1 article, also in 1 source").first.click()
    card = page.locator(".passage-card")
    link = card.get_by_role("link", name="https://wire.example/speech")
    expect(link).to_be_visible()
    expect(card).to_contain_text("captured ")
    picture(page, "passages-captured")
    assert violations(page) == []
    link.click()
    page.wait_for_url("**/captures/*/#at=*")
    assert page.evaluate("getSelection().toString()").startswith("A group of fifteen ambassadors hopes")

    page.goto(page.url.partition("/sources/")[0] + f"/articles/{one.uuid}/passages/")
    picture(page, "passages-captured-sides")
    assert violations(page) == []
    row = QuoteLink.objects.get(to_capture__isnull=False, from_version=one.current_version)
    page.locator(f"#p-{row.key}").focus()
    page.keyboard.press("x")
    expect(page.locator("#rejected")).to_be_visible()
    assert QuoteDecision.objects.get().link == row

    for name, path in (("sources-nameless", "sources/"), ("source-nameless", f"sources/{book_source.uuid}/")):
        page.goto(page.url.partition("/articles/")[0].partition("/sources/")[0] + f"/{path}")
        for each in page.locator("details > summary").all():
            each.click()
        picture(page, name)
        assert violations(page) == []
