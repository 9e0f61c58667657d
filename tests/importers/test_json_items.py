"""JSON item by item: bytes, lines, strictness, depth and length."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importers import json_items, limits
from annotations.importers.json_items import BrokenJson, Item, parse, read_document, read_lines
from annotations.importers.records import Problem
from tests.importers.inputs import SHARED

SUITE = SHARED / "data" / "json-test-suite"


def read_all(data: bytes) -> tuple[list[object], list[str]]:
    values: list[object] = []
    messages: list[str] = []
    for found in read_document(io.BytesIO(data), "a.json"):
        if isinstance(found, Problem):
            messages.append(found.message)
            continue
        try:
            values.append(parse(found.data))
        except BrokenJson as broken:
            messages.append(broken.message)
    return values, messages


@pytest.mark.skipif(not SUITE.is_dir(), reason="the shared data (json-test-suite) are not on this machine")
def test_what_is_json_is_accepted_and_what_is_not_refused() -> None:
    for path in sorted(SUITE.glob("*.json")):
        _values, messages = read_all(path.read_bytes())

        assert path.name[0] != "y" or not messages, path.name
        assert path.name[0] != "n" or messages, path.name


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('abc\\"{[', max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=6), st.integers(1, 7), st.sampled_from([None, 1]))
def test_a_list_is_read_item_by_item_however_its_bytes_arrive(
    values: list[object], chunk: int, indent: int | None
) -> None:
    data = json.dumps(values, ensure_ascii=False, indent=indent).encode()
    before = json_items._CHUNK
    json_items._CHUNK = chunk
    try:
        items = list(read_document(io.BytesIO(data), "a.json"))
    finally:
        json_items._CHUNK = before

    assert [parse(item.data) for item in items if isinstance(item, Item)] == values
    for item in items:
        assert isinstance(item, Item)
        assert data[item.start : item.end] == item.data
        assert item.line == data.count(b"\n", 0, item.start) + 1


def test_the_lists_of_an_object_come_one_by_one_after_its_other_fields() -> None:
    data = b'{"type": "corpus", "articles": [{"text": "a"}, {"text": "b"}], "claims": [{"key": "c"}]}'

    items = [item for item in read_document(io.BytesIO(data), "a.json") if isinstance(item, Item)]

    assert [item.within for item in items] == ["header", "articles", "articles", "claims"]
    assert parse(items[0].data) == {"type": "corpus"}


def test_a_nested_bomb_is_refused_with_a_sentence() -> None:
    assert "deep" in read_all(b"[" * 100_000)[1][0]
    assert "deep" in read_all(b'{"a":' * 100_000)[1][0]


def test_a_record_that_is_too_long_leaves_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARTICLE_BYTES", 1000)
    monkeypatch.setattr(json_items, "_CHUNK", 100)
    data = b'[{"text": "a"},\n{"text": "' + b"x" * 5_000 + b'"},\n{"text": "b"}]'

    values, messages = read_all(data)

    assert values == [{"text": "a"}, {"text": "b"}]
    assert len(messages) == 1


def test_a_record_of_more_values_than_memory_has_room_for_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "JSON_VALUES", 1_000)
    monkeypatch.setattr(json_items, "_CHUNK", 64)
    many = [[0] * 600, [[0]] * 600, [{"": 0}] * 600, ["\\", '"'] * 600]
    few = [",[{" * 600, '",[{\\' * 600, [0] * 400, ["\\", '",,,,,,,'] * 200]

    for each in many:
        with pytest.raises(BrokenJson, match="values"):
            parse(json.dumps([each, each]).encode())
    for each in few:
        assert parse(json.dumps([each, each]).encode()) == [each, each]


def test_a_line_that_is_too_long_leaves_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARTICLE_BYTES", 1000)
    data = b'{"a": 1}\n{"a": "' + b"x" * 5_000 + b'"}\n\n{"a": 2}\r\n'

    first, long, last = read_lines(io.BytesIO(data), "a.jsonl")

    assert isinstance(long, Problem)
    assert long.line == 2
    assert isinstance(first, Item)
    assert isinstance(last, Item)
    assert (last.line, data[last.start : last.end]) == (4, b'{"a": 2}')
