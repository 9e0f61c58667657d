"""Two people do random things to one article, over reloads and lost connections; what each browser shows, what the
server keeps and what a simple model expects are compared after each step."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Annotation, Membership
from tests import factories
from tests.browser.reading import open_article

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
TEXT = "\n\n".join(
    f"👩\u200d🚒 Paragraph {name} 🌊 says e\u0301lan and {other}-fold things in its own words."
    for name, other in pairwise(WORDS)
)
LABELS = ["claim", "number", "date", "place"]
MOST_KEPT = 200
SHOWN = """
() => document.querySelector("cw-annotator").desk.work.standing("annotation").filter(({is_mine}) => is_mine)
  .map(({key, start, end, quote, label}) => [key, start, end, quote, label])
"""
# Acts as the page does them: through the desk, which selects, asks whether it may, and keeps the history.
ACT = """
async ([name, given]) => {
  const desk = document.querySelector("cw-annotator").desk;
  const {acts, deeds, walk, page} = desk;
  const units = (n) => page.map.toUnits(n);
  const place = () => desk.placeOf(units(given.start), units(given.end));
  if (name === "annotate") return acts.annotate({...place(), label: given.label});
  walk.select(given.key ?? null);
  if (name === "relabel") deeds.label(given.label);
  if (name === "move") deeds.setPieces(given.key, [{start: units(given.start), end: units(given.end)}]);
  if (name === "withdraw") deeds.withdrawCurrent();
  if (name === "undo") await deeds.undo();
  if (name === "redo") await deeds.redo();
}
"""
IDLE = """
() => { const {sync} = document.querySelector("cw-annotator").desk; return !sync.ops.length && sync.mood === "saved"; }
"""


class Model:
    """What one person should see: the spans that stand, and the way back and on again."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[int, int, str]] = {}
        self.done: list[dict[str, tuple[int, int, str]]] = []
        self.undone: list[dict[str, tuple[int, int, str]]] = []

    def change(self, spans: dict[str, tuple[int, int, str]]) -> None:
        if spans == self.spans:
            return
        self.done = [*self.done, self.spans][-MOST_KEPT:]
        self.spans, self.undone = spans, []

    def undo(self) -> None:
        if self.done:
            self.undone.append(self.spans)
            self.spans = self.done.pop()

    def redo(self) -> None:
        if self.undone:
            self.done.append(self.spans)
            self.spans = self.undone.pop()

    def rows(self) -> Counter:
        return Counter((key, start, end, TEXT[start:end], label) for key, (start, end, label) in self.spans.items())


class Person:
    """One annotator at one browser, who loses the connection now and then."""

    def __init__(self, page: Page, member: Membership, article) -> None:
        self.page, self.member, self.article = page, member, article
        self.model = Model()
        self.is_offline = False
        open_article(page, article)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        expect(self.page.locator("cw-annotator")).to_have_attribute("data-ready", "saving")

    def act(self, random: random.Random) -> str:
        name = random.choices(
            ["annotate", "relabel", "move", "withdraw", "undo", "redo", "cut", "reload"], [30, 12, 12, 10, 14, 8, 8, 6]
        )[0]
        if name == "cut":
            self.is_offline = not self.is_offline
            self.page.context.set_offline(self.is_offline)
        elif name == "reload":
            self._reload()
        else:
            self._edit(name, random)
        return name

    def _reload(self) -> None:
        self.page.context.set_offline(False)
        self.is_offline = False
        self.page.reload()
        self._wait_until_ready()

    def _edit(self, name: str, random: random.Random) -> None:
        spans = dict(self.model.spans)
        if name in ("undo", "redo"):
            self.page.evaluate(ACT, [name, {}])
            getattr(self.model, name)()
            return
        start, label = random.randrange(len(TEXT) - 30), random.choice(LABELS)
        end = start + random.randrange(1, 30)
        if not TEXT[start:end].strip():
            return
        if name == "annotate":
            key = self.page.evaluate(ACT, [name, {"start": start, "end": end, "label": label}])
            self.model.change(spans | {key: (start, end, label)})
            return
        if not spans:
            return
        key = random.choice(sorted(spans))
        self.page.evaluate(ACT, [name, {"key": key, "start": start, "end": end, "label": label}])
        old = spans.pop(key)
        if name == "relabel":
            spans[key] = (old[0], old[1], label)
        elif name == "move":
            spans[key] = (start, end, old[2])
        self.model.change(spans)

    def check(self, step: str) -> None:
        """Compare the browser with the model, and, when everything is sent, the server too.

        After a hasty reload the page may have been written before the last acts came: it asks again a little later.
        """
        if not self.is_offline:
            self.page.wait_for_function(IDLE)
        end = time.monotonic() + 5
        while self._shown() != self.model.rows() and time.monotonic() < end:
            self.page.wait_for_timeout(100)
        assert self._shown() == self.model.rows(), step
        if not self.is_offline:
            assert self._stored() == self.model.rows(), step

    def _shown(self) -> Counter:
        return Counter(tuple(row) for row in self.page.evaluate(SHOWN))

    def _stored(self) -> Counter:
        rows = Annotation.objects.filter(created_by=self.member, withdrawn_at=None).select_related("label")
        return Counter((str(row.key), row.start, row.end, row.quote, row.label.key) for row in rows)


def play(people: list[Person], seed: int, acts: int) -> None:
    """Let people act in turn at random; every difference names its step."""
    chance = random.Random(seed)
    for n in range(acts):
        person = chance.choice(people)
        name = person.act(chance)
        person.check(f"seed {seed}, act {n}: {name} by {person.member.pseudonym}")
    for person in people:
        person._reload()
        person.check(f"seed {seed}, at the end")
    assert len({row.key for row in Annotation.objects.all()}) == Annotation.objects.count()


@pytest.fixture
def people(page_of, watch) -> list[Person]:
    watch.dialogs_are_expected = True  # leaving with unsent work asks first
    mia = factories.project(name="River")
    article = factories.article(mia, TEXT, title="Twelve")
    members = [factories.member(mia, name) for name in ("ada", "ben")]
    return [Person(page_of(member.user), member, article) for member in members]


def test_forty_random_acts_leave_browser_server_and_model_alike(people):
    play(people, seed=4, acts=40)


@pytest.mark.long
def test_a_thousand_random_acts_leave_browser_server_and_model_alike(people):
    play(people, seed=int(os.environ.get("RANDOM_ACTS_SEED", "1")), acts=1000)
