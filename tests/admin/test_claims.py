"""The desk of claims, pages for readers and preview links in the admin, and what its front page lists."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from annotations.admin.addresses import name_of
from annotations.models import AuditEvent, ClaimDesk, Membership, PreviewLink, Publication
from annotations.workflow.claiming import make_claim
from annotations.workflow.desk import DeskChange, change_desk, desk_of, merge_claims
from annotations.workflow.publishing import NewPreview, make_preview, revoke_preview
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories
from workbench.admin_site import GROUPS

LIST = reverse("admin:annotations_claim_changelist")


def address(row, what="change"):
    return reverse(f"admin:annotations_{row._meta.model_name}_{what}", args=[row.pk])


def claim(by, text, state="", **change):
    made = make_claim(uuid.uuid4(), text, by=by)
    if state or change:
        change_desk(made.key, DeskChange(state or None, **change), by=by, base_version=0)
    return made


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")


def test_every_table_stands_on_the_front_page_in_one_group(mia, logged_in):
    listed = [name for _group, names in GROUPS for name in names]
    assert sorted(listed) == sorted({model.__name__ for model in admin.site._registry})

    page = logged_in(mia).get(reverse("admin:index")).content.decode()

    for name in ("story", "claim", "publication", "previewlink", "storysuggestion"):
        assert reverse(f"admin:annotations_{name}_changelist") in page


def test_claims_are_found_by_state_assignee_and_day(mia, rosa, logged_in):
    today = timezone.localdate()
    claim(mia, "Behauptung Amsel")
    claim(mia, "Behauptung Buchfink", "in_check", assignee=str(rosa.uuid), due_on=today - timedelta(days=1))
    claim(mia, "Behauptung Dohle", "in_check", due_on=today + timedelta(days=2))
    done = claim(mia, "Behauptung Elster", "dropped", due_on=today - timedelta(days=9))
    gone = claim(mia, "Behauptung Falke")
    merge_claims(gone.key, done.key, by=mia, base_version=0)
    client = logged_in(mia)

    def found(**filters):
        words = client.get(LIST, filters).content.decode()
        return [name for name in ("Amsel", "Buchfink", "Dohle", "Elster", "Falke") if name in words]

    assert found(desk="new") == ["Amsel"]
    assert found(desk="in_check") == ["Buchfink", "Dohle"]
    assert found(desk="merged") == ["Falke"]
    assert found(assignee=name_of(Membership, rosa.pk)) == ["Buchfink"]
    assert "Buchfink" not in found(assignee="none")
    assert found(due="late") == ["Buchfink"]
    assert found(due="week") == ["Dohle"]
    assert found(due="none") == ["Amsel", "Falke"]
    assert rosa.pseudonym in client.get(LIST, {"project": mia.project.pk}).content.decode()


@pytest.fixture
def published(mia, rosa):
    factories.set_project(mia, publishes=True)
    made = make_claim(uuid.uuid4(), "Der Preis stieg um 4 %.", by=rosa)
    reach_verdict(NewVerdict(uuid.uuid4(), made.key, "supported", "So ist es."), by=rosa)
    change_desk(made.key, DeskChange("in_second_review"), by=rosa, base_version=desk_of(made).version_number)
    change_desk(made.key, DeskChange("published"), by=mia, base_version=desk_of(made).version_number)
    return made


def test_a_page_for_readers_is_found_with_its_editions_and_acts(mia, published, logged_in):
    client, page = logged_in(mia), Publication.objects.get()

    listed = client.get(reverse("admin:annotations_publication_changelist")).content.decode()
    shown = client.get(address(page)).content.decode()
    history = client.get(address(page, "history")).content.decode()
    of_claim = client.get(address(published)).content.decode()

    assert "Der Preis stieg" in listed
    assert reverse("annotations:published_claim", args=[page.uuid]) in shown
    assert reverse("annotations:claim", args=[mia.project.slug, published.key]) in shown
    assert "So ist es." not in shown
    assert "published" in history
    assert address(page) in of_claim
    assert "Supported" in of_claim


def test_preview_links_are_listed_with_who_and_until_when_and_revoked_at_once(mia, rosa, published, logged_in):
    until = timezone.now() + timedelta(days=3)
    for name in ("For the lawyer", "For the editor"):
        make_preview(NewPreview(uuid.uuid4(), published.key, until, name), by=rosa)
    ended = PreviewLink.objects.get(name="For the editor")
    PreviewLink.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(days=1))
    client, link = logged_in(mia), PreviewLink.objects.get(name="For the lawyer")
    path = reverse("admin:annotations_previewlink_changelist")

    listed = client.get(path).content.decode()
    assert "For the lawyer" in listed
    assert rosa.pseudonym in listed
    assert "For the lawyer" not in client.get(path, {"ended": "yes"}).content.decode()
    assert "digest" not in client.get(address(link)).content.decode()

    client.post(path, {"action": "revoke", "_selected_action": [name_of(PreviewLink, link.pk)]})

    link.refresh_from_db()
    assert link.revoked_at is not None
    assert AuditEvent.objects.filter(verb="preview.revoked", actor=mia).count() == 1
    assert "For the lawyer" in client.get(path, {"revoked": "yes"}).content.decode()
    revoke_preview(link.uuid, by=mia)  # twice is no error


def test_nobody_changes_them_there_and_others_do_not_see_them(mia, ada, olga, rosa, published, logged_in):
    make_preview(NewPreview(uuid.uuid4(), published.key, timezone.now() + timedelta(days=1)), by=rosa)
    for row in (Publication.objects.get(), PreviewLink.objects.get()):
        for who in (mia, olga):
            client = logged_in(who)
            assert client.post(address(row), {"state": "withdrawn"}).status_code == 403
            assert client.post(address(row, "delete"), {"post": "yes"}).status_code == 403
        assert logged_in(ada).get(address(row)).status_code != 200


def test_who_annotates_in_a_blind_project_learns_nothing_of_the_desk_in_the_admin(mia, ada, logged_in):
    own = make_claim(uuid.uuid4(), "Adas Behauptung.", by=ada)
    change_desk(own.key, DeskChange("in_check", assignee=str(mia.uuid)), by=mia, base_version=0)
    ada.user.is_staff = ada.user.is_superuser = True
    ada.user.save()
    client = logged_in(ada)

    assert "Adas Behauptung" in client.get(LIST, {"desk": "new"}).content.decode()
    assert "Adas Behauptung" not in client.get(LIST, {"desk": "in_check"}).content.decode()
    shown = client.get(address(own)).content.decode()
    assert str(ClaimDesk.State.IN_CHECK.label) not in shown
