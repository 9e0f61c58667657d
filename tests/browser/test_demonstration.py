"""The demonstration as it is served: our scripts are small there, in one file a page, and do what they do elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.reading import label, wait_until_saved
from tests.commands.test_demo_command import Demo, free_port
from tests.workbench.test_static_files import BUDGET
from workbench.demonstration import PASSWORD
from workbench.joined_modules import names_in
from workbench.settings import BASE_DIR

SCRIPTS = BASE_DIR / "annotations/static/annotations/js"
TAKEN = "(names) => names.filter((name) => name in globalThis)"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"), free_port(), is_empty=False)
    running.wait()
    yield running
    running.process.terminate()
    running.process.wait(timeout=30)


@pytest.fixture
def visit(browser: Browser, demo: Demo) -> Iterator[Callable[..., Page]]:
    """Open an article of the demonstration as Ada."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{demo.port}", reduced_motion="reduce")
    context.set_default_timeout(10_000)

    def open_article(answers: list[Response] | None = None) -> Page:
        page = context.new_page()
        page.goto("/")
        page.get_by_label(re.compile("name", re.I)).first.fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name=re.compile("Next article|next", re.I)).first.click()
        expect(page.locator("cw-annotator[data-ready=saving]")).to_be_visible()
        page.on("response", lambda response: None if answers is None else answers.append(response))
        page.reload()
        expect(page.locator("cw-annotator[data-ready=saving]")).to_be_visible()
        return page

    yield open_article
    context.close()


def test_the_article_page_works_with_one_script_within_the_budget_and_fetches_the_rest_later(visit):
    answers: list[Response] = []

    visit(answers)

    scripts = [answer for answer in answers if answer.request.resource_type == "script"]
    first = [answer for answer in scripts if "/pages/annotate." in answer.url]
    assert len(first) == 1
    assert int(first[0].header_value("content-length") or 0) <= BUDGET
    assert {answer.header_value("content-encoding") for answer in scripts} == {"gzip"}
    assert all("immutable" in (answer.header_value("cache-control") or "") for answer in scripts)


def test_an_annotation_made_there_is_saved_and_the_article_submitted(visit):
    problems: list[str] = []
    page = visit()
    page.on("pageerror", lambda error: problems.append(str(error)))
    address = page.url
    words = page.locator("p[data-b]").first.inner_text().split(".")[0][:40].rsplit(" ", 1)[0]

    label(page, words, "1")
    wait_until_saved(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != address)

    assert problems == []


def test_no_name_in_the_joined_script_is_one_that_browsers_have(page):
    names = names_in("pages/annotate.js", lambda path: (SCRIPTS / path).read_text(encoding="utf-8"))

    assert len(names) > 100
    assert page.evaluate(TAKEN, list(names)) == []
