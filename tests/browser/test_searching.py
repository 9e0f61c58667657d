"""From the search page to the passage, by keyboard alone: it is in view and flashes, wherever it stands."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Region
from annotations.search.indexing import index_waiting
from tests import factories
from tests.browser.reading import wait_until_saved
from tests.browser.test_pages import tab_to

NEEDLE = "Der Préis 📈 stieg"
MANY = "\n\n".join(f"📈 {n}. Absatz 👩‍👩‍👧: „Ärzte“ wie Zoe\u0308 kamen nach Łódź. " + "Wort " * 60 for n in range(400))
HOLD = """
const later = window.setTimeout;
window.ends = [];
window.setTimeout = (act, time, ...rest) => time === 2500 ? window.ends.push(act) : later(act, time, ...rest);
addEventListener("DOMContentLoaded", () => { document.documentElement.dataset.folds = "boilerplate"; });
"""
"""The flash ends when the test says so, however busy the machine is; boilerplate is folded."""
FLASHED = """() => [...(CSS.highlights.get("cw-word") ?? [])].map((found) => {
  const range = document.createRange();
  range.setStart(found.startContainer, found.startOffset);
  range.setEnd(found.endContainer, found.endOffset);
  const {top, bottom} = range.getBoundingClientRect();
  return [range.toString(), top > 0 && bottom < innerHeight];
})"""


@pytest.fixture
def mia():
    return factories.project("river", name="River")


def search(page: Page, words: str) -> None:
    page.goto("/p/river/search/")
    expect(page.locator("input[name=text]")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.locator(".found mark").first).to_be_visible()


def flashing(page: Page) -> list[list[object]]:
    """Return the words that flash in the article that opens, and whether they are in view."""
    page.wait_for_url("**#at=*")
    wait_until_saved(page)
    page.wait_for_load_state("networkidle")  # what is fetched later must leave the flash alone
    return page.evaluate(FLASHED)


def test_a_result_opens_the_article_at_the_passage_and_flashes_it_even_in_a_folded_zone(page_of, mia):
    factories.article(mia, f"{MANY}\n\nZuletzt 🧾: {NEEDLE} – trotz allem.\n\n{MANY[:20_000]}", title="Lang")
    folded = factories.article(mia, f"📈 Anfang.\n\nGefaltet: {NEEDLE}.\n\nEnde.")
    version = folded.current_version
    start = version.text.index("Gefaltet")
    zone = {"kind": "boilerplate", "start": start, "end": version.text.index("\n\nEnde"), "length": version.length}
    Region.objects.create(project=mia.project, version=version, **zone)
    index_waiting()
    page = page_of(factories.member(mia, "ada").user)
    page.add_init_script(HOLD)
    search(page, '"preis stieg" -gefaltet')
    tab_to(page, ".found ul a")

    page.keyboard.press("Enter")

    assert flashing(page) == [["Préis 📈 stieg", True]]
    page.evaluate("ends.forEach((end) => end())")
    assert page.evaluate(FLASHED) == []

    search(page, "gefaltet")
    page.locator(".found ul a").click()
    assert flashing(page) == [["Gefaltet", True]]
    expect(page.locator(".zone-fold")).to_have_attribute("aria-expanded", "true")
