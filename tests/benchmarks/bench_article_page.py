"""How the article page feels: its budgets beside what headless Chromium measures, for a news article and for two books.

The page comes from a web server of its own with collected static files, as in the demonstration. Times go from an event
to the paint that shows its effect. Nothing here fails for being slow; on a busy machine the figures say little.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from annotations.models.settling import OVERLAP
from tests.benchmarks.bench_import_export import Bench
from tests.benchmarks.bench_page_during_import import milliseconds, served
from tests.benchmarks.generated_corpus import WORDS_IN_AN_ARTICLE, Corpus, _annotation, _header
from tests.benchmarks.unwatched_chromium import UnwatchedChromium
from tests.conftest import BASE_DIR
from tests.faults.kit import free_port
from tests.services import CHROMIUM_REMEDY, chromium_flags, find_chromium

KILOBYTE = 1000
ACTS = 40
NEWS_FOR = 2 * OVERLAP.total_seconds() + 1
DENSE = 449
SIZES = {DENSE: 800, 450: 10, 451: 10, 20_000: 2_000, 100_000: 10_000}
"""Words of a text, and how many spans lie on it."""
NODES = """
() => {
  const walk = document.createTreeWalker(document.querySelector(".article"), NodeFilter.SHOW_ALL);
  let n = 0;
  while (walk.nextNode()) n++;
  return n;
}
"""
LOG_IN = """
import json
from django.conf import settings
from django.test import Client
from annotations.models import Article, Membership, Project, User
project = Project.objects.get(slug="pages")
user = User.objects.create_user("ada", password="nobody needs it here")
Membership.objects.create(project=project, user=user, pseudonym="ada", role="manager")
browser = Client()
browser.force_login(user)
articles = {row.external_id: str(row.uuid) for row in Article.objects.filter(project=project)}
print(json.dumps({"session": browser.cookies[settings.SESSION_COOKIE_NAME].value, "articles": articles}))
"""
WATCH = """
window.bench = {events: [], long: []};
new PerformanceObserver((list) => bench.events.push(...list.getEntries()))
  .observe({type: "event", durationThreshold: 16});
new PerformanceObserver((list) => bench.long.push(...list.getEntries().map(({duration}) => duration)))
  .observe({type: "longtask"});
