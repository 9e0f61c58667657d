"""Time on task: sums of visits, kept by day, never doubled."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.errors import Refused
from annotations.models import Assignment, TimeSpent
from annotations.workflow.assigning import assign
from annotations.workflow.timing import DayOfVisit, report_time, time_by_day
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def test_a_report_that_comes_twice_late_or_in_another_order_is_counted_once(mia, ada):
    made, today = factories.article(mia), timezone.now().date()
    assign([made], [ada], by=mia)
    first, second = uuid.uuid4(), uuid.uuid4()

    for visit, day, seconds in [
        (first, today, 60),
        (first, today, 60),
        (first, today, 120),
        (first, today, 60),
        (second, today, 30),
        (second, today - timedelta(days=1), 5),
    ]:
        report_time(made, visit, [DayOfVisit(day, seconds)], by=ada)

    assert Assignment.objects.get().seconds_spent == 155
    assert [(day, seconds) for day, _who, _article, seconds in time_by_day(mia)] == [
        (today - timedelta(days=1), 5),
        (today, 150),
    ]
    assert not time_by_day(factories.member(mia, "ben")).exists()


def test_a_day_that_is_reported_twice_at_once_counts_its_larger_sum(mia, ada):
    made, today = factories.article(mia), timezone.now().date()
    assign([made], [ada], by=mia)

    report_time(made, uuid.uuid4(), [DayOfVisit(today, 60), DayOfVisit(today, 90), DayOfVisit(today, 30)], by=ada)

    assert (TimeSpent.objects.get().seconds, Assignment.objects.get().seconds_spent) == (90, 90)


def test_looking_at_an_article_opens_no_assignment_and_costs_no_time(mia, ada):
    day = DayOfVisit(timezone.now().date(), 60)

    assert report_time(factories.article(mia), uuid.uuid4(), [day], by=ada) is None
    assert not Assignment.objects.exists()
    assert not TimeSpent.objects.exists()


@pytest.mark.parametrize(("days_ago", "seconds"), [(0, 86_401), (32, 1), (-2, 1)])
def test_what_cannot_be_is_refused(mia, ada, days_ago, seconds):
    made = factories.article(mia)
    assign([made], [ada], by=mia)
    day = timezone.now().date() - timedelta(days=days_ago)

    with pytest.raises(Refused):
        report_time(made, uuid.uuid4(), [DayOfVisit(day, seconds)], by=ada)
