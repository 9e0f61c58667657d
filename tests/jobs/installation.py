"""A workbench of its own for tests that kill its workers: a database, a folder, perhaps a broker, and processes."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from annotations.jobs.leases import MOST_TRIES
from tests import template
from tests.conftest import BASE_DIR
from tests.corpora import article, lines
from tests.factories import GERMAN

LEASE_SECONDS = 5
"""A short lease, so that a test need not wait."""
PROBE = {
    "job": "SELECT state, n_read, n_created, n_unchanged, n_rejected, done, total, result, result_size"
    " FROM annotations_job ORDER BY id DESC LIMIT 1",
    "chunks": "SELECT count(*) FROM annotations_chunk WHERE done_at IS NOT NULL"
    " AND job_id = (SELECT max(id) FROM annotations_job)",
    "claims": "SELECT coalesce(sum(tries), 0) FROM annotations_chunk"
    " WHERE job_id = (SELECT max(id) FROM annotations_job)",
    "tries": "SELECT coalesce(max(tries), 0) FROM annotations_chunk WHERE done_at IS NULL"
    " AND job_id = (SELECT max(id) FROM annotations_job)",
    "held": "SELECT count(*) FROM annotations_chunk WHERE done_at IS NULL AND owner <> ''",
    "unended": "SELECT count(*) FROM annotations_job WHERE state IN ('queued', 'running', 'cancelling')",
    "articles": "SELECT count(*) FROM annotations_article",
    "texts": "SELECT count(*) FROM annotations_articleversion",
    "annotations": "SELECT count(*) FROM annotations_annotation",
}


class Installation:
    """A workbench that is spoken to by processes and plain SQL only."""

    def __init__(self, folder: Path, database_url: str, broker_url: str = "") -> None:
        self.folder = folder
        self.database_url = database_url
        self.broker_url = broker_url

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment of its processes."""
        return os.environ | {
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": self.broker_url,
            "WORKBENCH_VAR_DIR": str(self.folder),
            "WORKBENCH_MEDIA_ROOT": str(self.folder / "media"),
            "WORKBENCH_LOG_LEVEL": "ERROR",
            "WORKBENCH_LEASE_SECONDS": str(LEASE_SECONDS),
        }

    def run(self, *arguments: str) -> str:
        """Run a command of the workbench to its end and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, *code: str) -> str:
        """Run lines of Python in a process of the workbench."""
        return self.run("shell", "--no-imports", "-c", "\n".join(code))

    def worker(self) -> subprocess.Popen:
        """Start a worker: the embedded one, or Celery's where there is a broker; with its children it is one group."""
        command = [sys.executable, "manage.py", "run_worker"]
        if self.broker_url:
            name = f"{uuid.uuid4().hex[:8]}@test"
            queues = ("-Q", "import,export,quick", "--concurrency", "2", "-n", name, "--loglevel", "CRITICAL")
            command = [sys.executable, "-m", "celery", "-A", "workbench", "worker", *queues]
        return subprocess.Popen(command, cwd=BASE_DIR, env=self.environment, start_new_session=True)

    def probe(self) -> dict:
        """Read where the newest job stands, and how many rows there are."""
        with contextlib.closing(self.connect()) as connection:
            rows = {name: connection.execute(query).fetchone() for name, query in PROBE.items()}
        job = rows.pop("job") or ("none", 0, 0, 0, 0, 0, 0, "", None)
        state, read, created, unchanged, rejected, done, total, result, size = job
        return {
            "state": state,
            "counts": [read, created, unchanged, rejected],
            "progress": (done, total),
            "result": result,
            "size": size,
            **{name: row[0] for name, row in rows.items()},
        }

    def dump(self) -> str:
        """Write all there is in the project as a native file, times taken out: what two runs must have alike."""
        goal = self.folder / f"{uuid.uuid4().hex}.jsonl"
        self.run("export_corpus", "--project", "river", "--format", "native", "--output", str(goal))
        return re.sub(r'"(created|updated)_at":"[^"]+"', "", goal.read_text())

    def connect(self):
        """Connect to its database."""
        if self.database_url.startswith("sqlite"):
            return sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=30)
        return psycopg.connect(self.database_url, autocommit=True)

    def queue_import(self, count: int, *, people: int = 1) -> None:
        """Ask for an import of so many short articles, with a span of each of the people."""
        corpus = self.folder / "corpus.jsonl"
        if not corpus.exists():
            corpus.write_bytes(lines(*_records(count, people)))
        self.python(
            "from annotations.importers.commanding import make_project",
            "from annotations.jobs.starting import start_import",
            "from annotations.models import Project",
            "project = Project.objects.filter(slug='river').first() or make_project('river')",
            f"start_import(None, [('corpus.jsonl', open({str(corpus)!r}, 'rb'))], project=project)",
        )

    def queue_export(self) -> None:
        """Ask for an export."""
        self.python(
            "from annotations.jobs.starting import start_export",
            "from annotations.models import Project",
            "start_export(None, project=Project.objects.get())",
        )

    def queue_agreement(self) -> None:
        """Ask for agreement to be measured, once everything that the corpus has was handed in by two people."""
        self.python(
            "from annotations.agreement.running import start_measuring",
            "from annotations.models import Project",
            "start_measuring(None, project=Project.objects.get())",
        )

    def agreement(self) -> str:
        """Write the figures of the newest run, and what they rest on."""
        return self.python(
            "import json",
            "from annotations.models import AgreementFigure, AgreementRun, AgreementText",
            "run = AgreementRun.objects.latest('pk')",
            "columns = 'n measure unit scope value low high observed expected n_items matrix'.split()",
            "figures = AgreementFigure.objects.filter(run=run).order_by('n').values_list(*columns)",
            "rows = AgreementText.objects.filter(run=run).order_by('version')",
            "texts = rows.values_list('version', 'n_people', 'n_spans')",
            "print(json.dumps([run.n_texts, run.n_compared, run.left_out, list(figures), list(texts)]))",
        )

    def queue_erasure(self, nth: int = 0) -> None:
        """Ask for the annotator of the corpus to be erased, who has keys and filters, and is named in each note.

        Once erased, another person can take their place and be the next.
        """
        self.python(
            "from datetime import timedelta",
            "from django.utils import timezone",
            "from annotations.models import Annotation, SavedFilter",
            "from annotations.removing.persons import erase_person",
            "from annotations.workflow.accounts import issue_token",
            "from annotations.workflow.people import make_account",
            f"user = make_account('kolibri-{nth}', None, display_name='Quarzkolibri', email='q@kolibri.example')",
            "part = Annotation.objects.select_related('project', 'created_by').first().created_by",
            "part.user, part.ended_at = user, None",
            "part.save()",
            "ends = timezone.now() + timedelta(days=1)",
            "[issue_token(user, str(n), expires_at=ends) for n in range(40)]",
            "rows = [SavedFilter(project=part.project, owner=part, name=str(n)) for n in range(60)]",
            "SavedFilter.objects.bulk_create(rows)",
            "Annotation.objects.update(note='So sagt es Quarzkolibri.')",
            f"erase_person(user, 'kolibri-{nth}', by=None)",
        )

    def queue_undo(self) -> None:
        """Ask for the first import to be undone."""
        self.python(
            "from annotations.jobs.starting import start_undo",
            "from annotations.models import Job",
            "start_undo(None, Job.objects.filter(kind='import').earliest('pk'))",
        )


