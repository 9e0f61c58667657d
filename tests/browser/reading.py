"""What a person does on the article page, in a few words: find words, select them, wait for the save."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from annotations.models import Article

SAVED = re.compile("All changes saved|Alles gespeichert")
PLACE_OF = """
(words) => {
  for (const block of document.querySelectorAll("p[data-b]")) {
    const at = block.firstChild.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(block.firstChild, at);
    range.setEnd(block.firstChild, at + words.length);
    block.scrollIntoView({block: "center"});
    const boxes = [...range.getClientRects()];
    const first = boxes[0], last = boxes.at(-1);
    return {left: first.left, top: first.top + first.height / 2, right: last.right, bottom: last.top + last.height / 2};
  }
  return null;
}
"""


def open_article(page: Page, article: Article, slug: str = "river") -> None:
    """Open the article page and wait until it works."""
    page.goto(f"/p/{slug}/articles/{article.uuid}/")
    expect(page.locator("save-state")).to_contain_text(SAVED)


def select(page: Page, words: str) -> None:
    """Drag the mouse over words of the text; the selection keeps to them exactly (Alt)."""
    place = page.evaluate(PLACE_OF, words)
    assert place, f"“{words}” does not stand in the text"
    page.mouse.move(place["left"] + 1, place["top"])
    page.mouse.down()
    page.mouse.move(place["right"] - 1, place["bottom"], steps=6)
    page.mouse.up()


def label(page: Page, words: str, key: str) -> None:
    """Select words and press a label's key."""
    select(page, words)
    page.keyboard.press(key)


def click_on(page: Page, words: str) -> None:
    """Click into the middle of words of the text."""
    place = page.evaluate(PLACE_OF, words)
    page.mouse.click((place["left"] + place["right"]) / 2, place["top"])


def wait_until_saved(page: Page, timeout: float = 10_000) -> None:
    """Wait for the sign that nothing waits to be sent."""
    expect(page.locator("save-state")).to_contain_text(SAVED, timeout=timeout)


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Take the connection away for a while."""
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)
