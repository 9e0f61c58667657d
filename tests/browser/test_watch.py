"""XS-3: the policy is enforced in a real browser, and the watch that guards all browser tests does notice."""

from playwright.sync_api import Page

from tests import factories
from tests.browser.conftest import Watch

PLANT_SCRIPT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.planted = true";
  document.body.append(script);
}"""
PLANT_PICTURE = """() => new Promise((done) => {
  const picture = new Image();
  picture.onload = picture.onerror = done;
  picture.src = "https://elsewhere.test/pixel.png";
})"""


def test_a_page_of_ours_gives_the_browser_nothing_to_complain_about(page: Page, watch: Watch):
    page.goto("/login/")

    assert page.locator("input[name=username]").is_visible()
    assert watch.problems == []


def test_xs3_a_planted_script_does_not_run_and_is_noticed(page: Page, watch: Watch):
    page.goto("/login/")

    page.evaluate(PLANT_SCRIPT)

    assert page.evaluate("window.planted") is None
    assert any("script-src" in problem for problem in watch.problems)
    watch.problems.clear()


def test_xs3_nothing_is_loaded_from_elsewhere(page: Page, watch: Watch):
    page.goto("/login/")

    page.evaluate(PLANT_PICTURE)

    assert any("img-src https://elsewhere.test" in problem for problem in watch.problems)
    watch.problems.clear()


def test_a_person_can_be_logged_in_without_the_form(page_of):
    page = page_of(factories.user("mia"))

    page.goto("/")

    assert "/login/" not in page.url


def test_two_people_have_nothing_in_common(page_of, page: Page):
    mia = page_of(factories.user("mia"))

    mia.goto("/")
    page.goto("/")

    assert "/login/" not in mia.url
    assert "/login/" in page.url
