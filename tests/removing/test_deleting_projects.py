"""Deleting a project: hidden at once, restored as it was, and later removed to the last row and file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.db.models import CASCADE, PROTECT, ForeignKey
from django.test import Client, RequestFactory
from django.utils import timezone

from annotations.errors import Forbidden, NotThere, Refused
from annotations.jobs.leases import Interrupted, owner_name
from annotations.jobs.running import run_job
from annotations.models import Annotation, Article, Assignment, AuditEvent, AuditText, Chunk, Job, Label, Project
from annotations.removing import projects as removing
from annotations.removing.projects import delete_project, deleted_projects, restore_deleted, start_where_due
from annotations.tasks import KINDS
from annotations.workflow.sealing import flaws, seal_waiting
from tests import factories
from tests.corpora import article as record
from tests.corpora import exported, imported, lines

from .canaries import places_with
from .work import done, worked

pytestmark = pytest.mark.django_db
CANARY = "quarzkolibri"


@pytest.fixture
def mia():
    return factories.project("river", visibility="open", name="Der Fluss")


def browser(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def full(mia) -> Article:
    """Fill a project with work of all kinds, a merged article and a result."""
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    made = worked(mia, ada, ben)
    imported(mia, {"a.jsonl": lines(record("x-1", f"Ein {CANARY} kam."), record("x-2", f"Ein {CANARY} kam."))})
    Article.objects.filter(external_id="x-2").update(repost_of=Article.objects.get(external_id="x-1"))
    exported(mia)
    return made


@pytest.mark.long
def test_a_deleted_project_is_found_by_nobody_and_restored_as_it_was(mia):
    full(mia)
    before = exported(None, project=mia.project)
    client = browser(mia)
    assert client.get("/p/river/").status_code == 200

    until = delete_project("Der  Fluss ", by=mia).until

    assert timedelta(days=29) < until - timezone.now() <= timedelta(days=30)
    assert client.get("/p/river/").status_code == 404
    assert client.get("/api/v1/projects/river/").status_code == 404
    assert "Der Fluss" not in client.get("/").content.decode()
    assert client.get("/api/v1/projects/").json()["results"] == []
    [found] = deleted_projects(mia.user)
    restore_deleted(found.project.uuid, user=mia.user)
    assert client.get("/p/river/").status_code == 200
    assert exported(None, project=Project.objects.get()) == before
    assert deleted_projects(mia.user) == []


def test_its_name_is_typed_and_only_managers_delete_and_restore(mia):
    ada = factories.member(mia, "ada")
    with pytest.raises(Refused) as refusal:
        delete_project("Der Fluß", by=mia)
    assert refusal.value.code == "name_differs"
    with pytest.raises(Forbidden):
        delete_project("Der Fluss", by=ada)
    delete_project("Der Fluss", by=mia)

    with pytest.raises(NotThere):
        restore_deleted(mia.project.uuid, user=ada.user)
    assert deleted_projects(ada.user) == []


@pytest.mark.long
def test_nothing_is_left_of_it_but_its_acts_and_another_project_is_untouched(
    mia, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(removing, "AT_ONCE", 3)
    other = factories.project("delta", visibility="open", manager="tom")
    worked(other, factories.member(other, "ada"), factories.member(other, "cy"))
    untouched = exported(None, project=other.project)
    with django_capture_on_commit_callbacks(execute=True):
        full(mia)
    assert places_with(CANARY)
    delete_project("Der Fluss", by=mia)
    assert start_where_due() == 0
    Project.objects.filter(slug="river").update(deleted_at=timezone.now() - timedelta(days=31))
    pk = mia.project_id

    assert start_where_due() == 1
    assert start_where_due() == 0
    with django_capture_on_commit_callbacks(execute=True):
        done(Job.objects.get(kind="removal"))

    assert not Project.objects.filter(slug="river").exists()
    for model, path in removing._path_to_project().items():
        assert not model._base_manager.filter(**{path: pk}).exists(), model
    assert places_with(CANARY) == []
    [left] = AuditEvent.objects.filter(verb="project.removed")
    seal_waiting()
    assert AuditEvent.objects.filter(project_id=pk, verb="annotation.created").count() == 4
    assert not AuditText.objects.filter(event__project_id=pk).exclude(values={}).exists()
    assert [flaw.message for flaw in flaws()] == []
    assert (left.object_key, left.user_uuid, left.after["articles"]) == ("river", mia.user.uuid, 3)
    assert exported(None, project=other.project) == untouched
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_key_check")
            assert cursor.fetchall() == []


def test_a_removal_that_is_stopped_anywhere_goes_on(mia, monkeypatch):
    full(mia)
    delete_project("Der Fluss", by=mia)
    Project.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    start_where_due()
    job = Job.objects.get(kind="removal")
    monkeypatch.setattr(removing, "AT_ONCE", 5)
    steps = iter(range(10_000))
    usual = removing._delete

    def stopped(some):
        if next(steps) % 7 == 6:
            raise Interrupted
        usual(some)

    monkeypatch.setattr(removing, "_delete", stopped)
    for _try in range(200):
        Chunk.objects.filter(job=job).update(lease_until=None)
        if run_job(job.pk, KINDS, owner=owner_name()):
            break

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert not Project.objects.exists()
    assert not Annotation.every.exists()


# What is deleted, and what no direct row may be (check DI-5)


def test_no_table_of_the_admin_deletes(rf: RequestFactory, mia):
    mia.user.is_superuser = mia.user.is_staff = True
    mia.user.save()
    request = rf.get("/admin/")
    request.user = mia.user

    for model, table in admin.site._registry.items():
        assert not table.has_delete_permission(request), model
        assert "delete_selected" not in table.get_actions(request), model


def test_no_deletion_reaches_a_judgement():
    """Nothing that points at work goes with it, and work goes with nothing; only parts of jobs, accounts, acts do."""
    cascading = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("annotations").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is CASCADE
    }

    assert cascading == {
        "apitoken.project",
        "apitoken.user",
        "audittext.event",
        "chunk.job",
        "externalidentity.user",
        "jobfile.job",
        "jobproblem.chunk",
        "jobproblem.job",
        "recoverycode.user",
        "secondfactor.user",
        "waitingfile.upload",
        "startcounter.user",
    }
    assert Annotation._meta.get_field("label").remote_field.on_delete is PROTECT


@pytest.mark.parametrize("what", ["label", "user", "article", "project"])
def test_the_database_refuses_to_delete_what_work_lies_on(mia, what):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    made = worked(mia, ada, ben)
    table, pk = {
        "label": ("label", Label.objects.get(annotations__created_by=ada, key="claim").pk),
        "user": ("user", ada.user_id),
        "article": ("article", made.pk),
        "project": ("project", mia.project_id),
    }[what]

    def deleted() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM annotations_{table} WHERE id = %s", [pk])
            if connection.vendor == "sqlite":
                connection.check_constraints()
            else:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError):
        deleted()


@pytest.mark.parametrize("broken", ["range", "quote", "foreign_label", "other_project", "second_submission"])
def test_the_database_refuses_direct_rows_that_break_a_rule(mia, broken):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    made = worked(mia, ada, ben)
    tom = factories.project("delta", manager="tom")
    row = Annotation.objects.filter(created_by=ada).first()
    sql, values = {
        "range": ('UPDATE annotations_annotation SET "end" = length + 1 WHERE id = %s', [row.pk]),
        "quote": ("UPDATE annotations_annotation SET quote = '' WHERE id = %s", [row.pk]),
        "foreign_label": (
            "UPDATE annotations_annotation SET label_id = %s WHERE id = %s",
            [factories.label(tom.project).pk, row.pk],
        ),
        "other_project": (
            "UPDATE annotations_annotation SET created_by_id = %s WHERE id = %s",
            [tom.pk, row.pk],
        ),
        "second_submission": (
            "UPDATE annotations_assignment SET annotator_id = %s WHERE version_id = %s AND annotator_id = %s",
            [ben.pk, made.current_version_id, ada.pk],
        ),
    }[broken]
    assert Assignment.objects.filter(version=made.current_version_id, state="submitted").count() == 2

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_how_long_it_can_be_restored_is_a_setting(mia, settings):
    settings.WORKBENCH_DELETED_DAYS = 2

    assert timedelta(days=1) < delete_project("Der Fluss", by=mia).until - timezone.now() <= timedelta(days=2)
