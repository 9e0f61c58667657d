"""Articles in the admin: found, mended, assigned, exported; their texts read and never loaded in lists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.admin.addresses import name_of
from annotations.models import Article, Assignment, AuditEvent, Job, Membership, Publisher
from tests import factories

LIST = "admin:annotations_article_changelist"


def details(article: Article, **changes: str) -> dict[str, str]:
    values = {"title": article.title, "publisher": "", "published_at": "", "language": "", "url": "", "revision": "1"}
    return values | {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"} | changes


def act(client, name: str, articles, **data):
    chosen = {
        "action": name,
        ACTION_CHECKBOX_NAME: [name_of(Article, article.pk) for article in articles],
        "select_across": "0",
    }
    return client.post(reverse(LIST), chosen | data)


@pytest.fixture
def bridge(mia) -> Article:
    return factories.article(mia, title="Die Brücke", publisher="Bote", language="de", external_id="bridge")


def test_mending_what_is_known_is_one_recorded_act(mia, bridge, logged_in):
    page = reverse("admin:annotations_article_change", args=[bridge.pk])
    changes = {"publisher": "Niederauer Bote", "language": "de", "published_at": "2024-05-03"}

    logged_in(mia).post(page, details(bridge, **changes) | {"external_id": "stolen", "project": "99"})

    bridge.refresh_from_db()
    assert bridge.publisher.name == "Niederauer Bote"
    assert (bridge.published_at, bridge.published_precision) == (datetime(2024, 5, 3, tzinfo=UTC), "day")
    assert (bridge.external_id, bridge.project_id, bridge.revision) == ("bridge", mia.project_id, 2)
    assert AuditEvent.objects.get(verb="article.changed").actor == mia


def test_a_change_made_in_the_meantime_is_not_overwritten(mia, bridge, logged_in):
    Article.objects.filter(pk=bridge.pk).update(title="Die neue Brücke", revision=2)
    page = reverse("admin:annotations_article_change", args=[bridge.pk])

    reply = logged_in(mia).post(page, details(bridge, publisher="Bote", language="de", title="Meine Brücke"))

    assert "Somebody changed this article in the meantime." in reply.content.decode()
    assert Article.objects.get(pk=bridge.pk).title == "Die neue Brücke"


def test_a_pasted_text_becomes_an_article(mia, logged_in):
    data = {"project": mia.project_id, "title": "Neu", "text": factories.GERMAN}

    logged_in(mia).post(reverse("admin:annotations_article_add"), data | details(Article(title="Neu")))

    made = Article.objects.get(title="Neu")
    assert made.current_version.text == factories.GERMAN
    assert AuditEvent.objects.filter(verb="article.added", actor=mia).count() == 1


def test_an_unusable_text_is_refused_with_a_sentence(mia, logged_in):
    data = {"project": mia.project_id, "title": "Neu", "text": "a\x00b"}

    reply = logged_in(mia).post(reverse("admin:annotations_article_add"), data)

    assert "errornote" in reply.content.decode()
    assert not Article.objects.exists()


def test_the_text_of_a_version_can_be_read_with_its_regions(mia, bridge, logged_in):
    address = reverse("admin:annotations_articleversion_change", args=[bridge.current_version_id])

    page = logged_in(mia).get(address).content.decode()

    assert "Der Preis stieg um 4 %." in page
    assert logged_in(mia).post(address, {"text": "changed"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "Brücke"}, {"Die Brücke"}),
        ({"publisher": "none"}, {"Der Preis"}),
        ({"language": "de"}, {"Die Brücke"}),
        ({"language": "none"}, {"Der Preis"}),
        ({"has_annotations": "yes"}, {"Der Preis"}),
        ({"has_annotations": "no"}, {"Die Brücke"}),
        ({"project": "not-a-number"}, {"Die Brücke", "Der Preis"}),
        ({"publisher": "9" * 40}, {"Die Brücke", "Der Preis"}),
    ],
)
def test_articles_are_filtered(query, found, mia, bridge, logged_in):
    other = factories.article(mia, title="Der Preis")
    factories.annotation(mia, other, 2, 7)

    rows = logged_in(mia).get(reverse(LIST), query).context["cl"].result_list

    assert {row.title for row in rows} == found


def test_the_publishers_of_the_chosen_project_are_offered(mia, bridge, logged_in):
    publisher = Publisher.objects.get()

    page = logged_in(mia).get(reverse(LIST), {"project": mia.project_id, "publisher": name_of(Publisher, publisher.pk)})

    assert [row.title for row in page.context["cl"].result_list] == ["Die Brücke"]


@pytest.mark.parametrize("count", [3, 60])
def test_the_list_of_articles_needs_12_queries_and_no_text(count, mia, logged_in):
    factories.many_articles(mia, count, published_at=datetime(2024, 5, 3, tzinfo=UTC))
    client = logged_in(mia)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse(LIST))

    assert len(queries) <= 12
    assert not any('"text"' in query["sql"] for query in queries)


def test_articles_are_assigned_after_one_question(mia, ada, bridge, logged_in):
    client = logged_in(mia)

    question = act(client, "assign_articles", [bridge]).content.decode()
    act(client, "assign_articles", [bridge], apply="1", annotators=[str(ada.pk)])

    assert "Die Brücke" in question
    assert ada.pseudonym in question
    assert Assignment.objects.get().annotator == ada
    assert AuditEvent.objects.filter(verb="assignment.given").count() == 1


def test_articles_of_two_projects_are_not_assigned_at_once(olga, mia, bridge, logged_in):
    other = factories.project("canary", manager="zed")
    stranger = factories.article(other, title="Fremd")

    reply = act(logged_in(olga), "assign_articles", [bridge, stranger])

    assert reply.status_code == 302
    assert not Membership.objects.filter(user=olga).exists()


def test_nobody_of_another_project_can_be_given_an_article(mia, bridge, logged_in):
    other = factories.project("canary", manager="zed")

    reply = act(logged_in(mia), "assign_articles", [bridge], apply="1", annotators=[str(other.pk)])

    assert "Select a valid choice" in reply.content.decode()
    assert not Assignment.objects.exists()


def test_metadata_is_set_for_all_that_match(mia, logged_in):
    factories.many_articles(mia, 3)
    one = name_of(Article, Article.objects.first().pk)
    data = {"action": "set_what_is_known", "select_across": "1", ACTION_CHECKBOX_NAME: [one]}

    logged_in(mia).post(reverse(LIST), data | {"apply": "1", "set_language": "de"})

    assert Article.objects.filter(language="de").count() == 3
    assert AuditEvent.objects.get(verb="articles.changed").after["articles"] == 3


def test_articles_chosen_are_exported_by_name(mia, bridge, logged_in):
    factories.article(mia, title="Der Preis")

    reply = act(logged_in(mia), "export_articles", [bridge], apply="1", format="native", texts="with")

    job = Job.objects.get()
    assert job.parameters["filters"] == {"articles_named": str(bridge.uuid)}
    assert reply["Location"] == reverse("admin:annotations_job_change", args=[job.pk])
    assert job.requested_by == mia


def test_a_publisher_is_renamed_for_all_its_articles(mia, bridge, logged_in):
    publisher = Publisher.objects.get()
    page = reverse("admin:annotations_publisher_change", args=[publisher.pk])

    logged_in(mia).post(page, {"name": "Niederauer Bote", "domain": "", "kind": "outlet"})

    bridge.refresh_from_db()
    assert bridge.publisher.name == "Niederauer Bote"
    assert AuditEvent.objects.get(verb="publisher.changed").after == {"fields": ["kind", "name"], "kind": "outlet"}


def test_two_publishers_do_not_get_one_name(mia, bridge, logged_in):
    factories.article(mia, title="Der Preis", publisher="Post")
    publisher = Publisher.objects.get(name="Post")
    page = reverse("admin:annotations_publisher_change", args=[publisher.pk])

    reply = logged_in(mia).post(page, {"name": "Bote", "domain": "", "kind": "unknown"})

    assert "This publisher is known already." in reply.content.decode()


def test_withholding_says_what_it_reaches_before_the_title_is_typed(mia, bridge, logged_in):
    other = factories.article(mia)

    asked = act(logged_in(mia), "withhold_articles", [bridge]).content.decode()
    asked_of_two = act(logged_in(mia), "withhold_articles", [bridge, other]).content.decode()

    assert "Nobody can undo it." in asked
    assert "The words of 1 text are erased" in asked
    assert "The words of" not in asked_of_two
