"""Log-in at a provider (OpenID Connect, code flow with PKCE): where to send people, and whom they come back as.

Authlib speaks OAuth, joserfc checks signatures. What is accepted is said here: the issuer of the settings and no other,
our own client as audience, signatures by public keys only, a state and a nonce of this browser, each used once.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from annotations.errors import Refused
from annotations.workflow.identities import Identity
from workbench.safety import is_safe_address

logger = logging.getLogger("annotations.provider")
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that are taken: by a public key. One that our client's secret would make, or none, is not."""
PUBLIC_KEYS = ("RSA", "EC")
TIMEOUT = (3, 5)
KNOWN_FOR = 600
MOST_BYTES = 1024 * 1024
LEEWAY = 60
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Provider:
    """Where people log in instead, and what it knows us by."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What one log-in at the provider began with, and must end with; kept in the session of the browser."""

    state: str
    nonce: str
    verifier: str

    def kept(self) -> dict[str, str]:
        """Return it as a session keeps it."""
        return asdict(self)


class _Unusable(Exception):
    """The provider says something that cannot be right."""


def provider() -> Provider | None:
    """Return the provider of the settings, or None where people log in by password only."""
    if not settings.OIDC_ISSUER:
        return None
    return Provider(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME)


def begin(at: Provider, back: str) -> tuple[str, Flow]:
    """Return where to send the browser, and what to keep of it. Raises `Refused` where the provider is down."""
    flow = Flow(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    try:
        with _session(at, back) as session:
            address, _state = session.create_authorization_url(
                _described(at)["authorization_endpoint"],
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
    except (_Unusable, requests.RequestException) as error:
        raise _unreachable(at, error) from None
    return address, flow


def identity_of(at: Provider, flow: Flow, answer: Mapping[str, str], back: str) -> Identity:
    """Return whom the provider vouches for, of what it sent the browser back with. Raises `Refused` for all else."""
    if not answer.get("state") or not constant_time_compare(answer["state"], flow.state):
        raise _not_taken(at, "state")
    if answer.get("iss", at.issuer) != at.issuer:
        raise _not_taken(at, "issuer of the answer")
    if answer.get("error"):
        message = _("%(name)s did not let you in. Try again, or log in by password.")
        raise Refused("provider_refused", message % {"name": at.name})
    if not answer.get("code"):
        raise _not_taken(at, "code")
    try:
        with _session(at, back) as session:
            token = session.fetch_token(
                _described(at)["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=flow.verifier,
                allow_redirects=False,
                timeout=TIMEOUT,
            )
        return _identity(at, flow, token)
    except requests.RequestException as error:
        raise _unreachable(at, error) from None
    except (_Unusable, JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _not_taken(at, f"{type(error).__name__} {getattr(error, 'error', '')}".strip()) from None


def _identity(at: Provider, flow: Flow, token: Any) -> Identity:
    id_token = token["id_token"]
    if not isinstance(id_token, str):
        raise _Unusable("no id_token")
    try:
        checked = jwt.decode(id_token, _keys(at), algorithms=list(SIGNATURES))
    except InvalidKeyIdError:  # the provider may have changed its keys since we asked
        checked = jwt.decode(id_token, _keys(at, anew=True), algorithms=list(SIGNATURES))
    claims = CodeIDToken(
        checked.claims,
        checked.header,
        options={
            "iss": {"essential": True, "value": at.issuer},
            "aud": {"essential": True, "value": at.client_id},
            "sub": {"essential": True},
        },
        params={"nonce": flow.nonce, "client_id": at.client_id, "access_token": token.get("access_token")},
    )
    claims.validate(leeway=LEEWAY)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise _Unusable("subject")
    names = (claims.get(name) for name in ("preferred_username", "email", "name"))
    return Identity(at.issuer, subject, next((name for name in names if isinstance(name, str) and name), ""))


def _described(at: Provider) -> dict[str, Any]:
    """Return what the provider says of itself; asked for again after ten minutes."""
    key = f"provider:{at.issuer}:metadata"
    known: dict[str, Any] | None = cache.get(key)
    if known is None:
        known = _json(f"{at.issuer.rstrip('/')}/.well-known/openid-configuration")
        if known.get("issuer") != at.issuer:
            raise _Unusable("issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe_address(str(known.get(name))):
                raise _Unusable(name)
        cache.set(key, known, KNOWN_FOR)
    return known


def _keys(at: Provider, *, anew: bool = False) -> KeySet:
    key = f"provider:{at.issuer}:keys"
    known = None if anew else cache.get(key)
    if known is None:
        found = _json(_described(at)["jwks_uri"]).get("keys")
        if not isinstance(found, list):
            raise _Unusable("keys")
        known = [one for one in found if isinstance(one, dict) and one.get("kty") in PUBLIC_KEYS]
        known = [one for one in known if one.get("use", "sig") == "sig"]
        cache.set(key, known, KNOWN_FOR)
    return KeySet.import_key_set({"keys": known})


def _json(address: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        with session.get(address, timeout=TIMEOUT, allow_redirects=False, stream=True) as reply:
            if reply.status_code != requests.codes.ok:
                raise _Unusable(f"status {reply.status_code}")
            body = reply.raw.read(MOST_BYTES, decode_content=True)
    try:
        found = json.loads(body)
    except ValueError:
        raise _Unusable("no JSON") from None
    if not isinstance(found, dict):
        raise _Unusable("no object")
    return found


def _session(at: Provider, back: str) -> OAuth2Session:
    methods = _described(at).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    by_header = "client_secret_basic" in methods
    session = OAuth2Session(
        at.client_id,
        at.client_secret or None,
        scope="openid profile email",
        redirect_uri=back,
        code_challenge_method="S256",
        token_endpoint_auth_method=(
            "none" if not at.client_secret else "client_secret_basic" if by_header else "client_secret_post"
        ),
    )
    session.trust_env = False
    return session


def _unreachable(at: Provider, error: Exception) -> Refused:
    logger.warning("the provider cannot be used", extra={"reason": f"{type(error).__name__}"})
    message = _("%(name)s cannot be reached at the moment. Log in by password, or try again later.")
    return Refused("provider_unreachable", message % {"name": at.name})


def _not_taken(at: Provider, reason: str) -> Refused:
    logger.warning("an answer of the provider was not taken", extra={"reason": reason})
    message = _("What came back from %(name)s does not fit to a log-in that began here. Begin again.")
    return Refused("provider_answer", message % {"name": at.name})
