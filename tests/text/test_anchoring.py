"""Finding a quote again: exact words, then white space folded, then the surroundings decide, or nothing does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotations.text.anchoring import anchor
from annotations.text.spans import Span

TEXT = "📈 Der Preis stieg.\nDer Preis fiel,\n   sagte Zoë."


def test_words_that_stand_once_are_found_after_an_emoji() -> None:
    assert anchor(TEXT, "stieg").span == Span(12, 17)


def test_words_that_stand_nowhere_are_not_found() -> None:
    assert anchor(TEXT, "sank") == anchor(TEXT, "")
    assert anchor(TEXT, "sank").n_places == 0


def test_of_two_places_the_surroundings_choose() -> None:
    assert anchor(TEXT, "Der Preis", suffix=" fiel").span == Span(19, 28)
    assert anchor(TEXT, "Der Preis", prefix="📈 ").span == Span(2, 11)


def test_of_two_places_alike_none_is_taken() -> None:
    assert anchor(TEXT, "Der Preis").span is None
    assert anchor("a b a b", "a", suffix=" b").n_places == 2
    assert anchor("a b a b", "a", suffix=" b").span is None


def test_line_ends_and_indents_count_as_one_space_where_the_words_do_not_stand_as_quoted() -> None:
    found = anchor(TEXT, "fiel, sagte")

    assert found.span is not None
    assert found.span.text_of(TEXT) == "fiel,\n   sagte"


def test_words_one_letter_off_are_not_found() -> None:
    assert anchor(TEXT, "Preise stieg").span is None


def test_composed_and_decomposed_letters_are_not_the_same_words() -> None:
    assert anchor(TEXT, "Zoe\u0308").span is None


@given(st.text(st.sampled_from("ab \n\t😀\u0301"), min_size=1, max_size=40), st.data())
def test_what_is_quoted_with_all_that_surrounds_it_is_found_at_its_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    found = anchor(text, text[start:end], text[:start], text[end:])

    assert found.span == Span(start, end)


@given(st.text(st.sampled_from("ab \n\t😀"), min_size=1, max_size=40), st.data())
def test_what_is_found_has_the_words_but_for_white_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    quote = " ".join(text[start : data.draw(st.integers(start + 1, len(text)))].split())

    found = anchor(text, quote).span

    assert found is None or " ".join(found.text_of(text).split()) == quote
