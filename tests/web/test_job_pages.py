"""Starting imports and exports from a page, and watching them."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from annotations.jobs.starting import start_export
from annotations.models import Article, Job, JobProblem, Worker
from tests import factories

IMPORT = {"on_conflict": "skip", "format": ""}


def file(name: str = "flood.txt", content: bytes = b"The flood came.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def worker(db) -> Worker:
    return Worker.objects.create(name="one", last_seen_at=timezone.now())


def test_an_import_takes_files_and_what_holds_for_all_of_them(team, browser):
    form = IMPORT | {
        "uploads": [file(), file("b.html", b"<p>Hi</p>")],
        "publisher": "Post",
        "published_at": "2018-11-15",
    }

    response = browser("mia").post("/p/river/import/", form | {"language": "en_gb", "on_conflict": "version"})

    job = Job.objects.get()
    assert response["Location"] == f"/p/river/jobs/{job.uuid}/"
    assert [one.name for one in job.files.all()] == ["flood.txt", "b.html"]
    assert job.parameters["on_conflict"] == "version"
    assert job.parameters["defaults"] == {"publisher": "Post", "published_at": "2018-11-15", "language": "en-GB"}


def key_of(page) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_form_that_is_sent_twice_starts_one_import(team, browser):
    mia = browser("mia")
    form = IMPORT | {"form_key": key_of(mia.get("/p/river/import/"))}

    first, again = (mia.post("/p/river/import/", form | {"uploads": [file()]}) for _time in range(2))
    other = mia.post("/p/river/import/", form | {"uploads": [file("flood.txt", b"Another text.")]})

    assert first["Location"] == again["Location"] != other["Location"]
    assert Job.objects.count() == 2


def test_a_form_that_is_sent_twice_starts_one_export(team, browser):
    mia = browser("mia")
    form = {"format": "native", "texts": "with", "form_key": key_of(mia.get("/p/river/export/"))}

    first, again = (mia.post("/p/river/export/", form) for _time in range(2))
    others = mia.post("/p/river/export/", form | {"texts": "without"}), mia.post("/p/river/export/?language=de", form)

    assert first["Location"] == again["Location"]
    assert len({first["Location"], *(one["Location"] for one in others)}) == 3


@pytest.mark.parametrize("key", ["", "once"])
def test_a_form_without_a_key_is_taken_each_time(team, browser, key):
    for _time in range(2):
        browser("mia").post("/p/river/export/", {"format": "native", "texts": "with", "form_key": key})

    assert Job.objects.count() == 2


def test_files_of_a_folder_keep_their_paths(team, browser):
    form = IMPORT | {"folder": [file("a.txt"), file("a.txt", b"Another.")], "folder_paths": '["x/a.txt", "y/a.txt"]'}

    browser("mia").post("/p/river/import/", form)

    assert [one.name for one in Job.objects.get().files.all()] == ["x/a.txt", "y/a.txt"]


def test_what_the_system_leaves_in_a_folder_is_not_imported(team, browser):
    form = IMPORT | {
        "folder": [file("a.txt"), file(".DS_Store", b"\x00")],
        "folder_paths": '["x/a.txt", "x/.DS_Store"]',
    }

    browser("mia").post("/p/river/import/", form)

    assert [one.name for one in Job.objects.get().files.all()] == ["x/a.txt"]


@pytest.mark.parametrize("paths", ['["../a.txt"]', '["/etc/passwd"]', "[1]", "no json", '["a", "b"]', '{"0": "a"}'])
def test_paths_that_are_none_are_not_believed(team, browser, paths):
    browser("mia").post("/p/river/import/", IMPORT | {"folder": [file("a.txt")], "folder_paths": paths})

    assert [one.name for one in Job.objects.get().files.all()] == ["a.txt"]


def test_an_import_without_files_says_so_at_the_field(team, browser):
    response = browser("mia").post("/p/river/import/", IMPORT)

    assert response.status_code == 422
    assert "Choose at least one file." in str(response.context["form"].errors["uploads"])


def test_the_list_of_jobs_names_the_first_file_and_counts_the_others(team, browser, django_assert_num_queries):
    mia = browser("mia")
    for names in (["alone.txt"], ["first.txt", "b.txt", "c.txt"], ["<b>.txt", "d.txt"]):
        mia.post("/p/river/import/", IMPORT | {"uploads": [file(name) for name in names]})
    undone = Job.objects.latest("pk")
    Job.objects.create(project=team.project, kind="undo", requested_by=team.mia, undoes=undone)

    with django_assert_num_queries(5):
        page = mia.get("/p/river/jobs/").content.decode()

    assert "<bdi>alone.txt</bdi></span>" in page
    assert "<bdi>first.txt</bdi> and 2 more" in page
    assert page.count("<bdi>&lt;b&gt;.txt</bdi> and 1 more") == 2


def test_the_list_of_jobs_names_the_file_that_an_export_made(team, browser):
    Job.objects.create(project=team.project, kind="export", requested_by=team.mia, result_name="river.jsonl")

    assert "<bdi>river.jsonl</bdi>" in browser("mia").get("/p/river/jobs/").content.decode()


def test_without_a_worker_the_pages_say_so_and_what_to_do(team, browser):
    job = start_export(team.mia)

    for path in ("/p/river/import/", "/p/river/export/", "/p/river/jobs/", f"/p/river/jobs/{job.uuid}/"):
        assert b"No worker is running" in browser("mia").get(path).content


def test_with_a_worker_nothing_is_said_of_it(team, browser, worker):
    job = start_export(team.mia)

    for path in ("/p/river/import/", "/p/river/jobs/", f"/p/river/jobs/{job.uuid}/"):
        assert b"No worker is running" not in browser("mia").get(path).content


def test_the_scope_of_an_export_is_the_filter_of_the_list(team, browser):
    factories.article(team.mia, language="de")
    factories.article(team.mia, language="en")
    mia = browser("mia")

    shown = mia.get("/p/river/export/?language=de")
    mia.post("/p/river/export/?language=de", {"format": "native.json", "texts": "without"})

    assert shown.context["total"] == 1
    parameters = Job.objects.get().parameters
    assert parameters["filters"] == {"language": "de"}
    assert (parameters["as_json_object"], parameters["with_text"]) == (True, False)


def test_the_page_of_an_import_names_each_problem_with_its_place(team, browser, worker):
    job = Job.objects.create(
        project=team.project,
        kind="import",
        requested_by=team.mia,
        state="done_with_problems",
        n_read=5,
        n_created=4,
        n_rejected=1,
    )
    JobProblem.objects.create(
        job=job,
        file="articles.jsonl",
        line=3,
        field="published_at",
        value="31.02.2024",
        message="“31.02.2024” is not a date. Write YYYY-MM-DD.",
    )

    page = browser("mia").get(f"/p/river/jobs/{job.uuid}/").content.decode()

    for part in ("articles.jsonl", ">3<", "published_at", "31.02.2024", "Write YYYY-MM-DD."):
        assert part in page
    assert "hx-get" not in page


def test_a_running_job_renews_only_its_own_part_of_the_page(team, browser, worker):
    job = Job.objects.create(
        project=team.project, kind="import", requested_by=team.mia, state="running", done=3, total=4
    )

    whole = browser("mia").get(f"/p/river/jobs/{job.uuid}/").content.decode()
    part = browser("mia").get(f"/p/river/jobs/{job.uuid}/", headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="stale"' in whole
    assert "<html" not in part
    assert 'value="75"' in part


@pytest.fixture
def exported(team) -> Job:
    job = Job.objects.create(
        project=team.project,
        kind="export",
        requested_by=team.mia,
        state="done",
        result_name="river.jsonl",
        result_sha256=b"\x01" * 32,
        result_size=21,
    )
    job.result.save("river.jsonl", ContentFile(b"<script>alert(1)</script>"))
    return job


def test_xs4_a_result_is_sent_as_a_file_that_no_browser_runs(exported, browser):
    response = browser("mia").get(f"/p/river/jobs/{exported.uuid}/result/")

    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="river.jsonl"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert "private" in response["Cache-Control"]


def test_the_page_of_an_export_shows_size_and_digest(exported, browser):
    page = browser("mia").get(f"/p/river/jobs/{exported.uuid}/").content.decode()

    assert "01" * 32 in page
    assert "21" in page


def test_the_list_of_jobs_counts_what_an_export_wrote(exported, browser):
    Job.objects.filter(pk=exported.pk).update(done=75)

    page = browser("mia").get("/p/river/jobs/").content.decode()

    assert '<td class="number" data-name="Articles">75</td>' in page


def test_an_import_of_many_files_names_the_first_and_says_that_there_are_more(team, browser, worker):
    form = IMPORT | {"uploads": [file(f"{n:02}.txt") for n in range(20)]}

    page = browser("mia").post("/p/river/import/", form, follow=True).content.decode()

    assert "07.txt</bdi> …" in page
    assert "08.txt" not in page


def test_ac2_what_one_person_may_export_nobody_else_gets(exported, team, browser):
    factories.project("other", manager="sam")

    assert browser("ada").get(f"/p/river/jobs/{exported.uuid}/").status_code == 404
    assert browser("ada").get(f"/p/river/jobs/{exported.uuid}/result/").status_code == 404
    assert browser("sam").get(f"/p/other/jobs/{exported.uuid}/result/").status_code == 404


def running(team, **values) -> Job:
    given = {"kind": "import", "requested_by": team.mia, "state": "running", "done": 3, "total": 4} | values
    return Job.objects.create(project=team.project, **given)


def test_a_running_job_offers_to_be_cancelled_and_a_click_cancels_it(team, browser, worker):
    job = running(team)
    mia = browser("mia")
    assert b'value="cancel"' in mia.get(f"/p/river/jobs/{job.uuid}/").content

    response = mia.post(f"/p/river/jobs/{job.uuid}/act/", {"act": "cancel"})

    assert response["Location"] == f"/p/river/jobs/{job.uuid}/"
    job.refresh_from_db()
    assert job.state == "cancelled"
    page = mia.get(f"/p/river/jobs/{job.uuid}/").content
    assert b'value="continue"' in page
    assert b'value="cancel"' not in page


def test_an_import_that_ended_offers_to_be_undone_and_leads_to_the_job_that_does_it(team, browser, worker):
    job = running(team, state="done", n_read=4, n_created=4)
    mia = browser("mia")
    assert b"Undo this import" in mia.get(f"/p/river/jobs/{job.uuid}/").content

    response = mia.post(f"/p/river/jobs/{job.uuid}/act/", {"act": "undo"})

    undoing = Job.objects.get(kind="undo")
    assert response["Location"] == f"/p/river/jobs/{undoing.uuid}/"
    assert b"This import was undone, or is being undone." in mia.get(f"/p/river/jobs/{job.uuid}/").content
    assert str(job.uuid).encode() in mia.get(f"/p/river/jobs/{undoing.uuid}/").content


def test_the_buttons_that_start_a_job_start_one_however_often_they_are_pressed(team, browser, worker):
    mia = browser("mia")
    mia.post("/p/river/import/", IMPORT | {"uploads": [file()], "trial": "yes"})
    trial = Job.objects.get()
    done = running(team, state="done", n_read=4, n_created=4)
    Job.objects.update(state="done")

    for job, act in ((trial, "import"), (done, "undo")):
        page = f"/p/river/jobs/{job.uuid}/"
        form = {"act": act, "form_key": key_of(mia.get(page))}
        first, again = (mia.post(f"{page}act/", form) for _time in range(2))
        assert first["Location"] == again["Location"] != page

    assert Job.objects.count() == 4


def test_an_import_of_the_first_release_says_that_it_cannot_be_undone(team, browser, worker):
    job = running(team, state="done", n_read=1, n_created=1)
    Article.objects.filter(pk=factories.article(team.mia).pk).update(created_by_job=job)  # its text names no job

    response = browser("mia").post(f"/p/river/jobs/{job.uuid}/act/", {"act": "undo"}, follow=True)

    assert "was made by the first release" in response.content.decode()
    assert not Job.objects.filter(kind="undo").exists()


def test_an_act_that_comes_too_late_is_told_on_the_page(team, browser, worker):
    job = running(team, state="done")

    response = browser("mia").post(f"/p/river/jobs/{job.uuid}/act/", {"act": "cancel"}, follow=True)

    assert b"This job has ended already: there is nothing to cancel." in response.content


def test_a_dry_run_is_asked_for_by_its_own_button_and_offers_the_import(team, browser, worker):
    mia = browser("mia")
    mia.post("/p/river/import/", IMPORT | {"uploads": [file()], "trial": "yes"})
    job = Job.objects.get()
    assert job.is_trial
    Job.objects.update(state="done")

    page = mia.get(f"/p/river/jobs/{job.uuid}/").content
    assert b"dry run" in page
    assert b"Import these files now" in page
    mia.post(f"/p/river/jobs/{job.uuid}/act/", {"act": "import"})

    assert not Job.objects.latest("pk").is_trial


def test_pace_and_remaining_time_stand_on_page_and_list(team, browser, worker):
    now = timezone.now()
    job = running(team, stage_at=now - timedelta(seconds=10), heartbeat_at=now, done=500, total=2_000)

    for path in ("/p/river/jobs/", f"/p/river/jobs/{job.uuid}/"):
        page = browser("mia").get(path).content.decode()
        assert "50 a second, about" in page
        assert 'hx-trigger="stale"' in page


def test_the_list_renews_its_table_alone(team, browser, worker):
    running(team)

    part = browser("mia").get("/p/river/jobs/", headers={"HX-Request": "true"}).content.decode()

    assert part.startswith('<div class="job-list"')
    assert "<html" not in part
