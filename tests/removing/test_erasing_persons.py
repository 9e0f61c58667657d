"""Erasing a person: no name and no address is left anywhere, and no figure changes (check AP-3)."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations.errors import Forbidden, Refused
from annotations.jobs.leases import Interrupted, claim_chunk, owner_name
from annotations.jobs.running import run_chunk
from annotations.models import (
    Annotation,
    ApiToken,
    AuditEvent,
    Chunk,
    Comment,
    CommentThread,
    Erasure,
    Membership,
    SavedFilter,
    User,
)
from annotations.removing import persons
from annotations.removing.naming import places_naming
from annotations.removing.persons import ask_to_be_erased, erase_person, receipt_digest, take_back_asking
from annotations.tasks import KINDS
from annotations.workflow.accounts import issue_token
from annotations.workflow.administrating import note_account_change
from annotations.workflow.discussing import answer
from annotations.workflow.identities import Identity, link_identity
from annotations.workflow.inviting import NewInvitation, invite
from tests import factories
from tests.corpora import annotation, article, exported, imported, lines

from .canaries import places_with
from .work import done, figures, worked

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Quarzkolibri", "quarz@kolibri.example"
"""Both hold a canary word of their own."""


@pytest.fixture
def mia():
    made = factories.project("river", visibility="open")
    made.user.is_superuser = True
    made.user.save()
    return made


@pytest.fixture
def kim(mia, django_capture_on_commit_callbacks):
    """Return somebody whose name lies everywhere that a name can lie."""
    user = factories.user("kolibri-k", first_name="Kim", last_name=NAME)
    User.objects.filter(pk=user.pk).update(display_name=f"Kim {NAME}", email=ADDRESS)
    user.refresh_from_db()
    note_account_change(user, ["display_name", "email"], by=mia.user, is_new=True)
    invite(NewInvitation(role="annotator", memo=f"Kim {NAME} <{ADDRESS}>"), by=mia)
    noted = annotation("Der Preis stieg um 4 %.", "Preis", annotator=NAME)
    with django_capture_on_commit_callbacks(execute=True):
        imported(mia, {f"von-{NAME}.jsonl": lines(article("a-9", annotations=[annotation(**WITHOUT_NAME)]))})
        Membership.objects.filter(pseudonym="amber-otter-101").update(pseudonym=NAME, name_in_files=NAME)
    known = Membership.objects.select_related("project").get(name_in_files=NAME)
    known.user, known.role = user, "annotator"
    known.save()
    assert noted["annotator"] == NAME
    return known


WITHOUT_NAME = {"text": "Der Preis stieg um 4 %.", "quote": "Preis"}


@pytest.fixture
def busy(mia, kim, django_capture_on_commit_callbacks):
    """Have them work with a colleague, be called by name, and leave keys, sessions, filters and the like."""
    ada = factories.member(mia, "ada")
    made = worked(mia, kim, ada)
    thread = CommentThread.objects.filter(created_by=ada).first()
    answer(thread.key, uuid.uuid4(), f"@{NAME} siehst du das? @kolibri-k, bitte.", by=ada)
    answer(thread.key, uuid.uuid4(), f"Ja. Viele Grüße, Kim {NAME} ({ADDRESS})", by=kim)
    issue_token(kim.user, f"Schlüssel von {NAME}", expires_at=timezone.now() + timedelta(days=3))
    link_identity(Identity("https://id.example", f"sub-{NAME}", f"Kim {NAME}"), kim.user)
    SavedFilter.objects.create(project=mia.project, owner=kim, name=f"{NAME} liest", filters={})
    Client().force_login(kim.user)
    client = Client()
    client.force_login(kim.user)
    session = client.session
    session["note"] = NAME
    session.save()
    with django_capture_on_commit_callbacks(execute=True):
        exported(mia)
    figures(mia)
    return made


def erased(kim, mia) -> Erasure:
    made = erase_person(kim.user, "kolibri-k", by=mia.user)
    done(made.job)
    made.refresh_from_db()
    return made


def test_no_name_and_no_address_is_left_and_no_figure_changes(busy, kim, mia, django_capture_on_commit_callbacks):
    before = figures(mia)
    assert len(places_with(NAME)) > 12
    assert len(places_with("kolibri-k")) > 0
    assert len(places_with(ADDRESS)) > 2
    own = Annotation.every.filter(created_by=kim).order_by("pk")
    judged = list(own.values("key", "label", "start", "note"))

    with django_capture_on_commit_callbacks(execute=True):
        made = erased(kim, mia)

    for word in (NAME, "kolibri-k", ADDRESS):
        assert places_with(word) == [], word
    assert figures(mia) == before
    assert (
        list(Annotation.every.filter(created_by=kim).order_by("pk").values("key", "label", "start", "note")) == judged
    )
    kim.refresh_from_db()
    assert kim.user.username == made.pseudonym
    assert kim.ended_at is not None
    assert kim.pseudonym not in ("", NAME)
    said = Comment.objects.get(text__startswith="Ja.")
    assert said.text == f"Ja. Viele Grüße, {made.pseudonym} ({made.pseudonym})"
    assert not ApiToken.objects.filter(user=kim.user).exists()
    assert Client().login(username=made.pseudonym, password=factories.PASSWORD) is False


def test_pages_replies_and_exports_name_the_pseudonym_only(busy, kim, mia):
    erased(kim, mia)
    client = Client()
    client.force_login(mia.user)

    pages = [
        "/p/river/",
        "/p/river/members/",
        "/p/river/acts/",
        f"/p/river/articles/{busy.uuid}/",
        "/admin/annotations/user/",
    ]
    mia.user.is_staff = True
    mia.user.save()
    for address in [
        *pages,
        f"/p/river/articles/{busy.uuid}/",
        "/api/v1/projects/river/members/",
        "/api/v1/projects/river/audit/",
    ]:
        response = client.get(address)
        assert response.status_code == 200, address
        assert NAME not in response.content.decode(), address
        assert ADDRESS not in response.content.decode(), address
    assert NAME.encode() not in exported(mia)


def test_the_receipt_says_what_was_erased_and_can_be_checked(busy, kim, mia):
    made = erased(kim, mia)

    assert made.receipt["erased"]["tokens"] == 1
    assert made.receipt["erased"]["identities"] == 1
    assert made.receipt["erased"]["sessions"] == 2
    assert made.receipt["erased"]["memberships"] == 1
    assert made.receipt["erased"]["pseudonyms"] == 1
    assert made.receipt["pseudonym"] == made.pseudonym
    assert bytes(made.sha256) == receipt_digest(made.receipt)
    act = AuditEvent.objects.get(verb="erasure.done")
    assert act.after["sha256"] == bytes(made.sha256).hex()
    assert act.user_uuid == mia.user.uuid


def test_what_others_wrote_freely_stays_as_it_is(busy, kim, mia):
    ada = Membership.objects.get(user__username="ada")
    thread = CommentThread.objects.filter(created_by=ada).first()
    answer(thread.key, uuid.uuid4(), f"Das hat {NAME} gesagt.", by=ada)

    erased(kim, mia)

    assert Comment.objects.filter(text=f"Das hat {NAME} gesagt.").exists()
    assert not Comment.objects.filter(text__contains=f"@{NAME}").exists()
    [found] = places_naming(NAME, by=mia)
    assert found.kind == "comment"
    assert found.words == f"Das hat {NAME} gesagt."


@pytest.mark.parametrize(
    ("name", "who", "code"), [("kolibri-x", "mia", "username_differs"), ("mia", "own", "own_account")]
)
def test_the_log_in_name_is_typed_and_nobody_erases_themselves(kim, mia, name, who, code):
    user = mia.user if who == "own" else kim.user

    with pytest.raises(Refused) as refusal:
        erase_person(user, name, by=mia.user)

    assert refusal.value.code == code


def test_only_administrators_erase(kim, mia):
    ada = factories.member(mia, "ada")

    with pytest.raises(Forbidden):
        erase_person(kim.user, "kolibri-k", by=ada.user)


def test_stopped_between_any_two_parts_it_ends_the_same(busy, kim, mia, monkeypatch):
    """Each part is done whole or not at all, and what was done is not counted again."""
    made = erase_person(kim.user, "kolibri-k", by=mia.user)
    chance = random.Random(5)
    for number, part in enumerate(persons.PARTS):
        held = Chunk.objects.get(job=made.job, n=number)
        if chance.random() < 0.7:

            def broken(who, part=part):
                part(who)
                raise Interrupted

            monkeypatch.setattr(persons, "PARTS", (*persons.PARTS[:number], broken, *persons.PARTS[number + 1 :]))
            run_chunk(claim_chunk(owner_name(), made.job_id), KINDS, owner=owner_name())
            held.refresh_from_db()
            assert held.done_at is None
            Chunk.objects.filter(pk=held.pk).update(lease_until=None)
            monkeypatch.setattr(persons, "PARTS", (*persons.PARTS[:number], part, *persons.PARTS[number + 1 :]))
        run_chunk(claim_chunk(owner_name(), made.job_id), KINDS, owner=owner_name())
    done(made.job)

    made.refresh_from_db()
    assert made.receipt["erased"]["tokens"] == 1
    assert made.receipt["erased"]["pseudonyms"] == 1
    assert places_with(NAME) == [f for f in places_with(NAME) if f.startswith(("results/", "raw/"))]


def test_somebody_may_ask_to_be_erased_and_think_better_of_it(kim):
    ask_to_be_erased(kim.user)
    ask_to_be_erased(kim.user)
    kim.user.refresh_from_db()
    assert kim.user.erasure_asked_at is not None

    take_back_asking(kim.user)

    kim.user.refresh_from_db()
    assert kim.user.erasure_asked_at is None
    assert list(
        AuditEvent.objects.filter(verb__startswith="erasure.").order_by("pk").values_list("verb", flat=True)
    ) == [
        "erasure.asked",
        "erasure.not_asked",
    ]
