"""The tokens of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text.tokens import tokenise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada’s river, 1.240 people.", ["Ada’s", "river", ",", "1.240", "people", "."]),
        ("„Das“ (4 %)", ["„", "Das", "“", "(", "4", "%", ")"]),
        ("Jose\u0301e 👩‍👩‍👧 ok", ["Jose\u0301e", "👩‍", "👩‍", "👧", "ok"]),
        ("a\u00a0b\u2028c", ["a", "b", "c"]),
        ("-DOCSTART- #", ["-", "DOCSTART", "-", "#"]),
    ],
)
def test_words_numbers_and_signs_are_tokens(text: str, expected: list[str]) -> None:
    assert [each.text_of(text) for each in tokenise(text)] == expected


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_tokens_hold_every_character_but_space_in_order(text: str) -> None:
    found = tokenise(text)

    covered = {place for each in found for place in range(each.start, each.end)}
    assert sum(map(len, found)) == len(covered)
    assert covered == {place for place, character in enumerate(text) if not character.isspace()}
