"""UP-2: web and worker as processes that take in, look at and import the worst files, and what that takes of memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.jobs.installation import stop
from tests.memory import MIB, forget_peak, resident
from tests.security.worst_files import READ, REFUSED, SMALL

from .kit import BASE_DIR, Workbench

pytestmark = pytest.mark.long
OF_A_WEB_PROCESS = 150
OF_A_WORKER = 512
"""MiB above idle."""
SESSION = """
from django.test import Client
from annotations.models import User
client = Client()
client.force_login(User.objects.get(username="mia"))
print(client.cookies["sessionid"].value)
"""
TOKEN = "a" * 32
STARTED, LOOKED_AT = 201, 200


class Served:
    """A workbench with a new embedded worker; `idle` is what web and worker have before a file comes."""

    def __init__(self, workbench: Workbench, worker: subprocess.Popen) -> None:
        self.workbench = workbench
        assert workbench.server is not None
        [self.web] = _children(workbench.server.pid)
        self.worker = worker.pid
        self.session = workbench.manage("shell", "--no-imports", "-c", SESSION).split()[-1]
        for name, data in SMALL.items():  # whoever has read a format once keeps its library
            self.send(name, data())
            self.look(name, data())
        self.idle = {pid: resident(pid=pid) for pid in (self.web, self.worker)}

    def send(self, name: str, data: bytes) -> dict[str, Any]:
        """Have a file imported by API, and wait for the end; return the job."""
        headers = {"Authorization": f"Bearer {self.workbench.facts['mia']}"}
        status, reply = self._post("/api/v1/projects/river/imports/", {"files": [_file(name, data)]}, headers)
        assert status in (200, 201, 202), reply
        path = f"/api/v1/projects/river/jobs/{json.loads(reply)['uuid']}/"
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            _status, job = self.workbench.get(path, self.workbench.facts["mia"])
            if job["state"] not in ("queued", "running"):
                return job
            time.sleep(0.2)
        raise AssertionError("the job does not end")

    def look(self, name: str, data: bytes) -> None:
        """Have a file shown on the import page."""
        cookies = {"Cookie": f"sessionid={self.session}; csrftoken={TOKEN}"}
        form = {"uploads": [_file(name, data)], "look": "1", "on_conflict": "skip", "csrfmiddlewaretoken": TOKEN}
        status, place = self._post("/p/river/import/", form, cookies)
        assert status == 302, (status, place[:500])
        connection = HTTPConnection("127.0.0.1", self.workbench.port, timeout=120)
        connection.request("GET", place.decode(), headers=cookies)
        response = connection.getresponse()
        page = response.read()
        connection.close()
        assert response.status == 200, page[:500]

    def above_idle(self, pid: int) -> float:
        """Return the peak of a process since it was last forgotten, in MiB above idle."""
        return (resident("VmHWM", pid) - self.idle[pid]) / MIB

    def _post(self, path: str, fields: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
        body = encode_multipart(BOUNDARY, fields)
        connection = HTTPConnection("127.0.0.1", self.workbench.port, timeout=120)
        connection.request("POST", path, body, {"Content-Type": MULTIPART_CONTENT, **headers})
        response = connection.getresponse()
        reply = response.read()
        connection.close()
        return response.status, (response.getheader("Location") or "").encode() or reply


@pytest.fixture
def served(workbench: Workbench) -> Iterator[Served]:
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"], cwd=BASE_DIR, env=workbench.environment, start_new_session=True
    )
    try:
        yield Served(workbench, worker)
    finally:
        stop(worker)


@pytest.mark.parametrize("name", READ | REFUSED)
def test_web_and_worker_take_no_more_than_they_may(served, name):
    data = (READ | REFUSED)[name]()
    for pid in served.idle:
        forget_peak(pid)

    served.look(name, data)
    job = served.send(name, data)

    web, worker = served.above_idle(served.web), served.above_idle(served.worker)
    print(f"{name}: {job['state']}, web {web:.0f} MiB, worker {worker:.0f} MiB above idle")
    assert (job["state"] == "done") == (name in READ) or job["state"] == "done_with_problems"
    assert web <= OF_A_WEB_PROCESS
    assert worker <= OF_A_WORKER


def _file(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