def _records(count: int, people: int) -> Iterator[dict]:
    for n in range(count):
        text = f"{n}. {GERMAN}"
        start = text.index("Preis")
        names = [f"amber-otter-{101 + nth}" for nth in range(people)]
        spans = [(start, start + 5 + (n + nth) % 3) for nth in range(people)]
        noted = [
            {"key": str(uuid.UUID(int=nth * count + n + 1)), "start": first, "end": end, "quote": text[first:end]}
            | {"label": "claim", "annotator": name}
            for nth, ((first, end), name) in enumerate(zip(spans, names, strict=True))
        ]
        handed_in = {"state": "submitted", "submitted_at": "2026-01-01T00:00:00Z"}
        given = [handed_in | {"annotator": name} for name in names] if people > 1 else []
        yield article(f"a-{n:06}", text, annotations=noted, assignments=given)


@contextlib.contextmanager
def empty_installation(folder: Path) -> Iterator[Installation]:
    """Make a database without tables, of the kind this run is about."""
    with contextlib.ExitStack() as stack:
        if settings.DATABASE_IS_SQLITE:
            url = f"sqlite:///{folder / 'jobs.sqlite3'}"
        else:
            url = stack.enter_context(_database())
        yield Installation(folder, url)


@contextlib.contextmanager
def migrated_installation(folder: Path) -> Iterator[Installation]:
    """Make a database that is migrated and holds nothing else."""
    if settings.DATABASE_IS_SQLITE and template.copy_to_file(folder / "jobs.sqlite3"):
        yield Installation(folder, f"sqlite:///{folder / 'jobs.sqlite3'}")
    elif not settings.DATABASE_IS_SQLITE and template.given_template():
        yield Installation(folder, template.given_template())
    else:
        with empty_installation(folder) as made:
            made.run("migrate", "-v0")
            yield made


