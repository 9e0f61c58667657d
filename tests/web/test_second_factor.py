"""AU-3: a code at log-in, taken once and guessed seldom; recovery codes; of whom one is required."""

from __future__ import annotations

import base64
import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp

from annotations.models import AuditEvent, LoginThrottle, RecoveryCode, SecondFactor, User
from annotations.workflow.accounts import issue_token
from annotations.workflow.second_factor import begin_second_factor, confirm_second_factor
from tests import factories

pytestmark = pytest.mark.django_db
API = "/api/v1/me/second-factor/"


def code_of(secret: str, steps: int = 0) -> str:
    """Return what an app shows, so many steps from now."""
    return f"{totp(base64.b32decode(secret), t0=-30 * steps):06d}"


def turn_on(user: User) -> tuple[str, list[str]]:
    """Set a second factor up; the next code of the app is still to come. Return its secret and the recovery codes."""
    secret = begin_second_factor(user).secret
    codes = confirm_second_factor(user, code_of(secret, -1))
    return secret, codes


def at_the_code(name: str = "ada") -> Client:
    """Return a browser that has shown the password."""
    client = Client()
    reply = client.post("/login/", {"username": name, "password": factories.PASSWORD, "next": "/account/"})
    assert reply["Location"] == "/login/code/"
    return client


def let_waits_pass() -> None:
    LoginThrottle.objects.update(waits_until=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def ada() -> User:
    return factories.user("ada")


def test_it_is_set_up_with_ones_password_and_a_first_code(ada, browser):
    client, other = browser("ada"), browser("ada")
    assert client.post("/account/second-factor/", {"password": "wrong"}).status_code == 422

    begun = client.post("/account/second-factor/", {"password": factories.PASSWORD}).content.decode()
    secret = re.search(r"<code class=\"secret\">(\w{32})</code>", begun)[1]
    wrong = client.post("/account/second-factor/confirm/", {"code": "000000"})
    done = client.post("/account/second-factor/confirm/", {"code": code_of(secret)}).content.decode()

    codes = re.findall(r"<code>(\w{4}-\w{4}-\w{4}-\w{4})</code>", done)
    assert (wrong.status_code, secret in wrong.content.decode()) == (422, True)
    assert len(set(codes)) == 10
    assert not any(code in client.get("/account/second-factor/").content.decode() for code in codes)
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert AuditEvent.objects.filter(verb="second_factor.set_up").count() == 1


def test_until_a_first_code_was_right_nobody_is_asked_for_one(ada):
    begin_second_factor(ada)

    assert Client().post("/login/", {"username": "ada", "password": factories.PASSWORD})["Location"] == "/"


def test_au3_the_picture_holds_the_secret(ada):
    """Read back by the fields of the drawing: the same matrix as the library makes of the address."""
    import segno

    from annotations.web.second_factor import picture_of

    uri = begin_second_factor(ada).uri
    picture = picture_of(uri)
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", picture["path"])}
    matrix = segno.make(uri, micro=False).matrix

    assert dark == {(x + 4, y + 4) for y, row in enumerate(matrix) for x, field in enumerate(row) if field}
    assert picture["size"] == len(matrix) + 8
    assert "ada" in uri


def test_au3_the_password_alone_opens_nothing(ada):
    turn_on(ada)
    client = at_the_code()

    assert client.get("/account/")["Location"].startswith("/login/")
    assert client.get("/api/v1/me/").status_code == 401
    assert "_auth_user_id" not in client.session


def test_au3_a_code_lets_in_once(ada):
    secret, _codes = turn_on(ada)
    code = code_of(secret)

    first = at_the_code().post("/login/code/", {"code": f" {code[:3]} {code[3:]} "})
    again = at_the_code().post("/login/code/", {"code": code})
    before = at_the_code().post("/login/code/", {"code": code_of(secret, -1)})

    assert (first.status_code, first["Location"]) == (302, "/account/")
    assert (again.status_code, before.status_code) == (422, 422)


def test_au3_a_code_that_is_too_old_or_to_come_is_refused(ada):
    secret, _codes = turn_on(ada)
    SecondFactor.objects.update(last_step=0)

    assert at_the_code().post("/login/code/", {"code": code_of(secret, -3)}).status_code == 422
    assert at_the_code().post("/login/code/", {"code": code_of(secret, 3)}).status_code == 422
    assert at_the_code().post("/login/code/", {"code": code_of(secret, 1)}).status_code == 302


def test_au3_codes_are_guessed_seldom_and_the_right_one_waits_too(ada):
    secret, _codes = turn_on(ada)
    client = at_the_code()

    statuses = [client.post("/login/code/", {"code": f"{n:06d}"}).status_code for n in range(8)]
    right = client.post("/login/code/", {"code": code_of(secret)})

    assert statuses == [422] * 5 + [429] * 3
    assert (right.status_code, "Retry-After" in right.headers) == (429, True)
    let_waits_pass()
    assert client.post("/login/code/", {"code": code_of(secret)}).status_code == 302


def test_au3_a_recovery_code_lets_in_once_and_is_kept_as_a_digest(ada):
    _secret, codes = turn_on(ada)

    assert at_the_code().post("/login/code/", {"code": codes[0].upper()}).status_code == 302
    assert at_the_code().post("/login/code/", {"code": codes[0]}).status_code == 422
    assert at_the_code().post("/login/code/", {"code": codes[1].replace("-", " ")}).status_code == 302
    assert RecoveryCode.objects.filter(user=ada, used_at__isnull=False).count() == 2
    assert AuditEvent.objects.filter(verb="second_factor.code_used").count() == 2


def test_au3_no_secret_of_it_stands_in_a_row_in_clear(ada):
    from tests.security.world import dump

    secret, codes = turn_on(ada)
    rows = str(dump())

    assert secret not in rows
    assert base64.b32decode(secret).hex() not in rows
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_au3_the_step_between_is_over_after_a_while_and_with_the_password(ada):
    secret, _codes = turn_on(ada)
    late, changed = at_the_code(), at_the_code()
    session = late.session
    session["entering"] = {**session["entering"], "at": time.time() - 601}
    session.save()
    assert late.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"

    ada.set_password("quite another phrase")
    ada.save()
    assert changed.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"
    assert Client().get("/login/code/")["Location"] == "/login/"


def test_new_recovery_codes_and_turning_off_ask_for_a_code(ada):
    secret, codes = turn_on(ada)
    client = at_the_code()
    client.post("/login/code/", {"code": codes[0]})

    assert client.post("/account/second-factor/codes/", {"code": "000000"}).status_code == 422
    renewed = client.post("/account/second-factor/codes/", {"code": codes[1]}).content.decode()
    assert len(re.findall(r"<code>\w{4}-\w{4}-\w{4}-\w{4}</code>", renewed)) == 10
    assert client.post("/account/second-factor/off/", {"code": codes[2]}).status_code == 422
    assert client.post("/account/second-factor/off/", {"code": code_of(secret)}).status_code == 302
    assert client.get("/account/").status_code == 200
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_the_api_sets_it_up_and_turns_it_off(ada, browser):
    client = browser("ada")

    def post(path: str, **body: str):
        return client.post(f"{API}{path}", body, content_type="application/json")

    assert client.get(API).json() == {"is_on": False, "since": None, "codes_left": 0, "is_required": False}
    assert post("begin/", password="wrong").status_code == 422
    secret = post("begin/", password=factories.PASSWORD).json()["secret"]
    assert post("confirm/", code="000000").status_code == 422
    codes = post("confirm/", code=code_of(secret)).json()["recovery_codes"]
    assert client.get(API).json()["codes_left"] == 10
    assert len(post("codes/", code=codes[0]).json()["recovery_codes"]) == 10
    assert post("off/", code=code_of(secret, 1)).json()["is_on"] is False


def test_a_key_neither_reads_nor_sets_it(ada):
    _row, key = issue_token(ada, "x", expires_at=timezone.now() + timedelta(days=1))

    assert Client().get(API, headers={"Authorization": f"Bearer {key}"}).status_code == 403


def test_au3_the_admin_is_entered_by_the_same_door(ada):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    secret, _codes = turn_on(ada)
    client = Client()
    asked = client.get(reverse("admin:index"), follow=True).redirect_chain[-1][0]

    assert asked.startswith("/login/?next=/admin/")
    client.post("/login/", {"username": "ada", "password": factories.PASSWORD, "next": "/admin/"})
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/admin/"
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("name", "values", "is_led_away"),
    [("mia", {}, True), ("ada", {}, False), ("olga", {"is_staff": True}, True), ("root", {"is_superuser": True}, True)],
)
def test_au3_managers_staff_and_administrators_are_led_to_set_one_up(
    team, browser, settings, name, values, is_led_away
):
    settings.WORKBENCH_SECOND_FACTOR = "managers"
    factories.user(name, **values)
    client = browser(name)

    page, api = client.get("/"), client.get("/api/v1/me/")

    assert page.status_code == (302 if is_led_away else 200)
    assert api.status_code == (403 if is_led_away else 200)
    if is_led_away:
        assert page["Location"] == "/account/second-factor/"
        assert api.json()["problems"][0]["code"] == "second_factor_needed"
        assert client.get("/admin/").status_code == 302
        assert "required of you" in client.get("/account/second-factor/").content.decode()
        assert client.post("/logout/").status_code == 302


