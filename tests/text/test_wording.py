"""Comparing two wordings: the pieces are both texts, and nothing is carried to other words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotations.text.spans import Span
from annotations.text.wording import Comparison, Kind

WORDS = st.sampled_from(
    ["Preis", "stieg", "stieg", "um", "4", "%", "👩‍👩‍👧‍👦", "Zoë", "בתים", "\n\n", "  ", "„Das“", "."]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
OLD = "Der Preis stieg um 4 %.\n\nDie Menge wuchs. Die Menge sang.\n\n"
OLD += "Zoë ging früh nach Hause, sagte sie, und kam nicht wieder."


@given(TEXTS, TEXTS, st.data())
def test_pieces_are_both_texts_and_what_is_carried_reads_the_same(old, new, data):
    comparison = Comparison(old, new)
    start = data.draw(st.integers(0, len(old) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(old))))

    carried = comparison.carry(span)

    assert "".join(piece.text for piece in comparison.pieces if piece.kind != Kind.NEW) == old
    assert "".join(piece.text for piece in comparison.pieces if piece.kind != Kind.GONE) == new
    if carried.span is not None:
        assert " ".join(carried.span.text_of(new).split()) == " ".join(span.text_of(old).split())
    assert all(candidate.end <= len(new) for candidate in carried.candidates)


@given(TEXTS, st.data())
def test_an_unchanged_text_carries_every_span_to_its_own_place(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))

    assert Comparison(text, text).carry(span).span == span


def carried(new: str, words: str, nth: int = 0):
    at = OLD.find(words)
    for _n in range(nth):
        at = OLD.find(words, at + 1)
    found = Comparison(OLD, new).carry(Span(at, at + len(words)))
    return found.span and found.span.text_of(new), [place.text_of(new) for place in found.candidates]


def test_words_away_from_the_change_are_carried():
    new = OLD.replace("4 %", "fünf Prozent")

    assert carried(new, "stieg") == ("stieg", [])
    assert Comparison(OLD, new).carry(Span(OLD.rfind("Die Menge"), OLD.rfind("Die Menge") + 9)).span == Span(
        new.rfind("Die Menge"), new.rfind("Die Menge") + 9
    )


def test_changed_words_are_not_carried_and_what_replaced_them_is_proposed():
    assert carried(OLD.replace("4 %", "fünf Prozent"), "4 %") == (None, ["fünf Prozent"])


def test_a_sentence_that_is_gone_has_nothing_to_propose():
    span, candidates = carried(OLD.replace(" Die Menge sang.", ""), "sang")

    assert (span, candidates) == (None, [])


def test_a_moved_paragraph_takes_its_spans_along():
    first, second, third = OLD.split("\n\n")

    assert carried("\n\n".join([third, first, second]), "ging")[0] == "ging"
