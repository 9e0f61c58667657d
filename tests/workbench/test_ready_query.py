"""A query whose SQL is written once finds what the ORM finds."""

import threading

import pytest
from django.db import connection
from django.db.models import BigIntegerField, F, UUIDField

from annotations.models import Article, Membership, User
from tests import factories
from workbench.ready_query import Given, ReadyQuery


@pytest.fixture
def mia(db) -> Membership:
    return factories.project("river")


@pytest.fixture
def by_uuid() -> ReadyQuery[Article]:
    return ReadyQuery(
        lambda: (
            Article.objects.select_related("publisher", "current_version")
            .defer("current_version__text")
            .annotate(project_name=F("project__name"))
            .filter(uuid=Given("uuid", UUIDField()))
        )
    )


def test_a_row_comes_with_every_column_as_the_orm_reads_it(mia, by_uuid):
    article = Article.objects.get(pk=factories.article(mia, publisher="Gazette").pk)

    found = by_uuid.first(uuid=article.uuid)

    names = [column.attname for column in Article._meta.concrete_fields]
    assert {name: getattr(found, name) for name in names} == {name: getattr(article, name) for name in names}


def test_related_rows_and_annotations_cost_no_further_query(mia, by_uuid, django_assert_num_queries):
    article = factories.article(mia, publisher="Gazette")
    by_uuid.first(uuid=article.uuid)

    with django_assert_num_queries(1):
        found = by_uuid.first(uuid=article.uuid)
        told = (found.publisher.name, found.current_version.length, found.project_name)

    assert told == ("Gazette", len(factories.GERMAN), "River")


def test_a_related_row_that_is_not_there_is_none(mia, by_uuid):
    article = factories.article(mia)

    assert by_uuid.first(uuid=article.uuid).publisher is None


def test_a_deferred_column_stays_unread(mia, by_uuid):
    article = factories.article(mia)

    assert by_uuid.first(uuid=article.uuid).current_version.get_deferred_fields() == {"text"}


def test_each_question_has_its_own_values(mia, by_uuid):
    one, other = factories.article(mia, title="One"), factories.article(mia, title="Other")

    assert [by_uuid.first(uuid=each.uuid).title for each in (one, other, one)] == ["One", "Other", "One"]


def test_nothing_found_is_none(db):
    nobody = ReadyQuery(lambda: User.objects.filter(pk=Given("user", BigIntegerField())))

    assert nobody.first(user=0) is None


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_over_its_own_connection():
    ada = factories.user("ada")
    people = ReadyQuery(lambda: User.objects.filter(pk=Given("user", BigIntegerField())))
    people.first(user=ada.pk)
    found: list[User | None] = []

    def ask() -> None:
        found.append(people.first(user=str(ada.pk)))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

    assert found == [ada]
