"""Counted log-ins: how long they count, and when their rows go. What a person sees of waits is tested with pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.access.login import FORGOTTEN_AFTER, FREE_ATTEMPTS, Attempt, remove_old_counts, seconds_to_wait
from annotations.jobs.workers import clean
from annotations.models import LoginThrottle

pytestmark = pytest.mark.django_db
ON_ADA = Attempt((("account", b"a" * 32), ("address", b"b" * 32)))


def _let_pass(time: timedelta) -> None:
    for row in LoginThrottle.objects.all():
        row.last_at, row.waits_until = row.last_at - time, row.waits_until - time
        row.save()


def test_counts_that_count_no_more_are_removed_by_the_daily_cleaning():
    seconds_to_wait(ON_ADA)
    _let_pass(FORGOTTEN_AFTER + timedelta(minutes=1))
    young = LoginThrottle.objects.create(subject="account", digest=b"c" * 32, last_at=timezone.now())

    clean()

    assert list(LoginThrottle.objects.all()) == [young]


def test_a_count_that_still_makes_somebody_wait_stays():
    for _attempt in range(FREE_ATTEMPTS["account"]):
        seconds_to_wait(ON_ADA)
    _let_pass(FORGOTTEN_AFTER - timedelta(minutes=1))

    assert remove_old_counts() == 0
    assert LoginThrottle.objects.get(subject="account").failures == FREE_ATTEMPTS["account"]


def test_counting_begins_anew_after_a_count_was_removed():
    for _attempt in range(FREE_ATTEMPTS["account"]):
        seconds_to_wait(ON_ADA)
    _let_pass(FORGOTTEN_AFTER + timedelta(minutes=1))
    assert remove_old_counts() == 2

    assert seconds_to_wait(ON_ADA) == 0
    assert LoginThrottle.objects.get(subject="account").failures == 1
