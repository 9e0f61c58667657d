"""One's own account and API keys."""

from datetime import timedelta

from django.utils import timezone

from annotations.models import ApiToken
from annotations.workflow.accounts import issue_token, token_of
from tests import factories


def test_the_secret_of_a_key_is_shown_once_and_works(team, browser):
    ada = browser("ada")
    form = {"name": "nightly export", "days": 30, "project": team.project.uuid, "is_read_only": "on"}

    response = ada.post("/account/tokens/", form)
    secret = response.context["secret"]

    token = token_of(secret)
    assert token.name == "nightly export"
    assert (token.is_read_only, token.project) == (True, team.project)
    assert timezone.now() + timedelta(days=29) < token.expires_at < timezone.now() + timedelta(days=31)
    assert secret in response.content.decode()
    assert secret not in ada.get("/account/").content.decode()


def test_a_key_cannot_be_bound_to_a_foreign_project_or_live_for_ever(team, browser):
    sam = browser("sam")

    foreign = sam.post("/account/tokens/", {"name": "x", "days": 30, "project": team.project.uuid})
    endless = sam.post("/account/tokens/", {"name": "x", "days": 100_000})

    assert (foreign.status_code, endless.status_code) == (422, 422)
    assert not ApiToken.objects.exists()


def test_a_revoked_key_is_dead_at_once(team, browser):
    token, secret = issue_token(team.ada.user, "x", expires_at=timezone.now() + timedelta(days=1))

    response = browser("ada").post(f"/account/tokens/{token.uuid}/revoke/")

    assert response.status_code == 302
    assert token_of(secret) is None


def test_nobody_revokes_or_sees_the_key_of_another(team, browser):
    token, secret = issue_token(team.ada.user, "ada's key", expires_at=timezone.now() + timedelta(days=1))

    response = browser("ben").post(f"/account/tokens/{token.uuid}/revoke/")

    assert response.status_code == 404
    assert token_of(secret) is not None
    assert b"ada&#x27;s key" not in browser("ben").get("/account/").content


def test_ac3_a_profile_takes_no_more_fields_than_it_shows(browser):
    browser("ada").post(
        "/account/", {"display_name": "Ada L.", "email": "a@b.example", "is_superuser": "on", "username": "root"}
    )

    ada = factories.user("ada")
    assert (ada.display_name, ada.is_superuser, ada.username) == ("Ada L.", False, "ada")
