"""Jobs in the admin: started from its pages, watched, their problems read, their results taken away."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotations.admin.addresses import name_of
from annotations.models import AuditEvent, Job, JobProblem, Membership, Project, Suggestion
from annotations.workflow.projects import NewLabel, revise_label_set
from tests import factories
from tests.workflow.test_labels import done

IMPORT = "admin:annotations_project_import"
PROGRESS = "admin:annotations_job_progress"


@pytest.fixture
def exported(mia) -> Job:
    job = Job.objects.create(
        project=mia.project, kind="export", requested_by=mia, state="done", result_name="river.jsonl"
    )
    job.result.save("river.jsonl", ContentFile(b'{"type": "corpus"}\n'))
    return job


def test_an_upload_starts_the_same_import_as_the_pages_do(mia, logged_in):
    file = SimpleUploadedFile("a.txt", b"Der Preis stieg.")
    data = {"project": mia.project_id, "uploads": [file], "on_conflict": "skip", "language": "de", "publisher": "Bote"}

    reply = logged_in(mia).post(reverse(IMPORT), data)

    job = Job.objects.get()
    assert reply["Location"] == reverse("admin:annotations_job_change", args=[job.pk])
    assert job.parameters["defaults"] == {"language": "de", "publisher": "Bote"}
    assert list(job.files.values_list("name", flat=True)) == ["a.txt"]
    assert AuditEvent.objects.get(verb="import.requested").actor == mia


def test_a_form_that_is_sent_twice_starts_one_import(mia, logged_in):
    form = {"project": mia.project_id, "on_conflict": "skip", "form_key": str(uuid.uuid4())}

    for _time in range(2):
        logged_in(mia).post(reverse(IMPORT), form | {"uploads": [SimpleUploadedFile("a.txt", b"Der Preis stieg.")]})

    assert Job.objects.count() == 1


def test_an_import_without_files_says_so(mia, logged_in):
    reply = logged_in(mia).post(reverse(IMPORT), {"project": mia.project_id, "on_conflict": "skip"})

    assert reply.status_code == 422
    assert "Choose at least one file." in reply.content.decode()


def test_an_administrator_joins_the_project_on_importing(mia, olga, logged_in):
    file = SimpleUploadedFile("a.txt", b"Der Preis stieg.")

    logged_in(olga).post(reverse(IMPORT), {"project": mia.project_id, "uploads": [file], "on_conflict": "skip"})

    assert Job.objects.get().requested_by == Membership.objects.get(user=olga)


def test_a_manager_cannot_import_into_a_project_of_others(mia, logged_in):
    other = factories.project("canary", manager="zed")
    file = SimpleUploadedFile("a.txt", b"Der Preis stieg.")

    reply = logged_in(mia).post(
        reverse(IMPORT), {"project": other.project_id, "uploads": [file], "on_conflict": "skip"}
    )

    assert reply.status_code == 422
    assert not Job.objects.exists()


@pytest.mark.parametrize("page", [IMPORT, "admin:annotations_project_export"])
def test_staff_without_a_project_start_no_jobs(page, ada, logged_in):
    assert logged_in(ada).get(reverse(page)).status_code == 403


def test_chosen_projects_are_exported_one_job_each(mia, olga, logged_in):
    other = factories.project("canary", manager="zed")
    client = logged_in(olga)
    chosen = {
        "action": "export_projects",
        "_selected_action": [name_of(Project, pk) for pk in (mia.project_id, other.project_id)],
    }

    question = client.post(reverse("admin:annotations_project_changelist"), chosen)
    data = {"projects": [mia.project_id, other.project_id], "format": "native.json", "texts": "without"}
    client.post(question["Location"], data)

    assert Job.objects.count() == 2
    assert all(not job.parameters["with_text"] for job in Job.objects.all())


def test_the_suggester_is_started_in_the_projects_chosen_and_says_where_it_has_no_labels(mia, logged_in):
    second = factories.project("second", manager="mia")
    revise_label_set([NewLabel("rumour", "Rumour")], by=second)
    text = "The gauge stood at 42 metres on 3 May 2024, Zoë said."
    article = factories.article(mia, text, language="en")
    chosen = {
        "action": "suggest_labels",
        "_selected_action": [name_of(Project, pk) for pk in (mia.project_id, second.project_id)],
    }

    reply = logged_in(mia).post(reverse("admin:annotations_project_changelist"), chosen, follow=True)

    job = Job.objects.get()
    assert (job.kind, job.project, job.requested_by) == ("suggest", mia.project, mia)
    assert "1 job was started." in reply.content.decode()
    assert "Choose a label for at least one kind of suggestion." in reply.content.decode()
    done(job)
    assert Suggestion.objects.filter(version=article.current_version, label__key="number").exists()


def test_progress_is_told_for_jobs_one_may_see(mia, logged_in):
    own = Job.objects.create(project=mia.project, kind="import", state="running", done=3, total=9)
    other = factories.project("canary", manager="zed")
    hidden = Job.objects.create(project=other.project, kind="import", state="running")

    asked = {"job": [str(own.uuid), str(hidden.uuid), "nonsense", str(uuid.uuid4())]}
    told = logged_in(mia).get(reverse(PROGRESS), asked).json()

    assert told == {
        "jobs": [{"uuid": str(own.uuid), "state": "running", "ended": False, "done": 3, "total": 9, "counts": "3 / 9"}]
    }


def test_progress_of_many_jobs_needs_few_queries(mia, logged_in, django_assert_max_num_queries):
    jobs = [Job.objects.create(project=mia.project, kind="import") for _n in range(20)]
    client = logged_in(mia)
    client.get(reverse(PROGRESS))  # the session notes its first use

    with django_assert_max_num_queries(4):
        client.get(reverse(PROGRESS), {"job": [str(job.uuid) for job in jobs]})


def test_problems_are_shown_page_by_page(mia, logged_in):
    job = Job.objects.create(project=mia.project, kind="import", state="done_with_problems", n_problems=60)
    JobProblem.objects.bulk_create(
        JobProblem(job=job, file="<b>.jsonl", line=n, message=f"line {n} is broken.") for n in range(1, 61)
    )
    address = reverse("admin:annotations_job_change", args=[job.pk])

    first = logged_in(mia).get(address).content.decode()
    second = logged_in(mia).get(address, {"problems": "2"}).content.decode()

    assert "line 50 is broken." in first
    assert "line 51 is broken." not in first
    assert "line 60 is broken." in second
    assert "&lt;b&gt;.jsonl" in first


def test_a_result_goes_to_the_person_who_asked_for_it(mia, exported, logged_in):
    reply = logged_in(mia).get(reverse("admin:annotations_job_result", args=[exported.uuid]))

    assert b"".join(reply.streaming_content) == b'{"type": "corpus"}\n'
    assert reply["Content-Disposition"] == 'attachment; filename="river.jsonl"'
    assert "sandbox" in reply["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["olga", "rosa"])
def test_a_result_goes_to_nobody_else(name, mia, olga, exported, logged_in):
    factories.member(mia, "rosa", "manager")
    person = factories.user(name)
    person.is_staff = True
    person.save()

    client = logged_in(person)

    assert client.get(reverse("admin:annotations_job_result", args=[exported.uuid])).status_code == 404
    page = client.get(reverse("admin:annotations_job_change", args=[exported.pk])).content.decode()
    assert "Only the person who asked for this export can take it away." in page


def test_the_page_says_when_no_worker_is_alive(mia, logged_in):
    Job.objects.create(project=mia.project, kind="import")

    assert "No worker is alive" in logged_in(mia).get(reverse("admin:annotations_job_changelist")).content.decode()


def test_a_whole_folder_keeps_its_paths(mia, logged_in):
    files = [SimpleUploadedFile(name, b"Rain\n\nIt rains.") for name in ("one.txt", "two.txt")]
    data = {"project": mia.project_id, "folder": files, "folder_paths": '["wire/one.txt", "wire/two.txt"]'}

    logged_in(mia).post(reverse(IMPORT), data | {"on_conflict": "skip"})

    job = Job.objects.get(kind="import")
    assert sorted(job.files.values_list("name", flat=True)) == ["wire/one.txt", "wire/two.txt"]


def chosen(logged_in, who, action: str, job: Job):
    data = {"action": action, "_selected_action": [name_of(Job, job.pk)], "index": "0"}
    return logged_in(who).post(reverse("admin:annotations_job_changelist"), data, follow=True)


def test_a_job_is_cancelled_from_the_list_and_from_its_page(mia, logged_in):
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="running")
    page = logged_in(mia).get(reverse("admin:annotations_job_change", args=[job.pk])).content.decode()
    assert 'value="cancel_jobs"' in page

    chosen(logged_in, mia, "cancel_jobs", job)

    job.refresh_from_db()
    assert job.state == "cancelled"


def test_an_import_is_undone_from_the_list(mia, logged_in):
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="done", n_read=1)

    chosen(logged_in, mia, "undo_imports", job)

    assert Job.objects.get(kind="undo").undoes == job


def test_an_act_that_the_job_does_not_allow_is_told(mia, logged_in):
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="done")

    reply = chosen(logged_in, mia, "continue_jobs", job)

    assert "This job cannot go on." in reply.content.decode()
