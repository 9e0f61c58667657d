"""The splitter of sentences."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text.sentences import split_sentences

ALPHABET = st.one_of(
    st.sampled_from(list("aBé .!?…。؟„“\"'()\n\u2028\u00a0\u0301\u200d😀1")),
    st.characters(codec="utf-8", exclude_characters="\x00\r"),
)


def sentences(text: str) -> list[str]:
    return [each.text_of(text) for each in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. The river rose!", ["It rained.", "The river rose!"]),
        ("“It rose.” Nobody left.", ["“It rose.”", "Nobody left."]),
        ("Headline\n\nIt rained. It did.", ["Headline", "It rained.", "It did."]),
        ("Mr. Orr met J. K. Lang in St. Gall.", ["Mr. Orr met J. K. Lang in St. Gall."]),
        ("Am 4. März stieg er um 4.2 Prozent. Das war viel.", ["Am 4. März stieg er um 4.2 Prozent.", "Das war viel."]),
        ("It was built in 1968. It leaks.", ["It was built in 1968.", "It leaks."]),
        ("Er kam, z.B. nach Ulm … und ging.", ["Er kam, z.B. nach Ulm … und ging."]),
        ("下雨了。河水涨了！", ["下雨了。", "河水涨了！"]),
        ("هل جاء؟ نعم جاء. ثم ذهب", ["هل جاء؟", "نعم جاء.", "ثم ذهب"]),
        ("📈 Der Preis stieg. 👩‍👩‍👧 kamen.", ["📈 Der Preis stieg.", "👩‍👩‍👧 kamen."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_text_of_spaces_has_no_sentence() -> None:
    assert sentences(" \n\u00a0\n") == []


@given(st.text(ALPHABET, max_size=120))
def test_sentences_hold_every_character_but_space_in_order(text: str) -> None:
    found = split_sentences(text)

    assert all(one.end <= two.start for one, two in pairwise(found))
    covered = {place for each in found for place in range(each.start, each.end)}
    assert all(character.isspace() for place, character in enumerate(text) if place not in covered)
    assert all(words == words.strip() and words for words in sentences(text))
