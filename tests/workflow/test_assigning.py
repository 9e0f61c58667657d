"""Giving articles to people: as often as one likes, each has it once."""

from __future__ import annotations

import uuid

import pytest

from annotations.errors import Conflict
from annotations.models import Article, Assignment, AuditEvent
from annotations.workflow.acts import Request
from annotations.workflow.assigning import assign
from tests import factories

pytestmark = pytest.mark.django_db
KEY = uuid.UUID("0190b5a2-7c1e-4f60-9c55-7a1c3d1f2b10")


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def _given() -> int:
    return AuditEvent.objects.filter(verb="assignment.given").count()


def test_giving_articles_again_changes_nothing_and_is_no_act(mia, ada):
    articles = [factories.article(mia), factories.article(mia)]

    first, again = assign(articles, [ada], by=mia), assign(articles, [ada], by=mia)

    assert (first, again, Assignment.objects.count(), _given()) == (2, 0, 2, 1)


def test_a_request_that_is_sent_twice_is_answered_as_the_first_time(mia, ada):
    articles, request = [factories.article(mia)], Request.of(KEY, "assign")

    first = assign(articles, [ada], by=mia, request=request)
    again = assign(articles, [ada], by=mia, request=request)

    assert (first, again, Assignment.objects.count(), _given()) == (1, 1, 1, 1)


def test_a_repeated_request_does_not_give_what_came_in_the_meantime(mia, ada):
    request = Request.of(KEY, "assign")
    factories.article(mia)
    assign(Article.objects.all(), [ada], by=mia, request=request)
    factories.article(mia)

    again = assign(Article.objects.all(), [ada], by=mia, request=request)

    assert (again, Assignment.objects.count()) == (1, 1)


def test_a_key_that_came_with_another_request_is_refused(mia, ada):
    assign([factories.article(mia)], [ada], by=mia, request=Request.of(KEY, "assign", 1))

    with pytest.raises(Conflict) as refusal:
        assign([factories.article(mia)], [ada], by=mia, request=Request.of(KEY, "assign", 2))

    assert refusal.value.code == "key_reused"
    assert Assignment.objects.count() == 1
