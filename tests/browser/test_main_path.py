"""From an article to a sourced annotation, as a person does it: mouse, keyboard, reload, lost connection, export."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from playwright.sync_api import expect

from annotations.jobs.running import run_job
from annotations.models import Annotation, AnnotationRevision, Assignment, Claim, EvidenceItem, Job, Label, Project
from annotations.tasks import KINDS
from tests import factories
from tests.browser.conftest import picture
from tests.browser.reading import click_on, label, offline, open_article, wait_until_saved

TEXT = (
    "Fourteen mayors ask for lower water 🌊\n\n"
    "Fourteen mayors from the Oska valley asked the minister on 12 March to lower the reservoir by six metres. "
    "👩‍🚒 Fire crews had counted 42 leaks, Zoë O’Neill said.\n\n"
    "The ministry called the letter “premature”. It named nine leaks."
)


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def article(mia):
    return factories.article(
        mia, TEXT, title="Fourteen mayors ask for lower water", publisher="Tern Wire", published_at=date(2024, 3, 12)
    )


def spans() -> list[tuple[str, str]]:
    rows = Annotation.objects.filter(withdrawn_at__isnull=True).order_by("start", "end")
    return [(row.label.key, row.quote) for row in rows.select_related("label")]


def test_logging_in_leads_to_the_article_and_a_span_survives_a_reload(page, ada, article):
    page.goto("/")
    page.get_by_label(re.compile("name", re.I)).first.fill("ada")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="River").first.click()
    page.get_by_role("link", name=article.title).click()
    wait_until_saved(page)

    label(page, "42 leaks", "5")
    wait_until_saved(page)
    page.reload()

    expect(page.locator("[data-count]")).to_contain_text("1")
    assert spans() == [("number", "42 leaks")]
    stored = Annotation.objects.get()
    assert article.current_version.text[stored.start : stored.end] == stored.quote


def test_overlapping_and_nested_spans_keep_their_own_words(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)

    label(page, "Fourteen mayors from the Oska valley asked the minister", "1")
    label(page, "Oska valley", "7")
    label(page, "the minister on 12 March", "6")
    wait_until_saved(page)

    assert spans() == [
        ("claim", "Fourteen mayors from the Oska valley asked the minister"),
        ("place", "Oska valley"),
        ("date", "the minister on 12 March"),
    ]


def test_a_word_under_ten_labels_says_how_many_and_names_each(page_of, ada, article):
    labels = Label.objects.filter(project=ada.project, applies_to="span").order_by("position")[:10]
    start = article.current_version.text.index("Oska")
    for n, each in enumerate(labels):
        factories.annotation(ada, article, start - n, start + 4 + n, each.key)
    page = page_of(ada.user)
    open_article(page, article)
    expect(page.locator("[data-count]")).to_have_text("10")

    block = page.locator("p[data-b]", has_text="Oska").first
    box = block.evaluate("""(p) => {
      const range = document.createRange(), at = p.firstChild.data.indexOf("Oska");
      range.setStart(p.firstChild, at);
      range.setEnd(p.firstChild, at + 4);
      const {x, y, width, height} = range.getBoundingClientRect();
      return {x: x + width / 2, y: y + height / 2};
    }""")
    page.mouse.move(box["x"], box["y"])

    expect(block).to_have_attribute("data-marks", "10")
    expect(page.locator(".tip .tip-row")).to_have_count(10)
    expect(page.locator(".tip")).to_be_visible()
    picture(page, "ten-labels")
    page.locator("#tab-list").click()
    for each in labels:
        expect(page.locator(".span-rows .span-row-label", has_text=each.name).first).to_be_visible()


def test_a_span_is_made_by_keyboard_alone(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)

    page.keyboard.press("v")
    page.keyboard.press("j")
    for _word in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    wait_until_saved(page)

    [(key, quote)] = spans()
    assert key == "claim"
    assert quote in TEXT
    assert len(quote.split()) in (1, 2)


def test_a_source_link_with_stance_and_quote_is_attached_and_stays(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "nine leaks", "1")
    wait_until_saved(page)

    click_on(page, "nine leaks")
    page.keyboard.press("e")
    page.locator("evidence-form [name=url]").fill("https://ministry.example/leaks")
    page.locator("evidence-form .stance-refutes").click()
    page.locator("evidence-form [name=quote]").fill("42 leaks were reported")
    page.locator("evidence-form button.button-primary").click()
    wait_until_saved(page)
    page.reload()
    click_on(page, "nine leaks")

    row = page.locator(".evidence")
    expect(row).to_contain_text("ministry.example")
    expect(row).to_contain_text("42 leaks were reported")
    link = row.get_by_role("link").first
    assert {"noopener", "noreferrer"} <= set(link.get_attribute("rel").split())
    evidence = EvidenceItem.objects.get()
    assert (evidence.stance, Claim.objects.get().text) == ("refutes", "nine leaks")


def test_an_address_that_is_none_is_refused_beside_its_field(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "nine leaks", "1")
    page.keyboard.press("e")

    page.locator("evidence-form [name=url]").fill("javascript:alert(1)")
    page.locator("evidence-form button.button-primary").click()

    expect(page.locator("evidence-form .form-problem")).to_be_visible()
    assert not EvidenceItem.objects.exists()


def test_withdrawing_and_undoing_leave_the_history(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "42 leaks", "5")
    wait_until_saved(page)

    click_on(page, "42 leaks")
    page.keyboard.press("Delete")
    wait_until_saved(page)
    assert spans() == []
    page.keyboard.press("Control+z")
    wait_until_saved(page)

    assert spans() == [("number", "42 leaks")]
    assert AnnotationRevision.objects.count() == 2


def test_work_done_without_a_connection_is_sent_when_it_returns(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)

    with offline(page):
        label(page, "42 leaks", "5")
        label(page, "nine leaks", "5")
        expect(page.locator("save-state")).to_contain_text(re.compile("2|Offline"))
        assert spans() == []
    wait_until_saved(page, timeout=40_000)

    assert spans() == [("number", "42 leaks"), ("number", "nine leaks")]


def test_work_that_waits_is_sent_by_the_next_tab_of_the_same_person(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    page.route("**/api/v1/**", lambda route: route.abort())
    label(page, "42 leaks", "5")
    expect(page.locator("save-state")).not_to_contain_text("All changes saved")
    page.context.new_page()
    page.close(run_before_unload=False)
    assert spans() == []

    after = page.context.pages[-1]
    open_article(after, article)
    wait_until_saved(after, timeout=40_000)

    assert spans() == [("number", "42 leaks")]


def test_a_change_of_another_tab_is_offered_as_a_choice_not_overwritten(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "42 leaks", "5")
    wait_until_saved(page)
    made = Annotation.objects.get()
    page.route("**/api/v1/**", lambda route: route.abort())
    click_on(page, "42 leaks")
    page.keyboard.press("1")  # waits: becomes a claim here
    from annotations.workflow.annotating import AnnotationChange, change_annotation

    change_annotation(made.key, AnnotationChange(note="changed elsewhere"), by=ada, base_version=1)
    page.unroute("**/api/v1/**")

    decision = page.locator("[data-decisions]")
    expect(decision).to_be_visible(timeout=40_000)
    assert Annotation.objects.get().note == "changed elsewhere"
    decision.get_by_role("button").first.click()  # keep mine
    wait_until_saved(page)

    assert Annotation.objects.get().label.key == "claim"


def test_work_of_others_is_not_taken_for_ones_own_when_submitting(page_of, mia, article):
    Project.objects.update(visibility="open")
    ben, rosa = factories.member(mia, "ben"), factories.member(mia, "rosa", "reviewer")
    factories.annotation(factories.member(mia, "ada"), article, 0, 8)
    page, watching = page_of(ben.user), page_of(rosa.user)

    open_article(watching, article)
    expect(watching.locator("[data-count]")).to_have_text("1")
    expect(watching.locator("[data-act=submit]")).to_be_hidden()
    label(watching, "42 leaks", "5")
    expect(watching.locator("[data-act=submit]")).to_be_visible()

    open_article(page, article)
    page.locator("[data-act=submit]").click()
    expect(page.locator("[data-toast]")).to_contain_text("No annotations yet")
    assert not Assignment.objects.filter(annotator=ben, state="submitted").exists()


def test_submitting_closes_the_article_and_reopening_opens_it(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)
    label(page, "42 leaks", "5")
    wait_until_saved(page)

    page.locator("[data-act=submit]").click()
    expect(page.locator("[data-act=reopen]")).to_be_visible()
    assert Assignment.objects.get().state == "submitted"
    page.locator("[data-act=reopen]").click()
    expect(page.locator("[data-act=submit]")).to_be_visible()
    label(page, "nine leaks", "5")
    wait_until_saved(page)

    assert len(spans()) == 2


def test_on_a_phone_a_tap_opens_the_span_and_nothing_is_cut_off(page_of, ada, article):
    factories.annotation(ada, article, 2, 16)
    factories.annotation(ada, article, 40, 55)
    page = page_of(ada.user, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_article(page, article)

    place = page.evaluate("() => document.documentElement.scrollWidth")
    assert place <= 390
    words = page.evaluate(
        """() => {
        const node = document.querySelector('p[data-b="1"]').firstChild; const range = document.createRange();
        range.setStart(node, 2); range.setEnd(node, 6); const box = range.getBoundingClientRect();
        return {x: box.left + box.width / 2, y: box.top + box.height / 2}; }"""
    )
    page.touchscreen.tap(words["x"], words["y"])

    expect(page.locator(".span-quote")).to_be_visible()


def test_guidelines_stand_beside_the_text(page_of, ada, article):
    page = page_of(ada.user)
    open_article(page, article)

    page.keyboard.press("g")

    expect(page.get_by_role("heading", name="Quotation")).to_be_visible()


def test_guidelines_that_could_not_be_fetched_come_when_asked_for_again(page_of, ada, article):
    page = page_of(ada.user)
    page.route("**/guidelines/*/text/", lambda route: route.abort())
    open_article(page, article)
    page.keyboard.press("g")
    expect(page.locator("#side-guidelines")).to_contain_text("connection")

    page.unroute("**/guidelines/*/text/")
    page.get_by_role("tab", name="Guidelines").click()

    expect(page.get_by_role("heading", name="Quotation")).to_be_visible()


def test_without_javascript_the_article_and_its_marks_can_be_read(page_of, ada, article):
    factories.annotation(ada, article, 2, 16)
    page = page_of(ada.user, java_script_enabled=False)

    page.goto(f"/p/river/articles/{article.uuid}/marks/")

    expect(page.locator("mark").first).to_contain_text("urteen mayors")


def test_an_export_asked_for_in_the_page_is_downloaded_as_json(page_of, mia, ada, article):
    factories.annotation(ada, article, 0, 15)
    page = page_of(mia.user)
    page.goto("/p/river/export/")

    page.locator("main form button[type=submit], main form .button-primary").last.click()
    expect(page.locator("main")).to_contain_text(re.compile("worker", re.I))  # none runs: said plainly
    run_job(Job.objects.get().pk, KINDS, owner="test")
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("download", re.I)).click()

    lines = [json.loads(line) for line in download.value.path().read_text("utf-8").splitlines()]
    assert lines[0]["type"] == "corpus"
    [exported] = [line for line in lines if line["type"] == "article"]
    [annotation] = exported["annotations"]
    assert exported["text"][annotation["start"] : annotation["end"]] == annotation["quote"] == "Fourteen mayors"
    assert annotation["annotator"] == ada.pseudonym
