"""Who may take which chunk, and that nobody's work counts twice."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from annotations.jobs import leases, running, workers
from annotations.jobs.leases import (
    MOST_TRIES,
    Held,
    Interrupted,
    LeaseLost,
    claim_chunk,
    claimable,
    lease_time,
    owner_name,
    release_leases_of_the_dead,
)
from annotations.jobs.running import never, run_chunk, run_job, run_to_the_end
from annotations.jobs.starting import start_export, start_import
from annotations.models import Article, Chunk, Job, JobProblem, Membership, Worker
from annotations.workflow.projects import end_membership
from tests.corpora import KINDS, article, counts, lines
from tests.factories import member, project

pytestmark = pytest.mark.django_db


def queued(mia: Membership, count: int = 3) -> Job:
    data = lines(*(article(f"a-{n}") for n in range(count)))
    return start_import(mia, [("a.jsonl", io.BytesIO(data))])


def planned(mia: Membership, count: int = 250) -> Job:
    """Queue an import and do its first stage, so that its chunks are there."""
    job = queued(mia, count)
    run_chunk(claim_chunk("planner", job.pk), KINDS, owner="planner")
    return job


def test_a_chunk_that_is_held_is_not_given_to_another():
    job = queued(project())

    first, second = claim_chunk("one", job.pk), claim_chunk("two", job.pk)

    assert (first.owner, second) == ("one", None)
    assert first.lease_until - timezone.now() > lease_time() - timedelta(seconds=5)


def test_the_next_chunk_of_a_large_job_is_found_in_an_index_and_not_among_all_its_chunks():
    job = queued(project())
    stages = [Chunk(job=job, n=n, stage=1 + n % 3, done_at=timezone.now() if n < 9 else None) for n in range(1, 3_001)]
    Chunk.objects.bulk_create(stages)
    Chunk.objects.filter(job=job, n=0).update(done_at=timezone.now())
    asked = claimable().filter(job=job)

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE annotations_chunk")
    plan = asked[:1].explain()

    assert "chunk_undone" in plan
    assert not re.search("Sort|TEMP B-TREE", plan)
    assert (asked.first().stage, asked.first().n, asked.count()) == (1, 9, 998)


def test_work_done_here_and_now_waits_for_the_part_that_another_worker_took():
    job = planned(project())
    taken = claim_chunk("a worker that is about to end", job.pk)
    Chunk.objects.filter(pk=taken.pk).update(lease_until=timezone.now() + timedelta(seconds=0.5))

    run_to_the_end(job.pk, KINDS, owner="here")

    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (250, 250, 0, 0, 0))


def test_jobs_with_work_take_turns():
    mia = project()
    first, second = queued(mia), queued(mia)

    assert [workers.next_job(after) for after in (0, first.pk, second.pk)] == [first.pk, second.pk, first.pk]


def test_a_chunk_whose_lease_is_over_is_given_to_another():
    job = queued(project())
    claim_chunk("one", job.pk)
    Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    second = claim_chunk("two", job.pk)

    assert (second.owner, second.tries) == ("two", 2)


def test_chunks_of_a_later_stage_wait_for_the_earlier_ones():
    job = planned(project(), 3)
    Chunk.objects.create(job=job, n=99, stage=2)

    taken = claim_chunk("one", job.pk)

    assert taken.stage == 1
    assert claim_chunk("two", job.pk) is None


def test_the_same_chunk_delivered_to_two_workers_is_done_once():
    job = planned(project(), 3)
    chunk = claim_chunk("one", job.pk)
    again = Chunk.objects.get(pk=chunk.pk)

    run_chunk(chunk, KINDS, owner="one")
    run_chunk(again, KINDS, owner="one")
    running.finish_if_complete(job.pk, KINDS)

    job.refresh_from_db()
    assert counts(job) == (3, 3, 0, 0, 0)
    assert job.done == job.total == 3


def test_a_worker_that_lost_its_lease_leaves_no_trace():
    job = planned(project(), 3)
    late = claim_chunk("late", job.pk)
    Chunk.objects.filter(pk=late.pk).update(owner="other")

    run_chunk(late, KINDS, owner="late")

    assert Article.objects.count() == 0
    assert Chunk.objects.get(pk=late.pk).done_at is None


def test_the_fence_refuses_a_chunk_that_is_done():
    job = planned(project(), 3)
    chunk = claim_chunk("one", job.pk)
    run_chunk(chunk, KINDS, owner="one")

    with pytest.raises(LeaseLost), Held(chunk, "one", never).finishing():
        pytest.fail("the fence let it in")


def test_leases_of_a_process_that_is_gone_end_at_once():
    job = queued(project())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host, _pid, mark = owner_name().split(":")
    claim_chunk(f"{host}:{gone.pid}:{mark}", job.pk)

    assert release_leases_of_the_dead() == 1
    assert claim_chunk(owner_name(), job.pk) is not None


def test_leases_of_the_living_and_of_other_machines_stay():
    mia = project()
    for owner in (owner_name(), "elsewhere:1:abcd"):
        claim_chunk(owner, queued(mia).pk)

    assert release_leases_of_the_dead() == 0


def test_who_watches_a_chunk_does_not_wait_for_the_transaction_that_made_its_job(monkeypatch):
    monkeypatch.setattr(leases, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(leases, "lease_time", lambda: timedelta())
    looked, waited = threading.Event(), []
    monkeypatch.setattr(Held, "_write", lambda held, progress: waited.append(progress))
    monkeypatch.setattr(Held, "_renew", lambda held: waited.append("renewed"))
    look = Held._look
    monkeypatch.setattr(Held, "_look", lambda held: (look(held), looked.set())[0])
    job = queued(project())
    held = Held(claim_chunk("one", job.pk), "one", never)

    with held.kept():
        held.tick(done=1)
        for _look in range(3):
            looked.clear()
            assert looked.wait(5)

    assert waited == []


def test_a_job_whose_requester_left_is_not_done():
    mia = project()
    member(mia, "rosa", Membership.Role.MANAGER)
    job = queued(mia)
    end_membership(mia, by=mia)

    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "may no longer" in job.message
    assert Article.objects.count() == 0


def test_a_job_whose_requester_was_made_an_annotator_between_two_chunks_stops():
    mia = project()
    job = planned(mia)
    run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")
    n_before = Article.objects.count()
    Membership.objects.filter(pk=mia.pk).update(role=Membership.Role.ANNOTATOR)

    Chunk.objects.create(job=job, n=99, stage=1)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert Article.objects.count() == n_before


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not settings.DATABASE_IS_SQLITE, reason="PostgreSQL looks after its pages itself")
@pytest.mark.parametrize("writes_much", [True, False])
def test_a_job_that_writes_much_has_room_on_sqlite_and_its_end_reaches_the_disk(monkeypatch, writes_much):
    job = queued(project())
    seen: list[tuple[int, ...]] = []

    def look(held: Held) -> None:
        with held.finishing():
            seen.append(pragmas())

    def close(_job: Job) -> str:
        seen.append(pragmas())
        return ""

    act = KINDS["import"].act
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, running.Kind(act, (look,), close, writes_much=writes_much))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = FULL")  # the tests' own database does without
    usual = pragmas()

    run_job(job.pk, KINDS, owner="one")

    connection.close()
    assert seen == [(1, -64 * 1024, 32 * 1024) if writes_much else usual, usual]
    assert usual[0] == 2


def pragmas() -> tuple[int, ...]:
    """Return how SQLite commits (2: to the disk, 1: with what follows), what it keeps, and how long its log grows."""
    names = ("synchronous", "cache_size", "wal_autocheckpoint")
    with connection.cursor() as cursor:
        return tuple(cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names)


def test_passing_trouble_is_tried_again_and_then_given_up(monkeypatch):
    job = queued(project())
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, running.Kind(KINDS["import"].act, (_trouble,), str))

    for _nth in range(MOST_TRIES):
        Chunk.objects.update(lease_until=None)
        run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "TimeoutError" in job.message


def _trouble(held: Held) -> None:
    raise TimeoutError


def test_an_error_nobody_foresaw_ends_the_job_and_names_no_content(monkeypatch):
    job = queued(project())
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, running.Kind(KINDS["import"].act, (_flaw,), str))

    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "secret text" not in job.message


def _flaw(held: Held) -> None:
    raise ZeroDivisionError("secret text")


def test_a_worker_that_is_asked_to_stop_gives_its_chunk_back(monkeypatch):
    job = queued(project())

    chunk = claim_chunk("one", job.pk)
    run_chunk(chunk, KINDS, owner="one", should_stop=lambda: True)

    back = claim_chunk("two", job.pk)
    assert (back.pk, back.tries) == (chunk.pk, 1)
    with pytest.raises(Interrupted):
        Held(back, "two", lambda: True).tick()


def test_a_chunk_begun_too_often_ends_its_job():
    job = queued(project())
    claim_chunk("one", job.pk)
    Chunk.objects.update(tries=MOST_TRIES, lease_until=timezone.now() - timedelta(seconds=1))

    workers.sweep(KINDS)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_a_worker_is_alive_for_ten_seconds_after_its_last_sign():
    assert not workers.a_worker_is_alive()

    workers.show_sign_of_life("one")
    workers.show_sign_of_life("one")
    assert workers.a_worker_is_alive()
    assert Worker.objects.count() == 1

    Worker.objects.update(last_seen_at=timezone.now() - timedelta(seconds=11))
    assert not workers.a_worker_is_alive()


def test_results_past_their_time_are_removed_and_the_row_stays():
    mia = project()
    job = start_export(mia)
    run_job(job.pk, KINDS, owner="one")
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    job.refresh_from_db()
    stored = Path(job.result.storage.path(job.result.name))
    assert stored.exists()

    workers.sweep(KINDS)

    job.refresh_from_db()
    assert not job.result
    assert not stored.exists()


def test_the_embedded_worker_does_what_is_queued_and_stops_when_told():
    mia = project()
    job = queued(mia)
    rounds = iter([False] * 12 + [True] * 100)

    workers._serve(KINDS, owner_name(), lambda: next(rounds), workers.no_chore)

    job.refresh_from_db()
    assert job.has_ended or job.state == Job.State.RUNNING
    run_job(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert counts(job) == (3, 3, 0, 0, 0)
    assert not JobProblem.objects.filter(severity="problem").exists()


def test_the_embedded_worker_goes_on_when_something_beside_jobs_fails(monkeypatch, caplog):
    monkeypatch.setattr(workers, "POLL_SECONDS", 0)
    due, chores, rounds = [], [], iter([False] * 3 + [True] * 9)

    def start_where_due():
        due.append(True)
        raise ValueError("no such project")

    def chore(_until):
        chores.append(True)
        raise ValueError("no such text")

    kind = dataclasses.replace(next(iter(KINDS.values())), start_where_due=start_where_due)

    workers._serve({"kind": kind}, owner_name(), lambda: next(rounds), chore)

    assert (len(due), len(chores)) == (1, 1)  # each is tried again later
    assert [record.levelname for record in caplog.records if "the worker goes on" in record.message] == ["ERROR"] * 2
