"""AU-3: which passwords are taken, how they are kept, and a forgotten one replaced by a link that works once."""

from __future__ import annotations

import logging
import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.test import Client
from django.utils import timezone

from annotations.models import AuditEvent, User
from annotations.workflow.resetting import make_reset_link, person_of_link, reset_password
from tests import factories

NEW = "quite another phrase"
LONG = "ü" * 300
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return factories.user("ada")


@pytest.fixture
def root() -> User:
    return factories.user("root", is_superuser=True, is_staff=True)


def set_by(secret: str, password: str = NEW, client: Client | None = None):
    client = client or Client()
    assert client.get(f"/reset/{secret}/")["Location"] == "/reset/new/"
    return client.post("/reset/new/", {"password": password, "again": password})


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevensigns", "at least 12"),
        ("passwordpassword", ""),
        ("qwertyuiop123", "too common"),
        ("123456789012345", "numeric"),
        ("ada@newsroom.example", "too similar"),
    ],
)
def test_au3_a_weak_password_is_refused_with_the_reason(ada, root, password, words):
    reply = set_by(make_reset_link(ada, by=root), password)

    if words:
        assert (reply.status_code, words in reply.content.decode()) == (422, True)
    else:  # long, and on no list of common ones: Django's list decides
        assert reply.status_code == 302


@pytest.mark.parametrize("password", [LONG, "пароль из многих слов", "密碼很長很長很長很長很長"])
def test_au3_a_long_and_a_non_latin_password_are_taken_whole(ada, root, password):
    assert set_by(make_reset_link(ada, by=root), password).status_code == 302

    ada.refresh_from_db()
    assert ada.check_password(password)
    assert not ada.check_password(password[:-1])
    assert Client().post("/login/", {"username": "ada", "password": password}).status_code == 302


def test_au3_passwords_are_kept_as_argon2(settings):
    settings.PASSWORD_HASHERS = [one for one in settings.PASSWORD_HASHERS if "MD5" not in one]

    assert get_hasher("default").algorithm == "argon2"


def test_au3_a_link_works_once_and_ends_all_sessions(ada, root, browser):
    old = browser("ada")
    ada.refresh_from_db()
    secret = make_reset_link(ada, by=root)
    assert old.get("/account/").status_code == 200

    assert set_by(secret)["Location"] == "/login/"

    assert old.get("/account/").status_code == 302
    assert set_by(secret, "and yet another phrase").status_code == 404
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert [one.verb for one in AuditEvent.objects.order_by("pk")] == ["password.link_made", "password.reset"]


def test_au3_a_link_is_over_after_an_hour_after_a_log_in_and_for_an_account_shut_out(ada, root, monkeypatch):
    late, used, gone = (make_reset_link(one, by=root) for one in (ada, factories.user("ben"), factories.user("sam")))
    Client().post("/login/", {"username": "ben", "password": factories.PASSWORD})
    User.objects.filter(username="sam").update(is_active=False)

    assert [set_by(one).status_code for one in (used, gone)] == [404, 404]
    from annotations.workflow import resetting

    later = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr(resetting._Links, "_now", lambda self: later.replace(tzinfo=None))
    assert set_by(late).status_code == 404


@pytest.mark.parametrize("spoil", [lambda s: s[:-1], lambda s: f"{s}x", lambda s: s.partition(".")[2], lambda s: "x.y"])
def test_au3_a_forged_link_is_refused(ada, root, spoil):
    reply = set_by(spoil(make_reset_link(ada, by=root)))

    assert reply.status_code == 404
    assert "Ask for a new one" in reply.content.decode()


def test_au3_a_link_for_one_opens_no_other_account(ada, root):
    ben, secret = factories.user("ben"), make_reset_link(ada, by=root)

    assert person_of_link(secret) == ada
    assert set_by(f"{ben.uuid.hex}.{secret.partition('.')[2]}").status_code == 404


def test_au3_a_link_is_mailed_and_the_answer_is_the_same_for_an_unknown_name(ada, settings, monkeypatch):
    settings.WORKBENCH_SENDS_MAIL = True
    monkeypatch.setattr(threading.Thread, "start", lambda self: self.run())

    replies = [Client().post("/reset/", {"name": name}, follow=True) for name in ("ada", "nobody", ada.email)]

    assert [one.to for one in mail.outbox] == [[ada.email]] * 2
    assert len({re.sub(rb'name="csrf\w+" value="\w+"', b"", one.content) for one in replies}) == 1
    secret = re.search(r"/reset/([^/\s]+)/", mail.outbox[0].body)[1]
    assert set_by(secret).status_code == 302


def test_au3_links_are_asked_for_so_often_and_no_oftener(ada, settings, monkeypatch):
    settings.WORKBENCH_SENDS_MAIL = True
    monkeypatch.setattr(threading.Thread, "start", lambda self: self.run())

    statuses = [Client().post("/reset/", {"name": "ada"}).status_code for _n in range(7)]

    assert statuses[:4] == [302] * 4
    assert 429 in statuses
    assert len(mail.outbox) == statuses.count(302) < 7


def test_without_a_mail_server_the_page_says_whom_to_ask(ada, client):
    assert "Ask an administrator" in client.get("/reset/").content.decode()
    assert client.post("/reset/", {"name": "ada"}).status_code == 422


def test_au3_the_secret_of_a_link_stands_in_no_log_row_or_page(ada, root, caplog):
    caplog.set_level(logging.INFO)
    client, secret = Client(), make_reset_link(ada, by=root)
    token = secret.partition(".")[2]
    client.get(f"/reset/{secret}/")

    page = client.get("/reset/new/").content.decode()
    client.post("/reset/new/", {"password": "short", "again": "short"})

    from django.contrib.sessions.models import Session

    from tests.security.world import dump

    assert token not in page
    assert token not in caplog.text
    assert token not in str(dump())
    assert not any(token in str(one.get_decoded()) for one in Session.objects.all())


def test_only_administrators_make_links(team, browser):
    for name in ("mia", "ada", "sam"):
        reply = browser(name).post(
            f"/api/v1/accounts/{team.ben.user.uuid}/reset-link/", {}, content_type="application/json"
        )
        assert reply.status_code == 403


def test_the_api_makes_a_link_and_sets_a_password_with_it(ada, root, browser):
    made = browser("root").post(f"/api/v1/accounts/{ada.uuid}/reset-link/", {}, content_type="application/json")
    token = made.json()["link"].split("/")[-2]

    sent = {"token": token, "password": "short"}
    weak = Client().post("/api/v1/password/reset/", sent, content_type="application/json")
    good = Client().post("/api/v1/password/reset/", sent | {"password": NEW}, content_type="application/json")
    again = Client().post("/api/v1/password/reset/", sent | {"password": NEW}, content_type="application/json")

    assert [one.status_code for one in (made, weak, good, again)] == [201, 422, 200, 404]
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_au3_a_reset_does_not_skip_the_second_factor(ada, root):
    from tests.web.test_second_factor import turn_on

    turn_on(ada)
    reset_password(make_reset_link(ada, by=root), NEW)

    client = Client()
    assert client.post("/login/", {"username": "ada", "password": NEW})["Location"] == "/login/code/"
    assert client.get("/account/").status_code == 302
