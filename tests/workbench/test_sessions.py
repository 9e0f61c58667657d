"""AU-2: sessions end when idle or old, and their cookies are as closed as cookies can be."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.workbench.test_production_settings import SAFE, start
from workbench.sessions import SessionStore


@pytest.fixture
def ada(db) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))
    client.get("/healthz")
    return client


def after(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    """Let time pass."""
    later = timezone.now() + timedelta(**passed)
    monkeypatch.setattr(timezone, "now", lambda: later)


def is_logged_in(client: Client) -> bool:
    client.get("/healthz")
    return SESSION_KEY in client.session


def test_au2_a_session_survives_a_long_pause(ada, monkeypatch):
    after(monkeypatch, hours=11)

    assert is_logged_in(ada)


def test_au2_a_session_ends_after_twelve_idle_hours(ada, monkeypatch):
    after(monkeypatch, hours=12, minutes=6)

    assert not is_logged_in(ada)


def test_au2_each_visit_prolongs_a_session(ada, monkeypatch):
    for _visit in range(3):
        after(monkeypatch, hours=11)

        assert is_logged_in(ada)


def test_au2_no_session_lives_longer_than_fourteen_days(ada, monkeypatch):
    for _half_day in range(31):
        after(monkeypatch, hours=11)
        last = is_logged_in(ada)

    assert not last


def test_au2_a_visit_shortly_after_another_writes_nothing(ada, django_assert_num_queries):
    with django_assert_num_queries(3):  # the session, and the two of /healthz
        ada.get("/healthz")


def test_au2_noting_a_visit_takes_one_statement(ada, monkeypatch, django_assert_num_queries):
    after(monkeypatch, minutes=6)

    with django_assert_num_queries(4):  # the session, the two of /healthz, the note
        ada.get("/healthz")


def test_au2_a_session_ended_meanwhile_is_not_brought_back_by_noting_a_visit(ada):
    store = SessionStore(ada.session.session_key)
    store["seen_at"] = 0
    ada.session.flush()

    with pytest.raises(UpdateError):
        store.save()

    assert not Session.objects.exists()


def test_au2_a_stranger_gets_no_session(db):
    client = Client()

    reply = client.get("/healthz")

    assert not reply.cookies


def test_au2_production_cookies_are_secure_closed_to_scripts_and_bound_to_the_host(tmp_path: Path):
    names = "SESSION_COOKIE_NAME SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_NAME"
    program = f"from workbench import settings as s; print(*[getattr(s, name) for name in '{names}'.split()])"

    finished = start(tmp_path, "-c", program, **SAFE)

    assert finished.stdout.split() == ["__Host-sessionid", "True", "True", "Lax", "__Host-csrftoken"]
