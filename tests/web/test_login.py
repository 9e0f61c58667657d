"""AU-1: log-in and what slows down somebody who guesses. Waits are moved into the past instead of waited for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from annotations.access.login import DEVICE_COOKIE, FREE_ATTEMPTS
from annotations.models import LoginThrottle
from tests import factories

WRONG = "a wrong but long phrase"
FREE = FREE_ATTEMPTS["account"]


def log_in(client: Client, name: str, password: str = factories.PASSWORD, **extra):
    return client.post("/login/", {"username": name, "password": password}, **extra)


def let_waits_pass() -> None:
    LoginThrottle.objects.update(waits_until=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def ada(db):
    return factories.user("ada")


def test_au1_the_right_password_leads_to_the_start(ada, client):
    response = log_in(client, "ada")

    assert response.status_code == 302
    assert response["Location"] == "/"
    assert client.get("/").status_code == 200


def test_au1_somebody_who_is_not_logged_in_is_sent_to_the_log_in_and_back_again(ada, client):
    asked = client.get("/account/")
    response = client.post(asked["Location"], {"username": "ada", "password": factories.PASSWORD, "next": "/account/"})

    assert asked["Location"] == "/login/?next=/account/"
    assert response["Location"] == "/account/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_au1_logging_in_never_leads_to_another_site(ada, client, target):
    response = client.post("/login/", {"username": "ada", "password": factories.PASSWORD, "next": target})

    assert response["Location"] == "/"


def test_au1_a_wrong_password_an_unknown_name_and_an_inactive_person_get_the_same_words(ada, client):
    factories.user("sam", is_active=False)

    replies = [log_in(client, "ada", WRONG), log_in(client, "nobody", WRONG), log_in(client, "sam")]

    assert {reply.status_code for reply in replies} == {422}
    assert {str(reply.context["form"].non_field_errors()) for reply in replies} == {
        str(replies[0].context["form"].non_field_errors())
    }


def test_au1_after_some_failures_one_must_wait_and_the_waits_grow(ada, client):
    for _attempt in range(FREE):
        assert log_in(client, "ada", WRONG).status_code == 422
    waits = []
    for _attempt in range(4):
        waits.append(int(log_in(client, "ada", WRONG)["Retry-After"]))
        let_waits_pass()
        assert log_in(client, "ada", WRONG).status_code == 422

    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[0]


def test_au1_the_right_password_during_the_wait_is_not_even_looked_at(ada, client):
    for _attempt in range(FREE):
        log_in(client, "ada", WRONG)

    response = log_in(client, "ada")

    assert response.status_code == 429
    assert "_auth_user_id" not in client.session


def test_au1_an_unknown_name_is_slowed_down_like_a_known_one(ada, client):
    for _attempt in range(FREE):
        log_in(client, "nobody", WRONG)

    assert log_in(client, "nobody", WRONG).status_code == 429


def test_au1_strangers_who_guess_cannot_lock_a_person_out_of_their_own_browser(ada, client):
    log_in(client, "ada")
    client.post("/logout/")
    stranger = Client()
    for _attempt in range(FREE + 3):
        log_in(stranger, "ada", WRONG)

    assert log_in(stranger, "ada").status_code == 429
    assert log_in(client, "ada").status_code == 302


def test_au1_the_mark_of_a_browser_is_good_for_its_own_account_only(ada, client):
    factories.user("ben")
    log_in(client, "ada")
    client.post("/logout/")
    for _attempt in range(FREE):
        log_in(Client(), "ben", WRONG)

    assert client.cookies[DEVICE_COOKIE]["httponly"]
    assert log_in(client, "ben").status_code == 429


def test_au1_one_guess_on_many_names_is_slowed_down_by_the_address(db, client):
    for number in range(FREE_ATTEMPTS["address"]):
        assert log_in(client, f"name-{number}", WRONG).status_code == 422

    assert log_in(client, "one-more", WRONG).status_code == 429


def test_au1_a_forged_forwarding_header_makes_no_difference(db, client):
    for number in range(FREE_ATTEMPTS["address"]):
        log_in(client, f"name-{number}", WRONG, headers={"X-Forwarded-For": f"203.0.113.{number}"})

    assert log_in(client, "one-more", WRONG, headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 429


def test_au1_behind_a_configured_proxy_each_client_is_counted_by_itself(db, client, settings):
    settings.WORKBENCH_TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(FREE_ATTEMPTS["address"]):
        log_in(client, f"name-{number}", WRONG, headers={"X-Forwarded-For": "203.0.113.9"})

    same = log_in(client, "one-more", WRONG, headers={"X-Forwarded-For": "203.0.113.9"})
    other = log_in(client, "one-more", WRONG, headers={"X-Forwarded-For": "198.51.100.7"})

    assert (same.status_code, other.status_code) == (429, 422)


def test_au1_the_right_password_forgets_the_failures_before_it(ada, client):
    for _attempt in range(FREE - 1):
        log_in(client, "ada", WRONG)
    log_in(client, "ada")
    client.post("/logout/")

    assert not LoginThrottle.objects.filter(subject="account", failures__gt=0).exists()


def test_au1_every_attempt_is_logged_without_name_and_password(ada, client, caplog):
    with caplog.at_level("INFO", logger="annotations.accounts"):
        for _attempt in range(FREE + 1):
            log_in(client, "ada", WRONG)

    events = [record.getMessage() for record in caplog.records if record.name == "annotations.accounts"]
    assert events == ["log-in failed"] * FREE + ["log-in must wait"]
    assert all(WRONG not in str(vars(record)) for record in caplog.records)


def burst(size: int) -> list[int]:
    """Send many attempts at once; return their statuses."""

    def attempt(_number: int) -> int:
        try:
            return log_in(Client(), "ada", WRONG).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(attempt, range(size)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [24, pytest.param(200, marks=pytest.mark.long)])
def test_au1_a_parallel_burst_gets_no_more_tries_than_a_slow_one(size):
    factories.user("ada")

    statuses = burst(size)

    # a burst that lasts longer than the first waits gets the tries that these grant, and not one more
    row = LoginThrottle.objects.get(subject="account")
    assert statuses.count(422) == row.failures
    assert row.failures <= FREE + 3
    assert statuses.count(422) + statuses.count(429) == size


def test_au1_a_log_in_without_the_token_of_its_form_is_refused(ada):
    client = Client(enforce_csrf_checks=True)

    response = log_in(client, "ada")

    assert response.status_code == 403
    assert "_auth_user_id" not in client.session
