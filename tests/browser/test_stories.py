"""Stories in the browser: suggested, confirmed, the matrix filled and gone through by key, both texts side by side."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from annotations.jobs.starting import start_import
from annotations.models import AccountCell, Statement, Story
from annotations.reuse.finding import start_finding
from annotations.stories.finding import start_finding_stories
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.stories import make_story
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.test_accessibility import violations
from tests.reuse.test_finding import done
from tests.stories.made_up import tell

LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe " * 3


def picture(page: Page, name: str) -> None:
    """Take it light and dark, and at 390 px, where nothing may stand over the edge of the page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for look, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("390", 390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"stories-{name}-{look}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, look)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def ask(page: Page, text: str, kind: str, cues: str = "") -> None:
    form = page.locator("#ask")
    form.get_by_label("Question").fill(text)
    form.get_by_label("Answered by").select_option(kind)
    form.get_by_label("Cue words").fill(cues)
    form.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("rowheader", name=text)).to_be_visible()


def say(page: Page, text: str, state: str, **more: str) -> None:
    """Fill the first statement of the answer that is open, and save."""
    box = page.get_by_role("group", name=re.compile("^(Statement 1|One more statement)$")).first
    box.get_by_label("What it says").fill(text)
    for label, value in more.items():
        if label == "voice":
            box.get_by_label("Voice").select_option(value)
        else:
            box.get_by_label({"by": "Who says it", "quote": "Words of the article"}[label]).fill(value)
    page.get_by_label("State").select_option(state)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/stories/[0-9a-f-]{36}/[?]at=[0-9a-f-]{13}#at$"))


def test_a_suggested_story_is_made_its_matrix_filled_and_gone_through_by_key(page_of, live_server):
    mia = factories.project(visibility="open")
    tell(mia)
    done(start_finding_stories(mia))
    page = page_of(mia.user, bypass_csp=True)
    page.goto(f"{live_server.url}/p/river/stories/")
    assert violations(page) == []
    picture(page, "suggested")
    page.get_by_label("Name").first.fill("The mayors’ letter")
    page.get_by_role("button", name="Make this story").click()
    expect(page.get_by_role("heading", name="The mayors’ letter")).to_be_visible()
    story = Story.objects.get()

    ask(page, "How many signed?", "number", "signed")
    ask(page, "Was it sent?", "yes_no", "sent")
    ask(page, "Which mayors?", "set", "mayors")
    expect(page.locator(".account-matrix td")).to_have_count(9)
    expect(page.get_by_role("rowheader", name="How many signed?")).to_contain_text("3 of 3 say: Fourteen mayors")

    # to the cell of one article by arrows alone, and into it, once the page has come to its place and knows the arrows
    page.wait_for_load_state()
    expect(page.locator(".account-matrix td > a[tabindex='0']")).to_have_count(1)
    page.locator(".account-matrix td > a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    focused = page.evaluate("document.activeElement.id")
    assert focused == page.locator(".account-matrix tbody tr").nth(1).locator("td a").last.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/stories/rows/"))  # by way of the story, which knows the short name
    expect(page.locator("[data-own] mark")).to_have_text("The letter has not been sent yet.")
    assert violations(page) == []
    picture(page, "texts")

    # words selected in the article become the passage of a statement
    box = page.get_by_role("group", name="One more statement")
    page.evaluate(
        """() => {
          const last = [...document.querySelector("[data-own]").childNodes].at(-1);
          const range = document.createRange();
          const at = last.textContent.indexOf("At least 400");
          range.setStart(last, at); range.setEnd(last, at + "At least 400".length);
          getSelection().removeAllRanges(); getSelection().addRange(range);
        }"""
    )
    box.get_by_role("button", name="Use the selected words").click()
    expect(box.get_by_label("What it says")).to_have_value("At least 400")
    say(page, "no, not yet", "contradicts")
    cell = AccountCell.objects.get(row__text="Was it sent?", article__external_id="copy")
    placed = Statement.objects.get(cell=cell, n=1)
    assert cell.article.current_version.text[placed.start : placed.end] == "At least 400"
    assert (cell.state, cell.version_number, cell.proposed_by) == ("contradicts", 2, "")
    expect(page.locator(":focus")).to_contain_text("contradicts")  # back where one came from
    assert violations(page) == []
    picture(page, "matrix")
    assert story.rows.count() == 3

    # the forms of a question come when it is opened, by key too
    page.get_by_role("link", name="Change: Was it sent?").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".account-rows").get_by_label("Question")).to_be_focused()
    assert "question=" not in page.url
    page.locator(".account-rows").get_by_label("Place").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader").nth(0)).to_contain_text("Was it sent?")
    page.goto(page.get_by_role("link", name="Change: Which mayors?").evaluate("link => link.href"))  # without scripts
    page.locator(".account-rows").get_by_label("Question").fill("Whose mayors?")
    assert violations(page) == []
    picture(page, "question")
    page.locator(".account-rows").get_by_role("button", name="Save").click()
    expect(page.get_by_role("rowheader").nth(2)).to_contain_text("Whose mayors?")


