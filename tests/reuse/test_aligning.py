"""Shared passages: every equal run of eight words is found, offsets are exact, and both texts tell the same."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations.reuse import aligning
from annotations.reuse.aligning import LEAST, shared_passages
from annotations.reuse.differing import MOST_COMPARED, differences
from annotations.reuse.words import Zone, fold, words_of
from tests.reuse import oracle, planted

VOCABULARY = ["der", "Preis", "stieg", "um", "„vier“", "zoë", "📈 ok", "ends", "ראש"]
SENTENCE = "fifteen ambassadors signed the letter that asks for a meeting with the secretary"
BREAKS = st.sampled_from([" ", " ", " ", " ", " – ", ", ", "\n", "\n\n", " […] "])


@st.composite
def texts(draw):
    words = draw(st.lists(st.sampled_from(VOCABULARY), min_size=8, max_size=60))
    return "".join(word + draw(BREAKS) for word in words)


@st.composite
def zones(draw, text):
    kinds = st.sampled_from(["excerpt", "headline", "editors_insertion", "boilerplate", "citation_marker"])
    found = []
    for _n in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text) - 1))
        found.append((draw(kinds), start, draw(st.integers(start + 1, len(text)))))
    return found


@given(st.data())
def test_every_equal_run_of_eight_words_is_found_and_both_texts_tell_the_same(data):
    one, other = data.draw(texts()), data.draw(texts())
    copied = data.draw(st.integers(0, len(one) - 1))
    other = other[:5] + " " + one[copied : copied + 150] + " " + other[5:]
    assume(one != other)
    zones_one, zones_other = data.draw(zones(one)), data.draw(zones(other))
    a, b = (words_of(text, [Zone(*each) for each in its]) for text, its in ((one, zones_one), (other, zones_other)))

    found = shared_passages(a, b)

    runs = [(a.span(r.a_first, r.a_end), b.span(r.b_first, r.b_end)) for each in found for r in each.runs]
    for a_start, a_end, b_start, b_end in oracle.shared(
        oracle.pieces(one, zones_one), oracle.pieces(other, zones_other)
    ):
        assert any(x.start <= a_start and a_end <= x.end and y.start <= b_start and b_end <= y.end for x, y in runs), (
            one[a_start:a_end],
            runs,
        )
    turned = shared_passages(b, a)
    assert sorted(repr(each.turned()) for each in turned) == sorted(map(repr, found))


@given(st.data())
def test_a_run_begins_and_ends_with_equal_words_and_crosses_no_border(data):
    one = data.draw(texts())
    other = one[: len(one) // 2] + " zoë " + one[len(one) // 2 :] + data.draw(texts())
    a, b = words_of(one), words_of(other)

    for passage in shared_passages(a, b):
        for run in passage.runs:
            for words, text, first, end in ((a, one, run.a_first, run.a_end), (b, other, run.b_first, run.b_end)):
                quote = words.span(first, end).text_of(text)
                assert "\n\n" not in quote
                assert "[…]" not in quote
                assert fold(text[words.starts[first] : words.ends[first]]) == words.forms[first]
            assert a.forms[run.a_first] == b.forms[run.b_first]
            assert a.forms[run.a_end - 1] == b.forms[run.b_end - 1]
            assert run.equal >= LEAST


def test_quotation_marks_spelling_and_accents_make_no_difference():
    a = words_of("He said: “The organisation’s colour – travelled by Zoë – is grey in Xinjiang.”")
    b = words_of('"The organization\'s color, traveled by Zoe, is grey in Xinjiang", he said.')

    (passage,) = shared_passages(a, b)

    assert (passage.relation, passage.equal, passage.score) == ("verbatim", 11, 1.0)


def test_small_edits_stay_inside_one_passage():
    a = words_of(f"Reuters: {SENTENCE}.")
    b = words_of("It says 15 ambassadors signed the long letter that asks for a meeting with one secretary of state.")

    (passage,) = shared_passages(a, b)

    assert passage.relation == "trimmed"
    assert passage.runs[0].b_only == 1
    assert " ".join(b.forms[passage.b_first : passage.b_end]).startswith("ambassadors signed the long letter")
    assert b.forms[passage.b_end - 1] == "with"


@pytest.mark.parametrize("cut", [" […] ", " (...) ", "\n\n", " [ . . . ] "])
def test_runs_parted_by_a_border_are_one_quotation(cut):
    more = "nobody in the capital had answered it by Thursday evening"
    a = words_of(f"{SENTENCE}, {'and so on ' * 10 if '.' in cut or '…' in cut else ''}{more}.")
    b = words_of(f"First. {SENTENCE}{cut}{more}. Last.")

    (passage,) = shared_passages(a, b)

    assert len(passage.runs) == 2
    assert passage.relation == ("joined" if cut != "\n\n" else "verbatim")


def test_runs_of_two_excerpts_are_two_quotations():
    more = "nobody in the capital had answered it by Thursday evening"
    text = f"{SENTENCE}\n\n{more}"
    a = words_of(text)
    b = words_of(text, [Zone("excerpt", 0, len(SENTENCE)), Zone("excerpt", len(SENTENCE) + 2, len(text))])

    assert len(shared_passages(a, b)) == 2


def test_seven_words_are_no_passage_and_characters_count_by_half():
    seven = " ".join(SENTENCE.split()[:7])
    assert shared_passages(words_of(f"x {seven} y"), words_of(f"v {seven} w")) == []
    chinese = "十五个国家的大使签署了这封信件要求会面"
    assert len(shared_passages(words_of(f"甲{chinese[:16]}"), words_of(f"乙{chinese[:16]}丙"))) == 1
    assert shared_passages(words_of(f"甲{chinese[:15]}"), words_of(f"乙{chinese[:15]}丙")) == []


def test_planted_passages_with_a_tenth_of_their_words_changed_are_found():
    made = planted.corpus(seed=6, n_texts=300)
    words = [words_of(text) for text in made.texts]
    n_found = n_right = n_passages = 0
    pairs = {(each.source, each.target): each for each in made.planted}
    for (source, target), each in pairs.items():
        passages = shared_passages(words[source], words[target])
        n_passages += len(passages)
        overlaps = [_overlap(words[target].span(p.b_first, p.b_end), each.target_span) for p in passages]
        n_found += any(overlap >= 0.8 for overlap in overlaps)
        n_right += sum(overlap >= 0.8 for overlap in overlaps)
    for source in range(0, 300, 3):  # texts that share nothing
        if (source, source + 2) not in pairs and source + 2 < len(words):
            n_passages += len(shared_passages(words[source], words[source + 2]))

    assert len(made.planted) > 100
    assert n_found >= 0.95 * len(pairs)
    assert n_right >= 0.95 * n_passages


def _overlap(span, wanted):
    common = min(span.end, wanted[1]) - max(span.start, wanted[0])
    return common / max(span.end - span.start, wanted[1] - wanted[0])


def test_a_difference_is_told_word_by_word_on_both_sides():
    left, right = differences("It “rained” long.", "It snowed, and long.")

    assert [(piece.kind.value, piece.text) for piece in left] == [
        ("same", "It "),
        ("gone", "“rained” "),
        ("same", "long."),
    ]
    assert "".join(piece.text for piece in right) == "It snowed, and long."
    assert [piece.text for piece in right if piece.kind == "new"] == ["snowed, and "]


def test_a_long_passage_of_frequent_words_is_not_compared_word_by_word(monkeypatch):
    words = [f"{VOCABULARY[n % 3]} {n % 97}" for n in range(1600)]
    changed = ["anders gesagt" if n % 40 == 0 else each for n, each in enumerate(words)]
    compared = []

    def matcher(junk, one, other, autojunk):
        compared.append(len(one) * len(other))
        return SequenceMatcher(junk, one, other, autojunk)

    monkeypatch.setattr(aligning, "SequenceMatcher", matcher)

    found = shared_passages(words_of(" ".join(words)), words_of(" ".join(changed)))

    (whole,) = (each for each in found if each.a_end - each.a_first > 3000)
    assert round(whole.score, 3) == 0.976
    assert max(compared) <= MOST_COMPARED
