"""What holds of the measures whatever the data: definitions, symmetry, bounds, intervals that can be drawn again."""

from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from annotations.agreement.alpha import Coincidences, alpha
from annotations.agreement.sentences import counts_by_label, marked
from annotations.agreement.spans import Matches, f1
from annotations.agreement.unitising import Continua, alpha_u, distance, without_overlaps

LENGTH = 40
items = st.lists(st.lists(st.integers(0, 3), max_size=5), max_size=12)
stretches = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 12)).map(lambda s: (s[0], min(LENGTH, sum(s))))
units = st.lists(stretches, max_size=5).map(lambda found: without_overlaps(found)[0])
spans = st.lists(st.tuples(st.sampled_from("XY"), stretches).map(lambda s: (s[0], *s[1])), max_size=5)


def alpha_by_pairs(rows: list[list[int]]) -> float | None:
    """Compute α nominal as it is defined, pair by pair."""
    values = [(value, n) for n, row in enumerate(rows) if len(row) > 1 for value in row]
    pairs = list(combinations(values, 2))
    apart = sum(one != other for (one, _n), (other, _m) in pairs)
    if not apart:
        return None
    within = sum(
        sum(one != other for one, other in combinations(row, 2)) / (len(row) - 1) for row in rows if len(row) > 1
    )
    return 1 - (2 * within / len(values)) / (apart / len(pairs))


@given(items)
def test_alpha_is_what_its_definition_says(rows):
    found, expected = alpha(rows, 4).value, alpha_by_pairs(rows)

    assert (found is None) == (expected is None)
    assert found is None or abs(found - expected) < 1e-9


@given(items, st.randoms(use_true_random=False), st.sampled_from(["nominal", "ordinal", "interval"]))
def test_neither_order_nor_grouping_changes_alpha(rows, chance, metric):
    whole = alpha(rows, 4, metric)
    shuffled = [chance.sample(row, len(row)) for row in chance.sample(rows, len(rows))]
    grouped = Coincidences(4)
    for row in shuffled:
        grouped.add_article([row])
    found = grouped.alpha(metric)

    assert (found.value is None) == (whole.value is None)
    assert found.value is None or abs(found.value - whole.value) < 1e-9
    assert found.n_items == whole.n_items


@given(units, units)
def test_the_distance_of_units_is_symmetric_and_none_for_the_same(one, other):
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)


@given(st.lists(st.lists(units, min_size=2, max_size=4), max_size=4))
def test_alpha_u_is_one_where_all_mark_the_same_and_never_more(articles):
    same, found = Continua(), Continua()
    for annotators in articles:
        same.add_article(LENGTH, [annotators[0]] * len(annotators))
        found.add_article(LENGTH, annotators)
    figure = alpha_u([found])

    assert same.alpha().value in (None, 1.0)
    assert figure.value is None or figure.value <= 1


@given(spans, spans)
def test_f1_is_symmetric_and_exact_matches_are_the_fewest(one, other):
    for match in ("exact", "overlap", "character"):
        value = f1(one, other, match)
        assert value == f1(other, one, match)
        assert value is None or 0 <= value <= 1
        assert f1(one, one, match) == (1 if one else None)
    exact = f1(one, other)
    assert exact is None or exact <= (f1(one, other, "overlap") or 0) + 1e-12


@given(spans, spans)
def test_characters_in_common_are_those_that_both_marked_with_the_label(one, other):
    mine, theirs = ({(label, at) for label, start, end in each for at in range(start, end)} for each in (one, other))
    total = len(mine) + len(theirs)

    assert f1(one, other, "character") == (2 * len(mine & theirs) / total if total else None)


@given(st.lists(spans, min_size=2, max_size=4))
def test_sentences_are_marked_by_whoever_touches_them(annotators):
    sentences = [(0, 9), (10, 19), (20, 31), (32, 40)]
    counts = counts_by_label(sentences, annotators, "XY")

    for label in "XY":
        assert counts[label].total() == len(sentences)
        yes = [
            sum(any(tag == label and start < to and at < end for tag, start, end in each) for each in annotators)
            for at, to in sentences
        ]
        assert sorted(yes) == sorted(key[1] for key in counts[label].elements())
    assert marked([], annotators[0]) == set()


def test_an_interval_holds_the_value_and_is_the_same_for_the_same_seed():
    chance = random.Random(7)
    coincidences, matches, continua = Coincidences(2), Matches(), Continua()
    for _article in range(60):
        truth = [chance.randrange(2) for _item in range(8)]
        coincidences.add_article([[value, value if chance.random() < 0.8 else 1 - value] for value in truth])
        one = [("X", at, at + 4) for at in range(0, 36, 9)]
        other = [("X", at, end) for _label, at, end in one if chance.random() < 0.7]
        matches.add_article([one, other])
        continua.add_article(LENGTH, [[span[1:] for span in each] for each in (one, other)])

    for measured in (
        lambda seed: coincidences.alpha(seed=seed),
        lambda s: matches.f1(seed=s),
        lambda s: continua.alpha(seed=s),
    ):
        found = measured(1)
        assert found.low < found.value < found.high
        assert found == measured(1)
        assert (found.low, found.high) != (measured(2).low, measured(2).high)
        assert measured(None).low is None


def test_one_article_has_no_interval():
    coincidences = Coincidences(2)
    coincidences.add_article([[0, 0], [1, 1], [0, 1]])

    assert coincidences.alpha(seed=1).low is None
