"""Many people who take from one queue at once: every place is given, none twice (the bar of the queue)."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from annotations.models import Article, Assignment, Membership
from annotations.workflow.assigning import submit
from annotations.workflow.counting import wrong_counters
from annotations.workflow.queueing import take_next
from tests import factories
from tests.concurrency.test_parallel_changes import at_once

pytestmark = pytest.mark.django_db(transaction=True)

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long" and connection.vendor == "postgresql"
PEOPLE, ARTICLES = (20, 500) if IS_LONG else (6, 12)


@pytest.mark.parametrize("order", ["listed", "fewest", "shuffled"] if IS_LONG else ["listed"])
def test_people_who_take_at_once_get_every_place_once(order):
    mia = factories.project()
    people = [factories.member(mia, f"person{n}") for n in range(PEOPLE)]
    factories.many_articles(mia, ARTICLES)
    factories.set_project(mia, queue_order=order)

    def work(pk: int) -> int:
        taken, by = 0, Membership.objects.select_related("project").get(pk=pk)
        while found := take_next(by=by):
            submit(found.version.article, by=by)
            taken += 1
        return taken

    results = at_once(*[lambda pk=person.pk: work(pk) for person in people])

    places = list(Assignment.objects.values_list("version", "annotator"))
    assert all(isinstance(result, int) for result in results), results
    assert sum(results) == len(places) == len(set(places)) == 2 * ARTICLES
    assert {Article.objects.filter(is_full=True, places_taken=2).count()} == {ARTICLES}
    assert not wrong_counters(mia.project).exists()
