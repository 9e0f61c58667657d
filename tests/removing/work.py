"""Doing the jobs of this room, and work that several tests look at."""

from __future__ import annotations

import uuid

from annotations.agreement.running import AGREEMENT, start_measuring
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.models import AgreementFigure, Article, CommentThread, Job, Membership
from annotations.tasks import KINDS
from annotations.workflow.assigning import assign, submit
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.discussing import NewThread, answer, begin_thread
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories


def done(job: Job) -> Job:
    """Do a job to its end in this process."""
    run_job(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return job


def figures(mia: Membership) -> list[tuple]:
    """Measure agreement; return all figures but who they are of."""
    job = start_measuring(mia, seed=7)
    run_job(job.pk, {Job.Kind.AGREEMENT: AGREEMENT}, owner=owner_name())
    rows = AgreementFigure.objects.filter(run__job=job).order_by("n")
    return list(rows.values_list("measure", "unit", "value", "n_items", "low", "high"))


def worked(mia: Membership, *people: Membership) -> Article:
    """Have people annotate an article, claim something, talk, and hand it in."""
    made = factories.article(mia)
    assign([made], people, by=mia)
    for n, person in enumerate(people):
        noted = factories.annotation(person, made, 2, 12 + n, note=f"Notiz {n}")
        factories.annotation(person, made, 30, 40, "quotation")
        claim = make_claim(uuid.uuid4(), f"Behauptung {n}.", by=person, mention=NewMention(uuid.uuid4(), noted.key))
        link = SourceLink(f"https://amt.example/{n}", note="Beleg.")
        attach_source(NewEvidence(uuid.uuid4(), claim=claim.key, link=link), by=person)
        thread = begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), f"Frage {n}", made.uuid), by=person)
        answer(thread.key, uuid.uuid4(), "Noch etwas.", by=person)
    for person in people:
        submit(made, by=person)
    assert CommentThread.objects.exists()
    return made
