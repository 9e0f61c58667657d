"""Workers that are killed in the middle (check FT-2): nothing is lost, nothing is doubled, nobody has to help.

On PostgreSQL with RabbitMQ, with Redis and without a broker; on SQLite with the embedded worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.kit import free_port

from .installation import (
    LEASE_SECONDS,
    Installation,
    copied_installation,
    finish,
    kill,
    kill_and_finish,
    migrated_installation,
    rabbitmq_host,
    redis_server,
    stop,
    wait_for_chunks,
    wait_for_the_end,
)

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ARTICLES = 1_200
KILLS = 50 if IS_LONG else 1
MANY = (40_000 if settings.DATABASE_IS_SQLITE else 100_000) if IS_LONG else ARTICLES
"""So many that there are chunks enough for all kills: one bears three, and on PostgreSQL a kill meets two at once."""
MEASURED = 9_000 if IS_LONG else 300
EXPORTED = 8_000
"""An export of so many takes longer than it is left to live."""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with migrated_installation(tmp_path_factory.mktemp("template")) as made:
        yield made


@pytest.fixture
def installation(migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    with copied_installation(migrated, tmp_path) as made:
        yield made


@pytest.fixture(params=["embedded", "rabbitmq", "redis"])
def served(request: pytest.FixtureRequest, installation: Installation) -> Iterator[Installation]:
    """Give an installation for each way in which workers are woken; in a quick run one on each database."""
    usual = "embedded" if settings.DATABASE_IS_SQLITE else "rabbitmq"
    if settings.DATABASE_IS_SQLITE and request.param != usual:
        pytest.skip("SQLite is served by the embedded worker")
    if request.param != usual and not IS_LONG:
        pytest.skip("in this way only at length: HYPOTHESIS_PROFILE=long")
    if request.param == "embedded":
        yield installation
    elif request.param == "redis":
        port = free_port()
        with redis_server(port):
            installation.broker_url = f"redis://127.0.0.1:{port}/0"
            yield installation
    else:
        with rabbitmq_host() as name:
            installation.broker_url = f"amqp://guest:guest@127.0.0.1:5672/{name}"
            yield installation


@pytest.fixture
def served_in_full(served: Installation) -> Installation:
    """Give each of them in a long run, and the embedded one else: how a job is done does not depend on who woke it."""
    if served.broker_url and not IS_LONG:
        pytest.skip("with a broker only at length: HYPOTHESIS_PROFILE=long")
    return served


@pytest.fixture(scope="module")
def undisturbed(migrated: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what an import leaves that nobody disturbed."""
    with copied_installation(migrated, tmp_path_factory.mktemp("undisturbed")) as made:
        made.queue_import(MANY)
        finish(made)
        return made.dump()


def test_workers_killed_in_an_import_lose_and_double_nothing(served, undisturbed):
    served.queue_import(MANY)

    found = kill_and_finish(served, KILLS)

    assert found["kills"] >= (KILLS if IS_LONG else 0)
    assert (found["state"], found["counts"]) == ("done", [MANY, MANY, 0, 0])
    assert found["progress"] == (MANY, MANY)
    assert (found["articles"], found["texts"], found["annotations"]) == (MANY, MANY, MANY)
    served.broker_url = ""
    assert served.dump() == undisturbed
    assert "All invariants hold." in served.run("verify")


@pytest.mark.long
def test_workers_killed_in_undoing_an_import_leave_what_was_there_before(served_in_full):
    served_in_full.queue_import(MANY)
    finish(served_in_full)
    served_in_full.queue_undo()

    found = kill_and_finish(served_in_full, KILLS)

    assert found["kills"] >= (KILLS if IS_LONG else 0)
    assert found["state"] == "done"
    assert (found["articles"], found["texts"], found["annotations"]) == (0, 0, 0)
    served_in_full.broker_url = ""
    assert "All invariants hold." in served_in_full.run("verify")


