"""Workers that are killed in the middle: nothing is lost, nothing is doubled, nobody has to help."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.conftest import BASE_DIR
from tests.corpora import annotation, article, lines
from tests.factories import GERMAN

ARTICLES = 1_200
PROBE = {
    "job": "SELECT state, n_read, n_created, n_unchanged, n_rejected, done, total, result, result_size"
    " FROM annotations_job ORDER BY id DESC LIMIT 1",
    "chunks": "SELECT count(*) FROM annotations_chunk WHERE done_at IS NOT NULL",
    "articles": "SELECT count(*) FROM annotations_article",
    "texts": "SELECT count(*) FROM annotations_articleversion",
    "annotations": "SELECT count(*) FROM annotations_annotation",
}


class Installation:
    """A workbench of its own, spoken to by processes and plain SQL only."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "WORKBENCH_VAR_DIR": str(folder),
            "WORKBENCH_MEDIA_ROOT": str(folder / "media"),
            "WORKBENCH_LOG_LEVEL": "ERROR",
        }

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def worker(self) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "manage.py", "run_worker"], cwd=BASE_DIR, env=self.environment)

    def probe(self) -> dict:
        """Read where the newest job stands, and how many rows there are."""
        with contextlib.closing(self._connect()) as connection:
            rows = {name: connection.execute(query).fetchone() for name, query in PROBE.items()}
        state, read, created, unchanged, rejected, done, total, result, size = rows.pop("job")
        return {
            "state": state,
            "counts": [read, created, unchanged, rejected],
            "progress": (done, total),
            "result": result,
            "size": size,
            **{name: row[0] for name, row in rows.items()},
        }

    def _connect(self):
        if self.database_url.startswith("sqlite"):
            return sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=30)
        return psycopg.connect(self.database_url, autocommit=True)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Migrate one empty database of the kind this run is about; each test gets a copy."""
    folder = tmp_path_factory.mktemp("template")
    with contextlib.ExitStack() as stack:
        if settings.DATABASE_IS_SQLITE:
            url = f"sqlite:///{folder / 'jobs.sqlite3'}"
        else:
            url = stack.enter_context(_database(f"test_jobs_{os.getpid()}"))
        made = Installation(folder, url)
        made.run("migrate", "-v0")
        yield made


@pytest.fixture
def installation(migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    """Give a workbench with an empty database and a media folder of its own."""
    if settings.DATABASE_IS_SQLITE:
        with contextlib.closing(migrated._connect()) as source:
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(migrated.folder / "jobs.sqlite3", tmp_path / "jobs.sqlite3")
        yield Installation(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}")
        return
    name = f"test_jobs_{os.getpid()}_{random.randrange(10**6)}"
    with _database(name, f' TEMPLATE "{migrated.database_url.rpartition("/")[2]}"') as url:
        yield Installation(tmp_path, url)


@contextlib.contextmanager
def _database(name: str, origin: str = "") -> Iterator[str]:
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{origin}')
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def queue_import(of: Installation, count: int) -> None:
    corpus = of.folder / "corpus.jsonl"
    texts = [f"{n}. {GERMAN}" for n in range(count)]
    records = (article(f"a-{n}", text, annotations=[annotation(text, "Preis")]) for n, text in enumerate(texts))
    corpus.write_bytes(lines(*records))
    queue = (
        "from annotations.importers.commanding import make_project\n"
        "from annotations.jobs.starting import start_import\n"
        f"stream = open({str(corpus)!r}, 'rb')\n"
        "start_import(None, [('corpus.jsonl', stream)], project=make_project('river'))"
    )
    of.run("shell", "--no-imports", "-c", queue)


def wait_for_chunks(of: Installation, count: int, worker: subprocess.Popen) -> None:
    """Wait until so many chunks are done, or the worker is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and worker.poll() is None:
        found = of.probe()
        if found["chunks"] >= count or found["state"].startswith("done"):
            return
        time.sleep(0.02)


def finish(of: Installation, seconds: float = 90) -> dict:
    worker = of.worker()
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = of.probe()
            if found["state"] not in ("queued", "running"):
                return found
            time.sleep(0.1)
        pytest.fail(f"the job did not end: {found}")
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) in (0, -signal.SIGTERM)  # the latter where it had hardly begun


def kill_and_finish(of: Installation, kills: int, count: int) -> dict:
    queue_import(of, count)
    for number in range(kills):
        worker = of.worker()
        wait_for_chunks(of, number + 1, worker)
        time.sleep(random.random() / 5)
        worker.kill()
        worker.wait()
    return finish(of)


def test_a_worker_killed_in_an_import_loses_and_doubles_nothing(installation):
    found = kill_and_finish(installation, kills=2, count=ARTICLES)

    assert found["state"] == "done"
    assert found["counts"] == [ARTICLES, ARTICLES, 0, 0]
    assert found["progress"] == (ARTICLES, ARTICLES)
    assert (found["articles"], found["texts"], found["annotations"]) == (ARTICLES, ARTICLES, ARTICLES)
    assert "All invariants hold." in installation.run("verify")


@pytest.mark.long
def test_ten_random_kills_lose_and_double_nothing(installation):
    found = kill_and_finish(installation, kills=10, count=6_000)

    assert (found["state"], found["counts"]) == ("done", [6_000, 6_000, 0, 0])
    assert (found["articles"], found["annotations"]) == (6_000, 6_000)


def test_two_workers_share_an_import_and_each_chunk_counts_once(installation):
    queue_import(installation, ARTICLES)
    helper = installation.worker()

    found = finish(installation)

    helper.send_signal(signal.SIGTERM)
    helper.wait(timeout=20)
    assert found["counts"] == [ARTICLES, ARTICLES, 0, 0]
    assert found["annotations"] == ARTICLES


def test_a_worker_killed_in_an_export_leaves_no_half_file(installation):
    queue_import(installation, 300)
    finish(installation)
    queue = (
        "from annotations.jobs.starting import start_export\n"
        "from annotations.models import Project\n"
        "start_export(None, project=Project.objects.get())"
    )
    installation.run("shell", "--no-imports", "-c", queue)
    for _nth in range(2):
        worker = installation.worker()
        time.sleep(1.2 + random.random())
        worker.kill()
        worker.wait()
        found = installation.probe()
        assert bool(found["result"]) == (found["size"] is not None)

    found = finish(installation)

    stored = installation.folder / "media" / found["result"]
    assert found["state"] == "done"
    assert len(stored.read_bytes().splitlines()) == 301
    assert stored.stat().st_size == found["size"]
