"""AU-4: log-in at a provider. Everything that is not whole is refused, and passwords work meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from annotations.models import AuditEvent, ExternalIdentity, Membership, User
from annotations.workflow.identities import Identity, link_identity
from annotations.workflow.inviting import NewInvitation, invite
from tests import factories
from tests.fetching.fake_provider import (
    CLIENT,
    OTHER_KEY,
    SECRET,
    FakeProvider,
    signed_by_client_secret,
    signed_by_public_key,
    unsigned,
    with_own_key,
)
from tests.web.test_second_factor import turn_on

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    fake = FakeProvider()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def fake(server, settings) -> FakeProvider:
    server.be_right()
    cache.clear()
    settings.OIDC_ISSUER, settings.OIDC_NAME = server.issuer, "The Newsroom"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    return server


@pytest.fixture
def ada(fake) -> User:
    """Give somebody whose account is linked."""
    ada = factories.user("ada")
    link_identity(Identity(fake.issuer, "ada-there", "ada@newsroom.example"), ada)
    return ada


def sent_there(client: Client, target: str = "/account/") -> str:
    reply = client.get("/login/provider/", {"next": target})
    assert reply.status_code == 302
    return reply["Location"]


def back(fake: FakeProvider, client: Client, **changes: str) -> Any:
    """Go through the whole flow; return the reply to the browser that came back."""
    answer = fake.authorize(sent_there(client)) | changes
    return client.get("/login/provider/back/", {name: value for name, value in answer.items() if value != "-"})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_au4_a_linked_person_is_let_in_and_goes_on(fake, ada):
    client = Client()
    before = client.session.session_key

    reply = back(fake, client)

    assert reply["Location"] == "/account/"
    assert client.get("/account/").context["user"] == ada
    assert client.session.session_key != before
    assert ExternalIdentity.objects.get().last_used_at is not None


def test_au4_what_the_provider_is_asked_holds_state_nonce_and_a_hashed_verifier(fake):
    first, second = sent_there(Client()), sent_there(Client())

    for part in ("response_type=code", "code_challenge_method=S256", "state=", "nonce=", "scope=openid"):
        assert part in first
    assert first != second
    assert SECRET not in first


def claim(**values: Any) -> Callable[[FakeProvider], None]:
    return lambda fake: fake.claims.update(values)


def told(**values: Any) -> Callable[[FakeProvider], None]:
    def tell(fake: FakeProvider) -> None:
        for name, value in values.items():
            setattr(fake, name, value)

    return tell


def described(**values: Any) -> Callable[[FakeProvider], None]:
    return lambda fake: fake.metadata.update(values)


WEAK = RSAKey.generate_key(2048, parameters={"kid": "two"})
OFFERED = {"kty": "oct", "kid": "one", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
NOW = int(time.time())
#: what is changed on the way, at the provider or in the address the browser comes back to
MUTATED: dict[str, Callable[[FakeProvider], None] | dict[str, str]] = {
    "no state": {"state": "-"},
    "an empty state": {"state": ""},
    "another state": {"state": "forged"},
    "no code": {"code": "-"},
    "another code": {"code": "forged"},
    "an error": {"error": "access_denied", "code": "-"},
    "an answer of another issuer": {"iss": "https://evil.example"},
    "no nonce": claim(nonce=None),
    "another nonce": claim(nonce="replayed"),
    "no issuer": claim(iss=None),
    "another issuer": claim(iss="https://evil.example"),
    "the issuer with a slash more": lambda fake: fake.claims.update(iss=f"{fake.issuer}/"),
    "no audience": claim(aud=None),
    "another audience": claim(aud="somebody else"),
    "two audiences and no party": claim(aud=[CLIENT, "somebody else"]),
    "another party": claim(aud=[CLIENT, "somebody else"], azp="somebody else"),
    "no subject": claim(sub=None),
    "an empty subject": claim(sub=""),
    "a subject that is a number": claim(sub=7),
    "a subject too long": claim(sub="x" * 256),
    "no expiry": claim(exp=None),
    "expired": claim(exp=NOW - 3600),
    "an expiry that is a word": claim(exp="tomorrow"),
    "no time of issue": claim(iat=None),
    "from the future": claim(iat=NOW + 7200),
    "not valid yet": claim(nbf=NOW + 7200),
    "another access token": claim(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "unsigned": told(sign=unsigned),
    "signed by the public key": told(sign=signed_by_public_key),
    "signed by the client's secret": told(sign=signed_by_client_secret),
    "signed by a key it brings along": told(sign=with_own_key),
    "signed by another key of the same name": told(key=OTHER_KEY),
    "a key that nobody knows": told(key=WEAK, header={"alg": "RS256", "kid": "two"}),
    "a key that is secret, offered as public": told(keys=[OFFERED], sign=lambda claims, header: _by_offered(claims)),
    "the signature cut": told(sign=lambda claims, header: _signed(claims, header)[:-8]),
    "the words changed": told(sign=lambda claims, header: _swapped(claims, header)),
    "no id token": told(change_token=lambda token: {"access_token": "x", "token_type": "Bearer"}),
    "an id token that is none": told(change_token=lambda token: token | {"id_token": "a.b.c"}),
    "an id token that is a list": told(change_token=lambda token: token | {"id_token": ["x"]}),
    "a token that is a list": told(change_token=lambda token: [token]),
    "a token that is no JSON": told(change_token=lambda token: b"<html>"),
    "an error in place of a token": told(change_token=lambda token: {"error": "invalid_client"}),
}


def _by_offered(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(OFFERED), algorithms=["HS256"])


def _signed(claims: dict[str, Any], header: dict[str, Any]) -> str:
    from tests.fetching.fake_provider import KEY

    return jwt.encode(header, claims, KEY)


def _swapped(claims: dict[str, Any], header: dict[str, Any]) -> str:
    one, two = _signed(claims, header).split("."), _signed(claims | {"sub": "root"}, header).split(".")
    return f"{one[0]}.{two[1]}.{one[2]}"


@pytest.mark.parametrize("change", MUTATED.values(), ids=MUTATED)
def test_au4_a_flow_that_is_not_whole_lets_nobody_in(fake, ada, change):
    client = Client()
    if not isinstance(change, dict):
        change(fake)

    reply = back(fake, client, **(change if isinstance(change, dict) else {}))

    assert reply["Location"] == "/login/"
    assert not is_in(client)
    assert "The Newsroom" in client.get("/login/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_au4_a_provider_that_describes_itself_wrongly_is_not_used(fake, ada, changes):
    fake.metadata = changes
    client = Client()

    reply = client.get("/login/provider/", follow=True)

    assert "cannot be reached" in reply.content.decode()
    assert fake.requests == ["/.well-known/openid-configuration"]


def test_au4_an_answer_serves_once_and_in_its_own_browser(fake, ada):
    client, other = Client(), Client()
    answer = fake.authorize(sent_there(client))
    sent_there(other)

    assert other.get("/login/provider/back/", answer)["Location"] == "/login/"
    assert Client().get("/login/provider/back/", answer)["Location"] == "/login/"
    assert client.get("/login/provider/back/", answer)["Location"] == "/account/"
    assert not is_in(other)

    client.post("/logout/")
    assert client.get("/login/provider/back/", answer)["Location"] == "/login/"
    assert not is_in(client)


def test_au4_a_flow_that_took_too_long_is_over(fake, ada):
    client = Client()
    answer = fake.authorize(sent_there(client))
    session = client.session
    session["provider_flow"] = {**session["provider_flow"], "at": time.time() - 601}
    session.save()

    assert client.get("/login/provider/back/", answer)["Location"] == "/login/"
    assert not is_in(client)


@pytest.mark.parametrize("verified", [True, False])
def test_au4_an_e_mail_verified_or_not_opens_no_account(fake, verified):
    factories.user("ada")  # has the very e-mail that the provider names
    fake.claims = {"email_verified": verified}
    client = Client()

    reply = back(fake, client)

    assert not is_in(client)
    assert "opens no account here yet" in reply.content.decode()
    assert not ExternalIdentity.objects.exists()


def test_au4_the_same_subject_at_another_issuer_is_somebody_else(fake, ada):
    ExternalIdentity.objects.update(issuer="https://elsewhere.example")
    client = Client()

    back(fake, client)

    assert not is_in(client)


def test_au4_linking_needs_a_log_in_and_a_confirmation(fake):
    ada, client = factories.user("ada"), Client()
    back(fake, client)

    logged_in = client.post(
        "/login/", {"username": "ada", "password": factories.PASSWORD, "next": "/account/identity/"}
    )
    asked = client.get(logged_in["Location"]).content.decode()
    assert "Shall" in asked
    assert not ExternalIdentity.objects.exists()
    client.post("/account/identity/")

    row = ExternalIdentity.objects.get()
    assert (row.user, row.issuer, row.subject) == (ada, fake.issuer, "ada-there")
    assert AuditEvent.objects.filter(verb="identity.linked").count() == 1
    client.post("/logout/")
    assert back(fake, client)["Location"] == "/account/"


def test_au4_who_is_logged_in_links_from_their_account_and_takes_nobody_elses(fake, ada, browser):
    ben = browser("ben")

    taken = back(fake, ben)
    assert taken["Location"] == "/account/"
    assert ben.post("/account/identity/")["Location"] == "/account/"
    fake.claims = {"sub": "ben-there"}
    free = back(fake, ben)
    assert free["Location"] == "/account/identity/"
    ben.post("/account/identity/")

    assert {(one.user.username, one.subject) for one in ExternalIdentity.objects.all()} == {
        ("ada", "ada-there"),
        ("ben", "ben-there"),
    }


def test_au4_a_second_factor_is_asked_for_all_the_same(fake, ada):
    _secret, codes = turn_on(ada)
    client = Client()

    assert back(fake, client)["Location"] == "/login/code/"
    assert not is_in(client)
    assert client.post("/login/code/", {"code": codes[0]})["Location"] == "/account/"


def test_au4_an_account_that_was_shut_out_stays_out(fake, ada):
    User.objects.update(is_active=False)
    client = Client()

    assert back(fake, client)["Location"] == "/login/"
    assert not is_in(client)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_au4_a_provider_that_is_down_leaves_the_log_in_by_password(fake, ada, status):
    fake.status = status
    client = Client()

    assert "cannot be reached" in client.get("/login/provider/", follow=True).content.decode()
    assert client.post("/login/", {"username": "ada", "password": factories.PASSWORD}).status_code == 302


def test_au4_a_provider_that_goes_down_in_between_lets_nobody_in(fake, ada, settings):
    client = Client()
    answer = fake.authorize(sent_there(client))
    cache.clear()
    fake.status = 503

    assert client.get("/login/provider/back/", answer)["Location"] == "/login/"
    assert not is_in(client)
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert client.get("/login/provider/")["Location"] == "/login/"


def test_a_provider_that_changed_its_keys_is_asked_for_them_again(fake, ada):
    back(fake, Client())
    new = RSAKey.generate_key(2048, parameters={"kid": "new", "use": "sig"})
    fake.key, fake.keys, fake.header = new, [new], {"alg": "RS256", "kid": "new"}

    assert back(fake, Client())["Location"] == "/account/"


def test_au4_an_invited_person_makes_an_account_without_a_password(fake, team):
    _row, secret = invite(NewInvitation("viewer"), by=team.mia)
    client = Client()
    client.get(f"/invitation/{secret}/")
    back(fake, client)

    assert 'name="password"' not in client.get("/invitation/").content.decode()
    assert client.post("/invitation/", {"username": "zoe"})["Location"] == "/p/river/"

    zoe = User.objects.get(username="zoe")
    assert not zoe.has_usable_password()
    assert Membership.objects.get(user=zoe).role == "viewer"
    assert ExternalIdentity.objects.get().user == zoe
    identity = ExternalIdentity.objects.get().uuid
    assert "only way in" in client.post(f"/account/identities/{identity}/unlink/", follow=True).content.decode()
    assert ExternalIdentity.objects.exists()


def test_an_identity_is_taken_off_by_its_person_and_by_nobody_else(fake, ada, browser):
    identity = ExternalIdentity.objects.get().uuid
    path = f"/account/identities/{identity}/unlink/"

    assert browser("ben").post(path).status_code == 404
    assert browser("ada").get("/api/v1/me/identities/").json()["results"][0]["subject"] == "ada-there"
    assert browser("ada").post(path).status_code == 302
    assert not ExternalIdentity.objects.exists()


def test_without_a_provider_there_is_no_other_door(client, settings):
    settings.OIDC_ISSUER = ""

    assert "provider" not in client.get("/login/").content.decode()
    assert client.get("/login/provider/")["Location"] == "/login/"
    assert client.get("/login/provider/back/", {"code": "x", "state": "y"})["Location"] == "/login/"
