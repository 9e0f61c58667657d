"""A client that holds every reply of the API against the OpenAPI document, and a small project with its people."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from annotations.models import Article, Membership, User
from tests import factories

ROUTE_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@cache
def document() -> dict[str, Any]:
    """Generate the OpenAPI document once a run; objects in it have no fields but those described."""
    from drf_spectacular.generators import SchemaGenerator

    schema = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    return _closed(schema)


def _closed(node: Any) -> Any:
    if isinstance(node, dict):
        node = {name: _closed(inner) for name, inner in node.items()}
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
    elif isinstance(node, list):
        node = [_closed(inner) for inner in node]
    return node


def check_against_document(response: HttpResponse, method: str) -> None:
    """Fail where a reply has another status or shape than the document says."""
    match = response.resolver_match
    if match is None or match.view_name == "api:not_there" or response.status_code == 405:
        return
    path = "/" + ROUTE_PART.sub(r"{\1}", match.route)
    responses = document()["paths"][path][method.lower()]["responses"]
    status = str(response.status_code)
    described = responses.get(status) or responses[f"{status[0]}XX"]
    content = described.get("content", {})
    if "application/json" not in content or not hasattr(response, "content"):
        return
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    found = [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(response.json())
    ]
    assert not found, f"{method} {path} {status}: {found[:5]}"


@dataclass
class Api:
    """Speaks JSON with the API as one person; `key` of a write is new unless given."""

    client: Client
    headers: dict[str, str]

    def get(self, path: str, **query: Any) -> HttpResponse:
        response = self.client.get(self._path(path), query, headers=self.headers)
        return self._checked(response, "get")

    def post(self, path: str, body: Any = None, *, key: Any = None) -> HttpResponse:
        return self.send("post", path, body, key=key)

    def patch(self, path: str, body: Any = None, *, key: Any = None) -> HttpResponse:
        return self.send("patch", path, body, key=key)

    def put(self, path: str, body: Any = None, *, key: Any = None) -> HttpResponse:
        return self.send("put", path, body, key=key)

    def delete(self, path: str) -> HttpResponse:
        return self.send("delete", path)

    def send(self, method: str, path: str, body: Any = None, *, key: Any = None) -> HttpResponse:
        headers = {"Idempotency-Key": str(key or uuid.uuid4()), **self.headers}
        data = json.dumps({} if body is None else body)
        response = getattr(self.client, method)(
            self._path(path), data, content_type="application/json", headers=headers
        )
        return self._checked(response, method)

    def _path(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/{path}"

    def _checked(self, response: HttpResponse, method: str) -> HttpResponse:
        check_against_document(response, method)
        return response


@pytest.fixture
def api_of() -> Callable[..., Api]:
    """Make a client for a person (session), for a key, or for a stranger."""

    def make(user: User | Membership | None = None, *, secret: str = "") -> Api:
        client = Client()
        if isinstance(user, Membership):
            user = user.user
        if user is not None:
            client.force_login(user)
        return Api(client, {"Authorization": f"Bearer {secret}"} if secret else {})

    return make


@pytest.fixture
def mia(db) -> Membership:
    """Mia manages the blind project “river”."""
    return factories.project("river")


@pytest.fixture
def ada(mia) -> Membership:
    """Ada annotates."""
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia) -> Membership:
    """Ben annotates too."""
    return factories.member(mia, "ben")


@pytest.fixture
def rosa(mia) -> Membership:
    """Rosa reviews."""
    return factories.member(mia, "rosa", "reviewer")


@pytest.fixture
def sam(db) -> User:
    """Sam has an account and no part in the project."""
    return factories.user("sam")


@pytest.fixture
def story(mia) -> Article:
    """An article that begins with an emoji."""
    return factories.article(mia)


@pytest.fixture
def span_of(story) -> Callable[..., dict[str, Any]]:
    """Build the body that puts a label on a span of the story."""

    def build(start: int, end: int, label: str = "claim", **values: Any) -> dict[str, Any]:
        version = story.current_version
        return {
            "key": str(uuid.uuid4()),
            "version_uuid": str(version.uuid),
            "text_sha256": bytes(version.text_sha256).hex(),
            "start": start,
            "end": end,
            "quote": version.text[start:end],
            "label": label,
            **values,
        }

    return build
