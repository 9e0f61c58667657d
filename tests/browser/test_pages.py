"""The pages besides the article, in a real browser: by keyboard alone, with hostile texts, and renewed by a job."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotations.jobs.running import run_job
from annotations.models import Article, Assignment, Job, Project
from annotations.tasks import KINDS
from tests import factories

HOSTILE = "\"'><img src=x onerror=alert(1)><svg onload=alert(2)></script><script>alert(3)</script>"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus stands on the element; it must be visible there."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} shows no focus"
            return
    raise AssertionError(f"Tab does not reach {selector}")


@pytest.fixture
def mia():
    return factories.project("river", name="River")


def test_a_project_is_made_and_its_articles_are_assigned_by_keyboard_alone(page):
    factories.user("mia")
    page.goto("/")
    page.keyboard.type("mia")
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    tab_to(page, "a[href='/projects/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("/projects/new/")
    tab_to(page, "[name=name]")
    page.keyboard.type("The flood")
    tab_to(page, "textarea[name=text]")
    page.keyboard.type("Die Flut kam um vier Uhr.")
    tab_to(page, "main .button-primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Die Flut kam um vier Uhr.", exact=True)).to_be_visible()

    tab_to(page, "[data-tick-all]")
    page.keyboard.press("Space")
    tab_to(page, ".bulk-act:last-of-type summary")
    page.keyboard.press("Enter")
    tab_to(page, "[name=annotators]")
    page.keyboard.press("Space")
    tab_to(page, "button[value=assign]")
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 new assignment is made.")).to_be_visible()
    assert Assignment.objects.get().version.article == Article.objects.get()
    assert Project.objects.get().name == "The flood"


def test_the_first_tab_stop_of_a_page_skips_to_its_content(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/")

    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [1280, 390])
def test_xs1_hostile_texts_run_nothing_and_no_page_is_wider_than_its_window(mia, page_of, width):
    mia.project.name = HOSTILE
    mia.project.save(update_fields=["name"])
    made = factories.article(mia, f"{HOSTILE}\n\n{'x' * 3000}", title=HOSTILE * 3, publisher=HOSTILE)
    row = factories.annotation(mia, made, 0, len(HOSTILE), note=HOSTILE)
    Article.objects.filter(pk=made.pk).update(
        metadata={HOSTILE: HOSTILE}, candidates={"published_at": [{"value": HOSTILE, "place": {"snippet": HOSTILE}}]}
    )
    base = f"/p/river/articles/{made.uuid}/"
    page = page_of(mia.user, viewport={"width": width, "height": 800})

    paths = [
        "",
        "guidelines/",
        "labels/",
        "labels/edit/",
        "import/",
        "export/",
        "jobs/",
        "members/",
        "settings/",
        "acts/",
    ]
    paths = [f"/p/river/{path}" for path in paths]
    for path in [*paths, "/", "/account/", "/projects/new/", f"{base}marks/", f"{base}details/", base]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.goto(f"/p/river/annotations/{row.key}/history/")


def test_the_page_of_an_import_shows_its_end_without_being_loaded_again(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/import/")
    page.get_by_label("Files").set_input_files(
        [{"name": "flood.txt", "mimeType": "text/plain", "buffer": b"Die Flut kam.\n\nSie ging."}]
    )
    expect(page.get_by_text("flood.txt")).to_be_visible()
    page.get_by_role("button", name="Import at once").click()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")

    run_job(Job.objects.get().pk, KINDS, owner="this test")

    expect(page.get_by_role("link", name="To the articles")).to_be_visible()
    expect(page.get_by_text("1 article", exact=False).first).to_be_visible()
    assert page.evaluate("window.isTheSamePage") is True


def test_guidelines_are_shown_as_they_are_written(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/guidelines/edit/")

    page.get_by_label("Guidelines (Markdown)").fill("## Kurz\n\nNur **ganze** Sätze. <b>roh</b>")

    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("heading", name="Kurz", level=2)).to_be_visible()
    expect(preview.locator("strong")).to_have_text("ganze")
    expect(preview).to_contain_text("<b>roh</b>")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is in force")).to_be_visible()


def test_one_more_label_is_added_without_a_round_trip(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/labels/edit/")
    rows = page.locator(".label-row")
    before = rows.count()

    page.get_by_role("button", name="One more label").click()
    expect(rows).to_have_count(before + 1)
    page.keyboard.type("Rumour")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("rowheader", name="Rumour")).to_be_visible()


def import_and_wait(page: Page) -> None:
    page.get_by_role("button", name="Import at once").click()
    page.wait_for_url("**/jobs/*/")
    run_job(Job.objects.get().pk, KINDS, owner="this test")


def external_ids() -> list[str]:
    return sorted(Article.objects.values_list("external_id", flat=True))


def drop(page: Page, paths: list[str], onto: str) -> None:
    """Let the browser's own machinery drop files or folders of the disk onto an element."""
    box = page.locator(onto).bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": paths, "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, "data": data, **place})


