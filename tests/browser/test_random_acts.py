"""Two people do random things to one article, over reloads and lost connections; what each browser shows, what the
server keeps and what a simple model expects are compared after each step."""

from __future__ import annotations

import os
import random
import time
import unicodedata
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
EDITS = ["annotate", "relabel", "move", "withdraw", "split", "merge", "include", "exclude"]
MOST_KEPT = 200
Pieces = tuple[tuple[int, int], ...]
Spans = dict[str, tuple[Pieces, str]]
"""Label and pieces of what stands, in code points; most spans are one piece."""
SHOWN = """
() => document.querySelector("cw-annotator").desk.work.standing("annotation").filter(({is_mine}) => is_mine)
  .map(({key, start, end, quote, label, fragments}) =>
    [key, start, end, quote, label, (fragments ?? []).map((part) => [part.start, part.end])])
"""
# Acts as the page does them: through the desk, which selects, asks whether it may, and keeps the history.
ACT = """
async ([name, given]) => {
  const desk = document.querySelector("cw-annotator").desk;
  const {acts, deeds, walk, page} = desk;
  const units = (n) => page.map.toUnits(n);
  const place = () => desk.placeOf(units(given.start), units(given.end));
  desk.words.span = null; // what an act before left selected, as it changed nothing
  if (name === "annotate") return acts.annotate({...place(), label: given.label});
  walk.select(given.key ?? null);
  if (name === "relabel") deeds.label(given.label);
  if (name === "move") deeds.setPieces(given.key, [{start: units(given.start), end: units(given.end)}]);
  if (name === "withdraw") deeds.withdrawCurrent();
  if (name === "undo") await deeds.undo();
  if (name === "redo") await deeds.redo();
  if (["split", "merge", "include", "exclude"].includes(name)) {
    if (name !== "merge") desk.words.span = {start: units(given.start), end: units(given.end)};
    await deeds.reshape(name);
  }
}
"""
# Fetched while there is a connection, as the page fetches it when it is first wanted.
FETCH = "import('/static/annotations/js/desk/reshaping.js').then(() => {})"
IDLE = """
() => { const {sync} = document.querySelector("cw-annotator").desk; return !sync.ops.length && sync.mood === "saved"; }
"""


def trimmed(start: int, end: int) -> Pieces:
    """Give a stretch without the space at its edges; nothing where it is all space."""
    inner = TEXT[start:end]
    left, right = len(inner) - len(inner.lstrip()), len(inner) - len(inner.rstrip())
    return ((start + left, end - right),) if start + left < end - right else ()


def clipped(pieces: Pieces, start: int, end: int) -> Pieces:
    """Give what of the pieces lies between two places."""
    inside = ((max(a, start), min(b, end)) for a, b in pieces)
    return tuple(piece for a, b in inside if a < b for piece in trimmed(a, b))


