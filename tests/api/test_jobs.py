"""Imports and exports over HTTP: files go in, jobs tell how far they are, results come out to the right person."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from annotations.models import Job, JobProblem, Project, RawFile
from annotations.workflow.projects import change_project, change_role
from tests import factories

PROJECT = "/api/v1/projects/river"


@pytest.fixture
def upload(api_of):
    """Send files as a browser or a script does."""

    def send(member, *files, key=None, **fields):
        uploads = [SimpleUploadedFile(name, content) for name, content in files]
        headers = {"Idempotency-Key": str(key)} if key else {}
        return api_of(member).client.post(f"{PROJECT}/imports/", {"files": uploads, **fields}, headers=headers)

    return send


@pytest.fixture
def export_of():
    """Write an export as a worker leaves it."""

    def make(member, content: bytes = b'{"type":"corpus"}\n', **values) -> Job:
        values = {"state": Job.State.DONE, "result_name": "river – „Fluss“.jsonl"} | values
        job = Job.objects.create(project=member.project, kind=Job.Kind.EXPORT, requested_by=member, **values)
        job.result.save("result", ContentFile(content))
        return job

    return make


def test_files_are_stored_and_a_job_is_queued(upload, mia):
    response = upload(mia, ("a.txt", b"Der Preis."), ("b.txt", b"Zwei."), publisher="Bote", on_conflict="skip")

    assert response.status_code == 202
    job = Job.objects.get(uuid=response.json()["uuid"])
    assert (job.state, job.parameters["defaults"]) == ("queued", {"publisher": "Bote"})
    assert sorted(job.files.values_list("name", flat=True)) == ["a.txt", "b.txt"]
    assert RawFile.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"on_conflict": "burn"}, 400, "on_conflict"),
        ({"format": "docx"}, 400, "format"),
        ({"published_at": "gestern"}, 422, "published_at"),
        ({"project": "lake"}, 400, "project"),
    ],
)
def test_an_import_of_the_wrong_shape_is_refused_by_name(upload, mia, fields, status, field):
    response = upload(mia, ("a.txt", b"Der Preis."), **fields)

    assert (response.status_code, response.json()["problems"][0]["field"]) == (status, field)
    assert not Job.objects.exists()


def test_a_repeated_import_is_the_same_job_and_another_one_with_its_key_is_refused(upload, mia):
    key, file = uuid4(), ("a.txt", b"Der Preis.")

    first, again = upload(mia, file, key=key), upload(mia, file, key=key)
    others = upload(mia, ("a.txt", b"Anders."), key=key), upload(mia, file, key=key, is_trial="true")

    assert (again.status_code, again.json()) == (202, first.json())
    assert {(one.status_code, one.json()["problems"][0]["code"]) for one in others} == {(409, "key_reused")}
    assert (Job.objects.count(), RawFile.objects.count()) == (1, 1)
    assert upload(mia, file).json()["uuid"] != first.json()["uuid"]


def test_a_key_that_is_none_is_told(upload, mia):
    assert upload(mia, ("a.txt", b"Der Preis."), key="once").status_code == 400
    assert not Job.objects.exists()


def test_a_repeated_start_is_not_counted_again(upload, mia, settings):
    settings.WORKBENCH_IMPORTS_PER_HOUR = 1
    key, file = uuid4(), ("a.txt", b"Der Preis.")

    answers = [upload(mia, file, key=key).status_code for _time in range(3)]

    assert [*answers, upload(mia, file, key=uuid4()).status_code] == [202, 202, 202, 429]


def test_the_key_of_one_person_is_no_key_of_another(api_of, mia, ada):
    key, body = uuid4(), {"with_text": False}

    first, again, other = (api_of(who).post("projects/river/exports/", body, key=key) for who in (mia, mia, ada))

    assert first.json() == again.json()
    assert other.status_code == 202
    assert other.json()["uuid"] != first.json()["uuid"]
    assert Job.objects.count() == 2


def test_an_import_without_files_or_as_json_is_refused(api_of, upload, mia):
    assert upload(mia).status_code == 400
    assert api_of(mia).client.post(f"{PROJECT}/imports/", {}, content_type="application/json").status_code == 415
    assert not Job.objects.exists()


def test_a_name_of_a_file_leads_nowhere(upload, mia):
    response = upload(mia, ("../../etc/passwd", b"Der Preis."))

    assert response.status_code == 202
    assert Job.objects.get().files.get().name == "passwd"


def test_an_export_keeps_its_filters_and_refuses_unknown_ones(api_of, mia, ada):
    api = api_of(mia)

    made = api.post("projects/river/exports/", {"with_text": False, "filters": {"q": "preis", "sort": "title"}})
    unknown = api.post("projects/river/exports/", {"filters": {"project": "lake"}})
    not_allowed = api_of(ada).post("projects/river/exports/", {"filters": {"state": "open"}})

    assert made.status_code == 202
    assert Job.objects.get().parameters["filters"] == {"q": "preis", "sort": "title"}
    assert (unknown.status_code, not_allowed.status_code) == (400, 400)
    assert unknown.json()["problems"][0]["field"] == "project"


def test_a_result_is_sent_as_a_file_that_no_browser_opens(api_of, mia, export_of):
    job = export_of(mia)

    response = api_of(mia).client.get(f"{PROJECT}/jobs/{job.uuid}/result/", headers={"Accept": "text/html"})

    assert b"".join(response.streaming_content) == b'{"type":"corpus"}\n'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["Cache-Control"] == "private, no-store"


def test_a_result_goes_to_its_requester_only(api_of, mia, ada, rosa, sam, export_of):
    job = export_of(ada)

    answers = [api_of(person).get(f"projects/river/jobs/{job.uuid}/result/") for person in (mia, rosa, sam)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert api_of(ada).get(f"projects/river/jobs/{job.uuid}/result/").status_code == 200


def test_a_result_is_not_given_to_somebody_who_may_see_less_than_when_they_asked(api_of, mia, rosa, ada, export_of):
    Project.objects.filter(pk=mia.project_id).update(visibility="open")  # as it was from the beginning
    of_rosa, of_ada = export_of(rosa), export_of(ada)
    assert api_of(ada).get(f"projects/river/jobs/{of_ada.uuid}/result/").status_code == 200

    change_role(rosa, "annotator", by=mia)
    change_project(mia.project, {"visibility": "blind"}, by=mia, base_revision=1)

    assert api_of(rosa).get(f"projects/river/jobs/{of_rosa.uuid}/result/").status_code == 404
    assert api_of(ada).get(f"projects/river/jobs/{of_ada.uuid}/result/").status_code == 404


def test_an_annotator_sees_no_jobs_of_others_and_a_manager_all_imports(api_of, mia, ada, export_of):
    nina = factories.member(mia, "nina", "manager")
    export_of(nina)
    Job.objects.create(project=mia.project, kind=Job.Kind.IMPORT, requested_by=nina)
    own = export_of(ada)

    assert [job["uuid"] for job in api_of(ada).get("projects/river/jobs/").json()["results"]] == [str(own.uuid)]
    assert [job["kind"] for job in api_of(mia).get("projects/river/jobs/").json()["results"]] == ["import"]


def test_problems_of_a_job_come_in_pages(api_of, mia):
    job = Job.objects.create(project=mia.project, kind=Job.Kind.IMPORT, requested_by=mia, n_problems=5)
    JobProblem.objects.bulk_create(
        JobProblem(job=job, file="a.jsonl", line=n, field="title", value="", message=f"Zeile {n}") for n in range(1, 6)
    )
    api, address = api_of(mia), f"projects/river/jobs/{job.uuid}/problems/"

    first = api.get(address, limit=3).json()
    second = api.get(address, limit=3, cursor=first["next"]).json()

    assert [one["line"] for one in first["results"] + second["results"]] == [1, 2, 3, 4, 5]
    assert second["next"] is None
    assert api.get(f"projects/river/jobs/{job.uuid}/").json()["counts"]["problems"] == 5


def test_a_job_is_cancelled_continued_and_an_import_undone(api_of, upload, mia):
    uuid = upload(mia, ("a.txt", b"Der Preis.")).json()["uuid"]
    api = api_of(mia)

    def act(name: str, key=None):
        return api.post(f"projects/river/jobs/{uuid}/{name}/", {}, key=key)

    cancelled, again = act("cancel"), act("cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["problems"][0]["code"]) == (422, "job_ended")
    assert act("continue").json()["state"] == "queued"
    assert act("undo").status_code == 422
    Job.objects.update(state="done", n_read=1, n_created=1)
    key = uuid4()
    undoing = act("undo", key=key)
    assert act("undo", key=key).json()["uuid"] == undoing.json()["uuid"]
    assert (undoing.status_code, undoing.json()["kind"], undoing.json()["undoes"]) == (202, "undo", uuid)


def test_a_dry_run_says_that_it_is_one_and_can_be_imported(api_of, upload, mia):
    tried = upload(mia, ("a.txt", b"Der Preis."), is_trial="true").json()
    assert tried["is_trial"]
    Job.objects.update(state="done")

    key = uuid4()
    made, again = (api_of(mia).post(f"projects/river/jobs/{tried['uuid']}/import/", {}, key=key) for _time in range(2))

    assert (made.status_code, made.json()["is_trial"]) == (202, False)
    assert (again.status_code, again.json()["uuid"]) == (202, made.json()["uuid"])


def test_an_export_of_somebody_else_cannot_be_cancelled(api_of, export_of, mia, ada):
    job = export_of(ada, state=Job.State.RUNNING)

    assert api_of(mia).post(f"projects/river/jobs/{job.uuid}/cancel/", {}).status_code == 404
