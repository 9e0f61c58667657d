"""What a worker needed for a large job does not stay with it for the next."""

from __future__ import annotations

import ctypes

import pytest

from tests.memory import MIB, taken_by

LARGE_JOB = """
from annotations.jobs.garbage import give_memory_back
kept = []
def work():
    rows = []
    for n in range(60_000):  # texts of an article in pieces, and between them what outlives the job
        rows.append("x" * (4_000 + n % 7))
        if n % 40 == 0:
            kept.append("y" * (600 + n % 7))
work()
said = [resident() - idle]
give_memory_back()
said.append(resident() - idle)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc can be asked to")
def test_memory_is_given_back_after_a_large_job():
    peak, (before, after) = taken_by(LARGE_JOB)

    print(f"peak {peak:.0f} MiB, kept {before / MIB:.0f} MiB, after giving back {after / MIB:.0f} MiB")
    assert peak > 200
    assert after / MIB < 25


def test_a_worker_gives_memory_back_when_a_job_has_ended(monkeypatch):
    from annotations.jobs import workers

    given, ends = [], iter([False, True])
    monkeypatch.setattr(workers, "next_job", lambda _after: 1)
    monkeypatch.setattr(workers, "run_job", lambda *_args, **_more: next(ends))
    monkeypatch.setattr(workers, "give_memory_back", lambda: given.append(True))
    monkeypatch.setattr(workers, "clean", lambda: None)
    monkeypatch.setattr(workers, "sweep", lambda _kinds: None)
    looks = iter([False, False, True])

    workers._serve({}, "worker", lambda: next(looks), workers.no_chore)

    assert given == [True]
