"""The `>>>` examples in docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent
FILES = [path for room in ("annotations", "workbench") for path in sorted((BASE_DIR / room).rglob("*.py"))]
MODULES = [
    ".".join(path.relative_to(BASE_DIR).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)

    assert result.attempted > 0
    assert result.failed == 0
