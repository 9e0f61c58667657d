"""The database fails under the web process (check FT-4): nothing acknowledged is lost, and work goes on by itself."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from annotations.models import Article, AuditEvent
from annotations.workflow.acts import MOST_TRIES, carry_out_once, record
from tests import factories
from tests.services import postgresql_binaries, throw_away_server

from .kit import Workbench, free_port

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RECOVERS_IN = 30
on_postgresql = pytest.mark.skipif(settings.DATABASE_IS_SQLITE, reason="of PostgreSQL")
on_sqlite = pytest.mark.skipif(not settings.DATABASE_IS_SQLITE, reason="of SQLite")


def asked(workbench: Workbench, path: str, headers: dict[str, str]) -> tuple[int, str | None]:
    """Ask for a page; return the status and when to try again."""
    server = HTTPConnection("127.0.0.1", workbench.port, timeout=60)
    try:
        server.request("GET", path, headers=headers)
        response = server.getresponse()
        response.read()
        return response.status, response.getheader("Retry-After")
    finally:
        server.close()


def administration(workbench: Workbench) -> tuple[psycopg.Connection, str]:
    """Open a connection beside the workbench's database, and name that one."""
    parts = urlsplit(workbench.database_url)
    url = workbench.database_url.replace(parts.path, "/postgres", 1)
    return psycopg.connect(url, autocommit=True), parts.path.lstrip("/")


def cut_off(connection: psycopg.Connection, name: str) -> int:
    """End every connection to a database; return how many there were."""
    rows = connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    return len(rows.fetchall())


@on_postgresql
def test_saves_go_on_over_connections_that_break(workbench: Workbench):
    beside, name = administration(workbench)
    bodies = [workbench.annotation(n % 40, n % 40 + 5) for n in range(40)]
    is_over = threading.Event()

    def break_connections() -> int:
        n = 0
        while not is_over.wait(0.1):
            n += cut_off(beside, name)
        return n

    with ThreadPoolExecutor(5) as threads:
        broken = threads.submit(break_connections)
        list(threads.map(workbench.save_until_acknowledged, bodies))
        is_over.set()
        assert broken.result() > 0
    beside.close()

    assert workbench.stored_keys(bodies) == sorted(body["key"] for body in bodies)


@on_postgresql
def test_without_a_database_everybody_is_told_when_to_try_again_and_it_recovers_by_itself(workbench: Workbench):
    beside, name = administration(workbench)
    token = {"Authorization": f"Bearer {workbench.facts['ada']}"}
    ways = [("/api/v1/me/", token), ("/", {"Cookie": "sessionid=" + "x" * 32})]
    beside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        cut_off(beside, name)
        assert [asked(workbench, path, headers) for path, headers in ways] == [(503, "5")] * 2
    finally:
        beside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        beside.close()

    began = time.monotonic()
    while asked(workbench, *ways[0])[0] != 200:
        assert time.monotonic() - began < RECOVERS_IN
        time.sleep(0.2)


@on_postgresql
@pytest.mark.skipif(not IS_LONG, reason="at length only: HYPOTHESIS_PROFILE=long")
def test_a_server_that_is_stopped_at_once_loses_no_acknowledged_save(tmp_path):
    binaries = postgresql_binaries()
    assert binaries, "PostgreSQL's programs are needed"
    # the one setting that keeps what was acknowledged over a stop of the server, as installations have it
    options = {"synchronous_commit": "on", "max_connections": "12", "superuser_reserved_connections": "0"}
    with throw_away_server(binaries, **options) as server:
        workbench = Workbench(tmp_path, server.url, free_port())
        workbench.set_up()
        workbench.start()
        try:
            bodies = []
            for _cycle in range(int(os.environ.get("FAULT_CYCLES", "20"))):
                new = [workbench.annotation(n, n + 5) for n in range(10)]
                with ThreadPoolExecutor(3) as threads:
                    done = [threads.submit(workbench.save_until_acknowledged, body) for body in new]
                    server.stop(signal.SIGQUIT)
                    server.start(**options)
                    began = time.monotonic()
                    assert all(each.result() for each in done)
                    assert time.monotonic() - began < RECOVERS_IN
                bodies += new
            assert workbench.stored_keys(bodies) == sorted(body["key"] for body in bodies)
            _exhaust(server.url, workbench)
        finally:
            workbench.stop()


def _exhaust(url: str, workbench: Workbench) -> None:
    """Take every connection there is: who asks is told to wait, and served once they are free."""
    workbench.stop()
    workbench.start()
    held = []
    try:
        while True:
            held.append(psycopg.connect(url))
    except psycopg.OperationalError:
        pass
    statuses = {asked(workbench, "/api/v1/me/", {"Authorization": f"Bearer {workbench.facts['ada']}"})}
    assert statuses <= {(200, None), (503, "5")}
    for each in held:
        each.close()
    workbench.save_until_acknowledged(workbench.annotation(0, 5))


@on_sqlite
@pytest.mark.long
def test_eight_writers_and_a_power_cut_leave_a_whole_file(workbench: Workbench):
    """No writer is told of a lock: a save is acknowledged, or its connection broke with the process."""
    seconds = 600 if IS_LONG else 3
    bodies: list = []
    end = time.monotonic() + seconds

    def write(n: int) -> None:
        while time.monotonic() < end:
            body = workbench.annotation(n, n + 5)
            workbench.save_until_acknowledged(body)
            bodies.append(body)

    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(write, n) for n in range(8)]
        time.sleep(seconds / 2)
        workbench.kill()
        workbench.start()
        for each in done:
            each.result()

    file = urlsplit(workbench.database_url).path
    with sqlite3.connect(file) as opened:
        opened.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, str(text))))
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    keys = [body["key"] for body in bodies]
    assert len(keys) >= 8
    assert workbench.stored_keys(bodies) == sorted(keys)
    assert "locked" not in (workbench.folder / "server.log").read_text()


class Refused(Exception):
    """What the driver says, with its code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sqlstate", "failures", "tries"), [("40001", 2, 3), ("40P01", 1, 2), ("40001", 9, MOST_TRIES), ("57P01", 1, 1)]
)
def test_an_act_that_was_in_anothers_way_is_tried_again_a_few_times(sqlstate, failures, tries):
    mia = factories.project()
    before, met = AuditEvent.objects.count(), []

    def act() -> str:
        record(mia, "project.changed", "project", mia.project.slug)
        met.append(1)
        if len(met) <= failures:
            raise OperationalError from Refused(sqlstate)
        return "done"

    if failures < tries:
        assert carry_out_once(mia, None, act, lambda: None) == "done"
    else:
        with pytest.raises(OperationalError):
            carry_out_once(mia, None, act, lambda: None)

    assert len(met) == tries
    assert AuditEvent.objects.count() == before + (failures < tries)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_acts_that_wait_for_each_other_are_both_carried_out():
    mia = factories.project()
    one, other = (factories.article(mia, f"Text {n}.") for n in range(2))
    both_hold, met = threading.Barrier(2, timeout=20), []

    def lock_both(first: Article, second: Article) -> None:
        def act() -> None:
            met.append(first)
            Article.objects.select_for_update().get(pk=first.pk)
            if met.count(first) == 1:
                both_hold.wait()
            Article.objects.select_for_update().get(pk=second.pk)

        try:
            carry_out_once(mia, None, act, lambda: None)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(lock_both, one, other), threads.submit(lock_both, other, one)]:
            each.result(timeout=30)

    assert len(met) == 3
    assert not transaction.get_connection().in_atomic_block