@pytest.mark.long
def test_workers_killed_in_an_export_leave_no_half_file(served_in_full):
    served_in_full.queue_import(300 if not IS_LONG else EXPORTED)
    finish(served_in_full)
    whole = served_in_full.dump()
    kills = 0
    for nth in range(200):
        served_in_full.queue_export()
        worker = served_in_full.worker()
        wait_for_start(served_in_full)
        time.sleep(random.random() / 2)
        kill(worker)
        kills += served_in_full.probe()["unended"]
        found = served_in_full.probe()
        assert bool(found["result"]) == (found["size"] is not None)
        found = finish(served_in_full)
        stored = served_in_full.folder / "media" / found["result"]
        assert found["state"] == "done"
        assert stored.stat().st_size == found["size"]
        assert len(stored.read_bytes().splitlines()) == len(whole.splitlines())
        if kills >= KILLS or (nth >= 1 and not IS_LONG):
            break


def wait_for_start(of: Installation) -> None:
    deadline = time.monotonic() + 60
    while of.probe()["state"] == "queued" and time.monotonic() < deadline:
        time.sleep(0.02)


def test_another_worker_takes_over_within_the_lease_and_five_seconds(served_in_full, capsys):
    served = served_in_full
    served.queue_import(6_000)
    victim = served.worker()
    wait_for_chunks(served, 1)
    survivor = None
    try:
        survivor = served.worker()
        time.sleep(0.2)
    finally:
        kill(victim)
    killed_at, held = time.monotonic(), served.probe()["chunks"]
    try:
        wait_for_chunks(served, held + 3)
        seconds = time.monotonic() - killed_at
        wait_for_the_end(served)
    finally:
        stop(survivor)

    with capsys.disabled():
        print(f"\n  work went on {seconds:.1f} s after the kill; the lease was {LEASE_SECONDS} s")
    assert seconds <= LEASE_SECONDS + 5 + 10 * (not IS_LONG)  # beside other tests a process may take long to start
    assert served.probe()["counts"] == [6_000, 6_000, 0, 0]


def test_two_workers_share_an_import_and_each_chunk_counts_once(installation):
    installation.queue_import(ARTICLES)
    helper = installation.worker()

    found = finish(installation)

    stop(helper)
    assert found["counts"] == [ARTICLES, ARTICLES, 0, 0]
    assert found["annotations"] == ARTICLES


@pytest.mark.long
def test_workers_killed_in_measuring_agreement_change_no_figure(served_in_full):
    served_in_full.queue_import(MEASURED, people=2)
    finish(served_in_full)
    served_in_full.queue_agreement()
    assert finish(served_in_full)["state"] == "done"
    undisturbed = served_in_full.agreement()
    served_in_full.queue_agreement()

    found = kill_and_finish(served_in_full, KILLS, chunk_seconds=0.05)

    assert found["kills"] >= (KILLS if IS_LONG else 0)
    assert found["state"] == "done"
    assert served_in_full.agreement() == undisturbed
    assert f"[{MEASURED}, {MEASURED}," in undisturbed


@pytest.mark.long
def test_workers_killed_in_erasing_a_person_leave_the_same_as_undisturbed(served_in_full, tmp_path):
    """Every part is done once, whoever was killed in it: the receipt counts each row once, and no name is left."""
    served_in_full.queue_import(300)
    finish(served_in_full)
    kills = 0
    for nth in range(50):  # an erasure has some ten parts, so that it takes several
        served_in_full.queue_erasure(nth)

        found = kill_and_finish(served_in_full, KILLS - kills, chunk_seconds=0.05)

        kills += found["kills"]
        assert found["state"] == "done"
        told = json.loads(served_in_full.python(*RECEIPT))
        assert told["erased"] == {**told["erased"], "tokens": 40, "filters": 60, "own_texts": 300, "memberships": 1}
        with contextlib.closing(served_in_full.connect()) as connection:
            left = "SELECT count(*) FROM annotations_annotation WHERE note LIKE '%Quarzkolibri%'"
            assert connection.execute(left).fetchone()[0] == 0
            assert connection.execute("SELECT count(*) FROM annotations_apitoken").fetchone()[0] == 0
        if kills >= KILLS or (nth >= 1 and not IS_LONG):
            break
    assert kills >= (KILLS if IS_LONG else 0)
    served_in_full.broker_url = ""
    assert "All invariants hold." in served_in_full.run("verify")


RECEIPT = (
    "import json",
    "from annotations.models import Erasure",
    "print(json.dumps(Erasure.objects.latest('pk').receipt))",
)