const painted = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = then;
  channel.port2.postMessage(0);
});
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("cw-annotator");
  if (!root) return;
  const seen = () => CSS.highlights.size > 0 && painted(() => bench.shown ??= performance.now());
  const look = () => (CSS.highlights.size > 0 ? seen() : requestAnimationFrame(look));
  look();
});
"""
SELECT = """
(n) => {
  // asking each paragraph where it is would lay out those that the browser leaves alone
  const box = document.querySelector(".article").getBoundingClientRect();
  const seen = new Set();
  for (let y = 100; y < innerHeight; y += 40) {
    seen.add(document.elementFromPoint(box.left + 40, y)?.closest("p[data-b]"));
  }
  const long = [...seen].filter((p) => p?.firstChild.length > 200);
  const text = (long[n % long.length] ?? document.querySelector("p[data-b]")).firstChild;
  const start = (n * 37) % (text.length - 60);
  const at = text.data.indexOf(" ", start) + 1;
  getSelection().setBaseAndExtent(text, at, text, text.data.indexOf(" ", at + 12));
}
"""
SCROLL = """
async () => {
  const frames = [];
  const before = bench.long.length;
  let last = performance.now();
  for (let n = 0; n < 80; n++) {
    scrollBy(0, 600);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  await new Promise((done) => setTimeout(done, 300));
  return {frames, long: bench.long.slice(before)};
}
"""
WALK = """
async () => {
  scrollTo(0, 0);
  for (let y = 0; y < Math.min(document.scrollingElement.scrollHeight, 120 * 600); y += 600) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
  }
}
"""
HIT = """
async ([hit, pageText]) => {
  const [{characterAt}, {PageText}] = await Promise.all([import(hit), import(pageText)]);
  const article = document.querySelector(".article");
  const page = new PageText(article, JSON.parse(document.getElementById("annotate-data").textContent));
  const box = article.getBoundingClientRect();
  const times = [];
  for (let n = 0; n < 200; n++) {
    const x = box.left + ((n * 61) % box.width), y = 100 + ((n * 83) % (innerHeight - 120));
    const started = performance.now();
    characterAt(page, x, y);
    times.push(performance.now() - started);
  }
  return times;
}
"""


@dataclass
class Site:
    """A running workbench with a text of each size."""

    port: int
    session: str
    articles: dict[str, str]
    modules: list[str]
    imported: float
    """When, by the monotonic clock."""

    def address(self, words: int) -> str:
        return f"http://127.0.0.1:{self.port}/p/pages/articles/{self.articles[str(words)]}/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("pages")
    bench = Bench("sqlite", f"sqlite:///{folder / 'bench.sqlite3'}", folder)
    static = folder / "static"
    bench.environment |= {"WORKBENCH_STATIC_COLLECTED": "1", "WORKBENCH_STATIC_ROOT": str(static)}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
    subprocess.run(collect, cwd=BASE_DIR, env=bench.environment, check=True)
    bench.import_file(_texts(folder / "texts.jsonl"), "pages")
    imported = time.monotonic()
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", LOG_IN]
    told = subprocess.run(command, cwd=BASE_DIR, env=bench.environment, stdout=subprocess.PIPE, check=True)
    names = json.loads((static / "staticfiles.json").read_text())["paths"]
    modules = [f"/static/{names[f'annotations/js/{name}.js']}" for name in ("hit", "page-text")]
    port = free_port()
    with served(bench, port):
        made = Site(port, modules=modules, imported=imported, **json.loads(told.stdout.splitlines()[-1]))
        _wait(made)
        yield made


def _texts(path: Path) -> Path:
    """Write a native corpus with one article a size: many generated articles in one, with spans all over."""
    with path.open("wb") as file:
        header = _header()
        for n, label in enumerate(header["label_set"]["labels"], start=1):
            label["shortcut"] = str(n)
        file.write(orjson.dumps(header) + b"\n")
        for words, spans in SIZES.items():
            file.write(orjson.dumps(_text(words, spans)) + b"\n")
    return path


def _text(words: int, spans: int) -> dict[str, Any]:
    parts = [orjson.loads(line) for line in Corpus(-(-words // WORDS_IN_AN_ARTICLE)).lines()][1:]
    text = "\n\n".join(part["text"] for part in parts)
    chance = random.Random(words)
    found = [_annotation(chance, text, "2024-05-06") for _span in range(spans)]
    found.sort(key=lambda each: (each["start"], each["end"], each["label"], each["annotator"], each["key"]))
    lasting = {"regions": [], "links": [], "annotations": found, "metadata": {}, "url": f"https://news.example/{words}"}
    stated = {"external_id": str(words), "text": text, "text_sha256": sha256(text.encode()).hexdigest()}
    return parts[0] | stated | lasting


def _wait(site: Site) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            milliseconds(site.port, "/healthz", site.session)
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if not executable:
        pytest.skip(CHROMIUM_REMEDY)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=chromium_flags())
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    made = browser.new_context(reduced_motion="reduce", viewport={"width": 1366, "height": 860})
    url = f"http://127.0.0.1:{site.port}"
    made.add_cookies([{"name": "sessionid", "value": site.session, "url": url}])
    made.add_init_script(WATCH)
    yield made
    made.close()


def show(name: str, found: list[float], budget: list[float], unit: str) -> None:
    """Print figures beside their budgets."""
    shown, allowed = (" / ".join(f"{each:.3g}" for each in figures) for figures in (found, budget))
    is_met = all(figure <= most for figure, most in zip(found, budget, strict=True))
    print(f"  {name:<58} {shown:>14}   of {allowed} {unit}: {'met' if is_met else 'MISSED'}", flush=True)


def median_and_p95(figures: list[float]) -> list[float]:
    return [statistics.median(figures), statistics.quantiles(figures, n=20)[-1]]


@pytest.mark.parametrize("words", [450, 20_000, 100_000])
def test_the_article_page(site: Site, context: BrowserContext, words: int):
    print(f"\n{words:,} words, {SIZES[words]:,} spans")
    page = context.new_page()
    page.goto(site.address(words))
    _ready(page)
    page.reload()  # what a browser keeps is kept now
    _ready(page)
    _start(page, words)
    expect(page.locator("[data-count]")).to_have_text(str(SIZES[words]), timeout=120_000)
    if words > 450:
        page.evaluate("scrollTo(0, document.scrollingElement.scrollHeight / 2)")
    page.wait_for_timeout(500)
    _keys(page)
    _hits(page, site)
    if words > 450:
        _scroll(page)
    _find(page)
    page.close()


def test_where_spans_lie_close(site: Site, context: BrowserContext):
    """Nearly two spans for each word."""
    print(f"\n{DENSE:,} words, {SIZES[DENSE]:,} spans")
    page = context.new_page()
    page.goto(site.address(DENSE))
    _ready(page)
    _start(page, DENSE)
    expect(page.locator("[data-count]")).to_have_text(str(SIZES[DENSE]), timeout=60_000)
    page.wait_for_timeout(500)
    _pressed(page, "1", 0)
    nodes = page.evaluate(NODES)
    found = [_pressed(page, "1", n + 1)[0] for n in range(ACTS)]
    made = int(page.locator("[data-count]").inner_text()) - SIZES[DENSE]  # some words had this label already
    assert made > ACTS / 2
    show("label key, to the next paint, p95", [median_and_p95(found)[1]], [100], "ms")
    show(f"nodes that {made} more spans added to the text", [page.evaluate(NODES) - nodes], [0], "nodes")
    page.close()


def _ready(page: Page) -> None:
    page.wait_for_selector("cw-annotator[data-ready=saving]", timeout=60_000)
    deadline = time.monotonic() + 60
    while not page.evaluate("bench.shown"):
        assert time.monotonic() < deadline, "nothing was painted"
        page.wait_for_timeout(20)


def _start(page: Page, words: int) -> None:
    shown, response = page.evaluate("[bench.shown, performance.getEntriesByType('navigation')[0].responseEnd]")
    show("text and visible spans painted, after the reply", [shown - response], [400 if words > 20_000 else 250], "ms")


def _keys(page: Page) -> None:
    """Label words by key, and withdraw what was made."""
    counted = page.locator("[data-count]")
    n_spans = int(counted.inner_text())
    first, labelled = _pressed(page, "1", 1)[0], []
    expect(counted).to_have_text(str(n_spans + 1))
    _pressed(page, "Delete", 1, selects=False)
    expect(counted).to_have_text(str(n_spans))
    deleted = []
    for n in range(ACTS):
        labelled += _pressed(page, "1", n + 2)
        deleted += _pressed(page, "Delete", n, selects=False)
    show("first label key, to the next paint", [first], [100], "ms")
    show("label key, to the next paint, median / p95", median_and_p95(labelled), [32, 64], "ms")
    show("withdrawn, to the next paint, median", [statistics.median(deleted)], [50], "ms")


def _pressed(page: Page, key: str, n: int, *, selects: bool = True) -> list[float]:
    """Press a key; return how long it took until the screen showed it; browsers do not tell below 16 ms."""
    if selects:
        page.evaluate(SELECT, n)
        page.wait_for_timeout(60)
    page.evaluate("bench.events.length = 0")
    page.keyboard.press(key)
    page.wait_for_timeout(150)
    durations = page.evaluate("bench.events.filter(({name}) => name === 'keydown').map(({duration}) => duration)")
    return [max([16, *durations])]


def _hits(page: Page, site: Site) -> None:
    times = page.evaluate(HIT, site.modules)
    show("finding the character under the pointer, median / p95", median_and_p95(times), [1, 3], "ms")


def _scroll(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    found = page.evaluate(SCROLL)
    show("a frame while scrolling 600 px a frame, p95", [median_and_p95(found["frames"])[1]], [50], "ms")
    show("longest task while scrolling", [max(found["long"], default=0)], [100], "ms")


def _find(page: Page) -> None:
    """Type a word letter by letter into the find bar: the first letters are found nearly everywhere."""
    page.evaluate("scrollTo(0, 0)")
    word = page.evaluate("document.querySelector('p[data-b]').textContent.match(/[a-z]{6,}/)[0].slice(0, 6)")
    page.keyboard.press("q")
    field = page.locator(".find-field")
    expect(field).to_be_focused()
    page.wait_for_timeout(300)
    page.evaluate("bench.long.length = 0")
    for letter in word:
        page.keyboard.press(letter)
        page.wait_for_timeout(120)
    expect(page.locator(".find-count")).to_contain_text("1 ", timeout=20_000)
    page.wait_for_timeout(500)
    show("longest task while typing in the find bar", [page.evaluate("Math.max(0, ...bench.long)")], [100], "ms")


@pytest.mark.parametrize("words", [450, 20_000, 100_000])
def test_the_memory_of_the_article_page(site: Site, tmp_path: Path, words: int):
    """After opening it twice, the same acts and a walk through it, in a browser that records nothing of them."""
    print(f"\n{words:,} words, {SIZES[words]:,} spans, in memory")
    executable = find_chromium()
    if not executable:
        pytest.skip(CHROMIUM_REMEDY)
    chromium = UnwatchedChromium(executable, tmp_path)
    try:
        chromium.log_in(site.session, site.address(words))
        chromium.ask("Page.navigate", url=site.address(words))
        _here(chromium, words)
        chromium.ask("Page.reload")
        time.sleep(1)
        _here(chromium, words)
        for n in range(ACTS):
            chromium.evaluate(f"({SELECT})({n})")
            time.sleep(0.06)
            for key in (("1", "Digit1", 49, "1"), ("Delete", "Delete", 46)):
                chromium.press(*key)
                time.sleep(0.15)
        _here(chromium, words)  # every act was done and undone
        chromium.evaluate(f"({WALK})()")
        chromium.ask("HeapProfiler.collectGarbage")
        chromium.ask("Performance.enable")
        metrics = {each["name"]: each["value"] for each in chromium.ask("Performance.getMetrics")["metrics"]}
        show("memory of the scripts", [metrics["JSHeapUsedSize"] / 2**20], [10], "MiB")
        shown = max(_private(pid) for pid in chromium.renderers())
        show("private memory of the page's process", [shown / 2**20], [80], "MiB")
    finally:
        chromium.close()


def _here(chromium: UnwatchedChromium, words: int) -> None:
    chromium.wait_until(f"document.querySelector('[data-count]')?.textContent === '{SIZES[words]}'")
    chromium.wait_until("document.querySelector('cw-annotator')?.dataset.more === 'acts'")


def _private(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def test_what_a_news_article_transfers(site: Site, context: BrowserContext):
    """On an article of its own, with nothing withdrawn on it; what was stored just now would be told again as new."""
    time.sleep(max(0, site.imported + NEWS_FOR - time.monotonic()))
    print("\n450 words, 10 spans, transferred")
    page = context.new_page()
    for name, budget in (("first visit", 150), ("again", 10)):
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
        page.goto(site.address(WORDS_IN_AN_ARTICLE + 1))
        _ready(page)
        page.wait_for_timeout(1_000)
        show(f"{name}, {sum(size > 0 for size in sizes)} replies", [sum(sizes) / KILOBYTE], [budget], "kB")
        session.detach()
