"""XS-5: reading changes nothing, and nothing is written without the token of our own pages."""

from __future__ import annotations

import pytest
from django.test import Client

from .test_access_matrix import rows
from .world import body_of, build_world, content_of, dump, path_of, send


@pytest.mark.long
@pytest.mark.django_db
def test_reading_every_route_changes_nothing():
    world = build_world()
    before = dump()

    for row in rows():
        if row["method"] == "GET":
            for person in ("manager", "annotator", "anonymous"):
                for method in ("GET", "HEAD"):
                    content_of(send(world.clients[person], method, path_of(row["route"], world.ours), {}))

    assert dump() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "origin", ["https://evil.example", *(pytest.param(no, marks=pytest.mark.long) for no in ("null", ""))]
)
def test_no_route_writes_without_a_csrf_token(origin):
    world = build_world()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ours.manager.user)
    before = dump()

    wrong = []
    for row in rows():
        if row["method"] == "GET":
            continue
        headers = {"Origin": origin} if origin else {}
        path, body = path_of(row["route"], world.ours), body_of(row["method"], row["route"], world.ours)
        response = send(client, row["method"], path, body, **headers)
        if response.status_code != 403:
            wrong.append(f"{row['method']} {row['route']}: {response.status_code}")

    assert not wrong
    assert dump() == before
