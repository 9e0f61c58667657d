"""`workbench jobs`: what pages do with jobs, from the command line."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from annotations.jobs.starting import start_import
from annotations.models import Article, Job
from tests.corpora import article, imported, lines
from tests.factories import member, project

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("jobs", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_jobs_are_listed_with_their_states():
    job = imported(project(), {"a.jsonl": lines(article())})

    assert run().startswith(f"{job.uuid}  river  import  done  1/1  1 article is new")


def test_a_waiting_job_is_cancelled_and_goes_on_here():
    job = start_import(project(), [("a.jsonl", io.BytesIO(lines(article())))])

    assert "cancelled" in run("cancel", job.uuid)
    assert "1 article is new" in run("continue", job.uuid, "--here")
    assert Article.objects.count() == 1


def test_an_import_is_undone_here():
    job = imported(project(), {"a.jsonl": lines(article())})

    assert "1 article was removed" in run("undo", job.uuid, "--here", "--as", "mia")
    assert not Article.objects.exists()
    assert Job.objects.get(kind="undo").requested_by.user.username == "mia"


def test_who_may_not_see_a_job_does_nothing_with_it():
    mia = project()
    member(mia, "ada")
    job = imported(mia, {"a.jsonl": lines(article())})

    for arguments in (("undo", job.uuid, "--as", "ada"), ("undo", uuid4()), ("undo",)):
        with pytest.raises(CommandError):
            run(*arguments)
