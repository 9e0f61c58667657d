"""The live channel on a real event server: it tells of changes, to those who may see them, as they happen."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client

from annotations.events.listening import address_of
from annotations.models import Job
from tests import factories
from tests.faults.conftest import database_address
from tests.faults.kit import BASE_DIR, free_port

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def event_server(db, tmp_path) -> Iterator[int]:
    """Serve the event process on the test's own database."""
    if settings.DATABASE_IS_SQLITE:
        pytest.skip("the live channel needs PostgreSQL; on SQLite pages ask again")
    import os

    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database_address(), "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "-m", "uvicorn", "workbench.asgi:application", "--port", str(port), "--lifespan", "off"]
    command += ["--timeout-graceful-shutdown", "1"]  # streams that are open end with it
    server = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stderr=(tmp_path / "log").open("wb"))
    for _attempt in range(200):
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/healthz")
            break
        except OSError:
            time.sleep(0.1)
    yield port
    server.terminate()
    server.wait(timeout=20)


def listen(port: int, job: Job, client: Client) -> tuple[int, queue.Queue]:
    return listen_to(port, f"/events/projects/river/jobs/{job.uuid}/", client)


def listen_to(port: int, path: str, client: Client) -> tuple[int, queue.Queue]:
    """Open a stream; return its status and a queue of its events, `None` at the end."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    events: queue.Queue = queue.Queue()

    def read() -> None:
        while line := response.readline():
            if line.startswith(b"data: "):
                events.put(json.loads(line[6:]))
        events.put(None)

    threading.Thread(target=read, daemon=True).start()
    return response.status, events


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_stream_tells_of_each_change_and_ends_with_the_job(event_server):
    mia = factories.project()
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="running")
    status, events = listen(event_server, job, logged_in(mia.user))

    assert status == 200
    assert events.get(timeout=20)["done"] == 0
    Job.objects.filter(pk=job.pk).update(done=7, total=10)
    assert events.get(timeout=10) == {
        "uuid": str(job.uuid),
        "state": "running",
        "done": 7,
        "total": 10,
        "has_ended": False,
    }
    Job.objects.filter(pk=job.pk).update(state="done")
    assert events.get(timeout=10)["has_ended"]
    assert events.get(timeout=10) is None


def test_a_stranger_and_one_without_a_session_get_no_stream(event_server):
    mia = factories.project()
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia)

    assert listen(event_server, job, logged_in(factories.user("sam")))[0] == 404
    assert listen(event_server, job, Client())[0] == 404


def test_a_stream_ends_for_one_who_leaves_the_project(event_server):
    """BL-2: authorised at each event, not only when it was opened."""
    mia = factories.project()
    max_ = factories.member(mia, "max", factories.Role.MANAGER)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=max_, state="running")
    _status, events = listen(event_server, job, logged_in(max_.user))
    events.get(timeout=20)

    type(max_).objects.filter(pk=max_.pk).update(ended_at=job.created_at)
    Job.objects.filter(pk=job.pk).update(done=1)

    assert events.get(timeout=10) is None


def test_a_stream_ends_with_the_session_it_was_opened_in(event_server):
    mia = factories.project()
    client = logged_in(mia.user)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia, state="running")
    _status, events = listen(event_server, job, client)
    events.get(timeout=20)

    client.logout()
    for done in range(1, 4):
        Job.objects.filter(pk=job.pk).update(done=done)

    told = list(iter(lambda: events.get(timeout=10), None))
    assert len(told) <= 1  # what was being looked up in the moment of the log-out


def test_the_channel_reaches_the_database_as_its_address_says():
    address = {"NAME": "river", "USER": "mia", "PASSWORD": "", "HOST": "database", "PORT": ""}
    options = {"sslmode": "verify-full", "connect_timeout": 5}

    found = address_of(DatabaseWrapper(connection.settings_dict | address | {"OPTIONS": options}))

    assert found == {"dbname": "river", "user": "mia", "host": "database", "client_encoding": "UTF8"} | options


def test_a_process_that_serves_pages_says_that_it_has_no_stream(client):
    mia = factories.project()
    client.force_login(mia.user)
    job = Job.objects.create(project=mia.project, kind="import", requested_by=mia)

    assert client.get(f"/events/projects/river/jobs/{job.uuid}/").status_code == 204
