"""That a broker only wakes workers: messages are sent after the commit, and losing one loses nothing."""

from __future__ import annotations

import io
import time

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from annotations import tasks
from annotations.jobs import workers
from annotations.jobs.dispatch import TASK, wake_waiting_jobs
from annotations.jobs.starting import start_import
from annotations.models import Article, Job
from tests.corpora import article, lines
from tests.factories import project

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(settings, monkeypatch) -> list[tuple]:
    settings.CELERY_BROKER_URL = "memory://"
    messages: list[tuple] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, queue: messages.append((name, args, queue)))
    return messages


def begun() -> Job:
    return start_import(project(), [("a.jsonl", io.BytesIO(lines(article())))])


def test_a_message_is_sent_after_the_commit_and_not_before(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = begun()
        assert sent == []

    assert sent == [(TASK, [job.pk], "import")]


def test_without_a_broker_nothing_is_sent(settings, sent, django_capture_on_commit_callbacks):
    settings.CELERY_BROKER_URL = None

    with django_capture_on_commit_callbacks(execute=True):
        begun()

    assert sent == []


def test_a_broker_that_does_not_answer_does_not_fail_the_request(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.CELERY_BROKER_URL = "memory://"

    def refuse(*args, **kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        job = begun()

    assert Job.objects.get(pk=job.pk).state == Job.State.QUEUED


def test_a_job_whose_message_was_lost_is_woken_again(sent):
    job = begun()

    assert wake_waiting_jobs() == 1
    assert sent == [(TASK, [job.pk], "import")]


def test_the_task_does_the_job_and_a_second_delivery_changes_nothing(sent):
    job = begun()

    tasks.run_job(job.pk)
    tasks.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert Article.objects.count() == 1


def test_readers_for_search_do_not_call_one_another_and_end_before_the_next_is_called(monkeypatch):
    times: list[float] = []
    monkeypatch.setattr(tasks, "index_waiting", lambda until: times.append(until - time.monotonic()) or True)
    monkeypatch.setattr(tasks.read_for_search, "delay", lambda: pytest.fail("one calls another"))

    tasks.read_for_search()

    assert 0 < times[0] < workers.SWEEP_SECONDS


def test_the_tasks_are_registered_under_their_names():
    assert {TASK, "annotations.sweep"} <= set(current_app.tasks)
