"""`workbench demo` as a person runs it: one command, an address, two processes that end together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import BASE_DIR

SECONDS_TO_START = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """A running demonstration on SQLite in a folder of its own."""

    def __init__(self, folder: Path, port: int, *, is_empty: bool = True) -> None:
        self.port = port
        self.log = folder / "log"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {
            "PORT": str(port),
            "DEMO": "0" if is_empty else "1",
            "WORKBENCH_VAR_DIR": str(folder),
            "WORKBENCH_LOG_LEVEL": "ERROR",
        }
        self.environment = environment
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log)

    @property
    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "demo"]

    def wait(self) -> str:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self.process.poll() is None:
            said = self.log.read_text(encoding="utf-8")
            if "mia" in said:
                return said
            time.sleep(0.2)
        pytest.fail(self.log.read_text(encoding="utf-8"))

    def children(self) -> list[int]:
        return [int(pid) for pid in _output("pgrep", "-P", str(self.process.pid)).split()]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def is_alive(pid: int) -> bool:
    return _output("ps", "-o", "stat=", "-p", str(pid)).strip()[:1] not in ("", "Z")


def wait_until_gone(pids: list[int], seconds: float = 20) -> list[int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(is_alive, pids)):
        time.sleep(0.1)
    return [pid for pid in pids if is_alive(pid)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    running = Demo(folder, free_port())
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(timeout=30)


def answer(port: int) -> int:
    server = HTTPConnection("127.0.0.1", port, timeout=10)
    server.request("GET", "/healthz")
    return server.getresponse().status


@pytest.mark.long
def test_it_prints_address_and_log_ins_last_and_ends_both_processes_on_ctrl_c(demo):
    said = demo.wait()
    children = demo.children()

    assert answer(demo.port) == 200
    assert f"http://127.0.0.1:{demo.port}/" in said
    assert said.rstrip().splitlines()[-1].strip().startswith("mia")
    assert len(children) == 2

    second = subprocess.run(demo.command, cwd=BASE_DIR, env=demo.environment, stderr=subprocess.PIPE, check=False)
    assert second.returncode == 1
    assert b"already" in second.stderr

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=30) == 0
    assert wait_until_gone(children) == []


@pytest.mark.long
def test_a_dead_child_is_started_again_and_a_killed_supervisor_leaves_no_orphan(demo):
    demo.wait()
    first = demo.children()
    worker = next(pid for pid in first if "run_worker" in _output("ps", "-o", "args=", "-p", str(pid)))
    os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (worker in demo.children() or len(demo.children()) < 2):
        time.sleep(0.1)
    now = demo.children()
    assert len(now) == 2

    demo.process.kill()
    demo.process.wait()

    assert wait_until_gone(now) == []
