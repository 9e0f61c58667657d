"""Adding an article by hand and setting what is known of many: once, however often it is sent."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from annotations.errors import Conflict
from annotations.models import Article, AuditEvent
from annotations.workflow.acts import Request
from annotations.workflow.articles import MetadataChange, NewArticle, add_article, set_metadata
from tests import factories

pytestmark = pytest.mark.django_db
KEY = uuid.UUID("0190b5a2-7c1e-4f60-9c55-7a1c3d1f2b10")


def test_a_paste_that_is_sent_twice_is_one_article():
    mia = factories.project()
    new = NewArticle(title="Der Preis", text=factories.GERMAN, publisher="Elbblick", key=KEY)

    first, again = add_article(new, by=mia), add_article(new, by=mia)

    assert first.pk == again.pk
    assert first.uuid == KEY
    assert Article.objects.count() == 1


def test_another_text_under_a_used_key_is_refused():
    mia = factories.project()
    add_article(NewArticle(title="Der Preis", text=factories.GERMAN, key=KEY), by=mia)

    with pytest.raises(Conflict) as refusal:
        add_article(NewArticle(title="Der Preis", text="Ein anderer Text.", key=KEY), by=mia)

    assert refusal.value.code == "key_reused"


def test_a_key_of_another_projects_article_is_refused():
    mia, other = factories.project(), factories.project("other", manager="rosa")
    add_article(NewArticle(title="Der Preis", text=factories.GERMAN, key=KEY), by=mia)

    with pytest.raises(Conflict) as refusal:
        add_article(NewArticle(title="Der Preis", text=factories.GERMAN, key=KEY), by=other)

    assert refusal.value.code == "key_taken"


@pytest.mark.parametrize(
    "change",
    [
        MetadataChange(publisher="Tagblatt", language="de"),
        MetadataChange(publisher="", language=""),
        MetadataChange(published_at=date(2024, 3, 18)),
        MetadataChange(clears_published_at=True),
    ],
)
def test_setting_the_same_again_changes_nothing_and_is_no_act(change):
    mia = factories.project()
    factories.article(mia, publisher="Bote", language="en", published_at=date(2024, 1, 1))
    set_metadata(Article.objects.all(), change, by=mia)
    revision, stored_at = Article.objects.values_list("revision", "stored_at").get()

    again = set_metadata(Article.objects.all(), change, by=mia)

    assert again == 0
    assert Article.objects.values_list("revision", "stored_at").get() == (revision, stored_at) != (1, stored_at)
    assert AuditEvent.objects.filter(verb="articles.changed").count() == 1


def test_only_articles_that_change_are_counted():
    mia = factories.project()
    for publisher in ("Bote", "Tagblatt", ""):
        factories.article(mia, publisher=publisher)

    assert set_metadata(Article.objects.all(), MetadataChange(publisher="Tagblatt"), by=mia) == 2


def test_a_repeated_request_does_not_undo_what_somebody_set_in_the_meantime():
    mia, request = factories.project(), Request.of(KEY, "metadata")
    factories.article(mia)
    set_metadata(Article.objects.all(), MetadataChange(publisher="Bote"), by=mia, request=request)
    set_metadata(Article.objects.all(), MetadataChange(publisher="Tagblatt"), by=mia)

    again = set_metadata(Article.objects.all(), MetadataChange(publisher="Bote"), by=mia, request=request)

    assert (again, Article.objects.get().publisher.name) == (1, "Tagblatt")
