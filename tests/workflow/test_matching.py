"""Matching an annotator known from a file to a person."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from annotations.access import visible_to
from annotations.errors import Forbidden, Refused
from annotations.models import Annotation, Article, Assignment, AuditEvent, Membership
from annotations.workflow.assigning import assign
from annotations.workflow.counting import wrong_counters
from annotations.workflow.discussing import NewThread, begin_thread, mentions_of
from annotations.workflow.people import match_person
from annotations.workflow.suggesting import Decided, decide
from tests import factories
from tests.corpora import annotation, article, imported, lines

pytestmark = pytest.mark.django_db

TEXT = "Der Preis stieg um 4 %."


@pytest.fixture
def mia() -> Membership:
    return factories.project()


@pytest.fixture
def otter(mia) -> Membership:
    imported(mia, {"a.jsonl": lines(article("a-1", TEXT, annotations=[annotation(TEXT, "stieg")]))})
    return Membership.objects.get(pseudonym="amber-otter-101")


def test_the_work_of_a_file_is_the_matched_person_s(mia, otter):
    ada = match_person(otter, factories.user("ada"), by=mia)

    assert list(visible_to(ada, Annotation.objects.all())) == [Annotation.objects.get()]
    event = AuditEvent.objects.get(verb="member.matched")
    assert (event.actor, event.object_key) == (mia, str(otter.uuid))


def test_a_later_file_finds_the_person_under_the_name_it_has_for_them(mia, otter):
    match_person(otter, factories.user("ada"), by=mia)
    work = [{"annotator": "amber-otter-101", "state": "submitted", "submitted_at": "2024-03-18T08:14:52Z"}]
    later = article("a-2", TEXT, annotations=[annotation(TEXT, "Preis")], assignments=work)

    imported(mia, {"a.jsonl": lines(article("a-1", TEXT, assignments=work), later)})

    assert set(Membership.objects.values_list("pseudonym", flat=True)) == {mia.pseudonym, otter.pseudonym}
    assert set(Assignment.objects.values_list("annotator", flat=True)) == {otter.pk}
    assert Annotation.objects.get(quote="Preis").created_by == otter


def test_a_person_whose_pseudonym_the_file_took_is_found_by_both_names(mia):
    ada = factories.member(mia, "ada")
    marks = iter(("stieg", "Preis", "Der"))

    def once_more(name: str) -> Membership:
        mark = annotation(TEXT, next(marks), annotator=name)
        imported(mia, {"a.jsonl": lines(article("a-1", TEXT, annotations=[mark]))})
        return Annotation.objects.get(key=mark["key"]).created_by

    matched = match_person(once_more(ada.pseudonym), factories.user("ben"), by=mia)

    assert matched.pseudonym == f"{ada.pseudonym} (imported)"
    assert [once_more(name) for name in (ada.pseudonym, matched.pseudonym)] == [matched, matched]


def test_work_that_names_nobody_is_not_the_person_s_whom_earlier_such_work_was(mia):
    def unnamed(quote: str) -> Membership:
        mark = annotation(TEXT, quote, annotator="")
        imported(mia, {"a.jsonl": lines(article("a-1", TEXT, annotations=[mark]))})
        return Annotation.objects.get(key=mark["key"]).created_by

    ada = match_person(unnamed("stieg"), factories.user("ada"), by=mia)

    assert unnamed("Preis") != ada


def test_a_part_without_judgements_is_given_up_and_its_role_and_assignments_pass_over(mia, otter):
    ada = factories.member(mia, "ada", "reviewer")
    other = factories.article(mia)
    factories.assigned(mia, ada, other)

    matched = match_person(otter, ada.user, by=mia)

    ada.refresh_from_db()
    assert ada.user is None
    assert ada.ended_at is not None
    assert (matched.user.username, matched.role, matched.pseudonym) == ("ada", "reviewer", "amber-otter-101")
    assert Assignment.objects.get(version=other.current_version).annotator == matched


def test_a_part_that_is_given_up_leaves_its_places_and_passes_its_mentions_over(mia, otter):
    ada = factories.member(mia, "ada", "reviewer")
    shared = Article.objects.get()
    assign([shared], [otter, ada], by=mia)
    begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), f"@{ada.pseudonym}", shared.uuid), by=mia)

    matched = match_person(otter, ada.user, by=mia)

    assert Article.objects.get().places_taken == 1
    assert not wrong_counters(mia.project).exists()
    assert [call.member for call in mentions_of(ada.user)] == [matched]


def test_a_person_who_decided_about_a_suggestion_has_judged(mia, otter):
    ada = factories.member(mia, "ada")
    offered = factories.suggestion(factories.article(mia), "Preis")
    decide([Decided(offered.key, "dismissed", 0)], by=ada)

    with pytest.raises(Refused, match="judgements of their own"):
        match_person(otter, ada.user, by=mia)


def test_a_person_who_has_judged_is_not_matched(mia, otter):
    ada = factories.member(mia, "ada")
    factories.annotation(ada, factories.article(mia), 2, 5)

    with pytest.raises(Refused, match="judgements of their own"):
        match_person(otter, ada.user, by=mia)

    otter.refresh_from_db()
    assert otter.user is None


def test_an_annotator_with_an_account_is_not_matched_again(mia, otter):
    match_person(otter, factories.user("ada"), by=mia)

    with pytest.raises(Refused, match="account already"):
        match_person(otter, factories.user("ben"), by=mia)


@pytest.mark.parametrize("role", ["annotator", "reviewer", "viewer"])
def test_only_managers_match(mia, otter, role):
    with pytest.raises(Forbidden):
        match_person(otter, factories.user("ada"), by=factories.member(mia, "rosa", role))


def test_the_page_of_members_matches(mia, otter, client):
    factories.user("ada")
    client.force_login(mia.user)
    assert b"Match to this person" in client.get("/p/river/members/").content

    client.post(f"/p/river/members/{otter.uuid}/", {"match": "yes", "username": "ada"})

    otter.refresh_from_db()
    assert otter.user.username == "ada"


def test_the_api_matches(mia, otter, client):
    factories.user("ada")
    client.force_login(mia.user)

    response = client.post(
        f"/api/v1/projects/river/members/{otter.uuid}/match/", {"username": "ada"}, content_type="application/json"
    )

    assert response.status_code == 200, response.content
    otter.refresh_from_db()
    assert otter.user.username == "ada"


def test_the_admin_matches(mia, otter, client):
    factories.user("ada")
    client.force_login(factories.user("root", is_staff=True, is_superuser=True))
    page = reverse("admin:annotations_membership_change", args=[otter.pk])
    assert b'name="person"' in client.get(page).content

    response = client.post(page, {"person": "ada", "role": "annotator"})

    assert response.status_code == 302
    otter.refresh_from_db()
    assert otter.user.username == "ada"
