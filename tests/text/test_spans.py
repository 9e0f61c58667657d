"""Spans count code points; a quote carries its context."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text.spans import CONTEXT, BadSpan, Span, quote, text_sha256
from tests.text.strategies import raw_texts


def test_an_emoji_before_the_span_counts_as_one_character() -> None:
    assert Span(12, 17).text_of("📈 Der Preis stieg um 4 %.") == "stieg"


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 3)])
def test_an_empty_or_turned_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(BadSpan):
        Span(start, end)


def test_a_span_outside_its_text_is_refused() -> None:
    with pytest.raises(BadSpan):
        Span(0, 9).text_of("Preis")


@given(raw_texts.filter(bool), st.data())
def test_prefix_quote_and_suffix_stand_in_the_text_as_they_are(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    found = quote(text, Span(start, end))

    assert text[start:end] == found.exact
    assert text[: end + len(found.suffix)].endswith(found.prefix + found.exact + found.suffix)
    assert len(found.prefix) == min(CONTEXT, start)
    assert len(found.suffix) == min(CONTEXT, len(text) - end)


def test_the_hash_is_of_the_text_in_utf_8() -> None:
    assert text_sha256("Preis – 4 %") == hashlib.sha256("Preis – 4 %".encode()).digest()
