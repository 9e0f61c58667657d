"""WCAG 2.2 AA on every page: axe finds nothing, nothing scrolls sideways at 320 px, and what axe cannot see.

`PAGES` and `NO_PAGES` together name every address there is; a new one belongs into one of them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse
from playwright.sync_api import Page, expect

from annotations.models import (
    AccountRow,
    AgreementFigure,
    AgreementRun,
    Annotation,
    Article,
    Assignment,
    Capture,
    Claim,
    GuidelinesVersion,
    Job,
    JobProblem,
    Label,
    Membership,
    Publication,
    Region,
    Source,
    Story,
    User,
    WaitingUpload,
)
from annotations.workflow.assigning import submit
from annotations.workflow.correcting import correct_article
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.relating import NewRelation, relate
from annotations.workflow.sources import paste_capture
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import open_article, select
from tests.browser.test_attributes import DEFINITIONS
from tests.security.world import agreement_of, published, told

#: what each page is opened for; the rest of the addresses send no page
PAGES = [
    "home",
    "project_new",
    "account",
    "password",
    "login",
    "mentions",
    "inbox",
    "invitation",
    "login_code",
    "provider_link",
    "reset",
    "reset_new",
    "second_factor",
    "articles",
    "article_add",
    "annotate",
    "marks",
    "details",
    "correct",
    "placing",
    "annotation_history",
    "article_history",
    "claim_history",
    "import",
    "import_preview",
    "export",
    "jobs",
    "job",
    "job_problems",
    "guidelines",
    "guidelines_edit",
    "guidelines_version",
    "labels",
    "labels_edit",
    "labels_merge",
    "members",
    "settings",
    "questions",
    "skipped",
    "rounds",
    "give",
    "progress",
    "assignment",
    "dashboard",
    "suggest",
    "agreement",
    "agreement_run",
    "agreement_figure",
    "agreement_text",
    "review",
    "review_list",
    "audit",
    "claims",
    "claim",
    "sources",
    "source",
    "capture",
    "capture_withhold",
    "deleted_projects",
    "named",
    "project_delete",
    "withhold",
    "verdict_scale",
    "search",
    "passages",
    "article_passages",
    "stories",
    "story",
    "story_cell",
    "quotations",
    "speakers",
    "wording",
    "published_claim",
    "published_list",
    "method",
    "docs",
    "index",
    "project_change",
]
#: those that people spend their day on, and one of each kind of page; a quick run looks at these alone
DAILY = frozenset(
    [
        "home",
        "login",
        "inbox",
        "articles",
        "annotate",
        "marks",
        "details",
        "import_preview",
        "export",
        "job",
        "labels_edit",
        "members",
        "settings",
        "rounds",
        "dashboard",
        "agreement_figure",
        "review",
        "claims",
        "claim",
        "source",
        "story",
        "article_passages",
        "search",
        "published_claim",
    ]
)
#: answered with a file, with a redirect, or for a form only
NO_PAGES = [
    "agreement_csv",
    "audit_csv",
    "checkpoint",
    "agreement_json",
    "ask_erasing",
    "own_data",
    "own_data_file",
    "capture_file",
    "chart_csv",
    "chart_svg",
    "hours_csv",
    "logout",
    "token_new",
    "token_revoke",
    "provider",
    "provider_back",
    "provider_unlink",
    "reset_link",
    "second_factor_codes",
    "second_factor_confirm",
    "second_factor_off",
    "test_mail",
    "invitation_link",
    "invitation_new",
    "invitation_end",
    "bulk",
    "filters",
    "filter_remove",
    "next_article",
    "label_css",
    "guidelines_text",
    "job_act",
    "job_problems_csv",
    "job_result",
    "member",
    "archive",
    "merge",
    "words",
    "language",
    "claim_feed",
    "preview",
    "story_csv",
]
ELSEWHERE = {"docs", "index", "project_change"}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (standards) => {
  const found = await axe.run({exclude: ADMIN_OF_DJANGO}, {runOnly: standards, resultTypes: ["violations"]});
  return found.violations.flatMap(({id, help, nodes}) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary.split("\\n")[1] ?? ""}`));
}"""
#: pieces of Django's own admin whose markup is not ours
ADMIN_OF_DJANGO = [".inline-group .tabular"]
NARROW = {"width": 320, "height": 640}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "narrow": {"viewport": NARROW},
    "forced": {"forced_colors": "active"},
    "german": {"viewport": NARROW, "locale": "de-DE"},
}
SPACED = """
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
  p { margin-bottom: 2em !important; }
"""
REVIEWED = "Nach der Flut"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwe " * 3


