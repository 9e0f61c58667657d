"""Who says a quotation, by one key after marking it, and where its words stand, in the article and on the pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from annotations.models import Attribution
from annotations.reuse.finding import start_finding
from annotations.workflow.attributing import change_attribution
from tests import factories
from tests.browser.conftest import picture
from tests.browser.reading import label, offline, open_article, wait_until_saved
from tests.browser.test_accessibility import violations
from tests.quoting.test_checking import ORIGINAL
from tests.reuse.test_finding import done

QUOTING = "The paper has it.\n\n“We will read it when it comes, and never before,” the minister said on Monday."
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe " * 3


def test_who_says_a_quotation_is_said_by_one_key_changed_and_taken_back(page_of):
    mia = factories.project(visibility="open")
    article = factories.article(mia, QUOTING, title="Copy")
    factories.article(mia, ORIGINAL, title=LONG, publisher="Tern Wire")
    done(start_finding(mia))
    page = page_of(mia.user, bypass_csp=True)
    open_article(page, article)
    label(page, "“We will read it when it comes, and never before,”", "2")
    part = page.locator(".span-quoting")
    expect(part).to_contain_text("Stands altered in:")
    expect(part.locator("ins")).to_have_text("not ")
    page.keyboard.press("y")
    speaker = part.get_by_label("Speaker")
    expect(speaker).to_be_focused()
    expect(speaker).to_have_value("the minister")
    speaker.fill("Anna Roth")
    part.get_by_label("Cue").fill("said")
    part.get_by_label("Carried by").select_option("named_source")
    part.get_by_label("Name of the source").fill("Tern Wire")
    picture(page, "quotations-form")
    assert violations(page) == []
    part.get_by_label("Name of the source").press("Enter")
    expect(part).to_contain_text("Anna Roth")
    expect(part).to_contain_text("through Tern Wire")
    wait_until_saved(page)
    row = Attribution.objects.get()
    assert (row.speaker_name, row.voice, row.version.text[row.cue_start : row.cue_end]) == (
        "Anna Roth",
        "named_source",
        "said",
    )
    picture(page, "quotations-panel")
    page.keyboard.press("y")
    part.get_by_label("Speaker").fill("Anna R. Roth")
    page.keyboard.press("Enter")
    expect(part).to_contain_text("Anna R. Roth")
    part.get_by_role("button", name="Take back").click()
    expect(part).not_to_contain_text("Anna R. Roth")
    page.keyboard.press("u")
    expect(part).to_contain_text("Anna R. Roth")
    wait_until_saved(page)

    page.goto("/p/river/quotations/")
    line = page.locator('.passage-groups > li:has(> blockquote:has-text("never before"))')
    expect(line).to_contain_text("altered")
    picture(page, "quotations-list")
    assert violations(page) == []
    line.get_by_role("button", name="This is the original").press("Enter")
    expect(line.locator(".badge", has_text="original")).to_be_visible()
    page.get_by_label("State").select_option("without")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("heading", name="No quotation matches")).to_be_visible()
    page.goto("/p/river/quotations/speakers/")
    expect(page.get_by_role("heading", name="Anna R. Roth")).to_be_visible()
    page.get_by_text("Rename or merge").first.click()
    picture(page, "quotations-speakers")
    assert violations(page) == []


def test_spellings_and_boilerplate_are_said_on_their_page(page_of):
    mia = factories.project(visibility="open")
    page = page_of(mia.user, bypass_csp=True)
    page.goto("/p/river/passages/words/")
    page.get_by_label("New list").fill("Uighur, Uyghur, Uygur")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Spellings", exact=True)).to_have_value("Uighur, Uyghur, Uygur")
    page.get_by_label("New list").fill("one")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Write from 2 to"))).to_be_visible()
    page.get_by_label("Words", exact=True).fill("Subscribe to our letter and read every morning what we think.")
    page.get_by_role("button", name="This is boilerplate").click()
    expect(page.get_by_text("Subscribe to our letter").first).to_be_visible()
    picture(page, "quotations-words")
    assert violations(page) == []


def test_its_script_is_fetched_once_an_annotation_is_chosen_and_the_rest_for_a_quotation_or_by_its_key(page_of):
    mia = factories.project(visibility="open")
    article = factories.article(mia, QUOTING, title="Copy")
    for shortcut, fetched_at_once in (("1", 1), ("2", 2)):
        page = page_of(mia.user)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        open_article(page, article)
        page.wait_for_selector("cw-annotator[data-more=acts]", state="attached")
        assert fetched(asked) == 0
        label(page, "and never before", shortcut)
        expect(page.locator(".span-foot")).to_be_visible()
        expect(page.locator(".span-quoting")).to_have_count(fetched_at_once // 2)
        page.wait_for_load_state("networkidle")
        assert fetched(asked) == fetched_at_once
        for _ in range(2):
            page.keyboard.press("y")
            expect(page.locator(".span-quoting").get_by_label("Speaker")).to_be_focused()
            page.keyboard.press("Escape")
        assert fetched(asked) == 2
        page.close()


@pytest.fixture
def said(page_of):
    """Open an article on which Mia said that Anna Roth says its quotation."""
    mia = factories.project(visibility="open")
    article = factories.article(mia, QUOTING, title="Copy")
    page = page_of(mia.user)
    open_article(page, article)
    page.wait_for_selector("cw-annotator[data-more=acts]", state="attached")
    label(page, "“We will read it when it comes, and never before,”", "2")
    say(page, "Anna Roth")
    wait_until_saved(page)
    return page, article, mia


def say(page, name: str) -> None:
    """Say by key alone who says the quotation that is chosen."""
    page.keyboard.press("y")
    expect(page.locator(".span-quoting").get_by_label("Speaker")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator(".span-quoting")).to_contain_text(name)


def test_who_says_it_is_undone_and_redone_after_a_reload(said):
    page, article, _mia = said
    say(page, "Berta Roth")
    wait_until_saved(page)

    open_article(page, article)
    for _time in range(2):  # before anybody looked at a quotation
        page.keyboard.press("u")
    wait_until_saved(page)
    row = Attribution.objects.get()
    assert (row.speaker_name, row.withdrawn_at is None) == ("Anna Roth", False)

    open_article(page, article)
    for _time in range(2):
        page.keyboard.press("Control+Shift+z")
    page.keyboard.press("n")
    expect(page.locator(".span-quoting")).to_contain_text("Berta Roth")
    wait_until_saved(page)
    row = Attribution.objects.get()
    assert (row.speaker_name, row.withdrawn_at, row.cue_start) == ("Berta Roth", None, None)


def test_who_says_it_waits_for_a_connection_and_a_new_tab_and_is_sent_once(page_of, watch):
    mia = factories.project(visibility="open")
    article = factories.article(mia, QUOTING, title="Copy")
    page = page_of(mia.user)
    open_article(page, article)
    page.wait_for_selector("cw-annotator[data-more=acts]", state="attached")
    watch.dialogs_are_expected = True  # leaving with unsent work asks first
    label(page, "and never before", "1")  # brings the script
    page.wait_for_load_state("networkidle")
    page.route("**/api/v1/**", lambda route: route.abort())
    say(page, "Anna Roth")
    expect(page.locator("save-state")).to_contain_text("Offline")
    assert not Attribution.objects.exists()

    keys = []

    def lose_the_first_answer(route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    page.reload()
    page.route("**/attributions/", lose_the_first_answer)
    page.unroute("**/api/v1/**")
    page.wait_for_selector("cw-annotator[data-more]", state="attached")
    wait_until_saved(page)
    row = Attribution.objects.get()
    assert (row.speaker_name, row.version_number) == ("Anna Roth", 1)
    assert keys == [keys[0], keys[0]]


def test_what_was_said_otherwise_meanwhile_is_shown_beside_ones_own_and_leaves_the_choice(said):
    page, _article, mia = said
    row = Attribution.objects.get()
    with offline(page):
        say(page, "Berta Roth")
        change_attribution(row.key, {"speaker": "Carla Roth"}, by=mia, base_version=1)
    choice = page.locator("[data-decisions]")
    expect(choice.get_by_role("definition").first).to_contain_text("Berta Roth")
    expect(choice.get_by_role("definition").last).to_contain_text("Carla Roth")
    picture(page, "quotations-conflict")
    choice.get_by_role("button", name="Take theirs").press("Enter")
    expect(page.locator(".span-quoting")).to_contain_text("Carla Roth")
    wait_until_saved(page)
    row.refresh_from_db()
    assert (row.speaker_name, row.version_number) == ("Carla Roth", 2)


def fetched(asked: list[str]) -> int:
    """Count the replies that tell who says what: the script, and what is known of the article."""
    return len([url for url in asked if "/quoting/quoting" in url or url.endswith("/quotations/")])
