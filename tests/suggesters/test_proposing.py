"""Suggestions as a job: twice is once, others' decisions stay when it is undone."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.jobs.starting import start_undo
from annotations.models import Job, Suggestion
from annotations.suggesters.proposing import guessed_labels, start_suggesting
from annotations.tasks import KINDS
from annotations.workflow.suggesting import Decided, decide
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = "“The wall has held for years 📈,” said Ada Krivan in Toveln on Tuesday. About 38,000 people live there."


def done(job: Job) -> Job:
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()
    assert job.has_ended
    assert job.state != Job.State.FAILED
    return job


def test_it_is_done_once_however_often_it_is_started_and_undone_but_for_what_was_decided():
    mia = factories.project()
    factories.article(mia, text=TEXT)
    factories.label(mia.project, "quotation")
    labels = guessed_labels(mia.project)

    first, second = (done(start_suggesting(mia, labels)) for _time in range(2))
    rows = list(Suggestion.objects.order_by("start"))

    assert first.n_created == len(rows) > 0
    assert (second.n_created, second.n_unchanged) == (0, len(rows))
    assert all(row.quote == TEXT[row.start : row.end] for row in rows)
    assert rows[0].attributes == {"cue": "said", "speaker": "Ada Krivan"}
    decide([Decided(rows[0].key, "dismissed", 0)], by=mia)
    done(start_undo(mia, first))
    assert list(Suggestion.objects.all()) == rows[:1]


def test_only_managers_start_it_and_only_with_labels_of_the_project():
    mia = factories.project()
    ada = factories.member(mia, "ada")

    with pytest.raises(Forbidden):
        start_suggesting(ada)
    for labels in ({"number": "no_such"}, {"mood": "claim"}, {"number": ""}):
        with pytest.raises(Refused):
            start_suggesting(mia, labels)


def test_the_command_suggests(capsys):
    mia = factories.project()
    factories.article(mia, text=TEXT)
    label = factories.label(mia.project)

    call_command("suggest", project=mia.project.slug, label=[f"number={label.key}"])

    assert "1 suggestion is new" in capsys.readouterr().out
    assert Suggestion.objects.get().quote == "About 38,000 people"
