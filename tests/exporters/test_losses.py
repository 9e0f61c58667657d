"""What an export could not carry, said in a sentence."""

from __future__ import annotations

import pytest

from annotations.exporters.losses import COUNTED, FEATURES, sentence_of


def test_a_loss_is_said_in_the_singular_and_the_largest_comes_first():
    assert sentence_of({"relations": 1, "notes": 12}) == "12 notes, 1 relation"


@pytest.mark.parametrize("feature", FEATURES)
def test_every_loss_has_words_for_one_and_for_many(feature):
    one, many = COUNTED[feature] % {"n": 1}, COUNTED[feature] % {"n": 2}

    assert "1 " in one
    assert one.replace("1 ", "2 ") != many


def test_a_loss_of_an_earlier_release_is_said_by_its_key():
    assert sentence_of({"footnotes": 3}) == "3 footnotes"
