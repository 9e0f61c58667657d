"""Many people who take from one queue at once: every place is given, none twice (the bar of the queue)."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from annotations.models import Article, Assignment, Membership
from annotations.workflow.assigning import assign, submit
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


def test_of_those_who_hand_in_late_at_once_as_many_count_as_there_are_places():
    """Each had the article until their time ended, and one place of it is free."""
    mia = factories.project()
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    people = [factories.member(mia, f"person{n}") for n in range(PEOPLE)]
    assign([made], people, by=mia, goes_beyond=True)
    for person in people:
        factories.annotation(Membership.objects.select_related("project").get(pk=person.pk), made, 0, 3)
    Assignment.objects.update(state="lapsed", lease_until=None)
    Article.objects.update(places_taken=0, is_full=False)

    def hand_in(pk: int) -> bool:
        by = Membership.objects.select_related("project").get(pk=pk)
        return submit(Article.objects.select_related("current_version").get(pk=made.pk), by=by).is_late

    results = at_once(*[lambda pk=person.pk: hand_in(pk) for person in people])

    assert sorted(results) == [False] + [True] * (PEOPLE - 1)
    assert Assignment.objects.filter(state="submitted").count() == 1
    assert Assignment.objects.filter(late_at__isnull=False).count() == PEOPLE - 1
    assert not wrong_counters(mia.project).exists()