def test_of_the_seed_articles_who_signed_was_it_sent_and_how_many_are_filled(page_of, live_server, shared_samples):
    folder = shared_samples / "seeds"
    if not folder.is_dir():
        pytest.skip("the seed articles are not at hand")
    mia = factories.project(visibility="open")
    paths = sorted(folder.glob("0*.txt"))
    done(start_import(mia, [(path.name, io.BytesIO(path.read_bytes())) for path in paths]))
    done(start_finding(mia))
    done(start_finding_stories(mia))
    page = page_of(mia.user)
    page.goto(f"{live_server.url}/p/river/stories/")
    picture(page, "seeds-suggested")
    page.get_by_label("Name").first.fill("A letter of ambassadors")
    page.get_by_role("button", name="Make this story").click()

    ask(page, "Who signed?", "set", "ambassadors, signed, countries")
    ask(page, "Was it sent?", "yes_no", "letter, sent")
    ask(page, "How many detained?", "number", "detained, held, camps")
    picture(page, "seeds-proposed")
    answers = {
        "Who signed?": ("Canada, the EU", "differs", {}),
        "Was it sent?": ("no, a draft", "contradicts", {"voice": "source", "by": "a diplomat"}),
        "How many detained?": ("at least one million", "differs", {}),
    }
    for question, (text, state, more) in answers.items():
        page.get_by_role("row", name=question).locator("td a").first.click()
        say(page, text, state, **more)
    assert AccountCell.objects.filter(state="unchecked").count() + 3 == AccountCell.objects.count()
    values = {cell.row.text: cell.statements.first().value for cell in AccountCell.objects.exclude(state="unchecked")}
    assert values == {
        "Who signed?": {"items": ["Canada", "EU"]},
        "Was it sent?": {"yes": False},
        "How many detained?": {"low": 1_000_000, "high": None},
    }
    picture(page, "seeds-matrix")


def test_a_large_matrix_with_long_words_scrolls_in_its_own_frame(page_of, live_server):
    mia = factories.project(visibility="open")
    articles = [
        factories.article(
            mia,
            f"It says {n}.",
            external_id=f"a{n}",
            title=LONG if n == 1 else f"Title {n}",
            publisher=LONG if n == 2 else f"Outlet {n % 6}",
        )
        for n in range(20)
    ]
    story = make_story(uuid4(), LONG, by=mia, articles=[each.uuid for each in articles])
    for n in range(8):
        row = add_row(story.key, uuid4(), LONG if n == 3 else f"How many in question {n}?", "number", by=mia)
        for each in articles[: 3 + n]:
            said = [NewStatement(LONG if n == 3 else str(len(each.title)), said_by=LONG, voice="source")]
            answer(row.key, each.uuid, NewAnswer("unchecked", 0, said), by=mia)
    page = page_of(mia.user)
    page.goto(f"{live_server.url}/p/river/stories/{story.key}/")
    picture(page, "large")
    empty = make_story(uuid4(), "Empty", by=mia)
    page.goto(f"{live_server.url}/p/river/stories/{empty.key}/")
    expect(page.get_by_text("The story has no articles yet.").first).to_be_visible()
    picture(page, "empty")
