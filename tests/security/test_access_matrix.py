"""AC-1: every route, every kind of person, the outcome that `permissions.csv` says; no route missing, none too many.

A cell is the HTTP status; `login` is a redirect to the log-in page. `annotator` made the objects that the
routes name, `peer` is another annotator of the blind project, `stranger` manages another project, `admin`
is the site's administrator without a part in the project, `disabled` a manager whose account was ended.
`staff_…` is the same person with the mark that lets them into the admin, and nowhere else.

The rows of the admin stand last: a form that it takes is 302; one that it shows again 422, or 200 by Django.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from annotations.models import User

from .world import ADMIN, METHODS, World, body_of, build_world, content_of, path_of, routes, send

TABLE = Path(__file__).with_name("permissions.csv")
PEOPLE = ("anonymous", "annotator", "manager")
#: walked in the full run only
OTHERS = ("disabled", "stranger", "viewer", "peer", "reviewer", "admin")
STAFF = ("staff_stranger", "staff_annotator", "staff_manager")
#: routes that Django's admin answers, to whom it opens at all, by a form that is read and one that is sent
ADMIN_METHODS = ("GET", "POST")


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(response) -> str:
    content_of(response)
    if response.status_code == 302 and response["Location"].startswith(("/login/", "/admin/login/")):
        return "login"
    return str(response.status_code)


def client_of(world: World, person: str) -> Client:
    """Return the person's client; with the mark of staff where their name begins so."""
    name = person.removeprefix("staff_")
    if name != person:
        user = world.clients[name].session["_auth_user_id"]
        User.objects.filter(pk=user).update(is_staff=True)
    return world.clients[name]


@pytest.mark.django_db
@pytest.mark.parametrize("person", [*PEOPLE, *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS + STAFF)])
def test_each_route_answers_each_person_as_the_table_says(person):
    world = build_world()
    client, wrong = client_of(world, person), []
    for row in rows():
        path = path_of(row["route"], world.ours)
        body = body_of(row["method"], row["route"], world.ours)
        with transaction.atomic():
            found = outcome(send(client, row["method"], path, body))
            transaction.set_rollback(True)
        if found != row[person]:
            wrong.append(f"{row['method']} {row['route']}: {found}, not {row[person]}")

    assert not wrong


def test_the_table_has_every_route_and_no_other():
    registered = {route for route, _view in routes() if route != "api/v1/"}

    assert {row["route"] for row in rows()} == registered


def test_no_route_stands_in_the_table_twice():
    assert [pair for pair, n in Counter((row["method"], row["route"]) for row in rows()).items() if n > 1] == []


def test_the_table_has_every_route_of_the_admin_read_and_sent():
    registered = {(method, route) for route, _view in routes() for method in ADMIN_METHODS if route.startswith(ADMIN)}

    assert {(row["method"], row["route"]) for row in rows() if row["route"].startswith(ADMIN)} == registered


def test_staff_without_a_project_to_manage_see_no_more_of_pages_and_api_than_others():
    for row in rows():
        # whoever administrates sees whether mail goes out
        if not row["route"].startswith(ADMIN) and row["route"] != "account/test-mail/":
            assert [row[person] for person in STAFF] == [row[person.removeprefix("staff_")] for person in STAFF]


def test_the_table_has_every_method_of_the_api_and_no_other():
    registered = {
        (method.upper(), route)
        for route, view in routes()
        for method in METHODS
        if route.startswith("api/") and hasattr(getattr(view, "view_class", None) or getattr(view, "cls", None), method)
    }
    named = {(row["method"], row["route"]) for row in rows() if row["route"].startswith("api/")}

    assert named - {("GET", "api/v1/schema/"), ("GET", "api/v1/docs/")} == registered


def test_the_table_has_every_operation_of_the_openapi_document():
    from tests.api.conftest import ROUTE_PART, document

    described = {
        (method.upper(), path.lstrip("/")) for path, methods in document()["paths"].items() for method in methods
    }
    named = {(row["method"], ROUTE_PART.sub(r"{\1}", row["route"])) for row in rows()}

    assert described == {one for one in named if one[1].startswith("api/")} - {
        ("GET", "api/v1/schema/"),
        ("GET", "api/v1/docs/"),
    }


@pytest.mark.long
@pytest.mark.django_db
def test_a_method_that_the_table_does_not_name_is_refused():
    world = build_world()
    named = {(row["method"], row["route"]) for row in rows() if not row["route"].startswith(ADMIN)}
    taken = []
    for route in {route for _method, route in named}:
        for method in (method.upper() for method in METHODS):
            if (method, route) in named:
                continue
            with transaction.atomic():
                path = path_of(route, world.ours).partition("?")[0]
                status = send(world.clients["manager"], method, path, {}).status_code
                transaction.set_rollback(True)
            if status != 405:
                taken.append(f"{method} {route}: {status}")

    assert not taken


def test_the_admin_is_closed_to_everybody_but_the_staff():
    """Its ways out are open to all who are logged in."""
    ways_out = {"admin/logout/", "admin/jsi18n/"}
    open_to = [
        f"{person} {row['method']} {row['route']}"
        for row in rows()
        for person in PEOPLE
        if row["route"].startswith(ADMIN) and person != "admin" and row[person] not in ("login", "403", "404", "405")
    ]

    assert [one for one in open_to if one.split()[-1] not in ways_out] == []
