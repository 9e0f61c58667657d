"""AU-1: how often a password is really looked at, counted at the hash, whoever asks and however many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import hashers
from django.db import connections
from django.test import Client
from django.urls import reverse

from annotations.access.login import FREE_ATTEMPTS
from annotations.models import LoginThrottle
from tests import factories
from tests.web.test_login import WRONG, let_waits_pass, log_in

FREE = FREE_ATTEMPTS["account"]


class Hashing:
    """Counts how often a password is hashed."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def note(self) -> None:
        with self._lock:
            self.count += 1


@pytest.fixture
def hashing(monkeypatch) -> Iterator[Hashing]:
    counted, encode = Hashing(), hashers.MD5PasswordHasher.encode

    def counting(self, *args, **kwargs):
        counted.note()
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counting)
    return counted


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ada", "nobody", "sam", "", "a" * 10_000, "ada\x00"])
def test_au1_known_unknown_and_inactive_names_cost_the_same_work(hashing, client, name):
    """A name that is not there would be told by the missing hash; empty and impossible names are no names."""
    factories.user("ada")
    factories.user("sam", is_active=False)
    hashing.count = 0

    response = log_in(client, name, WRONG)

    is_possible = bool(name) and "\x00" not in name
    assert response.status_code == 422
    assert hashing.count == is_possible


@pytest.mark.django_db
def test_au1_nothing_is_hashed_while_one_must_wait(hashing, client):
    factories.user("ada")
    for _attempt in range(FREE):
        log_in(client, "ada", WRONG)
    hashing.count = 0

    statuses = {log_in(client, "ada", password).status_code for password in (WRONG, factories.PASSWORD, "")}

    assert statuses == {429}
    assert hashing.count == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [16, pytest.param(200, marks=pytest.mark.long)])
def test_au1_attempts_at_once_from_made_up_addresses_are_evaluated_no_more_often(hashing, size):
    factories.user("ada")
    hashing.count = 0

    def attempt(number: int) -> int:
        try:
            headers = {"X-Forwarded-For": f"203.0.113.{number % 250}", "X-Real-IP": f"198.51.100.{number % 250}"}
            return log_in(Client(), "ada", WRONG, headers=headers).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=16) as pool:
        statuses = list(pool.map(attempt, range(size)))

    # the first waits are short: a burst that outlasts them gets one try after each, and not one more
    assert hashing.count == statuses.count(422) == LoginThrottle.objects.get(subject="account").failures
    assert hashing.count <= FREE + 3
    assert set(statuses) <= {422, 429}


@pytest.mark.django_db
def test_au1_the_way_into_the_admin_is_the_same_way(hashing, client):
    factories.user("root", is_staff=True, is_superuser=True)
    hashing.count = 0

    for _attempt in range(FREE + 2):
        response = client.post(reverse("admin:login"), {"username": "root", "password": factories.PASSWORD})

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")
    assert hashing.count == 0
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_au1_the_api_takes_no_password(hashing):
    factories.user("ada")
    hashing.count = 0

    response = Client().get("/api/v1/me/", headers={"Authorization": "Basic YWRhOmEgbG9uZyBlbm91Z2ggcGhyYXNl"})

    assert response.status_code == 401
    assert hashing.count == 0


@pytest.mark.django_db
def test_au1_who_found_an_open_browser_cannot_guess_the_old_password_either(hashing, client):
    client.force_login(factories.user("ada"))
    guess = {"old_password": WRONG, "new_password1": "a quite new phrase", "new_password2": "a quite new phrase"}
    for _attempt in range(FREE):
        assert client.post("/account/password/", guess).status_code == 422
    hashing.count = 0

    response = client.post("/account/password/", guess | {"old_password": factories.PASSWORD})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert hashing.count == 0
    let_waits_pass()
    assert client.post("/account/password/", guess | {"old_password": factories.PASSWORD}).status_code == 302
