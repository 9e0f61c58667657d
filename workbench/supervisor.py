"""Keeps the two processes of the demonstration running: starts them, restarts what dies, ends both together.

Each child runs in a session of its own, so that Ctrl-C reaches the supervisor only, and holds one end of a pipe as
its standard input: when the supervisor is gone, however it went, the pipe is closed and the child ends too.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STEADY_AFTER = 60.0
"""A child that ran for so many seconds starts again without a growing wait."""
SECONDS_TO_END = 15.0


class AlreadyRunning(Exception):
    """Another supervisor holds the lock file."""


@contextmanager
def only_one(lock_file: Path) -> Iterator[None]:
    """Hold the lock file, so that no second supervisor works on the same data. Raises `AlreadyRunning`."""
    with lock_file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise AlreadyRunning(lock.read().strip()) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@dataclass
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    starts_again_at: float | None = None
    wait: float = FIRST_WAIT

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(  # noqa: S603 - our own commands, nothing from outside
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.started_at, self.starts_again_at = time.monotonic(), None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start the process again when it died, after a wait that grows while it keeps dying."""
        now = time.monotonic()
        if self.starts_again_at is not None:
            if now >= self.starts_again_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        self.wait = FIRST_WAIT if now - self.started_at > STEADY_AFTER else min(self.wait * 2, LONGEST_WAIT)
        self.starts_again_at = now + self.wait
        say(f"The {self.name} ended with code {self.process.returncode}; it starts again in {self.wait:.0f} s.")

    def ask_to_end(self) -> None:
        """Send SIGTERM, and close the pipe."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        if self.process.stdin:
            self.process.stdin.close()

    def make_end(self, deadline: float) -> None:
        """Wait until the process is gone, then remove what is left of its session."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


def supervise(
    children: Sequence[Child],
    *,
    when_started: Callable[[Callable[[], bool]], None],
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201
) -> None:
    """Run the children until SIGTERM or Ctrl-C. `when_started` is called once, with a function that tells of a stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        for child in children:
            child.start()
        when_started(stop.is_set)
        while not stop.wait(0.5):
            for child in children:
                child.look_after(say)
    finally:
        end(children)


def end(children: Sequence[Child]) -> None:
    """End all children at the same time; none is left behind."""
    for child in children:
        child.ask_to_end()
    deadline = time.monotonic() + SECONDS_TO_END
    for child in children:
        child.make_end(deadline)
