"""AC-4: a list takes the parameters it names; no request decides about columns, relations or keywords of a query."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import Model

from annotations.api.problems import MOST_PROBLEMS
from annotations.api.urls import urlpatterns
from tests.api.conftest import document
from workbench.environment import BASE_DIR

from .test_access_matrix import rows
from .world import build_world, path_of, send

RESERVED = ["pk", "id", "ordering", "order_by", "sort__x", "format", "page", "offset", "fields", "omit", "expand"]
LOOKUPS = ["__startswith", "__regex", "__isnull", "__in"]
TAKEN_FROM_REQUESTS = {"GET", "POST", "query_params", "data", "cleaned_data", "validated_data", "sent", "asked"}
QUERY_METHODS = {
    *("filter", "exclude", "get", "get_or_create", "update", "create", "annotate", "alias", "aggregate", "extra"),
    *("order_by", "values", "values_list", "only", "defer", "raw"),
}


@pytest.fixture(scope="module")
def parameters() -> list[str]:
    """Name paths through the relations of every model to a depth of three, and the reserved words."""
    found = {path for model in apps.get_app_config("annotations").get_models() for path in _paths(model, 3)}
    secret = [path for path in sorted(found) if any(word in path for word in ("password", "digest", "email", "user"))]
    return RESERVED + secret[::7] + sorted(found)[::53] + [f"publisher__project{one}" for one in LOOKUPS]


def _paths(model: type[Model], depth: int) -> Iterator[str]:
    for field in model._meta.get_fields():
        yield field.name
        if depth > 1 and field.is_relation and isinstance(field.related_model, type):
            yield from (f"{field.name}__{rest}" for rest in _paths(field.related_model, depth - 1))


@pytest.mark.django_db
def test_a_parameter_that_no_list_names_is_refused_and_changes_no_count(parameters):
    world, wrong = build_world(), []
    for route in [row["route"] for row in rows() if row["method"] == "GET" and row["route"].startswith("api/")]:
        if route in ("api/v1/schema/", "api/v1/docs/"):
            continue
        known = _documented(route)
        tried = [name for name in parameters if name not in known]
        path = path_of(route, world.ours)
        for start in range(0, len(tried), MOST_PROBLEMS):
            batch = tried[start : start + MOST_PROBLEMS]
            query = "&".join(f"{name}=1" for name in batch)
            response = send(world.clients["manager"], "GET", f"{path}{'&' if '?' in path else '?'}{query}", {})
            named = {problem["field"] for problem in response.json().get("problems", ())}
            if response.status_code != 400 or not set(batch) <= named:
                wrong.append(f"{route}: {response.status_code} {sorted(set(batch) - named)[:5]}")

    assert not wrong


def _documented(route: str) -> set[str]:
    from tests.api.conftest import ROUTE_PART

    operation = document()["paths"]["/" + ROUTE_PART.sub(r"{\1}", route)]["get"]
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}


@pytest.mark.parametrize("pattern", next(one for one in urlpatterns if hasattr(one, "url_patterns")).url_patterns)
def test_a_list_documents_exactly_the_parameters_it_takes(pattern):
    view = pattern.callback.cls
    if not hasattr(view, "get"):
        return

    assert _documented(f"api/v1/projects/<slug:slug>/{pattern.pattern}") == set(view.parameters)


@pytest.mark.django_db
def test_values_that_look_like_lookups_are_refused_or_find_nothing():
    world = build_world()
    for query in ("sort=publisher__project__name", "sort=?", "publisher=__all__", "mine=open' OR 1=1 --"):
        response = send(world.clients["manager"], "GET", f"/api/v1/projects/river/articles/?{query}", {})
        assert response.status_code == 400, query
    for query in ("q=%25", "q=_", "language=%25", "q='%20OR%201=1%20--"):
        response = send(world.clients["manager"], "GET", f"/api/v1/projects/river/articles/?{query}", {})
        assert (response.status_code, response.json()["results"]) == (200, []), query


def _expansions() -> Iterator[str]:
    """Find calls of query methods that unpack something that came with a request."""
    for room in ("api", "web", "search", "admin"):
        for path in sorted((BASE_DIR / "annotations" / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                    continue
                if node.func.attr in QUERY_METHODS and _unpacks_request(node):
                    yield f"{path.name}:{node.lineno}"


def _unpacks_request(call: ast.Call) -> bool:
    unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
    unpacked += [argument.value for argument in call.args if isinstance(argument, ast.Starred)]
    for value in unpacked:
        for node in ast.walk(value):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if name in TAKEN_FROM_REQUESTS:
                return True
    return False


def test_no_data_of_a_request_is_unpacked_into_a_query():
    assert list(_expansions()) == []
