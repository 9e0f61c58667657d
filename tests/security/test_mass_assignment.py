"""AC-3: fields that a request may not set are refused by the API, and left alone by the forms of the pages."""

from __future__ import annotations

import ast

import pytest

from annotations.api import serializers
from annotations.models import Annotation, Article, Project, User
from workbench.environment import BASE_DIR

from .test_access_matrix import rows
from .world import World, body_of, build_world, dump, model_fields, path_of, send

HOSTILE = {
    "id": 1,
    "project": 1,
    "project_id": 1,
    "created_by": 1,
    "created_by_id": 1,
    "annotator": "ben",
    "layer": "gold",
    "version_number": 99,
    "created_at": "2001-01-01T00:00:00Z",
    "withdrawn_at": "2001-01-01T00:00:00Z",
    "state": "accepted",
    "is_staff": True,
    "is_superuser": True,
    "digest": "00",
    "ended_at": None,
}
#: what comes here is read as the records of a file: fields that are none of ours are kept in the article's metadata
TAKES_RECORDS = ("imports/", "articles/bulk/", "articles/by-external-id/")
INPUTS = [
    kind
    for kind in vars(serializers).values()
    if isinstance(kind, type) and issubclass(kind, serializers.StrictSerializer)
]


@pytest.fixture
def world(db) -> World:
    return build_world()


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
def test_a_serializer_refuses_every_column_that_it_does_not_name(kind):
    others = (model_fields() | set(HOSTILE)) - set(kind().fields)

    serializer = kind(data=dict.fromkeys(others, 1))

    assert not serializer.is_valid()
    assert set(serializer.errors) == others


def test_every_write_of_the_api_refuses_hostile_fields_and_changes_nothing(world):
    before, wrong = dump(), []
    for row in rows():
        if row["method"] == "GET" or not row["route"].startswith("api/") or row["route"].endswith(TAKES_RECORDS):
            continue
        may = (name for name in ("manager", "annotator", "admin") if row[name] not in ("403", "404"))
        person = next(may, "annotator")
        body = body_of(row["method"], row["route"], world.ours)
        response = send(world.clients[person], row["method"], path_of(row["route"], world.ours), HOSTILE | body)
        named = {problem["field"] for problem in response.json()["problems"]} if response.status_code == 400 else set()
        if not set(HOSTILE) - set(body) <= named:
            wrong.append(f"{row['method']} {row['route']}: {response.status_code} {sorted(named)}")

    assert not wrong
    assert dump() == before


def test_hostile_fields_of_a_record_are_kept_as_its_metadata_and_reach_no_column(world):
    manager, base = world.clients["manager"], "/api/v1/projects/river/articles/"
    record = HOSTILE | {"text": "Ein Text."}

    put = send(manager, "PUT", f"{base}by-external-id/?external_id=one", record)
    bulk = send(manager, "POST", f"{base}bulk/", [record | {"external_id": "two"}])

    assert (put.status_code, bulk.json()["counts"]["created"]) == (201, 1)
    for article in Article.objects.filter(external_id__in=("one", "two")):
        assert set(article.metadata) == {name for name, value in HOSTILE.items() if value is not None}
        assert (article.project.slug, article.revision, article.created_at.year > 2001) == ("river", 1, True)


def test_the_forms_of_the_pages_leave_hostile_fields_alone(world):
    hostile = {name: "" if value is None else value for name, value in HOSTILE.items()}
    for route in ("account/", "p/<slug:slug>/settings/", "p/<slug:slug>/articles/<uuid:article>/details/"):
        body = body_of("POST", route, world.ours)
        assert send(world.clients["manager"], "POST", path_of(route, world.ours), hostile | body).status_code == 302

    assert not User.objects.exclude(username="root").filter(is_staff=True).exists()
    assert set(Project.objects.values_list("slug", flat=True)) == {"river", "lake"}
    assert Annotation.objects.filter(layer="gold").count() == 0


def test_no_serializer_or_form_takes_all_columns_of_a_model():
    found = []
    for path in sorted((BASE_DIR / "annotations").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found += [f"{path.name}: ModelSerializer" for node in ast.walk(tree) if _names(node) == "ModelSerializer"]
        found += [f"{path.name}: all fields" for node in ast.walk(tree) if _takes_all(node)]

    assert found == []


def _names(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _takes_all(node: ast.AST) -> bool:
    """Tell whether a `class Meta` says fields = "__all__", or names what to leave out instead of what to take."""
    if not (isinstance(node, ast.ClassDef) and node.name == "Meta"):
        return False
    values = {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    fields = values.get("fields")
    return "exclude" in values or (isinstance(fields, ast.Constant) and fields.value == "__all__")
