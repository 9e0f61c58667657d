"""A broker that is down, slow, broken, restarted, or delivers twice (check FT-3): jobs wait, and are each done once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.jobs.installation import (
    Installation,
    copied_installation,
    migrated_installation,
    rabbitmq_host,
    redis_server,
    stop,
    wait_for_chunks,
    wait_for_the_end,
)

from .kit import FaultProxy, free_port

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
JOBS = 100 if IS_LONG else 4
LONGEST_ANSWER = 2.0
"""Seconds within which whoever asks for a job is answered, whatever the broker does."""
ASKING = """
import io, time, json
from annotations.importers.commanding import make_project
from annotations.jobs.dispatch import wake
from annotations.jobs.starting import start_import
from annotations.models import Project
project = Project.objects.filter(slug="river").first() or make_project("river")
longest = 0
for n in range({first}, {last}):
    row = {{"type": "article", "external_id": f"a-{{n}}", "title": "Rain", "text": f"Rain {{n}}."}}
    line = json.dumps(row).encode()
    began = time.monotonic()
    job = start_import(None, [("a.jsonl", io.BytesIO(line))], project=project)
    longest = max(longest, time.monotonic() - began)
    for _again in range({again}):
        wake(job.pk)
print(longest)
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    if settings.DATABASE_IS_SQLITE:
        pytest.skip("SQLite is served by the embedded worker, without a broker")
    with migrated_installation(tmp_path_factory.mktemp("template")) as made:
        yield made


def at_length(broker: str):
    """Name a broker that is tried in the full run only: a quick one tries each of the two once."""
    return pytest.param(broker, marks=pytest.mark.long)


@pytest.fixture
def behind_a_proxy(
    request: pytest.FixtureRequest, migrated: Installation, tmp_path: Path
) -> Iterator[tuple[Installation, FaultProxy]]:
    """Give an installation that reaches its broker by a bad wire."""
    with ExitStack() as stack:
        made = stack.enter_context(copied_installation(migrated, tmp_path))
        if request.param == "redis":
            target = free_port()
            stack.enter_context(redis_server(target))
            proxy = FaultProxy(target)
            made.broker_url = f"redis://127.0.0.1:{proxy.port}/0"
        else:
            name = stack.enter_context(rabbitmq_host())
            proxy = FaultProxy(5672)
            made.broker_url = f"amqp://guest:guest@127.0.0.1:{proxy.port}/{name}"
        stack.callback(proxy.close)
        yield made, proxy


def ask(of: Installation, first: int, count: int, *, again: int = 0) -> float:
    """Ask for small imports; return how long the slowest answer took."""
    return float(of.python(ASKING.format(first=first, last=first + count, again=again)).splitlines()[-1])


@pytest.mark.parametrize(
    "mode", [mode if mode == "down" else pytest.param(mode, marks=pytest.mark.long) for mode in FaultProxy.MODES]
)
@pytest.mark.parametrize("behind_a_proxy", [at_length("rabbitmq"), "redis"], indirect=True)
def test_jobs_asked_for_on_a_bad_wire_are_answered_at_once_and_done_once_when_it_is_well(behind_a_proxy, mode):
    workbench, proxy = behind_a_proxy
    worker = workbench.worker()
    try:
        ask(workbench, 0, 1)
        wait_for_the_end(workbench)
        proxy.turn(mode)
        slowest = ask(workbench, 1, JOBS)
        proxy.turn("well")
        found = wait_for_the_end(workbench)
    finally:
        stop(worker)

    assert slowest < LONGEST_ANSWER
    assert (found["articles"], found["texts"]) == (JOBS + 1, JOBS + 1)
    assert states(workbench) == {"done": JOBS + 1}


@pytest.mark.parametrize("behind_a_proxy", ["rabbitmq", at_length("redis")], indirect=True)
def test_messages_delivered_again_and_again_do_each_job_once(behind_a_proxy):
    workbench, _proxy = behind_a_proxy
    workers = [workbench.worker() for _nth in range(2)]
    try:
        ask(workbench, 0, JOBS, again=5)
        found = wait_for_the_end(workbench)
    finally:
        for worker in workers:
            stop(worker)

    assert found["articles"] == JOBS
    assert states(workbench) == {"done": JOBS}


def test_a_broker_that_restarts_and_forgets_everything_loses_no_job(migrated, tmp_path):
    port = free_port()
    with copied_installation(migrated, tmp_path) as workbench:
        workbench.broker_url = f"redis://127.0.0.1:{port}/0"
        with redis_server(port) as server:
            worker = workbench.worker()
            workbench.queue_import(3_000)
            wait_for_chunks(workbench, 2)
            server.kill()
        time.sleep(1)
        try:
            with redis_server(port):
                began = time.monotonic()
                found = wait_for_the_end(workbench)
                seconds = time.monotonic() - began
        finally:
            stop(worker)

    print(f"the import ended {seconds:.1f} s after the broker was there again")
    assert (found["state"], found["counts"]) == ("done", [3_000, 3_000, 0, 0])


def states(of: Installation) -> dict[str, int]:
    connection = of.connect()
    try:
        return dict(connection.execute("SELECT state, count(*) FROM annotations_job GROUP BY state").fetchall())
    finally:
        connection.close()
