"""The OpenAPI document, made once a process, and the same as plain values for a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

import orjson
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a shape; `shape` names a shape it consists of."""

    name: str
    type: str
    shape: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back under a status."""

    status: str
    type: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    id: str
    tag: str
    method: str
    path: str
    description: str
    parameters: list[Field]
    body: str
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations on one kind of thing."""

    name: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that travels in bodies."""

    name: str
    description: str
    fields: list[Field]
    values: list[str]


@cache
def document() -> bytes:
    """Return the OpenAPI document as JSON."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return orjson.dumps(schema, default=str, option=orjson.OPT_NON_STR_KEYS)


@cache
def groups() -> list[Group]:
    """Return all operations, by what they are about."""
    operations = sorted(_operations(orjson.loads(document())), key=lambda one: (one.tag, one.path, one.method))
    return [Group(name, list(found)) for name, found in groupby(operations, key=lambda one: one.tag)]


@cache
def shapes() -> list[Shape]:
    """Return all shapes by name."""
    found = orjson.loads(document())["components"]["schemas"]
    return [_shape(name, schema) for name, schema in sorted(found.items())]


def _operations(found: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in found["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            operation = methods[method]
            yield Operation(
                id=operation["operationId"],
                tag=operation["tags"][0],
                method=method.upper(),
                path=path,
                description=operation.get("description", ""),
                parameters=[_parameter(one) for one in operation.get("parameters", ()) if one["in"] != "path"],
                body=_type_of(_content(operation.get("requestBody", {})))[1],
                answers=[
                    Answer(status, *_type_of(_content(one))) for status, one in sorted(operation["responses"].items())
                ],
            )


def _parameter(one: dict[str, Any]) -> Field:
    type, shape = _type_of(one["schema"])
    return Field(one["name"], type, shape, bool(one.get("required")), one.get("description", ""))


def _content(body: dict[str, Any]) -> dict[str, Any]:
    for media in body.get("content", {}).values():
        return media.get("schema", {})
    return {}


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    required = set(schema.get("required", ()))
    fields = [
        Field(field, *_type_of(inner), field in required, inner.get("description", ""))
        for field, inner in schema.get("properties", {}).items()
    ]
    values = [str(value) for value in schema.get("enum", ())]
    return Shape(name, "" if values else schema.get("description", ""), fields, values)


def _type_of(schema: dict[str, Any]) -> tuple[str, str]:
    """Return how a type reads, and the name of the shape in it."""
    if "$ref" in schema:
        return "", schema["$ref"].rpartition("/")[2]
    if schema.get("type") == "array":
        type, shape = _type_of(schema.get("items", {}))
        return f"list of {type}".strip(), shape
    for several in ("allOf", "oneOf", "anyOf"):
        for inner in schema.get(several, ()):
            type, shape = _type_of(inner)
            if shape:
                return type, shape
    types = schema.get("type", "")
    text = " or ".join(types) if isinstance(types, list) else types
    return (f"{text} ({schema['format']})" if "format" in schema else text), ""