@pytest.fixture
def folder(tmp_path):
    for name in ("north/flood.txt", "south/flood.txt"):
        path = tmp_path / "papers" / name
        path.parent.mkdir(parents=True)
        path.write_text(f"Die Flut\n\nSo steht es in {name}.", encoding="utf-8")
    return tmp_path / "papers"


def test_a_chosen_folder_is_imported_with_the_paths_of_its_files(mia, page_of, folder):
    page = page_of(mia.user)
    page.goto("/p/river/import/")

    page.get_by_label("Or a whole folder").set_input_files(folder)
    expect(page.get_by_role("listitem").filter(has_text="papers/south/flood.txt")).to_be_visible()
    import_and_wait(page)

    assert external_ids() == ["papers/north/flood.txt", "papers/south/flood.txt"]


def test_a_dropped_folder_is_imported_with_the_paths_of_its_files(mia, page_of, folder):
    page = page_of(mia.user)
    page.goto("/p/river/import/")

    drop(page, [str(folder)], onto="[data-drop]")
    expect(page.get_by_role("listitem").filter(has_text="papers/south/flood.txt")).to_be_visible()
    import_and_wait(page)

    assert external_ids() == ["papers/north/flood.txt", "papers/south/flood.txt"]


def test_files_dropped_beside_the_panel_are_taken_and_the_page_stays(mia, page_of, folder):
    page = page_of(mia.user)
    page.goto("/p/river/import/")

    drop(page, [str(folder / "north/flood.txt")], onto="h1")
    expect(page.get_by_role("listitem").filter(has_text="flood.txt")).to_be_visible()
    import_and_wait(page)

    assert external_ids() == ["flood.txt"]


def test_more_files_than_can_be_sent_at_once_are_refused_before_they_are_sent(mia, page_of, tmp_path):
    for n in range(101):
        (tmp_path / f"{n}.txt").write_text("Die Flut kam.", encoding="utf-8")
    page = page_of(mia.user)
    page.goto("/p/river/import/")

    drop(page, [str(tmp_path)], onto="[data-drop]")
    expect(page.get_by_text("+ 51", exact=True)).to_be_visible()
    page.get_by_role("button", name="Import at once").click()

    message = page.get_by_label("Files", exact=True).evaluate("field => field.validationMessage")
    assert message == "Choose at most 100 files at once, or put them into a .zip."
    assert not Job.objects.exists()


def test_a_title_of_one_endless_word_leaves_the_other_columns_in_sight(mia, page_of):
    factories.article(mia, title="Donaudampfschiff" * 20)
    page = page_of(mia.user, viewport={"width": 1280, "height": 800})
    page.goto("/p/river/")

    frame = page.locator(".table-frame")

    assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") <= 0


def test_on_a_narrow_screen_every_tab_of_the_project_is_in_sight(mia, page_of):
    page = page_of(mia.user, viewport={"width": 390, "height": 800})
    page.goto("/p/river/acts/")

    for tab in page.get_by_role("navigation", name="Project").get_by_role("link").all():
        expect(tab).to_be_in_viewport(ratio=1)


def test_an_act_on_ticked_articles_asks_for_one_and_keeps_what_was_filled_in(mia, page_of):
    factories.article(mia, title="Die Flut")
    page = page_of(mia.user)
    page.goto("/p/river/")
    page.get_by_text("Assign…").click()
    page.get_by_role("checkbox", name="mia").check()

    page.get_by_role("button", name="Assign", exact=True).click()
    message = page.get_by_role("radio", name="the ticked articles").evaluate("radio => radio.validationMessage")
    assert message == "Tick an article first."
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Tick “Die Flut”").check()
    page.get_by_text("Assign…").click()
    page.get_by_role("button", name="Assign", exact=True).click()

    expect(page.get_by_text("1 new assignment is made.")).to_be_visible()


def test_a_tick_means_the_ticked_articles_and_no_longer_all(mia, page_of):
    factories.article(mia, title="Die Flut")
    page = page_of(mia.user)
    page.goto("/p/river/")
    page.get_by_role("radio", name="the 1 article").check()

    page.get_by_role("checkbox", name="Tick “Die Flut”").check()

    expect(page.get_by_role("radio", name="the ticked articles (1)")).to_be_checked()


def test_enter_among_the_people_assigns(mia, page_of):
    factories.article(mia, title="Die Flut")
    page = page_of(mia.user)
    page.goto("/p/river/")
    page.get_by_role("checkbox", name="Tick “Die Flut”").check()
    page.get_by_text("Assign…").click()
    page.get_by_role("checkbox", name="mia").check()

    page.keyboard.press("Enter")

    expect(page.get_by_text("1 new assignment is made.")).to_be_visible()


def test_enter_after_a_preview_looks_again_and_saves_nothing(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/articles/add/")
    page.get_by_label("Title").fill("Die Flut")
    page.get_by_label("Text", exact=True).fill("Die Flut kam.")
    page.get_by_role("button", name="Look at it before saving").click()
    expect(page.get_by_role("heading", name="As it will be frozen")).to_be_visible()

    with page.expect_navigation():
        page.get_by_label("Title").press("Enter")

    expect(page.get_by_role("heading", name="As it will be frozen")).to_be_visible()
    assert not Article.objects.exists()
