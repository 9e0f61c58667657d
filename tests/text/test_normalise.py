"""DI-3: the normaliser and its offset map. What a span covers in the raw text it covers in the frozen one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text.normalise import UnusableText, normalise
from annotations.text.spans import Span
from tests.text.strategies import raw_texts


def test_line_ends_become_lf_and_nothing_else_changes() -> None:
    raw = "\ufeffEins\r\nzwei\rdrei\u2028vier\u00a0 e\u0301 👩‍👩‍👧\n"

    normalised = normalise(raw)

    assert normalised.text == "\ufeffEins\nzwei\ndrei\u2028vier\u00a0 e\u0301 👩‍👩‍👧\n"


@pytest.mark.parametrize(("raw", "code"), [("ab\x00c", "nul"), ("ab\ud83dc", "lone_surrogate")])
def test_what_cannot_be_stored_is_refused_with_its_offset(raw: str, code: str) -> None:
    with pytest.raises(UnusableText) as refusal:
        normalise(raw)

    assert refusal.value.code == code
    assert refusal.value.offset == 2


@given(raw_texts)
def test_normalising_twice_is_normalising_once(raw: str) -> None:
    once = normalise(raw).text

    assert normalise(once).text == once
    assert once == raw.replace("\r\n", "\n").replace("\r", "\n")


@given(raw_texts)
def test_every_character_is_found_again_by_the_offset_map(raw: str) -> None:
    normalised = normalise(raw)

    for offset, character in enumerate(raw):
        moved = normalised.offsets.to_text(offset)
        assert normalised.text[moved] == ("\n" if character == "\r" else character)
    assert normalised.offsets.to_text(len(raw)) == len(normalised.text)


@given(raw_texts.filter(bool), st.data())
def test_a_span_keeps_its_words(raw: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    normalised = normalise(raw)

    moved = normalised.offsets.span_to_text(Span(start, end))

    assert moved.text_of(normalised.text) == raw[start:end].replace("\r\n", "\n").replace("\r", "\n")
