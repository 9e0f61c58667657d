"""Cutting a text at the ends of its spans: nothing is lost, and each span lies over just its own letters."""

from hypothesis import given
from hypothesis import strategies as some

from annotations.text.blocks import blocks
from annotations.web.marking import Marked, marked_blocks

TEXTS = some.text(some.sampled_from("ab ü👩‍👧ש\n"), min_size=1, max_size=80)


@given(TEXTS, some.lists(some.tuples(some.integers(0, 79), some.integers(1, 40)), max_size=12))
def test_the_pieces_are_the_blocks_and_the_spans_lie_over_their_own_letters(text, places):
    spans = [
        Marked(start, min(len(text), start + length), "claim", "Claim", number)
        for number, (start, length) in enumerate(places, start=1)
        if start < len(text)
    ]
    parts = blocks(text)

    cut = list(marked_blocks(text, parts, spans))

    for block, pieces in zip(parts, cut, strict=True):
        assert "".join(piece.text for piece in pieces) == text[block.start : block.end]
        place = block.start
        for piece in pieces:
            for offset in range(place, place + len(piece.text)):
                assert set(piece.spans) == {span for span in spans if span.start <= offset < span.end}
            place += len(piece.text)
