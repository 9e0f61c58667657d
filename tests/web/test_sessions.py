"""AU-2: the life of a session, from log-in to every way it ends."""

from django.conf import settings as django_settings
from django.test import Client

from annotations.models import User
from annotations.workflow.projects import change_role, end_membership
from tests import factories
from tests.web.test_login import log_in

NEW = "another quite long phrase"


def test_au2_logging_in_gives_a_new_session(db, client):
    factories.user("ada")
    client.get("/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key

    log_in(client, "ada")

    assert client.session.session_key != session.session_key
    assert not type(session)().exists(session.session_key)


def test_au2_a_session_is_dead_after_logging_out_even_for_who_kept_its_cookie(db, client):
    factories.user("ada")
    log_in(client, "ada")
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = client.cookies[django_settings.SESSION_COOKIE_NAME].value

    client.post("/logout/")

    assert thief.get("/").status_code == 302


def test_au2_logging_out_needs_a_form_not_a_link(browser):
    ada = browser("ada")

    response = ada.get("/logout/")

    assert response.status_code == 405
    assert ada.get("/").status_code == 200


def test_au2_changing_the_password_ends_all_other_sessions(browser):
    here, elsewhere = browser("ada"), browser("ada")
    fields = {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW}

    response = here.post("/account/password/", fields)

    assert response.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert User.objects.get(username="ada").check_password(NEW)


def test_au2_a_short_new_password_is_refused_with_its_reason(browser):
    fields = {"old_password": factories.PASSWORD, "new_password1": "short-one", "new_password2": "short-one"}

    response = browser("ada").post("/account/password/", fields)

    assert response.status_code == 422
    assert b"at least 12 characters" in response.content


def test_au2_without_the_old_password_there_is_no_new_one(browser):
    fields = {"old_password": "not it", "new_password1": NEW, "new_password2": NEW}

    response = browser("ada").post("/account/password/", fields)

    assert response.status_code == 422
    assert User.objects.get(username="ada").check_password(factories.PASSWORD)


def test_au2_whoever_leaves_a_project_is_out_at_the_next_request(team, browser):
    ada = browser("ada")
    assert ada.get("/p/river/").status_code == 200

    end_membership(team.ada, by=team.mia)

    assert ada.get("/p/river/").status_code == 404


def test_au2_a_lower_role_holds_at_the_next_request(team, browser):
    change_role(team.rosa, "manager", by=team.mia)
    rosa = browser("rosa")
    assert rosa.get("/p/river/members/").status_code == 200

    change_role(team.rosa, "annotator", by=team.mia)

    assert rosa.get("/p/river/members/").status_code == 403


def test_au2_a_person_made_inactive_is_out_at_the_next_request(team, browser):
    ada = browser("ada")

    User.objects.filter(username="ada").update(is_active=False)

    assert ada.get("/p/river/").status_code == 302


def test_au2_the_cookies_are_out_of_reach_of_scripts_and_other_sites(db, client, settings):
    factories.user("ada")
    log_in(client, "ada")

    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_au2_no_page_of_an_account_is_kept_by_caches(browser):
    response = browser("ada").get("/account/")

    assert "no-store" in response["Cache-Control"]