@contextlib.contextmanager
def copied_installation(migrated: Installation, folder: Path) -> Iterator[Installation]:
    """Give a workbench with an empty database and a media folder of its own."""
    if settings.DATABASE_IS_SQLITE:
        with contextlib.closing(migrated.connect()) as source:
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(migrated.folder / "jobs.sqlite3", folder / "jobs.sqlite3")
        yield Installation(folder, f"sqlite:///{folder / 'jobs.sqlite3'}")
        return
    with _database(migrated.database_url.rpartition("/")[2]) as url:
        yield Installation(folder, url)


def _database(origin: str = "") -> contextlib.AbstractContextManager[str]:
    return template.database(os.environ["DATABASE_URL"], f"test_jobs_{uuid.uuid4().hex[:12]}", origin)


# Brokers


@contextlib.contextmanager
def redis_server(port: int) -> Iterator[subprocess.Popen]:
    """Run a Redis of our own, which keeps nothing on the disk; skip where there is no Redis."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield server
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def rabbitmq_host() -> Iterator[str]:
    """Make a virtual host on the RabbitMQ of this machine, which is left alone else; skip where there is none."""
    control = shutil.which("rabbitmqctl")
    name = f"test_{uuid.uuid4().hex[:12]}"
    try:
        with socket.create_connection(("127.0.0.1", 5672), timeout=2):
            pass
    except OSError:
        pytest.skip("no RabbitMQ answers on port 5672")
    made = (
        control
        and _quiet(control, "add_vhost", name)
        and _quiet(control, "set_permissions", "-p", name, "guest", *(".*",) * 3)
    )
    if not made:
        pytest.skip("no virtual host can be made on this machine's RabbitMQ")
    try:
        yield name
    finally:
        _quiet(str(control), "delete_vhost", name)


def _quiet(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nothing answers on port {port}")


# Workers


def kill(worker: subprocess.Popen) -> None:
    """Kill a worker and all its children at once, as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def stop(worker: subprocess.Popen) -> None:
    """End a worker as a deploy does; whatever is left of it is killed."""
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(timeout=40)
    finally:
        kill(worker)


def wait_for_chunks(of: Installation, count: int, seconds: float = 120) -> dict:
    """Wait until so many chunks of the newest job are done, or the job has ended."""
    deadline = time.monotonic() + seconds
    while True:
        found = of.probe()
        if found["chunks"] >= count or found["state"] not in ("queued", "running"):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def wait_for_the_end(of: Installation, seconds: float = 240) -> dict:
    """Wait until no job is left that has not ended."""
    deadline = time.monotonic() + seconds
    while (found := of.probe())["unended"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return of.probe()  # the state may have been read a moment before the count


def finish(of: Installation, seconds: float = 240) -> dict:
    """Have an undisturbed worker do what is left."""
    worker = of.worker()
    try:
        return wait_for_the_end(of, seconds)
    finally:
        stop(worker)


def kill_and_finish(of: Installation, kills: int, *, chunk_seconds: float = 1 / 3) -> dict:
    """Kill workers again and again, each at a random moment of its work; then let one finish.

    `chunk_seconds` is about as long as a chunk takes. No chunk is killed so often that it would be given up. Returns
    the last probe, with the number of `kills` that met a job under way.
    """
    met = 0
    for _number in range(kills):
        claims = of.probe()["claims"]
        worker = of.worker()
        try:
            _wait_for_a_chunk_in_hand(of, claims)
            time.sleep(random.random() * chunk_seconds)
        finally:
            kill(worker)
        if not of.probe()["unended"]:
            break
        met += 1
    return finish(of) | {"kills": met}


def _wait_for_a_chunk_in_hand(of: Installation, claims: int, seconds: float = 120) -> None:
    """Wait until a worker has claimed a chunk beyond so many claims, and none waits for its last try."""
    deadline = time.monotonic() + seconds
    while (found := of.probe())["unended"] and (found["claims"] <= claims or found["tries"] >= MOST_TRIES - 1):
        assert time.monotonic() < deadline, found
        time.sleep(0.01)
