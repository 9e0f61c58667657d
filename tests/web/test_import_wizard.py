"""Looking at files before they are imported: what is shown, what is mapped, what is started and what is forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from annotations.jobs.running import run_to_the_end
from annotations.jobs.waiting import forget_old_uploads
from annotations.models import Article, AuditEvent, Job, RawFile, WaitingUpload
from annotations.tasks import KINDS
from tests import factories

CSV = "nr,headline,words,when\n1,Der Preis,📈 Der Preis stieg.,2024-02-29\n2,Das Amt,Es prüft.,31.02.2024\n"
START = {"start": "1", "on_conflict": "skip"}


def look(client: Any, *files: tuple[str, bytes], **more: Any) -> Any:
    """Send files and follow to the preview."""
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    form = {"uploads": uploads, "on_conflict": "skip", "look": "1", **more}
    return client.post("/p/river/import/", form, follow=True)


def address() -> str:
    return f"/p/river/import/{WaitingUpload.objects.get().uuid}/"


def test_files_are_stored_once_and_shown_as_they_would_be_read(team, browser):
    lines = [{"id": f"a{n}", "title": f"Meldung {n}", "text": "📈 x" * 200, "lang": "de"} for n in range(30)]
    body = "\n".join(map(json.dumps, lines)).encode()

    response = look(browser("mia"), ("corpus.jsonl", body), ("b.html", b"<title>Hi</title><p>Guten Tag.</p>"))

    preview = response.context["preview"]
    assert [row.title for row in preview.rows] == [f"Meldung {n}" for n in range(10)]
    assert (preview.rows[0].language, preview.rows[0].length) == ("de", 600)
    assert preview.formats == {"corpus.jsonl": "Claim Workbench: JSON or JSON Lines"}
    assert {name: column.becomes for name, column in preview.columns.items()} == {
        "id": "external_id",
        "title": "title",
        "text": "text",
        "lang": "language",
    }
    assert not Job.objects.exists()
    assert RawFile.objects.count() == 2


def test_an_import_that_is_started_twice_leads_to_the_one_job(team, browser):
    mia = browser("mia")
    look(mia, ("t.csv", CSV.encode()))
    page, form = address(), START | {"form_key": "0d6b1a6e-2a30-4c3e-9d55-1b0a7f1f0c11"}

    first, again = mia.post(page, form), mia.post(page, form)

    assert first["Location"] == again["Location"] == f"/p/river/jobs/{Job.objects.get().uuid}/"


def test_columns_are_given_a_meaning_and_the_preview_follows(team, browser):
    mia = browser("mia")
    first = look(mia, ("t.csv", CSV.encode()))
    columns = {f"column_{n}": name for n, name in enumerate(("nr", "headline", "words", "when"))}
    answers = columns | {"becomes_0": "external_id", "becomes_2": "text", "becomes_3": "published_at"}

    second = mia.post(address(), answers | {"look": "1", "on_conflict": "skip"})

    assert first.context["preview"].rows == []
    row = second.context["preview"].rows[0]
    assert (row.title, row.beginning, row.published) == ("Der Preis", "📈 Der Preis stieg.", "2024-02-29")
    assert [problem.field for problem in second.context["preview"].problems] == ["published_at"]
    mia.post(address(), answers | START)
    job = Job.objects.get()
    assert job.parameters["column_map"] == {"nr": "external_id", "words": "text", "when": "published_at"}
    run_to_the_end(job.pk, KINDS, owner="test")
    assert Article.objects.get().external_id == "1"


def test_one_meaning_for_two_columns_is_refused(team, browser):
    mia = browser("mia")
    look(mia, ("t.csv", CSV.encode()))
    twice = {"column_1": "headline", "becomes_1": "text", "column_2": "words", "becomes_2": "text"}

    response = mia.post(address(), twice | START)

    assert response.status_code == 422
    assert "cannot both be" in response.content.decode()
    assert not Job.objects.exists()


def test_starting_uses_the_stored_files_and_ends_the_wait(team, browser):
    mia = browser("mia")
    look(mia, ("a.txt", b"Eins."), ("b.txt", b"Zwei."))
    path = address()

    response = mia.post(path, START | {"publisher": "Post", "format": "text", "on_duplicate": "skip"})

    job = Job.objects.get()
    assert response["Location"] == f"/p/river/jobs/{job.uuid}/"
    assert [file.name for file in job.files.all()] == ["a.txt", "b.txt"]
    assert (job.parameters["format"], job.parameters["defaults"]) == ("text", {"publisher": "Post"})
    assert job.parameters["on_duplicate"] == "skip"
    assert (WaitingUpload.objects.count(), RawFile.objects.count()) == (0, 2)
    assert mia.get(path).status_code == 404


def test_a_dry_run_of_looked_at_files_asks_for_duplicates_as_an_import_does(team, browser):
    mia = browser("mia")
    page = look(mia, ("a.txt", b"Eins.")).content.decode()

    mia.post(address(), {"try": "1", "on_conflict": "skip"})

    assert page.count('name="on_duplicate"') == 3
    job = Job.objects.get()
    assert (job.parameters["on_duplicate"], job.parameters["is_trial"]) == ("keep", True)


def test_too_many_starts_are_answered_as_such_and_the_files_wait(team, browser, settings):
    settings.WORKBENCH_IMPORTS_PER_HOUR = 1
    mia = browser("mia")
    mia.post("/p/river/import/", {"uploads": [SimpleUploadedFile("b.txt", b"Zwei.")], "on_conflict": "skip"})
    look(mia, ("a.txt", b"Eins."))
    path = address()

    response = mia.post(path, START)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert WaitingUpload.objects.count() == 1


def test_a_wrong_format_and_a_broken_file_are_told_and_nothing_else_happens(team, browser):
    mia = browser("mia")
    look(mia, ("a.zip", b"PK\x05\x06 broken"), ("picture.png", b"\x89PNG" + b"\x00" * 50))

    response = mia.get(address())

    assert response.status_code == 200
    assert len(response.context["preview"].problems) == 2
    assert mia.post(address(), {"look": "1", "on_conflict": "skip", "format": "<b>"}).status_code == 422


def test_hostile_names_and_texts_are_shown_as_text(team, browser):
    hostile = "<script>alert(1)</script>"
    body = json.dumps({hostile: 1, "title": hostile, "text": hostile, "published": hostile}).encode()

    page = look(browser("mia"), ("x.jsonl", body)).content.decode()

    assert hostile not in page
    assert page.count("&lt;script&gt;") >= 3


def test_forgotten_files_are_gone_unless_an_import_has_them(team, browser):
    mia = browser("mia")
    mia.post("/p/river/import/", {"uploads": [SimpleUploadedFile("a.txt", b"Eins.")], "on_conflict": "skip"})
    look(mia, ("a.txt", b"Eins."), ("b.txt", b"Zwei."))
    name = RawFile.objects.get(name="b.txt").file.name

    mia.post(address(), {"forget": "1"})

    assert list(RawFile.objects.values_list("name", flat=True)) == ["a.txt"]
    assert not default_storage.exists(name)
    assert not WaitingUpload.objects.exists()


def test_an_upload_that_nobody_came_back_to_is_swept_after_a_day(team, browser):
    look(browser("mia"), ("a.txt", b"Eins."))
    upload = WaitingUpload.objects.get()

    assert forget_old_uploads() == 0
    WaitingUpload.objects.filter(pk=upload.pk).update(created_at=timezone.now() - timedelta(hours=25))

    assert forget_old_uploads() == 1
    assert not RawFile.objects.exists()


def test_ac2_an_upload_is_its_senders_alone(team, browser):
    look(browser("mia"), ("a.txt", b"Eins."))
    factories.member(team.mia, "max", "manager")

    assert browser("max").get(address()).status_code == 404
    assert browser("max").post(address(), START).status_code == 404
    assert browser("ada").get(address()).status_code == 403


def test_a_large_file_is_not_read_to_its_end_for_a_preview(team, browser, monkeypatch):
    line = json.dumps({"id": "a", "text": "x" * 1000}).encode() + b"\n"
    look(browser("mia"), ("big.jsonl", line * 20_000))
    taken: list[int] = []

    from annotations.importers import opening

    take = opening.Budget.take
    monkeypatch.setattr(opening.Budget, "take", lambda self, count: (taken.append(count), take(self, count))[1])
    browser("mia").get(address())

    assert 0 < sum(taken) <= 3 * 1024 * 1024


@pytest.mark.parametrize("query", ["", "?severity=notice", "?file=a.csv&field=text", "?field=-", "?page=99"])
def test_problems_are_filtered_and_paged(team, browser, query):
    job = _job_with_problems(team)

    response = browser("mia").get(f"/p/river/jobs/{job.uuid}/problems/{query}")

    expected = {"": 250, "?severity=notice": 50, "?file=a.csv&field=text": 100, "?field=-": 50, "?page=99": 250}[query]
    assert response.context["total"] == expected
    assert len(response.context["problems"]) == {"?page=99": 50}.get(query, min(expected, 100))


def test_problems_as_csv_hold_no_formula(team, browser):
    job = _job_with_problems(team)

    response = browser("mia").get(f"/p/river/jobs/{job.uuid}/problems.csv?severity=notice")

    body = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(body) == 51
    assert body[1] == "notice,'@b.csv,7,,'=1+1,Ein Hinweis"
    assert response["Content-Disposition"].startswith("attachment")


def _job_with_problems(team: Any) -> Job:
    from annotations.models import JobProblem

    job = Job.objects.create(project=team.project, kind="import", requested_by=team.mia, state="done_with_problems")
    rows = [("a.csv", "text", "problem", 100), ("b.csv", "text", "problem", 100)]
    JobProblem.objects.bulk_create(
        JobProblem(job=job, file=file, line=n + 1, field=field, severity=severity, message="Falsch")
        for file, field, severity, count in rows
        for n in range(count)
    )
    JobProblem.objects.bulk_create(
        JobProblem(job=job, file="@b.csv", line=7, severity="notice", value="=1+1", message="Ein Hinweis")
        for _n in range(50)
    )
    return job


def test_the_export_page_says_what_each_format_carries(team, browser):
    page = browser("mia").get("/p/river/export/").content.decode()

    assert "Carries all that can be imported again" in page
    assert "decisions about shared passages" in page
    assert ".jsonl" in page
    assert browser("mia").post("/p/river/export/", {"format": "x", "texts": "with"}).status_code == 422


def test_a_finished_export_tells_its_losses_before_the_link(team, browser):
    mia = browser("mia")
    mia.post("/p/river/export/", {"format": "native", "texts": "with"})
    job = Job.objects.get()
    run_to_the_end(job.pk, KINDS, owner="test")

    none_lost = mia.get(f"/p/river/jobs/{job.uuid}/").content.decode()
    written = AuditEvent.objects.get(verb="export.written")
    AuditEvent.objects.create(
        project=written.project, verb=written.verb, object_type=written.object_type, object_key=written.object_key,
        after={"left_out": {"notes": 7, "relations": 12}},
    )  # fmt: skip
    page = mia.get(f"/p/river/jobs/{job.uuid}/").content.decode()

    assert "Nothing was lost" in none_lost
    assert page.index(">relations<") < page.index(">notes<") < page.index(f"/jobs/{job.uuid}/result/")
    assert page.index("What the file does not hold") < page.index(f"/jobs/{job.uuid}/result/")
