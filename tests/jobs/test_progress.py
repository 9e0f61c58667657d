"""The pace of a job, told from its row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.jobs.progress import pace_of, pace_sentence
from annotations.models import Job
from tests.factories import project

pytestmark = pytest.mark.django_db


def running(**values) -> Job:
    now = timezone.now()
    given = {"stage_at": now - timedelta(seconds=10), "heartbeat_at": now, "done": 500, "total": 2_000} | values
    return Job.objects.create(project=project().project, kind="import", state="running", **given)


def test_pace_and_what_remains_are_told_from_what_was_done():
    job = running()

    pace = pace_of(job)

    assert pace.rate == pytest.approx(50)
    assert 20 <= pace.seconds_left <= 30  # what passes meanwhile is taken off
    assert pace_sentence(job).startswith("50 a second, about ")


def test_what_was_done_before_the_stage_began_makes_no_pace():
    assert pace_of(running(stage_done=400)).rate == pytest.approx(10)


@pytest.mark.parametrize(
    "values", [{"done": 0}, {"stage_at": None}, {"heartbeat_at": None}, {"state": "done"}, {"state": "queued"}]
)
def test_where_no_pace_can_be_told_none_is(values):
    job = running()
    for name, value in values.items():
        setattr(job, name, value)

    assert pace_of(job) is None
    assert pace_sentence(job) == ""


def test_without_a_total_the_pace_alone_is_told():
    assert pace_sentence(running(total=None)) == "50 a second"
