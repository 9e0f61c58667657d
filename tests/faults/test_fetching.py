"""SF-4: a hundred addresses at once that want to do us harm, while somebody saves: it is left in time, nobody waits."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from .kit import BASE_DIR, Workbench

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ADDRESSES = 100 if IS_LONG else 5
WORKERS = 4 if IS_LONG else 1
SAVES = 100 if IS_LONG else 30
TOTAL = 15
"""Seconds that a page may take in all."""
MOST_MIB = 512
"""What a worker may need at its most."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BOMB = gzip.compress(b"0" * 50_000_000)
Answer = Callable[[socket.socket], None]


def sending(*blocks: bytes, then: bytes = b"", pause: float = 0) -> Answer:
    """Send blocks, then one more for ever."""

    def answer(connection: socket.socket) -> None:
        for block in blocks:
            connection.sendall(block)
        while then:
            connection.sendall(then)
            time.sleep(pause)

    return answer


QUICK: tuple[tuple[Answer, str], ...] = (
    (sending(OK + b"\r\n", then=b"x" * 65_536), "too_large"),
    (sending(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB), "too_large"),
    (sending(OK + b"Content-Length: 900\r\n\r\nshort"), "bad_reply"),
    (sending(OK + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\nx"), "bad_reply"),
    (sending(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1\r\n\r\nx"), "media_type"),
)
SLOW: tuple[tuple[Answer, str], ...] = (
    (sending(OK + b"\r\n", then=b".", pause=0.2), "timeout"),
    (sending(b"HTTP/1.1 200 OK\r\n", then=b"A: b\r\n", pause=0.2), "timeout"),
    (lambda connection: time.sleep(60), "timeout"),
)
ANSWERS = (*QUICK, *SLOW) if IS_LONG else QUICK
once_when_quick = pytest.mark.skipif(
    settings.DATABASE_IS_SQLITE and not IS_LONG, reason="on SQLite at length only: HYPOTHESIS_PROFILE=long"
)


@contextlib.contextmanager
def misbehaving() -> Iterator[int]:
    """Answer CONNECT as a proxy does, then the n-th page with the n-th of the answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError, IndexError):
            connection.settimeout(60)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            path = connection.recv(4096).split(b" ", 2)[1]
            ANSWERS[int(path.rpartition(b"/")[2]) % len(ANSWERS)][0](connection)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def ask_for_all(workbench: Workbench) -> None:
    """Ask for a look at each address, at a host of its own: one host is asked by one worker at a time."""
    code = (
        "from annotations.models import *",
        "from annotations.jobs.starting import queue_job",
        "from annotations.workflow.sources import find_or_make_source",
        "project = Project.objects.get(slug='river')",
        f"addresses = [f'http://93.184.216.{{n + 1}}/{{n}}' for n in range({ADDRESSES})]",
        "sources = [find_or_make_source(project.pk, address) for address in addresses]",
        "[queue_job(None, project, 'fetch', {'source': str(each.uuid)}, {}) for each in sources]",
    )
    workbench.manage("shell", "--no-imports", "-c", "\n".join(code))


@contextlib.contextmanager
def working(workbench: Workbench, port: int) -> Iterator[list[subprocess.Popen]]:
    """Run workers that fetch through the proxy; the environment's own proxy leads nowhere, and is not asked."""
    environment = workbench.environment | {
        "WORKBENCH_FETCHING": "on",
        "WORKBENCH_FETCH_ROBOTS": "no",
        "WORKBENCH_FETCH_PROXY": f"http://127.0.0.1:{port}",
        "WORKBENCH_LOG_LEVEL": "ERROR",
        "http_proxy": "http://127.0.0.1:1",
    }
    command = [sys.executable, "manage.py", "run_worker"]
    workers = [
        subprocess.Popen(command, cwd=BASE_DIR, env=environment, start_new_session=True) for _n in range(WORKERS)
    ]
    try:
        yield workers
    finally:
        for each in workers:
            each.kill()
            each.wait()


def most_memory(worker: subprocess.Popen) -> int:
    """Return the most memory that a worker has had, in MiB; 0 where the system does not tell."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) // 1024
    return 0


def save(workbench: Workbench, n: int) -> float:
    """Save an annotation; return how long it took in milliseconds."""
    begun = time.perf_counter()
    status, reply = workbench.post_annotation(workbench.annotation(n % 20, n % 20 + 5), str(uuid.uuid4()))
    took = (time.perf_counter() - begun) * 1000
    assert status == 201, reply
    time.sleep(0.05)
    return took


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


@pytest.mark.long
@once_when_quick
def test_hostile_servers_are_left_in_time_and_nobody_who_saves_waits_for_them(workbench: Workbench):
    alone = [save(workbench, n) for n in range(SAVES)]
    ask_for_all(workbench)
    left = "Job.objects.filter(kind='fetch').exclude(state__in=Job.ENDED).count()"
    begun, beside, memory = time.monotonic(), [], 0

    with misbehaving() as port, working(workbench, port) as workers:
        while True:
            beside += [save(workbench, n) for n in range(SAVES)]
            memory = max(memory, *map(most_memory, workers))
            if workbench.count(left) == 0:
                break
            assert time.monotonic() - begun < 60 + 2 * TOTAL * ADDRESSES / WORKERS
    took = time.monotonic() - begun

    looks = "[[s.url, c.outcome, c.note] for s in Source.objects.all() for c in s.checks.all()]"
    expected = {f"http://93.184.216.{n + 1}/{n}": ANSWERS[n % len(ANSWERS)][1] for n in range(ADDRESSES)}
    assert {url: outcome for url, outcome, _note in workbench.count(looks)} == expected
    assert workbench.count("[Capture.objects.count(), RawFile.objects.count()]") == [0, 0]
    assert memory < MOST_MIB
    counts = dict(Counter(expected.values()))
    print(f"\n{ADDRESSES} addresses, {WORKERS} workers: {took:.0f} s, {memory} MiB; {counts}")
    print(f"save: {len(beside)} beside, p95 {p95(beside):.0f} ms; {len(alone)} alone, p95 {p95(alone):.0f} ms")
    assert p95(beside) < max(500, 4 * p95(alone))  # workers take processors from the web, but nobody waits for a page
