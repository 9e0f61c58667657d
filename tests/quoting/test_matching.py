"""Whether words stand in another text, against brute force over every run of it, and by hand-made cases."""

from __future__ import annotations

import random

import pytest

from annotations.quoting.matching import match_quotation, parts_of
from annotations.reuse.words import words_of
from tests.quoting import oracle

STORE = "The minister said that Nobody in the capital had read the letter before it was sent, and left."


def state(quote: str, text: str, same=None) -> str:
    ours = [parts_of(words_of(each, same=same), each) for each in (quote, text)]
    found = match_quotation(*ours)
    return "not_found" if found is None else "verbatim" if found.is_verbatim else "altered"


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("nobody in the capital had read the letter", "altered"),  # case
        ("Nobody in the capital had read the letter", "verbatim"),
        ("“Nobody in the capital, had read: the letter!”", "verbatim"),  # signs alone
        ("Nobody in the capital had the letter before it was sent", "altered"),  # a word dropped
        ("Nobody […] had read the letter", "verbatim"),  # a cut that is told
        ("had read the letter […] Nobody in the capital", "not_found"),  # the other way round
        ("Nobody (in Paris) had read", "altered"),  # four of five, in six
        ("Nobody (in Paris) had answered", "not_found"),
        ("letter", "verbatim"),
        ("Letter", "altered"),
        ("the letters", "not_found"),  # below five words all have to be there
        ("in the capital had seen the letter", "altered"),  # six of seven
        ("Everybody in the town had seen this letter", "not_found"),
    ],
)
def test_a_quotation_is_verbatim_altered_or_not_found(quote, expected):
    assert state(quote, STORE) == expected


def test_the_place_is_that_of_the_words_in_the_other_text():
    text = "📈 So: Nobody in the\n\ncapital had read it."
    found = match_quotation(*(parts_of(words_of(each), each) for each in ("nobody in the capital", text)))
    assert (found.span.text_of(text), found.is_verbatim, found.score) == ("Nobody in the\n\ncapital", False, 1.0)


def test_equivalent_spellings_are_altered_not_missing():
    assert state("the Uygur letter", "They sent the Uighur letter.") == "not_found"
    assert state("the Uygur letter", "They sent the Uighur letter.", {"uygur": "uighur"}) == "altered"


@pytest.mark.parametrize("seed", range(150))
def test_states_are_those_of_brute_force(seed):
    chance = random.Random(seed)
    vocabulary = ["a", "b", "c", "D", "d", "e", "E", "f", "g", "h"]
    text = [chance.choice(vocabulary) for _word in range(chance.randint(5, 30))]
    n = chance.choice([1, 2, 4, 5, 6, 7, 8, 9, 12])
    quote = text[(first := chance.randrange(len(text))) : first + n] or ["a"]
    for _change in range(chance.choice([0, 0, 1, 2, 4])):
        place = chance.randrange(len(quote))
        quote = quote[:place] + chance.choice([[], ["x"], ["b", "x"]]) + quote[place + 1 :] or ["a"]
    written = " ".join(quote), " ".join(text)
    assert state(*written) == oracle.state(*written), written
