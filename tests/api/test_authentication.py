"""Sessions and keys: 401 and 403 in their places, CSRF, expiry, read-only, bound to a project, shown once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations.models import ApiToken, Project
from annotations.workflow.accounts import issue_token
from tests import factories


@pytest.fixture
def key_of():
    """Issue a key for a person and return its secret."""

    def issue(user, **values):
        values.setdefault("expires_at", timezone.now() + timedelta(days=7))
        return issue_token(user, "script", **values)[1]

    return issue


def test_a_key_opens_what_its_owner_may_see(api_of, mia, key_of):
    me = api_of(secret=key_of(mia.user)).get("me/").json()

    assert (me["username"], me["token"]["name"]) == ("mia", "script")
    assert [project["slug"] for project in me["projects"]] == ["river"]


@pytest.mark.parametrize("secret", ["cw_wrong", "x" * 5_000, "ä"])
def test_an_unknown_key_is_answered_with_401(db, secret):
    response = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["problems"][0]["code"] == "invalid_token"


def test_a_key_that_was_revoked_or_has_expired_opens_nothing(api_of, mia, key_of):
    revoked, expired = key_of(mia.user), key_of(mia.user)
    first, second = ApiToken.objects.order_by("pk")
    api_of(mia).post(f"tokens/{first.uuid}/revoke/")
    ApiToken.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert [api_of(secret=secret).get("me/").status_code for secret in (revoked, expired)] == [401, 401]


def test_a_key_ends_with_its_owners_account_and_part(api_of, mia, ada, key_of):
    api = api_of(secret=key_of(ada.user))
    assert api.get("projects/river/").status_code == 200

    api_of(mia).post(f"projects/river/members/{ada.uuid}/end/")
    assert api.get("projects/river/").status_code == 404

    ada.user.is_active = False
    ada.user.save()
    assert api.get("me/").status_code == 401


def test_a_key_for_reading_cannot_write(api_of, mia, key_of):
    api = api_of(secret=key_of(mia.user, is_read_only=True))

    response = api.patch("projects/river/", {"base_revision": 1, "name": "Der Fluss"})

    assert api.get("projects/river/").status_code == 200
    assert (response.status_code, response.json()["problems"][0]["code"]) == (403, "token_read_only")
    assert Project.objects.get().name == "River"


def test_a_key_bound_to_a_project_knows_no_other(api_of, mia, key_of):
    lake = factories.project("lake")
    api = api_of(secret=key_of(mia.user, project=lake.project))

    assert [project["slug"] for project in api.get("projects/").json()["results"]] == ["lake"]
    assert [project["slug"] for project in api.get("me/").json()["projects"]] == ["lake"]
    assert api.get("projects/lake/").status_code == 200
    assert api.get("projects/river/").status_code == 404
    assert api.post("projects/", {"name": "Meer"}).status_code == 403


def test_a_key_makes_no_keys(api_of, mia, key_of):
    api = api_of(secret=key_of(mia.user))
    body = {"name": "zweiter", "expires_at": (timezone.now() + timedelta(days=1)).isoformat()}

    assert (api.get("tokens/").status_code, api.post("tokens/", body).status_code) == (403, 403)
    assert ApiToken.objects.count() == 1


def test_the_secret_of_a_key_is_shown_once_and_not_stored(api_of, mia):
    api = api_of(mia)
    body = {"name": "Nachtlauf", "expires_at": "2999-01-01T00:00:00Z", "is_read_only": True, "project": "river"}

    too_long = api.post("tokens/", body)
    made = api.post("tokens/", body | {"expires_at": (timezone.now() + timedelta(days=30)).isoformat()})
    listed = api.get("tokens/")

    assert (too_long.status_code, too_long.json()["problems"][0]["field"]) == (422, "expires_at")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert api_of(secret=secret).get("projects/river/").status_code == 200
    assert listed.json()["results"][0]["name"] == "Nachtlauf"
    assert secret not in listed.content.decode()
    assert secret.encode() not in bytes(ApiToken.objects.get().digest)


def test_nobody_ends_the_key_of_somebody_else(api_of, mia, sam, key_of):
    key_of(mia.user)

    assert api_of(sam).post(f"tokens/{ApiToken.objects.get().uuid}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(api_of, mia, key_of):
    api = api_of(secret=key_of(mia.user))
    api.get("me/")
    noted = ApiToken.objects.get().last_used_at
    api.get("me/")

    assert noted is not None
    assert ApiToken.objects.get().last_used_at == noted


def test_a_session_without_its_csrf_token_writes_nothing(mia):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mia.user)

    refused = client.patch("/api/v1/projects/river/", '{"name": "x"}', content_type="application/json")
    client.cookies["csrftoken"] = token = "a" * 32
    taken = client.patch(
        "/api/v1/projects/river/",
        '{"base_revision": 1, "name": "Der Fluss"}',
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )

    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (403, "csrf_failed")
    assert (taken.status_code, taken.json()["name"]) == (200, "Der Fluss")


def test_a_form_of_a_foreign_page_is_no_json(mia):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mia.user)

    response = client.post("/api/v1/projects/", '{"name": "x"}', content_type="text/plain")

    assert response.status_code == 403
    assert Project.objects.count() == 1


def test_no_foreign_origin_may_read_a_reply(api_of, mia):
    client = api_of(mia).client

    answers = [client.get("/api/v1/me/", headers={"Origin": "https://evil.example"}), client.options("/api/v1/me/")]

    assert not [answer for answer in answers if answer.has_header("Access-Control-Allow-Origin")]
