"""Opening the article page: nothing that comes later moves what is there, and what comes comes in few replies."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from annotations.models import Region
from annotations.text.spans import Span
from annotations.workflow.zoning import NewZone, mark_zone
from tests import factories
from tests.browser.reading import open_article

FOOTER = "Lesen Sie auch: 📈 Zoë im Netz"
TEXT = (
    "Der Preis steigt\n\n"
    "Ein Boot auf der Oska, Archivbild.\n\nFoto: Ida Orn.\n\n"
    "Der Preis stieg um 4 %, sagte Zoë O’Neill. 👩‍🚒 Das war abzusehen.\n\n"
    "„Die Menge wuchs auf 1.240 Menschen“, schrieb ein Blatt. [Source]\n\n"
    "Am Dienstag fiel er wieder.\n\n"
    f"{FOOTER}"
)
FOLDED = '{"folds": "boilerplate caption"}'
KEEP = "(chosen) => localStorage.setItem(`cw-reading-${document.documentElement.dataset.person}`, chosen)"
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const {value, startTime, sources} of list.getEntries()) {
    const box = ({x, y, width, height}) => `${x} ${y} ${width} x ${height}`;
    const moved = sources.map(({node, previousRect, currentRect}) =>
      `${node?.className || node?.nodeName} ${box(previousRect)} -> ${box(currentRect)}`);
    shifts.push(`${value.toFixed(5)} at ${startTime.toFixed(0)} ms: ${moved.join("; ")}`);
  }
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def article(mia):
    made = factories.article(mia, TEXT, title="Der Preis steigt", publisher="Orn 24")
    Region.objects.all().delete()
    zones = {
        "headline": "Der Preis steigt",
        "body": TEXT[TEXT.index("Der Preis stieg") : TEXT.index("\n\n" + FOOTER)],
        "caption": "Ein Boot auf der Oska, Archivbild.\n\nFoto: Ida Orn.",
        "excerpt": "„Die Menge wuchs auf 1.240 Menschen“, schrieb ein Blatt. [Source]",
        "citation_marker": "[Source]",
        "boilerplate": FOOTER,
    }
    for kind, words in zones.items():
        start = TEXT.index(words)
        version = made.current_version
        mark_zone(NewZone(uuid.uuid4(), version.uuid, kind, Span(start, start + len(words)), words), by=mia)
    return made


@pytest.mark.parametrize("width", [1366, 390])
def test_nothing_moves_while_the_page_opens(page_of, mia, article, width):
    ada = factories.member(mia, "ada")
    factories.assigned(mia, ada, article)
    page = page_of(ada.user, viewport={"width": width, "height": 860})
    page.add_init_script(SHIFTS)

    for folds in ("", "boilerplate caption"):
        open_article(page, article)
        expect(page.locator(".zone-head")).to_have_count(5)
        page.wait_for_timeout(300)
        assert page.evaluate("shifts") == [], f"folded: {folds}"
        page.evaluate(
            "(chosen) => localStorage.setItem(`cw-reading-${document.documentElement.dataset.person}`, chosen)", FOLDED
        )
