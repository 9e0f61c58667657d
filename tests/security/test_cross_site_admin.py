"""XS-5, the rest: the admin and the log-in asked from elsewhere, JSON in disguise, and reading that leaves no trace."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.test import Client

from .test_access_matrix import rows
from .world import ADMIN, World, body_of, build_world, content_of, dump, path_of, routes, send

FOREIGN = {"Origin": "https://evil.example", "Referer": "https://evil.example/form.html"}
ROUTE_PART = re.compile(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)|[\\^$]|\.\*")


@pytest.fixture
def world(db) -> World:
    return build_world()


def files(folder: Path) -> dict[str, str]:
    """Return the digest of every stored file."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def admin_paths() -> list[str]:
    return ["/" + ROUTE_PART.sub("1", route) for route, _view in routes() if route.startswith(ADMIN)]


def strict(client: Client) -> Client:
    """Return a client with the same session that is held to the token of forms, as browsers are."""
    held = Client(enforce_csrf_checks=True)
    held.cookies = client.cookies
    return held


@pytest.mark.long
def test_xs5_reading_the_admin_changes_no_row_and_no_file(world, media_root):
    before, stored = dump(), files(media_root)

    for path in admin_paths():
        for method in ("get", "head"):
            content_of(getattr(world.clients["admin"], method)(path))

    assert dump() == before
    assert files(media_root) == stored


def test_xs5_reading_pages_and_api_changes_no_file(world, media_root):
    stored = files(media_root)
    assert stored

    for row in rows():
        if row["method"] == "GET":
            content_of(send(world.clients["manager"], "GET", path_of(row["route"], world.ours), {}))

    assert files(media_root) == stored


def test_xs5_the_admin_writes_nothing_for_another_site(world):
    before, client, taken = dump(), strict(world.clients["admin"]), []

    data = {"action": "delete_selected", "_selected_action": "1", "_save": "1"}
    for path in admin_paths():
        response = client.post(path, data, headers=FOREIGN)
        goes_on = response.get("Location", "").startswith("/admin/annotations")
        if goes_on or response.status_code not in (302, 403, 404, 405):
            taken.append(f"{path}: {response.status_code}")

    assert taken == []
    assert dump() == before


def test_xs5_json_in_the_disguise_of_a_form_is_not_read(world):
    """A form of another site can send text/plain without asking; a body of that kind is no JSON to us."""
    before, taken = dump(), []
    client = strict(world.clients["manager"])
    for row in rows():
        if row["method"] != "POST" or not row["route"].startswith("api/"):
            continue
        path = path_of(row["route"], world.ours)
        body = str(body_of("POST", row["route"], world.ours)).replace("'", '"')
        for kind in ("text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"):
            response = client.post(path, body, content_type=kind, headers=FOREIGN)
            if response.status_code not in (400, 403, 415):
                taken.append(f"{path} {kind}: {response.status_code}")

    assert taken == []
    assert dump() == before


def test_xs5_nobody_is_logged_in_or_out_by_another_site(world):
    stranger, ada = Client(enforce_csrf_checks=True), strict(world.clients["annotator"])

    logged_in = stranger.post("/login/", {"username": "ada", "password": "a long enough phrase"}, headers=FOREIGN)
    logged_out = [ada.post(path, headers=FOREIGN) for path in ("/logout/", "/admin/logout/")]

    assert {response.status_code for response in (logged_in, *logged_out)} == {403}
    assert "_auth_user_id" not in stranger.session
    assert ada.get("/").status_code == 200


def test_xs5_a_token_of_another_session_or_another_origin_does_not_help(world):
    ada, mallory = strict(world.clients["annotator"]), Client(enforce_csrf_checks=True)
    token = mallory.get("/login/").cookies["csrftoken"].value
    form = {"display_name": "planted", "csrfmiddlewaretoken": token}
    own = ada.get("/account/").cookies["csrftoken"].value

    foreign_token = ada.post("/account/", form)
    foreign_origin = ada.post(
        "/account/", form | {"csrfmiddlewaretoken": own}, headers={"Origin": "https://evil.example"}
    )
    ours = ada.post("/account/", form | {"csrfmiddlewaretoken": own, "display_name": "Ada"})

    assert [foreign_token.status_code, foreign_origin.status_code, ours.status_code] == [403, 403, 302]


def test_xs5_a_method_cannot_be_overridden(world):
    before = dump()
    path = path_of("api/v1/projects/<slug:slug>/annotations/<uuid:key>/", world.ours)

    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        response = world.clients["annotator"].get(f"{path}?_method=PATCH", headers={name: "PATCH"})
        assert response.status_code in (400, 405)

    assert dump() == before