def test_au3_who_shows_a_required_code_goes_on(team, browser, settings):
    settings.WORKBENCH_SECOND_FACTOR = "managers"
    client = browser("mia")
    begun = client.post("/account/second-factor/", {"password": factories.PASSWORD}).content.decode()
    secret = re.search(r"<code class=\"secret\">(\w{32})</code>", begun)[1]
    client.post("/account/second-factor/confirm/", {"code": code_of(secret, -1)})
    assert client.get("/p/river/members/").status_code == 200

    later = at_the_code("mia")
    later.post("/login/code/", {"code": code_of(secret)})
    assert later.get("/p/river/members/").status_code == 200


def test_au3_a_session_from_before_does_not_do(team, browser, settings):
    """However a session came to be: without a shown code it is none of a manager's."""
    settings.WORKBENCH_SECOND_FACTOR = "managers"
    turn_on(team.mia.user)
    client = Client()
    client.force_login(team.mia.user)

    assert client.get("/p/river/members/")["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


def test_a_role_that_comes_later_asks_at_the_next_request(team, browser, settings):
    from annotations.workflow.projects import change_role

    settings.WORKBENCH_SECOND_FACTOR = "managers"
    client = browser("ada")
    assert client.get("/p/river/").status_code == 200

    change_role(team.ada, "manager", by=team.mia)

    assert client.get("/p/river/")["Location"] == "/account/second-factor/"
