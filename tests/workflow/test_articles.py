"""Adding an article by hand: once, however often it is sent."""

from __future__ import annotations

import uuid

import pytest

from annotations.errors import Conflict
from annotations.models import Article
from annotations.workflow.articles import NewArticle, add_article
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
