"""From article to article: the queue by key, what is missing before submitting, skipping, and the time it took."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from annotations.models import Article, Assignment, Round, TimeSpent
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.queueing import take_next
from tests import factories
from tests.browser.reading import open_article, select, wait_until_saved

TEXT = "In week 3 the gauge at Oska stood at 4 metres.\n\nZoë read it twice."


@pytest.fixture
def mia():
    return factories.project(name="River")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def test_by_key_from_the_queue_through_two_articles_one_of_which_is_skipped(page_of, mia, ada):
    first, second = (factories.article(mia, TEXT, title=title) for title in ("The gauge", "The weir"))
    page = page_of(ada.user)
    page.goto("/")
    page.get_by_role("button", name="Next article").press("Enter")
    page.wait_for_url(f"**/{first.uuid}/")
    wait_until_saved(page)
    select(page, "4 metres")
    page.keyboard.press("1")
    wait_until_saved(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/{second.uuid}/")
    wait_until_saved(page)
    skip = page.locator(".bar-skip")
    expect(skip).to_be_visible()

    page.keyboard.press("Control+Shift+Enter")
    dialog = page.get_by_role("dialog", name="Skip this article")
    dialog.get_by_role("button", name="Skip").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a reason, or write one.")
    dialog.get_by_label("It is here twice").press("Space")
    dialog.get_by_label("In your own words").fill("wie Nr. 1")
    page.keyboard.press("Control+Enter")

    expect(page.locator("[data-toast]")).to_contain_text("Skipped. No other article is open for you.")
    expect(skip).to_be_hidden()
    states = dict(Assignment.objects.values_list("version__article__title", "state"))
    assert states == {"The gauge": "submitted", "The weir": "skipped"}
    assert Assignment.objects.get(state="skipped").skip_note == "wie Nr. 1"


def test_what_is_missing_is_named_and_shown_and_submitted_once_it_is_there(page_of, mia, ada):
    made = factories.article(mia, TEXT)
    span = factories.annotation(ada, made, TEXT.index("4 m"), TEXT.index(" metres"))
    rule = {"rule": "spans_have_note", "label": "claim"}
    factories.set_project(mia, queue_order="none", submit_rules=[{"rule": "no_open_suggestions"}, rule])
    page = page_of(ada.user)
    open_article(page, made)

    page.keyboard.press("Control+Enter")
    missing = page.get_by_role("region", name="1 thing is missing")
    expect(missing.get_by_role("listitem")).to_have_text("missing “4” (Claim) has no note.")
    expect(missing.locator(".missing-row")).to_be_focused()
    expect(page.locator("span-panel .span-card")).to_contain_text("4")
    assert Assignment.objects.get().state == "open"

    type(span).objects.update(note="gelesen")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    expect(missing).to_be_hidden()
    assert Assignment.objects.get().state == "submitted"


def test_a_mere_warning_is_set_aside_by_submitting_again(page_of, mia, ada):
    made = factories.article(mia, TEXT)
    rule = {"rule": "claims_have_sources", "label": "claim", "level": "warning"}
    factories.set_project(mia, submit_rules=[rule])
    factories.annotation(ada, made, 3, 9)
    page = page_of(ada.user)
    open_article(page, made)

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Submit as it is")).to_be_visible()
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("button", name="Reopen")).to_be_visible()


def test_time_at_work_is_counted_without_idle_time_and_told_once(page_of, mia, ada):
    made = factories.article(mia, TEXT)
    factories.annotation(ada, made, 3, 9)
    page = page_of(ada.user)
    under_way = set()
    page.on("request", lambda request: under_way.add(request) if request.url.endswith("/time/") else None)
    page.on("requestfinished", lambda request: under_way.discard(request))
    page.clock.install(time=datetime.combine(timezone.now().date(), datetime.min.time().replace(hour=9), UTC))
    with page.expect_response(re.compile(r"/timing\b.*js")):
        page.goto(f"/p/river/articles/{made.uuid}/")
    expect(page.locator("save-state")).to_contain_text(re.compile("All changes saved"))
    expect(page.locator(".bar-skip")).to_be_visible()

    page.keyboard.press("j")
    page.clock.fast_forward(50_000)
    page.keyboard.press("j")
    with page.expect_response("**/time/"):
        page.clock.fast_forward(600_000)
    while under_way:  # a minute that ends while the one before is being told waits for the next
        page.wait_for_timeout(20)
    page.keyboard.press("j")
    with page.expect_response("**/time/"):
        page.clock.fast_forward(60_000)
    page.reload()
    expect(page.locator("save-state")).to_contain_text(re.compile("All changes saved"))

    assert 170 <= sum(TimeSpent.objects.values_list("seconds", flat=True)) <= 300
    assert Assignment.objects.get().seconds_spent == TimeSpent.objects.get().seconds


def test_who_hands_in_when_the_article_is_full_is_told_who_decides_now_and_later(page_of, mia, ada):
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia, TEXT)
    lost = take_next(by=ada)
    factories.annotation(ada, made, 3, 9)
    Assignment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    take_next(by=factories.member(mia, "ben"))
    page = page_of(ada.user)
    open_article(page, made)

    page.keyboard.press("Control+Enter")

    told = page.get_by_role("status").get_by_text("You handed this in after the time for which it was kept for you.")
    expect(told).to_be_visible()
    lost.refresh_from_db()
    assert lost.is_late
    page.reload()
    expect(told).to_be_visible()


def test_an_open_page_is_told_that_a_round_took_its_article(page_of, mia, ada):
    made = factories.article(mia, TEXT)
    page = page_of(ada.user)
    page.clock.install()
    open_article(page, made)
    expect(page.locator("cw-annotator[data-more]")).to_be_attached()
    open_round(NewRound("Pilot", Round.Kind.PILOT), Article.objects.all(), by=mia)

    page.keyboard.press("j")
    page.clock.fast_forward(60_000)

    expect(page.get_by_role("status").get_by_text("This article went into another round")).to_be_visible()