def joined(pieces: Pieces) -> Pieces:
    """Make one of pieces that have nothing but space between them."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if found and (start <= found[-1][1] or not TEXT[found[-1][1] : start].strip()):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def split(pieces: Pieces, *places: int) -> list[Pieces]:
    """Cut a span at the places that lie within it."""
    first, last = pieces[0][0], pieces[-1][1]
    edges = [first, *(place for place in places if first < place < last), last]
    return [found for found in (clipped(pieces, a, b) for a, b in pairwise(edges)) if found]


def merged(one: Pieces, other: Pieces) -> Pieces | None:
    """Make one span of two that overlap or have only punctuation between them; None of others."""
    first, second = sorted((one, other), key=lambda pieces: (pieces[0][0], pieces[-1][1]))
    between = TEXT[first[-1][1] : second[0][0]]
    if any(unicodedata.category(sign)[0] in "LNS" for sign in between):
        return None
    if len(one) == len(other) == 1:
        return ((first[0][0], max(first[0][1], second[0][1])),)
    return joined(one + other)


class Model:
    """What one person should see: the spans that stand, and the way back and on again."""

    def __init__(self) -> None:
        self.spans: Spans = {}
        self.done: list[Spans] = []
        self.undone: list[Spans] = []

    def change(self, spans: Spans) -> None:
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
        return Counter(row(key, label, pieces) for key, (pieces, label) in self.spans.items())


def row(key: str, label: str, pieces: Pieces) -> tuple:
    """Write a span as it is compared."""
    start, end = pieces[0][0], pieces[-1][1]
    return (key, start, end, TEXT[start:end], label, pieces if len(pieces) > 1 else ())


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
        self.page.evaluate(FETCH)

    def act(self, random: random.Random) -> str:
        name = random.choices([*EDITS, "undo", "redo", "cut", "reload"], [24, 8, 8, 8, 8, 8, 8, 6, 14, 8, 8, 6])[0]
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
            self.model.change(spans | {key: (((start, end),), label)})
            return
        if not spans:
            return
        key = random.choice(sorted(spans))
        if name in ("split", "exclude", "include"):
            start, end = self._near(spans[key][0], trimmed(start, end)[0], random)
        self.page.evaluate(ACT, [name, {"key": key, "start": start, "end": end, "label": label}])
        self.model.change(getattr(self, f"_{name}")(spans, key, (start, end), label))

    def _near(self, pieces: Pieces, stretch: tuple[int, int], random: random.Random) -> tuple[int, int]:
        """Take mostly a stretch that overlaps the span: elsewhere most acts change nothing."""
        if random.random() < 0.3:
            return stretch
        start = random.randrange(pieces[0][0], pieces[-1][1])
        found = trimmed(start, min(len(TEXT), start + random.randrange(1, 12)))
        return found[0] if found else stretch

    def _relabel(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        return spans | {key: (spans[key][0], label)}

    def _move(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        return spans | {key: ((at,), spans[key][1])}

    def _withdraw(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        return {other: span for other, span in spans.items() if other != key}

    def _split(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        """The new ones have keys that the browser chose; what they are is the model's to say."""
        pieces, own = spans[key]
        first, *more = split(pieces, *at)
        if not more:
            return spans
        made = [each for each in self._shown() if each[0] not in spans]
        keys = [each[0] for each in sorted(made, key=lambda each: each[1])]
        return spans | {key: (first, own)} | {new: (each, own) for new, each in zip(keys, more, strict=True)}

    def _merge(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        """Which neighbour it is joined with is the browser's choice; that it is one, and what they become, is not."""
        pieces, own = spans[key]
        others = {other: merged(pieces, there) for other, (there, its) in spans.items() if other != key and its == own}
        shown = {each[0]: each for each in self._shown()}
        gone = {*spans} - {*shown}
        if not any(others.values()):
            assert not gone
            return spans
        (lost,) = gone
        if lost == key:
            fitting = {other: one for other, one in others.items() if one and shown[other] == row(other, own, one)}
            kept, one = next(iter(fitting.items()))
        else:
            kept, one = key, others[lost]
        assert one
        return {other: span for other, span in spans.items() if other != lost} | {kept: (one, own)}

    def _include(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        pieces, own = spans[key]
        return spans | {key: (joined((*pieces, at)), own)}

    def _exclude(self, spans: Spans, key: str, at: tuple[int, int], label: str) -> Spans:
        pieces, own = spans[key]
        rest = tuple(
            part
            for start, end in pieces
            for part in (*clipped(((start, end),), 0, at[0]), *clipped(((start, end),), at[1], len(TEXT)))
        )
        return spans | {key: (rest, own)} if rest else spans

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
        return Counter(as_row(each) for each in self.page.evaluate(SHOWN))

    def _stored(self) -> Counter:
        found = Annotation.objects.filter(created_by=self.member, withdrawn_at=None)
        return Counter(
            (
                str(each.key),
                each.start,
                each.end,
                each.quote,
                each.label.key,
                tuple((part.start, part.end) for part in each.fragments.all()),
            )
            for each in found.select_related("label").prefetch_related("fragments")
        )


def as_row(shown: list) -> tuple:
    """Take what the browser tells of a span as it is compared."""
    *common, parts = shown
    return (*common, tuple(tuple(part) for part in parts))


def play(people: list[Person], seed: int, acts: int) -> Counter:
    """Let people act in turn at random; every difference names its step. Returns how often each changed anything."""
    effects: Counter = Counter()
    chance = random.Random(seed)
    for n in range(acts):
        person = chance.choice(people)
        before = person.model.spans
        name = person.act(chance)
        effects[name] += before != person.model.spans
        person.check(f"seed {seed}, act {n}: {name} by {person.member.pseudonym}")
    for person in people:
        person._reload()
        person.check(f"seed {seed}, at the end")
    assert len({row.key for row in Annotation.objects.all()}) == Annotation.objects.count()
    return effects


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
    acts, seed = (int(os.environ.get(f"RANDOM_ACTS{name}", usual)) for name, usual in (("", "1000"), ("_SEED", "1")))

    effects = play(people, seed=seed, acts=acts)

    assert all(effects[name] for name in EDITS), effects
