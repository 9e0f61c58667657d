"""Cancelling a job, letting it go on, and that nothing is written after a job has ended."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.errors import Forbidden, Refused
from annotations.jobs import running, workers
from annotations.jobs.leases import Held, LeaseLost, claim_chunk
from annotations.jobs.running import never, run_chunk, run_job
from annotations.jobs.starting import start_export, start_import
from annotations.jobs.steering import cancel_job, continue_job, offers
from annotations.models import Article, AuditEvent, Chunk, Job, Membership
from tests.corpora import KINDS, article, counts, imported, lines
from tests.factories import member, project

pytestmark = pytest.mark.django_db


def queued(by: Membership, count: int = 3) -> Job:
    data = lines(*(article(f"a-{n}") for n in range(count)))
    return start_import(by, [("a.jsonl", io.BytesIO(data))])


def half_done(by: Membership, count: int = 1_200) -> Job:
    """Queue an import of several chunks; read it, and write the first chunk."""
    job = queued(by, count)
    for _stage in range(2):
        run_chunk(claim_chunk("one", job.pk), KINDS, owner="one")
    job.refresh_from_db()
    return job


def test_a_waiting_job_that_is_cancelled_ends_at_once_and_writes_nothing():
    mia = project()
    job = queued(mia)

    cancel_job(mia, job)

    run_job(job.pk, KINDS, owner="one")
    job.refresh_from_db()
    assert (job.state, job.message) == ("cancelled", "Cancelled. Nothing was written. It can be started again.")
    assert job.finished_at is not None
    assert not Article.objects.exists()


def test_a_cancelled_import_finishes_the_chunk_in_hand_and_no_other():
    mia = project()
    job = half_done(mia, 3_000)
    written = Article.objects.count()
    chunk = claim_chunk("one", job.pk)
    held = Held(chunk, "one", never)

    cancel_job(mia, job)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLING
    KINDS["import"].stages[chunk.stage](held)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert Article.objects.count() == job.n_created == written + chunk.count
    assert f"{job.n_created} articles were written and stay" in job.message
    assert offers(job) == ("continue", "undo")


def test_a_cancelled_job_whose_worker_died_ends_with_the_next_sweep():
    mia = project()
    job = half_done(mia)
    claim_chunk("a worker that dies", job.pk)
    cancel_job(mia, job)

    workers.sweep(KINDS)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLING
    Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    workers.sweep(KINDS)

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_job_that_ended_cannot_be_cancelled():
    mia = project()
    job = imported(mia, {"a.jsonl": lines(article())})

    with pytest.raises(Refused, match="ended already"):
        cancel_job(mia, job)


def test_only_the_requester_cancels_an_export_and_managers_any_import():
    mia = project()
    rosa, ada = member(mia, "rosa", Membership.Role.MANAGER), member(mia, "ada")
    export, job = start_export(ada), queued(mia)

    for by, what in ((mia, export), (rosa, export), (ada, job)):
        with pytest.raises(Forbidden):
            cancel_job(by, what)

    assert cancel_job(ada, export).state == Job.State.CANCELLED
    assert cancel_job(rosa, job).state == Job.State.CANCELLED
    assert AuditEvent.objects.get(verb="import.cancelled").actor == rosa


def test_a_manager_of_another_project_cancels_nothing_here():
    job = queued(project())

    with pytest.raises(Forbidden):
        cancel_job(project("lake", manager="zoe"), job)


def test_a_cancelled_import_goes_on_with_its_unfinished_chunks_and_ends_as_if_undisturbed():
    mia = project()
    job = half_done(mia)
    cancel_job(mia, job)
    first = Chunk.objects.filter(done_at__isnull=False).order_by("n").last()

    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="two")

    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (1_200, 1_200, 0, 0, 0))
    assert job.done == job.total == 1_200
    assert Chunk.objects.get(pk=first.pk).done_at == first.done_at


def test_a_failed_import_goes_on_where_it_failed(monkeypatch):
    mia = project()
    job = half_done(mia)
    good = KINDS["import"]
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, running.Kind(good.act, (_flaw,) * 3, good.finish))
    run_job(job.pk, KINDS, owner="one")
    job.refresh_from_db()
    assert (job.state, offers(job)) == ("failed", ("continue", "undo"))
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, good)

    workers.sweep(KINDS)
    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (1_200, 1_200, 0, 0, 0))


def _flaw(held: Held) -> None:
    raise ZeroDivisionError


def test_an_import_whose_spool_is_gone_is_read_again_and_meets_what_it_wrote():
    mia = project()
    job = half_done(mia)
    written = job.n_created
    cancel_job(mia, job)
    Job.objects.update(finished_at=timezone.now() - timedelta(days=8))
    workers.sweep(KINDS)
    assert not Job.objects.get().spool

    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert counts(job) == (1_200, 1_200 - written, 0, written, 0)


def test_a_cancelled_export_starts_again():
    mia = project()
    imported(mia, {"a.jsonl": lines(article())})
    job = cancel_job(mia, start_export(mia))

    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.result_sha256


def test_a_job_that_ended_well_does_not_go_on():
    mia = project()
    job = imported(mia, {"a.jsonl": lines(article())})

    with pytest.raises(Refused, match="cannot go on"):
        continue_job(mia, job)


def test_who_lets_an_import_go_on_asks_for_it_where_the_first_may_no_longer():
    mia = project()
    rosa = member(mia, "rosa", Membership.Role.MANAGER)
    job = half_done(rosa)
    cancel_job(mia, job)
    Membership.objects.filter(pk=rosa.pk).update(role=Membership.Role.VIEWER)

    continue_job(mia, job)
    run_job(job.pk, KINDS, owner="one")

    job.refresh_from_db()
    assert (job.state, job.requested_by) == ("done", mia)


@pytest.mark.parametrize("state", [Job.State.FAILED, Job.State.CANCELLED])
def test_a_chunk_is_not_written_after_its_job_has_ended(state):
    job = half_done(project())
    written = Article.objects.count()
    chunk = claim_chunk("late", job.pk)
    held = Held(chunk, "late", never)
    Job.objects.update(state=state)

    with pytest.raises(LeaseLost):
        KINDS["import"].stages[chunk.stage](held)

    assert Article.objects.count() == written
    assert Chunk.objects.get(pk=chunk.pk).done_at is None


def test_an_error_in_the_closing_ends_the_job_and_not_the_sweep(monkeypatch):
    mia = project()
    job = queued(mia)
    good = KINDS["import"]
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, running.Kind(good.act, good.stages, _no_closing))

    run_job(job.pk, KINDS, owner="one")
    workers.sweep(KINDS)

    job.refresh_from_db()
    assert (job.state, job.n_created) == ("failed", 3)
    monkeypatch.setitem(KINDS, Job.Kind.IMPORT, good)
    continue_job(mia, job)
    workers.sweep(KINDS)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def _no_closing(job: Job) -> str:
    raise KeyError
