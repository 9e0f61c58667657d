"""Two tabs, two people, at the same moment (checks DI-1, DI-2): nothing lost, nothing doubled, on both databases."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from annotations.access.requests import Request
from annotations.errors import Conflict, Refused
from annotations.jobs.starting import start_export, start_once
from annotations.models import Annotation, AnnotationRevision, Article, AuditEvent, Job, Membership
from annotations.workflow.annotating import AnnotationChange, annotate, change_annotation
from annotations.workflow.assigning import submit
from annotations.workflow.projects import add_member, change_role, end_membership
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 25


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start every act at the same moment in a thread of its own; return results or errors, in order."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[n] = act()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def test_of_two_tabs_one_wins_and_the_other_is_told_what_is_there(mia, ada):
    made = factories.annotation(ada, factories.article(mia), 12, 17)

    for n in range(ROUNDS):
        version = Annotation.objects.get(pk=made.pk).version_number
        results = at_once(
            *[
                lambda note=f"{n} {tab}", version=version: change_annotation(
                    made.key, AnnotationChange(note=note), by=ada, base_version=version
                )
                for tab in ("links", "rechts")
            ]
        )
        won = [result for result in results if isinstance(result, Annotation)]
        lost = [result for result in results if isinstance(result, Conflict)]
        assert (len(won), len(lost)) == (1, 1), results
        assert lost[0].current.note == won[0].note == Annotation.objects.get(pk=made.pk).note

    numbers = list(AnnotationRevision.objects.order_by("version_number").values_list("version_number", flat=True))
    assert numbers == list(range(1, ROUNDS + 1))


def test_one_request_sent_four_times_at_once_makes_one_row(mia, ada):
    article = factories.article(mia)
    factories.annotation(ada, article, 0, 3)

    for _round in range(max(5, ROUNDS // 5)):
        new = factories.new_annotation(article.current_version, 12, 17)
        request = Request.of(uuid.uuid4(), "claim")
        results = at_once(*[lambda new=new, request=request: annotate(new, by=ada, request=request)] * 4)

        assert {result.pk for result in results} == {Annotation.objects.get(key=new.key).pk}
        assert AuditEvent.objects.filter(request_key=request.key).count() == 1


def test_the_first_spans_of_two_tabs_open_one_assignment(mia, ada):
    for _round in range(max(5, ROUNDS // 5)):
        version = factories.article(mia).current_version
        spans = [factories.new_annotation(version, start, start + 4) for start in (0, 4, 8)]

        results = at_once(*[lambda new=new: annotate(new, by=ada) for new in spans])

        assert all(isinstance(result, Annotation) for result in results), results
        assert version.assignments.count() == 1


def test_a_span_is_either_before_the_submission_or_refused(mia, ada):
    for _round in range(max(5, ROUNDS // 5)):
        article = factories.article(mia)
        factories.annotation(ada, article, 0, 3)
        new = factories.new_annotation(article.current_version, 12, 17)

        span, submitted = at_once(
            lambda new=new: annotate(new, by=ada), lambda article=article: submit(article, by=ada)
        )

        assert submitted.state == "submitted"
        if isinstance(span, Annotation):
            made = AuditEvent.objects.get(object_key=str(new.key)).pk
            assert made < AuditEvent.objects.get(verb="assignment.submitted", object_key=str(submitted.uuid)).pk
        else:
            assert span.code == "assignment_closed"


def test_two_managers_who_leave_at_once_do_not_both_go(mia):
    for n in range(5):
        other = factories.member(mia, f"max{n}", Membership.Role.MANAGER)

        at_once(
            lambda other=other: end_membership(mia, by=other),
            lambda other=other: change_role(other, Membership.Role.VIEWER, by=mia),
        )

        managers = Membership.objects.filter(project=mia.project, role="manager", ended_at__isnull=True)
        assert managers.exists()
        Membership.objects.filter(pk=mia.pk).update(ended_at=None)
        mia.refresh_from_db()


def test_of_two_people_who_add_one_article_at_once_one_is_told(mia):
    def add() -> Article:
        return factories.article(mia, url="https://example.org/rain", external_id="")

    results = at_once(add, add)

    assert [result.code for result in results if isinstance(result, Refused)] == ["external_id_taken"]
    assert Article.objects.count() == 1


def test_of_two_managers_who_add_one_person_at_once_one_is_told(mia):
    ben = factories.user("ben")

    results = at_once(*[lambda: add_member(ben, Membership.Role.ANNOTATOR, by=mia)] * 2)

    assert [result.code for result in results if isinstance(result, Refused)] == ["member_already"]
    assert Membership.objects.filter(project=mia.project, user=ben).count() == 1


def test_a_job_that_is_asked_for_twice_in_one_moment_is_one(mia):
    request = Request.of(uuid.uuid4(), "exports")

    first, second = at_once(*[lambda: start_once(mia, request, partial(start_export, mia))] * 2)

    assert first == second == Job.objects.get()
