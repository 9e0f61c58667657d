"""Blocks and the gaps between them are the whole text."""

from hypothesis import given

from annotations.text.blocks import LONGEST_BLOCK, blocks, sections
from annotations.text.normalise import normalise
from tests.text.strategies import raw_texts


def test_a_single_line_end_stays_within_its_block() -> None:
    text = "\nTitle\n\nOne\ntwo\n \u00a0\t\nThree\n\n"

    found = [text[block.start : block.end] for block in blocks(text)]

    assert found == ["Title", "One\ntwo", "Three"]


def test_a_text_without_words_has_no_blocks() -> None:
    assert blocks(" \n\u00a0\n") == []


def test_a_long_block_is_split_at_its_line_ends() -> None:
    text = "\n".join(["x" * 1_500] * 5)

    found = blocks(text)

    assert [block.end - block.start for block in found] == [3_001, 3_001, 1_500]
    assert all(text[block.end : block.end + 1] in ("", "\n") for block in found)


def test_a_long_line_stays_whole() -> None:
    assert len(blocks("x" * (3 * LONGEST_BLOCK))) == 1


@given(raw_texts)
def test_blocks_and_gaps_rebuild_the_text(raw: str) -> None:
    text = normalise(raw).text
    found = blocks(text)

    ends = [0, *(block.end for block in found)]
    starts = [*(block.start for block in found), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]

    assert (
        gaps[0] + "".join(text[block.start : block.end] + gap for block, gap in zip(found, gaps[1:], strict=True))
        == text
    )
    assert all(not gap.strip(" \t\n\u00a0") for gap in gaps)
    assert [block.n for block in found] == list(range(len(found)))


def test_sections_hold_ten_blocks_each() -> None:
    found = blocks("\n\n".join("abcdefghijklm"))

    assert [len(section) for section in sections(found)] == [10, 3]
