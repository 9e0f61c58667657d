"""XS-3 and CF-1: every route, every status, every kind of reply carries the enforced policy and the other headers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from workbench.headers import CONTENT_SECURITY_POLICY, HEADERS, TRUSTED_TYPES

from .test_access_matrix import rows
from .world import ADMIN, World, body_of, build_world, content_of, path_of, routes, send

PEOPLE = ("anonymous", "annotator", "manager")
STRICT = "sandbox; default-src 'none'"
#: of pages that anybody reads: no script at all; the list and the feed may be kept and read from other sites
FOR_READERS = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
#: statuses that the requests below must have met, so that this test cannot come to look at nothing
MET = {200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 409, 422}
ROUTE_PART = re.compile(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)|[\\^$]|\.\*")


@pytest.fixture
def world(db) -> World:
    return build_world()


def faults_of(response: Any, *, is_for_readers: bool = False) -> list[str]:
    """Return what is missing from a reply's headers, or too much. What is for readers has an even stricter policy."""
    content_of(response)
    policy = response.get("Content-Security-Policy", "")
    faults = [name for name in HEADERS if name not in response]
    if is_for_readers and policy == FOR_READERS:
        return faults
    if policy != STRICT:
        faults += [part for part in CONTENT_SECURITY_POLICY if part not in policy.split("; ")]
    faults += [word for word in ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "*", "http:") if word in policy]
    faults += ["report only"] if "Content-Security-Policy-Report-Only" in response else []
    faults += ["shared caching"] if "public" in response["Cache-Control"] else []
    faults += ["open to other origins"] if "Access-Control-Allow-Origin" in response else []
    faults += ["sniffable"] if response["X-Content-Type-Options"] != "nosniff" else []
    return faults


def replies(world: World) -> Iterator[tuple[str, Any]]:
    """Send every person to every route, in the right way and in wrong ones."""
    for row in rows():
        path = path_of(row["route"], world.ours)
        body = body_of(row["method"], row["route"], world.ours)
        for person in PEOPLE:
            for wrong in ({}, {"nonsense": "1"}) if person == "manager" else ({},):
                with transaction.atomic():
                    yield (
                        f"{row['method']} {path} {person}",
                        send(world.clients[person], row["method"], path, _spoilt(body, wrong)),
                    )
                    transaction.set_rollback(True)
        for method in ("DELETE", "OPTIONS", "TRACE"):
            yield f"{method} {path}", getattr(world.clients["manager"], method.lower())(path)


def _spoilt(body: Any, wrong: dict[str, str]) -> Any:
    """Put something wrong into a body, or into a list of them."""
    if isinstance(body, list):
        return [*body, wrong] if wrong else body
    return body | wrong


@pytest.mark.long
def test_xs3_every_reply_of_every_route_has_the_headers(world):
    wrong, met = [], set()
    for name, response in replies(world):
        met.add(response.status_code)
        if faults := faults_of(response, is_for_readers=" /published/" in name or " /preview/" in name):
            wrong.append(f"{name} {response.status_code}: {faults}")
        if "/articles/" not in name and "require-trusted-types-for" in response["Content-Security-Policy"]:
            wrong.append(f"{name}: not meant to enforce Trusted Types")

    assert wrong == []
    assert met >= MET - {409}


def test_xs3_a_conflict_and_a_missing_route_have_them_too(world):
    path = f"/api/v1/projects/river/annotations/{world.ours.values['annotation']}/"
    conflict = send(world.clients["annotator"], "PATCH", path, {"base_version": 99, "note": "x"})
    missing = [world.clients["manager"].get(address) for address in ("/nothing", "/api/v1/nothing/", "/static/nothing")]

    assert conflict.status_code == 409
    assert {response.status_code for response in missing} == {404}
    assert [faults_of(response) for response in (conflict, *missing)] == [[]] * 4


def test_xs3_every_route_of_the_admin_has_the_headers(world):
    wrong = []
    for route, _view in routes():
        if not route.startswith(ADMIN):
            continue
        path = "/" + ROUTE_PART.sub("1", route)
        for person in ("anonymous", "manager", "admin"):
            response = world.clients[person].get(path)
            if faults := faults_of(response):
                wrong.append(f"{path} {person} {response.status_code}: {faults}")

    assert wrong == []


def test_xs3_the_page_where_articles_are_annotated_enforces_trusted_types(world):
    response = world.clients["annotator"].get(path_of("p/<slug:slug>/articles/<uuid:article>/", world.ours))

    assert response.status_code == 200
    policy = response["Content-Security-Policy"].split("; ")
    assert policy == [*CONTENT_SECURITY_POLICY, *TRUSTED_TYPES]
    assert b"htmx" not in response.content


def test_xs3_the_policy_is_the_one_that_was_decided():
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY)

    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] in ("'self'", "'none'")


def test_xs5_no_other_origin_is_invited(world):
    for origin in ("https://evil.example", "null"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for address in ("/api/v1/me/", "/login/", reverse("admin:index")):
            for response in (Client().options(address, headers=asked), world.clients["manager"].get(address)):
                assert [name for name in response.headers if name.lower().startswith("access-control")] == []


def test_cf1_a_message_to_the_wrong_host_or_of_the_wrong_form_has_the_headers(world):
    client = world.clients["manager"]
    annotation = f"/api/v1/projects/river/annotations/{uuid.uuid4()}/"
    odd = [
        client.get("/", headers={"Host": "evil.example"}),
        client.patch(annotation, b"\xff\xfe{", content_type="application/json"),
        client.post("/api/v1/projects/", "<x/>", content_type="application/xml"),
        client.post("/p/river/import/", b"no boundary", content_type="multipart/form-data"),
        client.get("/p/river/?q=%00"),
        client.get("/p/%ff/"),
    ]

    assert [response.status_code for response in odd if response.status_code >= 500] == []
    assert [faults_of(response) for response in odd] == [[]] * len(odd)