@cache
def axe() -> str:
    """Return the source of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    script = RUN_AXE.replace("ADMIN_OF_DJANGO", repr(ADMIN_OF_DJANGO))
    return [f"{page.url} {problem}" for problem in page.evaluate(script, STANDARDS)]


@pytest.fixture
def mia() -> Membership:
    """Give a manager, staff too, whose project has something of everything to show."""
    mia = factories.project("river", name="The flood at Ivel")
    User.objects.filter(pk=mia.user.pk).update(is_staff=True, is_superuser=True)
    ada = factories.member(mia, "ada")
    made = factories.article(mia, title="Preise steigen nach der Flut", publisher="Niederauer Bote", language="de")
    factories.article(mia, text=factories.HEBREW, title="ראש העיר", language="he")
    factories.article(mia, title=LONG * 2, publisher=LONG)
    factories.assigned(mia, mia, made)
    row = factories.annotation(mia, made, 2, 25, note="Ob das stimmt?")
    number = factories.annotation(mia, made, 6, 11, "number")
    factories.label_for(mia.project, "answers", "relation")
    factories.label_for(mia.project, "repeats", "relation")
    relate(NewRelation(uuid.uuid4(), row.key, number.key, "answers"), by=mia)
    Label.objects.filter(project=mia.project, key="claim").update(attributes=DEFINITIONS)
    Label.objects.filter(project=mia.project, key="number").update(parent=row.label)
    link = SourceLink("https://tern.example/wire", title="Tern Wire")
    keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
    evidence = attach_source(NewEvidence(uuid.uuid4(), link, annotation=row.key, **keys), by=mia)
    published(mia, evidence.evidence_set.claim, "x")
    assert evidence.source is not None
    for words in (factories.GERMAN, factories.GERMAN.replace("4 %", "5 %")):
        capture = paste_capture(evidence.source.uuid, words, by=mia, title=LONG)
    cited = Passage(None, 2, 25, capture=capture.uuid)
    attach_source(NewEvidence(uuid.uuid4(), SourceLink(""), passage=cited, claim=keys["claim_key"]), by=mia)
    agreement_of(mia, ada, made)
    told(mia, made, LONG[:200])
    handed_in = factories.article(mia, title=REVIEWED)
    for person, end in ((ada, 25), (factories.member(mia, "ben"), 30)):
        factories.annotation(person, handed_in, 2, end, note="Ob das stimmt?")
        factories.annotation(person, handed_in, 38, 44, "speaker")
        submit(handed_in, by=person)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="done_with_problems", done=5)
    JobProblem.objects.create(job=job, file="a.jsonl", line=3, field="published", value="31.02.", message="Not a date.")
    Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="running", done=30, total=90)
    client = Client()
    client.force_login(mia.user)
    client.post("/p/river/guidelines/edit/", {"text": "## Kurz\n\nNur **ganze** Sätze.", "base": "1", "save": "yes"})
    client.post("/account/tokens/", {"name": "nightly export", "days": "90"})
    table = SimpleUploadedFile("t.csv", b"nr,headline,text,published_at\n1,Der Preis,Er stieg.,31.02.\n")
    client.post("/p/river/import/", {"uploads": [table], "on_conflict": "skip", "look": "1"})
    return mia


def address(name: str) -> str:
    """Return where a page is, filled with what the fixture made."""
    if name == "docs":
        return reverse("api:docs")
    if name == "index":
        return reverse("admin:index")
    if name == "project_change":
        return reverse("admin:annotations_project_change", args=[Membership.objects.first().project_id])
    parts = {
        "slug": "river",
        "article": (Article.objects.get(title=REVIEWED) if name == "review" else Article.objects.earliest("pk")).uuid,
        "key": {"claim": Claim, "story": Story}.get(name, Annotation).objects.earliest("pk").key,
        "row": AccountRow.objects.get().key,
        "upload": getattr(WaitingUpload.objects.first(), "uuid", None),
        "job": Job.objects.filter(kind="import").earliest("pk").uuid,
        "assignment": Assignment.objects.earliest("pk").uuid,
        "run": getattr(AgreementRun.objects.first(), "uuid", None),
        "source": getattr(Source.objects.first(), "uuid", None),
        "capture": getattr(Capture.objects.last(), "uuid", None),
        "figure": getattr(AgreementFigure.objects.first(), "uuid", None),
        "publication": Publication.objects.get().uuid,
        "project": Publication.objects.get().project.uuid,
        "version": getattr(GuidelinesVersion.objects.first(), "version", None),
    }
    wanted = next(pattern for pattern in patterns() if pattern.name == name).pattern.converters
    return reverse(f"annotations:{name}", kwargs={part: parts[part] for part in wanted})


def patterns() -> Iterator[Any]:
    """Yield the pattern of every page and act of the workbench."""
    yield from get_resolver("annotations.web.urls").url_patterns


def too_wide(page: Page) -> list[str]:
    """Say whether the page would have to be scrolled sideways."""
    wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return [f"{page.url} is {wide} px wider than its window"] if wide > 0 else []


def test_every_address_is_named_as_a_page_or_as_none():
    assert {pattern.name for pattern in patterns()} == {*PAGES, *NO_PAGES} - ELSEWHERE
    assert {*PAGES} > DAILY


IN_EVERY_LOOK = pytest.mark.parametrize(
    "look", ["light", *(pytest.param(look, marks=pytest.mark.long) for look in LOOKS if look != "light")]
)


@pytest.mark.parametrize(
    ("look", "names"),
    [
        pytest.param("light", DAILY, id="light-daily"),
        *(pytest.param(look, frozenset(PAGES), id=look, marks=pytest.mark.long) for look in LOOKS),
    ],
)
def test_axe_finds_nothing_on_any_page(look, names, mia, page_of, new_context):
    page: Page = page_of(mia.user, bypass_csp=True, **LOOKS[look])
    stranger: Page = new_context(bypass_csp=True, **LOOKS[look]).new_page()
    stranger.goto("/login/")

    problems = violations(stranger) + too_wide(stranger)
    for name in [*sorted(names - {"login"}), "none"]:
        page.goto("/p/nowhere/" if name == "none" else address(name))
        problems += violations(page) + too_wide(page)

    assert not problems, "\n".join(problems)


@IN_EVERY_LOOK
def test_axe_finds_nothing_in_what_the_article_page_opens(look, mia, page_of):
    page: Page = page_of(mia.user, bypass_csp=True, **LOOKS[look])
    open_article(page, Article.objects.earliest("pk"))

    def seen(part: str) -> list[str]:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"look-{look}-{part}.png")
        return violations(page) + too_wide(page)

    select(page, "abzusehen")
    is_narrow = LOOKS[look].get("viewport") == NARROW  # where the bar of labels at the bottom does what the popup does
    expect(page.locator(".annotator[data-selecting] label-picker" if is_narrow else ".label-popup")).to_be_visible()
    problems = seen("selection")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("e")
    expect(page.locator("evidence-form")).to_be_visible()
    problems += violations(page)
    page.locator("#side-span .talk button").click()
    page.locator("#side-span .comment-form textarea").press_sequentially("@")
    problems += violations(page) + too_wide(page)
    expect(page.locator(".span-attributes .stance").first).to_be_visible()
    problems += seen("panel")
    page.locator("#tab-list").evaluate("tab => tab.click()")
    rows = page.locator(".span-rows button.span-row")
    rows.nth(0).click(modifiers=["Control"])
    rows.nth(1).click(modifiers=["Control"])
    expect(page.locator(".many-count")).to_be_visible()
    problems += seen("several")
    page.evaluate("document.querySelector('cw-annotator').desk.many.clear()")
    page.locator(".filter-more summary").click()
    page.locator(".filter-words").fill("Preis")
    page.locator(".filter-line button").click()
    expect(page.locator(".many-count")).to_have_text(re.compile("^0 "))
    problems += seen("filter")
    page.locator(".filter-line button").click()
    page.locator(".filter-words").fill("nowhere")
    expect(page.locator("span-list .empty-side")).to_be_visible()
    problems += violations(page)
    page.locator(".filter-words").fill("")
    page.keyboard.press("Escape")
    page.locator(".article").focus()
    page.keyboard.press("q")
    page.locator(".find-field").fill("Preis")
    expect(page.locator(".find-count")).not_to_be_empty()
    problems += seen("find")
    page.locator(".find-field").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("z")
    expect(page.locator(".zone-menu")).to_be_visible()
    problems += violations(page)
    page.locator(".zone-menu button").nth(4).evaluate("button => button.click()")
    page.locator(".zone-name").evaluate("button => button.click()")
    expect(page.locator(".zone-card")).to_be_attached()
    problems += violations(page)
    page.keyboard.press("Escape")
    page.locator(".article").focus()
    page.keyboard.press("n")
    page.keyboard.press("l")
    expect(page.locator(".relation-line")).to_have_count(1)
    problems += seen("lines")
    page.keyboard.press("o")
    expect(page.locator("dialog.occurrences")).to_be_visible()
    problems += seen("others")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.occurrences")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_be_visible()
    page.locator("[data-keys-change]").click()
    expect(page.locator("input.key-field").first).to_be_visible()
    problems += seen("keys")

    assert not problems, "\n".join(problems)


@IN_EVERY_LOOK
def test_axe_finds_nothing_while_what_a_correction_left_is_placed(look, mia, page_of):
    made = Article.objects.earliest("pk")
    text = made.current_version.text
    zone = Region(kind="excerpt", start=2, end=11, project=mia.project, version=made.current_version, length=len(text))
    zone.save()
    new = f"Zu Beginn: {text[30:]} {text[6:11]}, {text[6:11]}."
    correct_article(made, new, by=mia, base_version=made.current_version.uuid)
    page: Page = page_of(mia.user, bypass_csp=True, **LOOKS[look])
    page.goto(f"/p/river/articles/{made.uuid}/#placing")
    panel = page.locator("[data-placing]")
    expect(panel.locator("blockquote")).to_be_attached()
    problems = violations(page) + too_wide(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"look-{look}-placing.png")
    panel.get_by_role("button").last.evaluate("button => button.click()")
    expect(panel.locator("blockquote")).to_have_count(0)

    problems += violations(page)
    assert not problems, "\n".join(problems)


@pytest.mark.long
def test_no_page_is_too_wide_when_its_text_is_set_wider(mia, page_of):
    """1.4.12 and 1.4.10 together: 320 px is also what 1,280 px are at a zoom of 400 %."""
    page: Page = page_of(mia.user, bypass_csp=True, viewport=NARROW)

    problems: list[str] = []
    for name in sorted({*PAGES} - {"login", "index", "project_change"}):
        page.goto(address(name))
        page.add_style_tag(content=SPACED)
        problems += too_wide(page)

    assert not problems, "\n".join(problems)


STOPS = """() => {
  const here = document.activeElement;
  if (here === document.body) return null;
  const box = here.getBoundingClientRect();
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, innerHeight / 2));
  const label = here.closest("label");
  const isSeen = Boolean(at) && (here.contains(at) || at.contains(here) || Boolean(label?.contains(at)));
  return {what: here.outerHTML.slice(0, 90), outline: getComputedStyle(here).outlineStyle, isSeen};
}"""


@pytest.mark.long
@pytest.mark.parametrize("name", ["articles", "annotate", "account", "labels_edit", "export"])
@pytest.mark.parametrize("look", ["light", "narrow"])
def test_the_focus_is_seen_wherever_it_goes(name, look, mia, page_of):
    """2.4.7 and 2.4.11: each stop has an outline and nothing that sticks lies over it."""
    page: Page = page_of(mia.user, **LOOKS[look])
    page.goto(address(name))

    hidden = []
    for _press in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOPS)
        if stop is None:
            break
        if stop["outline"] == "none" or not stop["isSeen"]:
            hidden.append(str(stop))

    assert not hidden, "\n".join(hidden)


BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"


def test_a_chosen_look_is_kept_in_the_browser_and_holds_on_every_page(mia, page_of):
    page: Page = page_of(mia.user, color_scheme="light")
    page.goto("/account/")

    page.get_by_role("radio", name="dark").check()
    dark = page.evaluate(BACKGROUND)
    page.goto(address("annotate"))
    page.get_by_role("button", name="Keys and help").click()
    expect(page.get_by_role("radio", name="dark")).to_be_checked()
    assert page.evaluate(BACKGROUND) == dark == "rgb(22, 24, 28)"
    page.get_by_role("radio", name="high contrast").check()
    page.goto("/")

    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"


def test_the_article_page_prints_each_span_with_its_name_and_its_sources(mia, page_of):
    page: Page = page_of(mia.user)
    open_article(page, Article.objects.earliest("pk"))
    page.evaluate("import('/static/annotations/js/desk/printing.js')")

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    sheet = page.locator(".print-sheet")
    expect(sheet).to_contain_text("[Claim 1: Der [Number 2: Preis2 stieg um 4\u202f%.1")
    expect(sheet).to_contain_text("Ob das stimmt?")
    expect(sheet).to_contain_text("supports: Tern Wire, https://tern.example/wire")
    expect(page.locator(".desk")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(sheet).to_have_count(0)
