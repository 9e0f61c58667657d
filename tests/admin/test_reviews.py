"""Rulings and texts under review in the admin: managers look at them, nobody changes them there."""

from __future__ import annotations

from django.urls import reverse

from annotations.models import Adjudication, Ruling
from annotations.workflow.adjudicating import finish, take_over
from annotations.workflow.assigning import submit
from tests import factories


def settled(mia, *people):
    story = factories.article(mia, title="Der Pegel")
    for person in people:
        factories.annotation(person, story, 4, 9)
        submit(story, by=person)
    rosa = factories.member(mia, "rosa", "reviewer")
    take_over(story, by=rosa)
    finish(story, by=rosa)
    return rosa


def address(row, what="change"):
    return reverse(f"admin:annotations_{row._meta.model_name}_{what}", args=[row.pk])


def test_a_manager_finds_rulings_with_what_they_looked_at_and_texts_with_their_review(mia, ada, ben, logged_in):
    rosa = settled(mia, ada, ben)
    client, ruling, adjudication = logged_in(mia), Ruling.objects.get(), Adjudication.objects.get()

    listed = client.get(reverse("admin:annotations_ruling_changelist")).content.decode()
    shown = client.get(address(ruling)).content.decode()
    text = client.get(address(adjudication)).content.decode()

    assert "taken over, as all agree" in listed
    for source in ruling.sources.select_related("annotation", "gold"):
        for row in (source.annotation, source.gold):
            assert address(row) in shown
            assert str(row.key) in shown
    assert rosa.pseudonym in text
    assert reverse("annotations:review", args=[mia.project.slug, adjudication.version.article.uuid]) in text


def test_nobody_changes_or_deletes_them_there_and_others_do_not_see_them(mia, ada, ben, olga, logged_in):
    settled(mia, ada, ben)
    for row in (Ruling.objects.get(), Adjudication.objects.get()):
        for who in (mia, olga):
            client = logged_in(who)
            assert client.post(address(row), {"outcome": "rejected", "state": "open"}).status_code == 403
            assert client.post(address(row, "delete"), {"post": "yes"}).status_code == 403
        assert logged_in(ada).get(address(row)).status_code != 200
    assert Ruling.objects.get().outcome == "agreed"
