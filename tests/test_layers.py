"""Imports point downward only: a room never imports one that stands above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APPLICATION = Path(__file__).resolve().parent.parent / "annotations"

#: from the lowest floor to the highest; rooms on one floor do not import each other
FLOORS = (
    {"text", "colours", "errors", "failpoints"},
    {"models"},
    {"access"},
    {"jobs"},
    {"workflow"},
    {"search"},  # what an export holds is asked with the filter of the article list
    {"reuse"},  # shared passages are exported in the groups that the page shows
    {"importers", "exporters", "agreement", "fetching", "suggesters"},
    {"stories"},  # suggests from shared passages and by the suggester's rules
    {"capturing", "quoting"},  # read what was fetched as imports read it; look up what both found
    {"removing"},  # takes words out of tables, search and index alike
    {"demonstration"},
    {"tasks"},
    {"web", "api", "admin", "management", "events"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {"apps", "migrations", "__init__", "starters", "templatetags"}
#: pages show the very shapes that the API serves, so these two speak to each other
NEIGHBOURS = {("web", "api"), ("admin", "api"), ("admin", "web"), ("api", "web"), ("management", "web")}


def _room_of(path: Path) -> str:
    return path.relative_to(APPLICATION).parts[0].removesuffix(".py")


def _imported_rooms(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    package = ("annotations", *path.relative_to(APPLICATION).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, node.module)) if node.module else ".".join(base)
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("annotations.")}
    return found


MODULES = [path for path in sorted(APPLICATION.rglob("*.py")) if _room_of(path) not in OUTSIDE]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(APPLICATION)))
def test_a_module_imports_only_from_below(path):
    room = _room_of(path)
    assert room in FLOOR_OF, f"Give the room {room} a floor."

    upward = {
        other
        for other in _imported_rooms(path) - {room}
        if (room, other) not in NEIGHBOURS and other in FLOOR_OF and FLOOR_OF[other] >= FLOOR_OF[room]
    }

    assert not upward


def test_the_text_room_imports_no_django():
    for path in (APPLICATION / "text").glob("*.py"):
        names = [
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert not [name for name in names if name.startswith("django")], path.name
