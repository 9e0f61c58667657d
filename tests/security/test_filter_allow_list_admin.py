"""AC-4 in the admin: a list takes the parameters of its own filters; no value breaks it, none tells what is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from annotations.models import ApiToken, Article, User

from .test_filter_allow_list import LOOKUPS, _paths
from .world import World, build_world, content_of, send

#: Django's own words, which it takes on every list
WORDS = {"all", "o", "q", "p", "e", "_facets", "_popup", "_to_field"}
FOR_ALL_STAFF = [model for model, table in admin.site._registry.items() if not table.for_superusers_only]
ODD = ["", "-1", "9" * 23, "٣", "%", "'", "a\x00b", "\ud800", "0000-00-00"]


@pytest.fixture
def world(db) -> World:
    world = build_world("CANARY")
    User.objects.filter(username="mia").update(is_staff=True)
    return world


def address(model: type[Model]) -> str:
    return reverse(f"admin:annotations_{model._meta.model_name}_changelist")


def parameters(model: type[Model]) -> frozenset[str]:
    return admin.site._registry[model]._parameters


def ask(world: World, person: str, model: type[Model], **query: str) -> tuple[int, str]:
    encoded = urlencode(query, errors="surrogatepass")
    response = send(world.clients[person], "GET", f"{address(model)}?{encoded}", {})
    return response.status_code, content_of(response).decode()


def foreign_parameters(model: type[Model]) -> Iterator[str]:
    """Name columns and paths of the model's graph that no filter of its list has, with and without a lookup."""
    deep = sorted(set(_paths(model, 3)))
    own = sorted(field.name for field in model._meta.get_fields())
    secret = [path for path in deep if any(word in path for word in ("password", "digest", "email", "sha256"))]
    paths = sorted({*own, *secret[::9], *deep[::211], "pk", "nothing"})
    lookups = ("", *LOOKUPS)
    found = [f"{path}{lookups[n % len(lookups)]}" for n, path in enumerate(paths)] + ["user__password__startswith"]
    yield from (name for name in found if name not in parameters(model))


@pytest.mark.long
def test_a_parameter_that_no_filter_of_the_list_has_is_refused(world):
    taken = []
    for model in admin.site._registry:
        person = "manager" if model in FOR_ALL_STAFF else "admin"
        for name in foreign_parameters(model):
            if ask(world, person, model, **{name: "1"})[0] != 400:
                taken.append(f"{model._meta.model_name}: {name}")

    assert taken == []


@pytest.mark.long
def test_no_odd_value_of_a_parameter_breaks_a_list(world):
    broken = []
    for model in admin.site._registry:
        words = WORDS if model._meta.model_name in ("article", "user") else set()
        for name in sorted(parameters(model) | words):
            for value in ODD:
                status, _page = ask(world, "admin", model, **{name: value})
                if status not in (200, 302, 400):
                    broken.append(f"{model._meta.model_name}: {name}={value!r}: {status}")

    assert broken == []


def test_a_part_of_a_date_without_the_rest_breaks_no_list(world):
    for query in ({"published_at__day": "31"}, {"published_at__year": "2024", "published_at__day": "31"}):
        assert ask(world, "admin", Article, **query)[0] in (200, 302)


@pytest.mark.long
def test_no_search_or_order_of_a_list_tells_of_another_project(world):
    """The same rows are found, whether the words stand in the other project or nowhere."""
    for model in FOR_ALL_STAFF:
        for there, nowhere in (("ANAR", "XNXR"), ("olg", "xlg"), ("lak", "xak"), ("canaryamt", "canxryamt")):
            found, nothing = (ask(world, "manager", model, q=words)[1] for words in (there, nowhere))
            assert "CANARY" not in found
            assert rows_in(found).replace(there, nowhere) == rows_in(nothing)
        for order in ("1", "2.-1", "99"):
            assert "CANARY" not in ask(world, "manager", model, o=order, all="", _facets="True")[1]


def rows_in(page: str) -> str:
    return page.partition('id="result_list"')[2].partition("<tbody>")[2].partition("</table>")[0]


def test_no_list_of_accounts_or_keys_answers_about_a_secret(world):
    """Letter by letter, whether a row is shown would tell a password's hash or a key's digest."""
    for model, name in ((User, "password__startswith"), (ApiToken, "digest__gt"), (ApiToken, "user__password__gt")):
        assert {ask(world, "admin", model, **{name: value})[0] for value in ("argon2", "zzz")} == {400}
