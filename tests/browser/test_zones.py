"""Zones on the article page: by mouse, by keyboard alone, by touch; folded, and the text set as one likes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Job, Region
from annotations.tasks import KINDS
from annotations.workflow.zoning import ZoneChange, change_zone
from tests import factories
from tests.browser.conftest import PICTURES
from tests.browser.reading import PLACE_OF, drag_end, offline, open_article, select, touch_end, wait_until_saved

FOOTER = "Lesen Sie auch: 📈 Zoë im Netz"
TEXT = (
    "Der Preis steigt\n\n"
    "Ein Boot auf der Oska, Archivbild.\n\n"
    "Der Preis stieg um 4 %, sagte Zoë O’Neill. 👩‍🚒 Das war abzusehen.\n\n"
    "Die Menge wuchs auf 1.240 Menschen, schrieb ein Blatt. [Source]\n\n"
    f"{FOOTER}"
)


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def article(mia):
    made = factories.article(mia, TEXT, title="Der Preis steigt", publisher="Orn 24")
    factories.article(mia, f"Zwei.\n\n{FOOTER}", publisher="Orn 24")
    Region.objects.all().delete()
    return made


def zones() -> list[tuple[str, str]]:
    rows = Region.objects.select_related("version").filter(withdrawn_at__isnull=True, version__text=TEXT)
    return [(row.kind, TEXT[row.start : row.end]) for row in rows.order_by("start", "-end")]


def open_with_zones(page, article) -> None:
    open_article(page, article)
    expect(page.locator("[data-zone-button]")).to_be_attached()


def picture(page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"zones-{name}.png")


def test_an_excerpt_is_marked_by_mouse_named_moved_undone_and_a_conflict_shows_theirs(page_of, mia, article):
    page = page_of(mia.user)
    open_with_zones(page, article)
    select(page, "Der Preis stieg um 4 %")
    page.locator("label-popup").get_by_text("Mark as zone").click()
    picture(page, "menu")
    page.locator(".zone-menu").get_by_role("button", name="Excerpt").click()

    card = page.locator(".zone-card")
    card.locator("input[name=publisher]").fill("Tern Wire")
    card.locator("input[name=url]").fill("https://tern.example/a")
    card.get_by_role("button", name="Save").click()
    expect(page.locator(".zone-row", has_text="Excerpt · Tern Wire")).to_be_visible()
    expect(page.locator("[data-toast]")).to_contain_text("Zone changed")
    picture(page, "excerpt")
    wait_until_saved(page)
    zone = Region.objects.get(kind="excerpt")
    assert (zone.publisher.name, zone.url, zone.created_by) == ("Tern Wire", "https://tern.example/a", mia)

    select(page, "Das war abzusehen")
    card.get_by_role("button", name="Set to the selection").click()
    expect(page.locator(".zone-row", has_text="Das war abzusehen")).to_be_visible()
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.locator(".zone-row", has_text="Der Preis stieg um 4 %")).to_be_visible()
    expect(page.locator("[data-live]")).to_contain_text("Undone")
    wait_until_saved(page)
    assert zones() == [("excerpt", "Der Preis stieg um 4 %")]

    zone.refresh_from_db()
    change_zone(zone.uuid, ZoneChange(kind="byline"), by=mia, base_version=zone.version_number)
    card.locator("select").select_option("caption")
    sides = page.locator("[data-decisions] dl")
    expect(sides).to_contain_text("Caption")
    expect(sides).to_contain_text("Byline")
    page.locator("[data-decisions]").get_by_role("button", name="Keep mine").click()
    expect(page.locator(".zone-row", has_text="Caption")).to_be_visible()
    wait_until_saved(page)
    assert zones() == [("caption", "Der Preis stieg um 4 %")]


def test_zones_are_dragged_by_their_ends_and_undone_without_a_connection_and_after_a_reload(page_of, mia, article):
    page = page_of(mia.user)
    open_with_zones(page, article)
    select(page, "4 %")
    page.keyboard.press("z")
    page.locator(".zone-menu").get_by_role("button", name="Caption").click()
    page.locator("#tab-article").click()
    page.locator(".zone-row", has_text="4 %").click()
    expect(page.locator(".handle")).to_have_count(2)
    with offline(page):
        drag_end(page, "Das war")
        expect(page.locator(".zone-row", has_text="4 %, sagte Zoë O’Neill. 👩‍🚒 Das war")).to_be_visible()
        picture(page, "handles")
        page.locator(".zone-card").get_by_role("button", name="Remove zone").click()
        expect(page.locator(".zone-row")).to_have_count(0)
        page.keyboard.press("u")
        expect(page.locator(".zone-row", has_text="Das war")).to_be_visible()
        expect(page.locator("save-state")).to_contain_text("Offline")
    wait_until_saved(page)
    assert zones() == [("caption", "4 %, sagte Zoë O’Neill. 👩‍🚒 Das war")]

    page.reload()
    expect(page.locator("[data-zone-button]")).to_be_attached()
    page.keyboard.press("u")
    expect(page.locator("[data-live]")).to_contain_text("Undone")
    wait_until_saved(page)
    page.keyboard.press("u")
    wait_until_saved(page)
    assert zones() == []


def test_zones_are_marked_moved_and_removed_by_keyboard_alone(page_of, mia, article):
    page = page_of(mia.user)
    open_with_zones(page, article)

    page.keyboard.press("j")
    page.keyboard.press("z")
    expect(page.locator(".zone-menu")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".zone-name", has_text="Headline")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("z")
    for _n in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".zone-name", has_text="Caption")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".zone-row[aria-expanded=true]")).to_be_focused()
    page.keyboard.press("[")
    expect(page.locator(".zone-row", has_text="Archivbild.")).to_have_count(0)
    expect(page.locator("[data-toast]")).to_contain_text("Zone changed: Caption")
    wait_until_saved(page)
    assert zones() == [("headline", "Der Preis steigt"), ("caption", "Ein Boot auf der Oska, Archivbild")]

    page.keyboard.press("Delete")
    expect(page.locator("[data-toast]")).to_contain_text("Zone removed: Caption")
    wait_until_saved(page)
    assert zones() == [("headline", "Der Preis steigt")]


def test_boilerplate_of_a_publisher_is_counted_marked_everywhere_and_undone_from_the_page(page_of, mia, article):
    page = page_of(mia.user)
    open_with_zones(page, article)
    select(page, FOOTER)
    page.keyboard.press("z")
    page.locator(".zone-menu").get_by_role("button", name="Not part of the article").click()
    page.locator(".zone-name").click()
    wait_until_saved(page)
    page.get_by_role("button", name="In every article of this publisher").click()
    expect(page.locator(".zone-said")).to_contain_text("Of 2 articles of “Orn 24”, 2 have these lines; in 1 they are")
    picture(page, "everywhere")

    page.get_by_role("button", name="Mark in 1 article").click()
    expect(page.locator(".zone-said")).to_contain_text("A job marks them")
    run_to_the_end(Job.objects.get().pk, KINDS, owner=owner_name())
    expect(page.locator(".zone-said")).to_contain_text("1 zone was marked in 2 articles")
    page.locator(".zone-said").get_by_role("button", name="Undo").click()
    expect(page.locator(".zone-said")).to_contain_text("A job marks them")
    run_to_the_end(Job.objects.latest("pk").pk, KINDS, owner=owner_name())
    expect(page.locator(".zone-said")).to_contain_text("1 zone was removed.")
    assert Region.objects.filter(version__text=TEXT).count() == Region.objects.count() == 1


def test_what_is_folded_and_how_the_text_is_set_lasts_over_a_reload_and_a_link_into_it_unfolds(page_of, mia, article):
    start = TEXT.index(FOOTER)
    page = page_of(mia.user)
    factories.annotation(mia, article, start, start + 5)
    row = Region(uuid="6b1c7f0e-3d5e-4f0a-9d0c-6f4a8a2f7c11", kind="boilerplate", start=start, end=len(TEXT))
    row.project, row.version, row.length = mia.project, article.current_version, len(TEXT)
    row.save()
    open_with_zones(page, article)
    page.locator("#tab-article").click()
    page.get_by_label("sans serif").check()
    page.get_by_label("very large").check()
    page.get_by_label("what is not part of the article").check()
    footer = page.locator("p[data-region=boilerplate]")
    expect(page.locator(".zone-fold")).to_have_attribute("aria-expanded", "false")

    page.reload()
    expect(page.locator(".zone-fold")).to_have_attribute("aria-expanded", "false")
    assert footer.evaluate("(el) => el.getBoundingClientRect().height") < 2
    assert page.locator(".article").evaluate("(el) => getComputedStyle(el).fontSize") == "24px"
    picture(page, "folded")
    page.keyboard.press("n")
    expect(page.locator(".zone-fold")).to_have_attribute("aria-expanded", "true")
    assert footer.evaluate("(el) => el.getBoundingClientRect().height") > 20


def test_on_a_phone_a_selection_becomes_a_zone_by_touch(page_of, mia, article):
    page = page_of(mia.user, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    open_with_zones(page, article)
    place = page.evaluate(PLACE_OF, "[Source]")
    assert place
    page.evaluate(
        """() => {
          const blocks = [...document.querySelectorAll("p[data-b]")];
          const node = blocks.find((p) => p.textContent.includes("[Source]")).firstChild;
          const at = node.data.indexOf("[Source]");
          getSelection().setBaseAndExtent(node, at, node, at + 8);
        }"""
    )
    expect(page.locator(".annotator[data-selecting]")).to_be_attached()
    page.wait_for_timeout(300)
    page.locator("[data-zone-button]").tap()
    picture(page, "phone-menu")
    page.locator(".zone-menu").get_by_role("button", name="Citation marker").tap()
    page.locator(".zone-card input[name=url]").fill("https://blatt.example/1240")
    picture(page, "phone-card")
    page.locator(".zone-card").get_by_role("button", name="Save").tap()
    expect(page.locator("[data-toast]")).to_contain_text("Zone changed: Citation marker")
    wait_until_saved(page)
    assert Region.objects.get(kind="citation_marker").url == "https://blatt.example/1240"
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390

    page.locator(".side-close").tap()
    expect(page.locator(".side")).not_to_have_attribute("data-open", "")
    touch_end(page, "1.240 Menschen", "start")
    wait_until_saved(page)
    picture(page, "phone-handles")
    assert ("citation_marker", "1.240 Menschen, schrieb ein Blatt. [Source]") in zones()


def test_annotators_of_a_blind_project_see_zones_and_mark_none(page_of):
    mia = factories.project()
    ada = factories.member(mia, "ada")
    page = page_of(ada.user)
    open_article(page, factories.article(mia, TEXT, title="Der Preis steigt"))

    expect(page.locator(".zone-name", has_text="Headline")).to_be_visible()
    expect(page.locator("[data-zone-button]")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".zone-row[aria-expanded=true]")).to_be_visible()
    expect(page.locator(".zone-card select")).to_have_count(0)


SET = "['face', 'size', 'measure', 'folds'].map((name) => document.documentElement.dataset[name])"


def test_how_the_text_is_set_follows_a_person_to_another_browser_and_costs_no_request_there(page_of, mia, article):
    page = page_of(mia.user)
    open_article(page, article)
    page.locator("#tab-article").click()
    reading = page.locator("[data-reading]:not(html)")
    with page.expect_response("**/me/reading/") as first:
        reading.get_by_label("sans serif").focus()
        page.keyboard.press("Space")
    with page.expect_response("**/me/reading/"):
        reading.get_by_role("checkbox", name="captions").press("Space")
    assert first.value.status == 200
    mia.user.refresh_from_db()
    assert mia.user.reading == {"face": "sans", "size": "", "measure": "", "folds": ["caption"]}

    other = page_of(mia.user)
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    open_article(other, article)
    other.wait_for_selector("cw-annotator[data-more=acts]", state="attached")
    assert other.evaluate(SET) == ["sans", "", "", "caption"]
    other.locator("#tab-article").click()
    expect(other.locator("[data-reading]:not(html)").get_by_label("sans serif")).to_be_checked()
    expect(other.locator("[data-reading]:not(html)").get_by_role("checkbox", name="captions")).to_be_checked()
    assert not [url for url in asked if "/me/reading/" in url]
    for look, size in (("light", (1280, 800)), ("dark", (1280, 800)), ("light", (390, 780))):
        other.set_viewport_size({"width": size[0], "height": size[1]})
        other.emulate_media(color_scheme=look)
        other.screenshot(path=PICTURES / f"zones-reading-{look}-{size[0]}.png")
    other.set_viewport_size({"width": 1280, "height": 800})

    with offline(other):
        other.locator("[data-reading]:not(html)").get_by_label("large", exact=True).check()
        other.wait_for_timeout(200)
    mia.user.refresh_from_db()
    assert mia.user.reading["size"] == ""
    with other.expect_response("**/me/reading/"):
        open_article(other, article)
        assert other.evaluate(SET) == ["sans", "large", "", "caption"]
    mia.user.refresh_from_db()
    assert mia.user.reading["size"] == "large"
    open_article(page, article)  # what this browser kept is older than what the account has
    assert page.evaluate(SET) == ["sans", "large", "", "caption"]
