"""Readers of other tools' files meet any value in any place: they name it, and never fall over it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importers.records import ImportedArticle, Problem
from annotations.importers.spooling import to_line
from tests.conftest import BASE_DIR
from tests.importers.inputs import records

SAMPLES = BASE_DIR / "fixtures" / "samples"
ODD = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, "", [], {}, [[]], [None], {"a": None}, "x", "\ud800", "\x00", [0, 1, "L"], [1, 2]]
)
FILES = {
    "doccano": ["doccano.jsonl"],
    "label-studio": ["label-studio.json"],
    "fever": ["fever/claims.jsonl", "fever/pages.jsonl"],
    "averitec": ["averitec.json"],
    "scifact": ["scifact/claims.jsonl", "scifact/corpus.jsonl"],
    "passim": ["passim/articles.jsonl", "passim/passages.jsonl"],
}


def values_in(name: str) -> list[Any]:
    data = (SAMPLES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in data.splitlines()] if name.endswith("l") else json.loads(data)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Return each (holder, key) within a value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places_in(value[key]))]


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_an_odd_value_anywhere_is_no_failure_and_moves_no_span(name: str, data: st.DataObject) -> None:
    rows = [row for file in FILES[name] for row in values_in(file)]
    for _n in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places_in(rows)))
        holder[key] = deepcopy(data.draw(ODD))  # a list of it may be changed in the next round

    found = records("claims.jsonl", "\n".join(map(json.dumps, rows)), format_name=name)

    for each in found:
        assert to_line(each)  # type: ignore[arg-type]
        if isinstance(each, ImportedArticle):
            spans = (*each.annotations, *each.suggestions)
            assert all(each.text[row["start"] : row["end"]] == row["quote"] for row in spans)


def test_a_message_that_names_an_odd_value_can_be_written():
    problem = Problem("claims.jsonl", 1, "published_at", "\ud800", "“\ud800” is not a date.")

    assert b"is not a date" in to_line(problem)
