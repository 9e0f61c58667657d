"""An OpenID provider on loopback that can be told to do everything wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "workbench", "a secret of the client, long enough for HMAC"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
Change = Callable[[dict[str, Any]], Any]


class FakeProvider:
    """The provider; what is set on it holds for the replies that follow."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.be_right()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def be_right(self) -> None:
        """Forget what it was told."""
        self.flows: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.key: Any = KEY
        self.keys: list[Any] = [KEY]
        self.change_token: Change = lambda token: token
        self.sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
        self.status = 200
        self.requests: list[str] = []

    def authorize(self, address: str, **said: str) -> dict[str, str]:
        """Let a person in who was sent to `address`; return what the browser is sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.flows)}"
        self.flows[code] = asked
        return {"code": code, "state": asked["state"], **said}

    def described(self) -> dict[str, Any]:
        """Say what it is."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.metadata,
        }

    def token_for(self, sent: dict[str, str], headers: Any) -> tuple[int, Any]:
        """Give a token for a code, once, to our client, for the right verifier."""
        flow = self.flows.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_right = flow is not None and flow["code_challenge"] == challenge and flow["code_challenge_method"] == "S256"
        if not is_right or headers["Authorization"] != f"Basic {basic}":
            return 400, {"error": "invalid_grant"}
        assert flow is not None
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "ada-there", "aud": CLIENT, "exp": now + 60, "iat": now}
        claims |= {"nonce": flow["nonce"], "email": "ada@newsroom.example", "email_verified": True}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = self.sign(claims, self.header) if self.sign else jwt.encode(self.header, claims, self.key)
        return self.status, self.change_token(
            {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": signed}
        )


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Write a token that nobody signed."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    written = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
    return ".".join([*written, ""])


def signed_by_public_key(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Confuse the key: sign by HMAC with the public key, which everybody knows."""
    public = KEY.as_pem(private=False)
    key = base64.urlsafe_b64encode(public).decode().rstrip("=")
    confused = {"alg": "HS256", "kid": "one"}
    body = ".".join(
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (confused, claims)
    )
    import hmac

    mac = hmac.new(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def signed_by_client_secret(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Sign by HMAC with the client's secret."""
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])


def with_own_key(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Bring the key along in the header."""
    own = {"alg": "RS256", "kid": "one", "jwk": OTHER_KEY.as_dict(private=False)}
    return jwt.encode(own, claims, OTHER_KEY)


def _handler_of(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._answer(provider.status, provider.described())
            elif self.path == "/keys":
                public = [one if isinstance(one, dict) else one.as_dict(private=False) for one in provider.keys]
                self._answer(provider.status, {"keys": public})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.requests.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token_for(sent, self.headers))

        def _answer(self, status: int, body: Any) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
