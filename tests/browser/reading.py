"""What a person does on the article page, in a few words: find words, select them, wait for the save."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

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
    with suppress(TookTooLong):  # what comes later moves the text a little; where it cannot come, nothing moves
        page.wait_for_selector("cw-annotator[data-more]", state="attached", timeout=3000)


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


def drag_end(page: Page, to: str) -> None:
    """Drag the handle at the end of the selected span behind the last of these words."""
    handle = page.locator('.handle[data-edge="end"]').last.bounding_box()
    place = page.evaluate(PLACE_OF, to)
    assert handle
    page.mouse.move(handle["x"] + 1, handle["y"] + handle["height"] + 6)
    page.mouse.down()
    page.mouse.move(place["right"] - 2, place["bottom"] + handle["height"] / 2 + 6, steps=4)
    page.mouse.up()


def touch_end(page: Page, to: str, edge: str = "end") -> None:
    """Drag the handle at an end of the selected span by a finger, behind these words or before them."""
    place = page.evaluate(PLACE_OF, to)
    handle = page.locator(f'.handle[data-edge="{edge}"]').bounding_box()
    assert handle
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    is_end, middle = edge == "end", handle["y"] + handle["height"] / 2
    grip = handle["y"] + handle["height"] + 12 if is_end else handle["y"] - 12  # the round below the line, or above it
    to_x, to_y = (place["right"] - 2, place["bottom"]) if is_end else (place["left"] + 2, place["top"])
    touch("touchStart", handle["x"] + 1, grip)
    for part in (0.3, 0.7, 1):
        touch("touchMove", handle["x"] + part * (to_x - handle["x"]), grip + part * (to_y - middle))
    touch("touchEnd")


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
