"""AU-2: what ends a session, a key or a queued job when a person's part ends, and how closed the cookies are."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export, start_import
from annotations.models import Article, Job, Membership, User
from annotations.tasks import KINDS
from annotations.workflow.accounts import issue_token, revoke_token
from annotations.workflow.projects import add_member, change_role, end_membership
from tests import factories
from tests.workbench.test_production_settings import SAFE, start

PROJECT = "/api/v1/projects/river/"
LOG_IN_OVER_HTTPS = """
import django, json; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from annotations.models import User
User.objects.create_user("ada", password="a long enough phrase")
reply = Client().post("/login/", {"username": "ada", "password": "a long enough phrase"}, secure=True,
                      headers={"host": "workbench.news.test"})
print(json.dumps([reply.status_code, {name: str(morsel) for name, morsel in reply.cookies.items()}]))
"""


@pytest.fixture
def mia(db) -> Membership:
    return factories.project("river")


@pytest.fixture
def ada(mia) -> Membership:
    return factories.member(mia, "ada")


def browser_of(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def key_of(member: Membership) -> dict[str, str]:
    _row, secret = issue_token(member.user, "script", expires_at=timezone.now() + timedelta(days=1))
    return {"Authorization": f"Bearer {secret}"}


def test_au2_a_key_loses_a_project_with_its_owner(mia, ada):
    headers = key_of(ada)
    assert Client().get(PROJECT, headers=headers).status_code == 200

    end_membership(ada, by=mia)

    assert Client().get(PROJECT, headers=headers).status_code == 404
    assert Client().get("/api/v1/projects/", headers=headers).json()["results"] == []
    assert Client().post(f"{PROJECT}exports/", {}, content_type="application/json", headers=headers).status_code == 404


def test_au2_a_key_dies_with_its_owners_account_and_by_revoking(mia, ada):
    headers = key_of(ada)
    row, secret = issue_token(ada.user, "other", expires_at=timezone.now() + timedelta(days=1))

    revoke_token(row, user=ada.user)
    assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert Client().get("/api/v1/me/", headers=headers).status_code == 200
    User.objects.filter(pk=ada.user_id).update(is_active=False)

    assert Client().get("/api/v1/me/", headers=headers).status_code == 401


def test_au2_who_comes_back_gets_the_new_role_and_no_more(mia):
    otto = factories.member(mia, "otto", Membership.Role.MANAGER)
    client = browser_of(otto)
    end_membership(otto, by=mia)
    assert client.get("/p/river/members/").status_code == 404

    add_member(otto.user, Membership.Role.VIEWER, by=mia)

    assert client.get("/p/river/members/").status_code == 403


def test_au2_a_session_ends_when_an_administrator_sets_another_password(mia, ada):
    client, root = browser_of(ada), Client()
    root.force_login(factories.user("root", is_staff=True, is_superuser=True))
    assert client.get("/p/river/").status_code == 200

    new = {"password1": "quite another phrase", "password2": "quite another phrase", "usable_password": "true"}
    assert root.post(reverse("admin:auth_user_password_change", args=[ada.user_id]), new).status_code == 302

    assert client.get("/p/river/").status_code == 302
    assert root.get(reverse("admin:index")).status_code == 200


def test_au2_changing_ones_password_gives_a_new_session_and_kills_the_old_one(ada):
    client = browser_of(ada)
    old = client.cookies[settings.SESSION_COOKIE_NAME].value
    new = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}

    assert client.post("/account/password/", {"old_password": factories.PASSWORD, **new}).status_code == 302

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = old
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != old
    assert thief.get("/p/river/").status_code == 302
    assert client.get("/p/river/").status_code == 200


def test_au2_staff_who_are_staff_no_longer_are_out_of_the_admin_at_once(mia):
    User.objects.filter(pk=mia.user_id).update(is_staff=True)
    client = browser_of(mia)
    assert client.get(reverse("admin:index")).status_code == 200

    User.objects.filter(pk=mia.user_id).update(is_staff=False)

    assert client.get(reverse("admin:index")).status_code in (302, 403)


def demoted(member: Membership, by: Membership) -> None:
    change_role(member, Membership.Role.VIEWER, by=by)


def removed(member: Membership, by: Membership) -> None:
    end_membership(member, by=by)


def deactivated(member: Membership, by: Membership) -> None:
    User.objects.filter(pk=member.user_id).update(is_active=False)


@pytest.mark.parametrize("ends", [demoted, removed, deactivated])
def test_au2_a_queued_import_of_somebody_who_may_no_longer_does_nothing(mia, ends):
    otto = factories.member(mia, "otto", Membership.Role.MANAGER)
    job = start_import(otto, [("a.txt", io.BytesIO(b"Der Preis stieg."))])

    ends(otto, mia)
    run_job(job.pk, KINDS, owner="this test")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not Article.objects.exists()


@pytest.mark.parametrize("ends", [removed, deactivated])
def test_au2_a_queued_export_of_somebody_who_left_is_never_written(mia, ada, ends):
    factories.article(mia)
    job = start_export(ada)

    ends(ada, mia)
    run_job(job.pk, KINDS, owner="this test")

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not job.result


def test_au2_an_export_queued_by_a_reviewer_holds_what_an_annotator_sees_after_the_change(mia, ada):
    rosa = factories.member(mia, "rosa", Membership.Role.REVIEWER)
    story = factories.article(mia)
    factories.annotation(ada, story, 2, 11, note="KANARIENVOGEL")
    job = start_export(rosa)

    change_role(rosa, Membership.Role.ANNOTATOR, by=mia)
    run_job(job.pk, KINDS, owner="this test")

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert b"KANARIENVOGEL" not in job.result.read()


@pytest.mark.long
def test_au2_in_production_every_cookie_is_secure_bound_to_the_host_and_restricted(tmp_path: Path):
    environment = SAFE | {"DJANGO_SETTINGS_MODULE": "workbench.settings"}

    finished = start(tmp_path, "-c", LOG_IN_OVER_HTTPS, **environment)

    assert finished.returncode == 0, finished.stderr
    status, cookies = json.loads(finished.stdout.splitlines()[-1])
    assert status == 302
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken", "__Host-workbench_device"}
    for name, cookie in cookies.items():
        assert "; Secure" in cookie
        assert "; SameSite=Lax" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
        assert ("; HttpOnly" in cookie) == (name != "__Host-csrftoken")


def test_au2_deactivation_ends_sessions_and_keys_for_good(mia, ada):
    """An account that is let in again does not bring its old sessions and keys back."""
    client, headers, root = browser_of(ada), key_of(ada), Client()
    root.force_login(factories.user("root", is_staff=True, is_superuser=True))
    path = f"/api/v1/accounts/{ada.user.uuid}/"

    off = root.post(f"{path}deactivate/", {}, content_type="application/json")
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert client.get("/p/river/").status_code == 302
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401

    assert root.post(f"{path}activate/", {}, content_type="application/json").json()["is_active"] is True
    assert client.get("/p/river/").status_code == 302
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401
    assert Client().post("/login/", {"username": "ada", "password": factories.PASSWORD}).status_code == 302


def test_au2_the_form_of_the_admin_deactivates_the_same_way(mia, ada):
    client, headers, root = browser_of(ada), key_of(ada), Client()
    root.force_login(factories.user("root", is_staff=True, is_superuser=True))
    form = {"username": "ada", "language": "", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    assert root.post(reverse("admin:annotations_user_change", args=[ada.user_id]), form).status_code == 302
    User.objects.filter(pk=ada.user_id).update(is_active=True)

    assert client.get("/p/river/").status_code == 302
    assert Client().get("/api/v1/me/", headers=headers).status_code == 401


def test_au2_nobody_shuts_themselves_out_and_only_administrators_anybody(mia, ada):
    root = factories.user("root", is_staff=True, is_superuser=True)
    clients = {name: Client() for name in ("root", "mia")}
    clients["root"].force_login(root)
    clients["mia"].force_login(mia.user)

    own = clients["root"].post(f"/api/v1/accounts/{root.uuid}/deactivate/", {}, content_type="application/json")
    others = clients["mia"].post(f"/api/v1/accounts/{ada.user.uuid}/deactivate/", {}, content_type="application/json")

    assert (own.status_code, others.status_code) == (422, 403)
    assert clients["mia"].get("/api/v1/accounts/").status_code == 403
    assert {one["username"] for one in clients["root"].get("/api/v1/accounts/").json()["results"]} == {
        "root",
        "mia",
        "ada",
    }
