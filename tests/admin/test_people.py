"""Accounts, keys and log-in waits: administrators only, each change recorded once, nobody deleted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from annotations.access.login import FREE_ATTEMPTS, attempt_of, seconds_to_wait
from annotations.admin.addresses import name_of
from annotations.models import AuditEvent, ExternalIdentity, LoginThrottle, SecondFactor, User
from annotations.workflow.accounts import issue_token, token_of
from annotations.workflow.identities import Identity, link_identity
from annotations.workflow.inviting import NewInvitation, invite
from tests import factories
from tests.web.test_second_factor import turn_on

NO_PARTS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
LIST = "admin:annotations_user_changelist"


def edit(person: User, **changes: str) -> dict[str, str]:
    values = {"username": person.username, "display_name": person.display_name, "email": person.email, "language": ""}
    rights = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(person, name)}
    return values | rights | NO_PARTS | changes


def act(client, model: str, name: str, *rows):
    chosen = {"action": name, "_selected_action": [name_of(type(row), row.pk) for row in rows]}
    return client.post(reverse(f"admin:annotations_{model}_changelist"), chosen, follow=True)


def test_an_account_is_made_with_a_good_password_and_recorded(olga, logged_in):
    new = {"username": "rosa", "usable_password": "true", "password1": "short", "password2": "short"}
    client, add = logged_in(olga), reverse("admin:annotations_user_add")

    assert "too short" in client.post(add, new).content.decode()
    client.post(add, new | {"password1": factories.PASSWORD, "password2": factories.PASSWORD, "is_superuser": "on"})

    rosa = User.objects.get(username="rosa")
    assert rosa.check_password(factories.PASSWORD)
    assert not rosa.is_superuser
    event = AuditEvent.objects.get()
    assert (event.verb, event.user_uuid, event.object_key) == ("account.added", olga.uuid, str(rosa.uuid))
    assert factories.PASSWORD not in str(event.after) + str(event.text.values)


def test_rights_are_given_and_recorded(olga, logged_in):
    rosa = factories.user("rosa")

    logged_in(olga).post(reverse("admin:annotations_user_change", args=[rosa.pk]), edit(rosa, is_staff="on"))

    assert User.objects.get(pk=rosa.pk).is_staff
    event = AuditEvent.objects.get()
    assert event.after == {"fields": ["is_staff"], "is_active": True, "is_staff": True, "is_superuser": False}


def test_a_password_is_set_for_a_person_and_ends_their_sessions(olga, logged_in):
    rosa = factories.user("rosa")
    theirs = logged_in(rosa)
    page = reverse("admin:auth_user_password_change", args=[rosa.pk])
    password = "another long enough phrase"

    logged_in(olga).post(page, {"usable_password": "true", "password1": password, "password2": password})

    assert User.objects.get(pk=rosa.pk).check_password(password)
    assert theirs.get("/account/").status_code == 302
    assert AuditEvent.objects.get().verb == "account.changed"


def test_an_administrator_cannot_lock_themselves_out(olga, logged_in):
    client = logged_in(olga)
    data = edit(olga)
    del data["is_superuser"]

    reply = client.post(reverse("admin:annotations_user_change", args=[olga.pk]), data)
    act(client, "user", "deactivate", olga)

    olga.refresh_from_db()
    assert "You cannot take this from yourself." in reply.content.decode()
    assert (olga.is_superuser, olga.is_active) == (True, True)
    assert not AuditEvent.objects.exists()


def test_a_deactivated_person_is_out_at_once(mia, ada, olga, logged_in):
    theirs = logged_in(ada)

    act(logged_in(olga), "user", "deactivate", ada.user)

    assert theirs.get("/account/").status_code == 302
    assert AuditEvent.objects.filter(verb="account.changed").count() == 1


@pytest.mark.parametrize("model", ["user", "apitoken", "loginthrottle", "worker"])
def test_managers_see_neither_accounts_nor_keys(model, mia, olga, logged_in):
    client = logged_in(mia)

    assert client.get(reverse(f"admin:annotations_{model}_changelist")).status_code == 403
    assert client.get(reverse("admin:annotations_user_change", args=[olga.pk])).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[olga.pk])).status_code == 403
    assert client.post(reverse("admin:auth_user_password_change", args=[olga.pk]), {}).status_code == 403


def test_a_key_is_revoked_once_and_its_secret_is_nowhere(olga, logged_in):
    ada = factories.user("ada")
    token, secret = issue_token(ada, "laptop", expires_at=timezone.now() + timedelta(days=1))
    client = logged_in(olga)

    page = client.get(reverse("admin:annotations_apitoken_change", args=[token.pk])).content.decode()
    act(client, "apitoken", "revoke", token)
    act(client, "apitoken", "revoke", token)

    assert secret not in page
    assert token.digest.hex() not in page
    assert token_of(secret) is None
    assert AuditEvent.objects.filter(verb="token.revoked", user_uuid=olga.uuid).count() == 1


def test_a_person_who_mistyped_too_often_is_let_in_again(olga, logged_in):
    rosa = factories.user("rosa")
    request = RequestFactory().post("/login/")
    for _try in range(FREE_ATTEMPTS["account"] + 1):
        seconds_to_wait(attempt_of(request, "rosa"))
    assert seconds_to_wait(attempt_of(request, "rosa")) > 0

    act(logged_in(olga), "user", "end_waits", rosa)

    assert seconds_to_wait(attempt_of(request, "rosa")) == 0
    assert AuditEvent.objects.get().verb == "login.wait_lifted"


def test_a_wait_is_lifted_in_the_list_of_waits(olga, logged_in):
    Client().post("/login/", {"username": "rosa", "password": "guess"})
    wait = LoginThrottle.objects.get(subject="address")

    act(logged_in(olga), "loginthrottle", "lift", wait)

    assert not LoginThrottle.objects.filter(subject="address").exists()
    assert AuditEvent.objects.get().before == {"failures": 1}


def test_au3_a_link_for_a_new_password_is_shown_in_one_reply_only(ada, olga, logged_in):
    client = logged_in(olga)

    page = act(client, "user", "make_link", ada.user).content.decode()
    link = re.search(r"http://testserver(/reset/[^/<]+/)", page)[1]
    listed = client.get(reverse(LIST)).content.decode()

    stranger = Client()
    assert stranger.get(link)["Location"] == "/reset/new/"
    assert stranger.get("/reset/new/").status_code == 200
    assert link not in listed
    assert AuditEvent.objects.filter(verb="password.link_made", object_key=str(ada.user.uuid)).count() == 1


def test_au3_a_second_factor_is_taken_from_who_lost_it_and_sessions_end(ada, olga, logged_in):
    turn_on(ada.user)
    session = Client()
    session.force_login(ada.user)
    client, row = logged_in(olga), SecondFactor.objects.get()
    listed = client.get(reverse("admin:annotations_secondfactor_changelist")).content.decode()

    act(client, "secondfactor", "turn_off", row)

    assert bytes(row.sealed_secret).decode() not in listed
    assert not SecondFactor.objects.exists()
    assert session.get("/account/").status_code == 302
    assert AuditEvent.objects.filter(verb="second_factor.removed", user_uuid=olga.uuid).count() == 1


def test_an_invitation_is_withdrawn_by_who_manages_the_project(mia, ada, olga, logged_in):
    row, _secret = invite(NewInvitation("viewer", "Zoe"), by=mia)

    act(logged_in(olga), "invitation", "withdraw", row)

    row.refresh_from_db()
    assert row.withdrawn_at is not None


def test_au4_an_identity_is_unlinked_by_an_administrator(ada, olga, logged_in):
    row = link_identity(Identity("https://id.example", "ada-there"), ada.user)

    act(logged_in(olga), "externalidentity", "unlink", row)

    assert not ExternalIdentity.objects.exists()
