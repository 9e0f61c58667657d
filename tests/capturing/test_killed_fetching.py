"""FT-2 for fetching: a worker killed at any point of a look leaves nothing half, and another one does it once."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.kit import free_port
from tests.fetching.network import replying
from tests.jobs.installation import (
    Installation,
    copied_installation,
    kill,
    migrated_installation,
    rabbitmq_host,
    redis_server,
    stop,
    wait_for_the_end,
)

from .world import WORDS, page_of

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
POINTS = ("fetch.fetched", "fetch.stored", "fetch.before_commit") if IS_LONG else ("fetch.stored",)
KILLS = 17 if IS_LONG else 1
"""At each point; 51 in a long run, with each broker too."""
ADDRESS = "http://93.184.216.34/report"


class Fetching(Installation):
    """A workbench whose pages come through a proxy on this machine, by an address that no resolver is asked for."""

    proxy = 0

    @property
    def environment(self) -> dict[str, str]:
        points = self.folder / "points"
        points.mkdir(exist_ok=True)
        return super().environment | {
            "WORKBENCH_FETCHING": "on",
            "WORKBENCH_FETCH_ROBOTS": "no",
            "WORKBENCH_FETCH_PROXY": f"http://127.0.0.1:{self.proxy}",
            "WORKBENCH_FAILPOINTS": str(points),
        }

    def look(self) -> None:
        """Ask for a look at a source that is new each time."""
        self.python(
            "from annotations.importers.commanding import make_project",
            "from annotations.models import *",
            "from annotations.workflow.source_looks import note_look",
            "from annotations.workflow.sources import find_or_make_source",
            "from annotations.jobs.starting import queue_job",
            "project = Project.objects.filter(slug='river').first() or make_project('river')",
            f"source = find_or_make_source(project.pk, {ADDRESS!r} + str(Source.objects.count()))",
            "queue_job(None, project, 'fetch', {'source': str(source.uuid)}, {})",
        )


@contextlib.contextmanager
def proxying() -> Iterator[int]:
    """Answer CONNECT, then every request with the same page."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            connection.recv(4096)
            replying(page_of(WORDS))(connection)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.fixture(params=["embedded", "rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of each broker that wakes workers, and none; with a broker at length only."""
    if request.param == "embedded":
        if not (settings.DATABASE_IS_SQLITE or IS_LONG):
            pytest.skip("without a broker on SQLite, here at length only: HYPOTHESIS_PROFILE=long")
        yield ""
        return
    if settings.DATABASE_IS_SQLITE:
        pytest.skip("SQLite is served by the embedded worker")
    if not IS_LONG:
        pytest.skip("with a broker only at length: HYPOTHESIS_PROFILE=long")
    if request.param == "redis":
        port = free_port()
        with redis_server(port):
            yield f"redis://127.0.0.1:{port}/0"
    else:
        with rabbitmq_host() as name:
            yield f"amqp://guest:guest@127.0.0.1:5672/{name}"


@pytest.mark.long
def test_a_killed_look_is_done_once_by_another_worker(tmp_path: Path, broker: str):
    (tmp_path / "template").mkdir()
    with (
        proxying() as port,
        migrated_installation(tmp_path / "template") as migrated,
        copied_installation(migrated, tmp_path) as made,
    ):
        made.__class__, made.proxy = Fetching, port
        assert isinstance(made, Fetching)
        made.broker_url = broker
        for looks, point in enumerate(POINTS * KILLS, start=1):
            made.look()
            (tmp_path / "points" / point).touch()
            first = made.worker()
            wait_until(lambda armed=tmp_path / "points" / point: not armed.exists())
            kill(first)  # of Celery's processes one is dead already
            second = made.worker()
            wait_for_the_end(made)
            stop(second)
            with contextlib.closing(made.connect()) as connection:
                count = "SELECT count(*) FROM annotations_{}"
                counts = [
                    connection.execute(count.format(name)).fetchone()[0]
                    for name in ("capture", "sourcecheck", "rawfile", "auditevent WHERE verb = 'source.captured'")
                ]
            assert made.probe()["state"] == "done"
            assert counts == [looks, looks, 1, looks]
        made.broker_url = ""
        assert "All invariants hold." in made.run("verify")


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
