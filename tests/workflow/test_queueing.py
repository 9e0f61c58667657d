"""The queue: each gets the next article by the project's order, never more than the project wants, never one twice."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.errors import Forbidden, Refused
from annotations.models import Article, Assignment, AuditEvent
from annotations.workflow.acts import Request
from annotations.workflow.annotating import withdraw_annotation
from annotations.workflow.assigning import assign, confirm_late, reopen, submit
from annotations.workflow.correcting import correct_article
from annotations.workflow.counting import count_all_places, wrong_counters
from annotations.workflow.projects import archive_project, end_membership
from annotations.workflow.queueing import keep_place, take_next
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


def _all_of(by) -> list[str]:
    """Take and submit until nothing is left; return the titles in their order."""
    titles = []
    while found := take_next(by=by):
        article = Article.objects.get(current_version=found.version_id)
        titles.append(article.title)
        submit(article, by=by)
    return titles


def _lapse(assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_article_goes_to_as_many_people_as_the_project_wants_and_to_nobody_twice(mia, ada, ben):
    factories.article(mia, title="A")
    factories.article(mia, title="B")
    cleo = factories.member(mia, "cleo")

    assert (_all_of(ada), _all_of(ben), _all_of(cleo)) == (["A", "B"], ["A", "B"], [])
    assert not wrong_counters(mia.project).exists()


def test_what_is_open_comes_before_the_queue_and_the_same_request_gives_the_same_article(mia, ada):
    first, given = factories.article(mia, title="A"), factories.article(mia, title="B")
    assign([given], [ada], by=mia)
    request = Request.of(uuid.uuid4(), "next")

    opened = take_next(by=ada)
    submit(given, by=ada)
    taken = take_next(by=ada, request=request)
    submit(first, by=ada)
    again = take_next(by=ada, request=request)

    assert (opened.version_id, taken.version_id) == (given.current_version_id, first.current_version_id)
    assert again == taken
    assert opened.lease_until is None
    assert taken.lease_until - timezone.now() > timedelta(hours=23)


def test_the_order_is_the_project_s(mia, ada, ben):
    for title, year in (("A", 2024), ("B", 2022), ("C", 2023)):
        factories.article(mia, title=title, published_at=datetime(year, 1, 1, tzinfo=UTC))
    factories.article(mia, title="D")
    factories.set_project(mia, queue_order="oldest")
    oldest = _all_of(ada)
    Article.objects.filter(title__in="AB").update(places_taken=0)
    count_all_places(mia.project)
    factories.set_project(mia, queue_order="fewest", annotators_per_article=3)
    assign(Article.objects.filter(title__in="AB"), [mia], by=mia)

    assert (oldest, _all_of(ben)) == (["B", "C", "A", "D"], ["C", "D", "A", "B"])


def test_shuffling_is_each_person_s_own_and_the_same_again_with_the_same_seed(mia, ada, ben):
    titles = [f"{n:02}" for n in range(12)]
    for title in titles:
        factories.article(mia, title=title)
    factories.set_project(mia, queue_order="shuffled", annotators_per_article=5)
    cleo, dora = factories.member(mia, "cleo"), factories.member(mia, "dora")
    Assignment.objects.all().delete()

    first = _all_of(ada)
    Assignment.objects.all().delete()
    count_all_places(mia.project)
    orders = [first, _all_of(ada), _all_of(ben), _all_of(cleo)]
    factories.set_project(mia, queue_seed=2)

    assert orders[0] == orders[1]
    assert all(sorted(order) == titles for order in orders)
    assert len({tuple(order) for order in [*orders, _all_of(dora), titles]}) == 5


def test_a_lapsed_place_goes_to_another_but_its_annotator_writes_on_and_submits(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    lost = take_next(by=ada)
    assert take_next(by=ben) is None
    _lapse(lost)

    got = take_next(by=ben)
    lost.refresh_from_db()
    kept = keep_place(lost, by=ada)
    factories.annotation(ada, made, 12, 17)

    assert (got.version_id, kept.state) == (lost.version_id, "lapsed")
    late = submit(made, by=ada)
    assert (late.state, late.is_late, late.is_writable) == ("lapsed", True, False)
    event = AuditEvent.objects.get(verb="assignments.lapsed")
    assert (event.after["assignments"], event.actor) == ([str(lost.uuid)], None)


def test_what_is_handed_in_late_is_kept_and_counts_once_a_manager_takes_it_in(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    lost = take_next(by=ada)
    mark = factories.annotation(ada, made, 12, 17)
    _lapse(lost)
    take_next(by=ben)

    late = submit(made, by=ada)
    again = submit(made, by=ada)
    assert (again.pk, again.state_number) == (late.pk, late.state_number)
    with pytest.raises(Refused, match="handed this article in"):
        withdraw_annotation(mark.key, by=ada, base_version=1)
    assert Article.objects.get().places_taken == 1
    assert take_next(by=ada) is None
    taken_back = reopen(made, by=ada)
    assert (taken_back.is_late, taken_back.is_writable) == (False, True)
    with pytest.raises(Refused) as nothing:
        confirm_late(late.uuid, by=mia)
    assert nothing.value.code == "not_late"
    handed_in = submit(made, by=ada).late_at
    with pytest.raises(Forbidden):
        confirm_late(late.uuid, by=ben)

    done, twice = confirm_late(late.uuid, by=mia), confirm_late(late.uuid, by=mia)

    assert (done.state, done.submitted_at, twice.state_number) == ("submitted", handed_in, done.state_number)
    assert Article.objects.get().places_taken == 2
    assert not wrong_counters(mia.project).exists()
    verbs = ["assignment.handed_in_late", "assignment.reopened", "assignment.handed_in_late", "assignment.confirmed"]
    found = AuditEvent.objects.filter(object_key=str(lost.uuid), verb__in=verbs).order_by("pk")
    assert list(found.values_list("verb", flat=True)) == verbs


def test_what_is_handed_in_late_counts_at_once_where_its_place_is_free(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    lost = take_next(by=ada)
    factories.annotation(ada, made, 12, 17)
    Assignment.objects.filter(pk=lost.pk).update(state="lapsed")
    count_all_places(mia.project)

    assert submit(made, by=ada).state == "submitted"


def test_a_lapsed_place_that_nobody_took_is_taken_up_again(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1)
    factories.article(mia)
    lost = take_next(by=ada)
    factories.set_project(mia, queue_order="none")
    _lapse(lost)
    take_next(by=ben)
    lost.refresh_from_db()
    assert lost.state == "lapsed"

    kept = keep_place(lost, by=ada)

    assert (kept.state, Article.objects.get().is_full) == ("open", True)
    assert kept.lease_until > timezone.now()


def test_what_was_given_by_hand_or_kept_for_good_does_not_lapse(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1, lease_hours=0)
    factories.article(mia)

    taken = take_next(by=ada)

    assert (taken.lease_until, keep_place(taken, by=ada).lease_until, take_next(by=ben)) == (None, None, None)


def test_what_was_given_by_hand_does_not_lapse_after_it_was_taken_back(mia, ada):
    given, taken = factories.article(mia), factories.article(mia)
    assign([given], [ada], by=mia)
    for made in (given, taken):
        submit(made, by=ada)

    assert reopen(given, by=ada).lease_until is None
    assert reopen(taken, by=ada).lease_until > timezone.now()


def test_a_counter_that_was_left_behind_gives_no_place_too_many(mia, ada, ben):
    for title in "AB":
        factories.article(mia, title=title)
    assign(Article.objects.filter(title="A"), [mia, ben], by=mia)
    Article.objects.update(places_taken=0, is_full=False)

    assert Article.objects.get(current_version=take_next(by=ada).version_id).title == "B"
    assert not wrong_counters(mia.project).exists()


def test_the_counter_follows_the_settings_and_a_correction(mia, ada, ben):
    made = factories.article(mia)
    take_next(by=ada)
    factories.set_project(mia, annotators_per_article=1)
    assert Article.objects.get().is_full

    correct_article(made, factories.GERMAN + "!", by=mia, base_version=made.current_version.uuid)

    assert take_next(by=ben) is None
    assert not wrong_counters(mia.project).exists()


def test_nobody_gets_an_article_of_an_archived_project_or_without_a_queue(mia, ada):
    factories.article(mia)
    factories.set_project(mia, queue_order="none")
    ada.refresh_from_db()
    assert take_next(by=ada) is None
    archive_project(by=mia)
    ada.project.refresh_from_db()

    with pytest.raises(Forbidden):
        take_next(by=ada)


def test_reopening_what_ended_as_skipped_takes_a_place_or_is_refused(mia, ada, ben):
    factories.set_project(mia, annotators_per_article=1)
    made = factories.article(mia)
    skipped = take_next(by=ada)
    Assignment.objects.filter(pk=skipped.pk).update(state="skipped")
    count_all_places(mia.project)
    take_next(by=ben)

    with pytest.raises(Refused) as refusal:
        reopen(made, by=ada)

    assert refusal.value.code == "not_given"


@pytest.mark.parametrize("order", ["listed", "oldest", "fewest", "shuffled"])
def test_the_next_article_takes_as_many_queries_whatever_the_project_s_size(mia, ada, order):
    factories.set_project(mia, queue_order=order)
    counts = []
    for size in (1, 20):
        for _n in range(size):
            factories.article(mia)
        with CaptureQueriesContext(connection) as queries:
            found = take_next(by=ada, request=Request.of(uuid.uuid4(), "next"))
        submit(Article.objects.get(current_version=found.version_id), by=ada)
        counts.append(sum("SAVEPOINT" not in each["sql"] for each in queries))

    assert counts[0] == counts[1] <= 14


def test_whoever_leaves_the_project_keeps_no_place_in_it(mia, ada, ben):
    mia.project.annotators_per_article = 1
    mia.project.save()
    given, done = factories.article(mia), factories.article(mia)
    factories.annotation(ada, given, 2, 5)
    assign([given, done], [ada], by=mia)
    Assignment.objects.update(lease_until=None)
    submit(done, by=ada)
    assert take_next(by=ben) is None

    end_membership(ada, by=mia)

    assert take_next(by=ben).version_id == given.current_version_id
    assert list(ada.assignments.order_by("pk").values_list("state", flat=True)) == ["lapsed", "submitted"]
    assert not wrong_counters(mia.project).exists()
