"""Fingerprints of runs of words: no passage that two texts share is missed, and none is found that they do not."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotations.text.fingerprints import RUN, SHARED, WINDOW, fingerprints, run_hash, runs_around, words_of

WORDS = st.lists(st.sampled_from(["der", "preis", "stieg", "um", "vier", "ראש", "价"]), max_size=30)


@given(WORDS, WORDS, WORDS, WORDS, st.lists(st.sampled_from(["a", "b", "c"]), min_size=SHARED, max_size=20))
def test_a_shared_passage_has_a_fingerprint_and_a_run_that_both_texts_have(before, after, earlier, later, passage):
    one, other = [*before, *passage, *after], [*earlier, *passage, *later]

    prints = [dict(fingerprints(words)) for words in (one, other)]
    shared = prints[0].keys() & prints[1].keys()
    runs = [
        {run for print_hash, start in fingerprints(words) if print_hash in shared for run in runs_around(words, start)}
        for words in (one, other)
    ]

    assert shared
    assert run_hash(passage[:SHARED]) in runs[0] & runs[1]


@given(WORDS)
def test_a_fingerprint_stands_in_every_window_and_is_the_hash_of_its_run(words):
    found = list(fingerprints(words))

    for print_hash, start in found:
        assert print_hash == run_hash(words[start : start + RUN])
    starts = [start for _hash, start in found]
    assert starts == sorted(set(starts))
    assert all(after - before <= WINDOW for before, after in pairwise(starts))
    assert bool(found) == (len(words) >= RUN)


def test_case_punctuation_and_composition_make_no_other_words():
    assert words_of("„Josée“ SPRACH …") == words_of("jose\u0301e sprach") == ["josée", "sprach"]
