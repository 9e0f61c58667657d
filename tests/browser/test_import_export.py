"""Files from a look at them to their problems; an export from its format to its file; by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.jobs.running import run_job
from annotations.models import Article, Job, Membership, WaitingUpload
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import save_filter
from annotations.tasks import KINDS
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = "nr,headline,words,when\n1,Der Preis,📈 Der Preis stieg.,2024-02-29\n2,=1+1,Das Amt prüft.,31.02.2024\n"
LONG = "Donaudampfschiff" * 20


@pytest.fixture
def mia(transactional_db) -> Membership:
    return factories.project()


def sent(name: str, content: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/plain", "buffer": content.encode()}


def look_at(page: Page, *files: dict[str, Any]) -> None:
    page.goto("/p/river/import/")
    page.get_by_label("Files", exact=True).set_input_files(list(files))
    page.get_by_role("button", name="Look at them first").click()
    expect(page.get_by_role("heading", name="How the files would be read")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_table_is_looked_at_mapped_and_started_and_its_problem_taken_away(mia, page_of, scripts):
    page = page_of(mia.user, java_script_enabled=scripts)
    look_at(page, sent("t.csv", TABLE))
    expect(page.get_by_role("heading", name="No article was found")).to_be_visible()

    page.get_by_label("nr", exact=True).select_option("external_id")
    page.get_by_label("words", exact=True).select_option("text")
    page.get_by_label("when", exact=True).select_option("published_at")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("row").filter(has_text="Der Preis stieg")).to_contain_text("2024-02-29")
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url(re.compile("/jobs/"))
    run_job(Job.objects.get().pk, KINDS, owner="this test")
    page.reload()

    assert [article.external_id for article in Article.objects.all()] == ["1"]
    page.get_by_role("link", name="Filter them").click()
    page.get_by_label("Field").select_option("published_at")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("1 matches.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [(row["line"], row["field"], row["value"]) for row in rows] == [("3", "published_at", "31.02.2024")]


def test_the_wizard_is_walked_by_keyboard_alone(mia, page_of):
    page = page_of(mia.user)
    page.goto("/p/river/import/")
    page.get_by_label("Files", exact=True).set_input_files([sent("a.txt", "Die Flut kam.")])

    page.get_by_role("button", name="Look at them first").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/import/.+"))
    page.get_by_label("Publisher").focus()
    page.keyboard.type("Der Bote")
    page.keyboard.press("Enter")  # in a field it looks again, and starts nothing
    expect(page.get_by_label("Publisher")).to_have_value("Der Bote")
    assert not Job.objects.exists()
    page.get_by_label("Language").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "start"
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("/jobs/"))
    assert Job.objects.get().parameters["defaults"] == {"publisher": "Der Bote"}


def test_files_can_be_forgotten(mia, page_of):
    page = page_of(mia.user)
    look_at(page, sent("a.txt", "Die Flut kam."))

    page.get_by_role("button", name="Forget the files").click()

    expect(page.get_by_text("The files are forgotten")).to_be_visible()
    assert not WaitingUpload.objects.exists()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (390, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.long),
        pytest.param(390, "light", marks=pytest.mark.long),
    ],
)
def test_no_page_of_an_import_or_export_is_wider_than_its_window(mia, page_of, width, scheme):
    page = page_of(mia.user, viewport={"width": width, "height": 800}, color_scheme=scheme)
    rows = [{"id": LONG, "title": LONG, "text": LONG, LONG: LONG, "published": LONG, "publisher": "P"}, {"id": "b"}]
    look_at(page, sent(f"{LONG[:150]}.jsonl", "\n".join(map(json.dumps, rows))), sent("empty.txt", ""))
    preview = page.url
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url(re.compile("/jobs/"))
    run_job(Job.objects.get().pk, KINDS, owner="this test")
    job = page.url

    save_filter(LONG[:100], ArticleFilters(q="x"), by=mia)
    look_at(page, sent("c.txt", LONG))
    lists = "/p/river/jobs/", "/p/river/?q=x", "/p/river/?sort=title"
    for address in (page.url, job, f"{job}problems/", "/p/river/export/", *lists):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    assert page.goto(preview).status == 404


def test_an_export_is_chosen_watched_and_its_losses_read_before_it_is_taken(mia, page_of):
    factories.article(mia, language="de")
    factories.article(mia, language="en")
    page = page_of(mia.user)
    page.goto("/p/river/?language=de")
    page.get_by_role("link", name="Export these").click()
    expect(page.get_by_text("the 1 article that matches your filter")).to_be_visible()
    expect(page.get_by_text("Carries all that can be imported again").first).to_be_visible()

    page.get_by_label("one JSON object").check()
    page.get_by_role("button", name="Start the export").click()
    page.wait_for_url(re.compile("/jobs/"))
    run_job(Job.objects.get().pk, KINDS, owner="this test")

    expect(page.get_by_text("Nothing was lost")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download river.json").click()
    assert [article["language"] for article in json.loads(download.value.path().read_text("utf-8"))["articles"]] == [
        "de"
    ]
