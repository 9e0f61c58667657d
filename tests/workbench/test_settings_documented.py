"""The settings in the code and those in docs/settings.md are the same."""

import re
from pathlib import Path

import pytest

from workbench.environment import BASE_DIR, VARIABLES, Environment

DOCUMENTED = re.findall(r"^\| `(\w+)` \|", (BASE_DIR / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
READ_BY_OTHERS = {"DJANGO_SETTINGS_MODULE", "PORT", "WEB_CONCURRENCY", "DEMO", "ALLOWED_HOSTS"}
READS = re.compile(r"""os\.environ(?:\.get\(|\[|\.setdefault\(|\.pop\()["'](\w+)["']""")


def test_every_variable_is_documented_once_and_no_other():
    assert list(VARIABLES) == DOCUMENTED


@pytest.mark.parametrize("name", [name for name, variable in VARIABLES.items() if variable.default not in ("", "0")])
def test_the_documented_default_is_the_real_one(name):
    text = (BASE_DIR / "docs/settings.md").read_text(encoding="utf-8")

    assert f"| `{name}` | `{VARIABLES[name].default}` |" in text


def test_the_environment_is_read_in_one_place():
    folders = (BASE_DIR / "workbench", BASE_DIR / "annotations")
    sources: list[Path] = [path for folder in folders for path in folder.rglob("*.py")]

    names = {name for path in sources for name in READS.findall(path.read_text(encoding="utf-8"))}

    assert names <= READ_BY_OTHERS


def test_a_number_that_is_none_is_named():
    with pytest.raises(ValueError, match='WORKBENCH_DATABASE_POOL is "many"'):
        Environment({"WORKBENCH_DATABASE_POOL": "many"}).number("WORKBENCH_DATABASE_POOL")
