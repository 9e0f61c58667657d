"""One draw for all measures: texts add up to what the definitions say, and intervals are those of a bootstrap."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.agreement.alpha import Coincidences
from annotations.agreement.chance import cohen_kappa
from annotations.agreement.counting import GOLD, NOTHING, Confusion, Text, count
from annotations.agreement.parts import Part
from annotations.agreement.resampling import Resamples
from annotations.agreement.sentences import counts_by_label, marked
from annotations.agreement.spans import Matches
from annotations.agreement.summing import Totals, summed_up
from annotations.agreement.unitising import Continua, without_overlaps

LENGTH, LABELS, NAMES = 40, ("X", "Y"), ["ada", "ben", "cleo", "dan"]
SENTENCES = [(0, 9), (10, 19), (20, 31), (32, 40)]
stretches = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 12)).map(lambda s: (s[0], min(LENGTH, sum(s))))
spans = st.lists(st.tuples(st.sampled_from(LABELS), stretches).map(lambda s: (s[0], *s[1])), max_size=6, unique=True)
corpora = st.lists(st.lists(spans, min_size=2, max_size=4), min_size=1, max_size=4)


def part_of(articles, *, gold=None) -> Part:
    part = Part()
    for n, people in enumerate(articles):
        text = Text(LENGTH, SENTENCES, dict(enumerate(people)), gold)
        part.add(count(text, LABELS, part.confusion), f"2026-03-{n % 28 + 1:02}")
    return part


def figures_of(articles, *, gold=None, seed=1):
    part = Part.unpacked(part_of(articles, gold=gold).packed())
    found = summed_up(Totals(LABELS, [part], days=part.days), lambda: [part], NAMES, seed=seed)
    return {(each.measure, each.scope): each for each in found}


def by_definition(articles, labels):
    """Measure pair by pair, as the modules that define the measures do."""
    nominal, matches = Coincidences(2), {match: Matches(match) for match in ("exact", "overlap", "character")}
    continua = [Continua() for _label in labels]
    for people in articles:
        own = [[span for span in each if span[0] in labels] for each in people]
        nominal.add_counts(sum(counts_by_label(SENTENCES, own, labels).values(), Counter()))
        for found in matches.values():
            found.add_article(own)
        for label, found in zip(labels, continua, strict=True):
            units = [without_overlaps(span[1:] for span in each if span[0] == label)[0] for each in own]
            found.add_article(LENGTH, units)
    return nominal, continua, matches


@given(corpora)
def test_counting_spans_that_differ_gives_what_comparing_every_pair_gives(articles):
    from annotations.agreement.unitising import alpha_u

    found = figures_of(articles)

    for scope, labels in (("all", LABELS), ("label:X", ("X",)), ("label:Y", ("Y",))):
        nominal, continua, matches = by_definition(articles, labels)
        expected = {"alpha_nominal": nominal.alpha(), "alpha_u": alpha_u(continua)}
        expected |= {f"f1_{match}": each.f1() for match, each in matches.items()}
        for name, figure in expected.items():
            ours = found[name, scope].figure
            assert ours.value == pytest.approx(figure.value, abs=1e-9), (name, scope)
            assert (ours.n_items, ours.why) == (figure.n_items, figure.why), (name, scope)


@given(st.lists(st.lists(spans, min_size=3, max_size=3), min_size=1, max_size=3))
def test_a_pair_and_the_gold_are_compared_like_two_people(articles):
    gold = articles[0][0]
    found = figures_of(articles, gold=gold)
    pairs = {
        f"pair:{NAMES[a]}/{NAMES[b]}": [(each[a], each[b]) for each in articles] for a, b in combinations(range(3), 2)
    }
    pairs |= {f"gold:{NAMES[n]}": [(each[n], gold) for each in articles] for n in range(3)}

    for scope, both in pairs.items():
        for match in ("exact", "overlap"):
            matches = Matches(match)
            for pair in both:
                matches.add_article(pair)
            assert found[f"f1_{match}", scope].figure.value == pytest.approx(matches.f1().value), (scope, match)
        table = [[0, 0], [0, 0]]
        for pair in both:
            one, other = (marked(SENTENCES, each) for each in pair)
            for item in ((n, label) for n in range(len(SENTENCES)) for label in LABELS):
                table[item in one][item in other] += 1
        assert found["cohen_kappa", scope].figure.value == pytest.approx(cohen_kappa(table).value)
        assert [cell[2] for cell in found["cohen_kappa", scope].matrix] == [*table[0], *table[1]]


def test_a_matrix_says_what_the_other_had_where_one_put_a_label():
    ada = [("X", 0, 10), ("Y", 20, 30)]
    ben = [("X", 2, 12), ("X", 20, 30), ("Y", 33, 36)]
    confusion = Confusion()
    count(Text(LENGTH, SENTENCES, {0: ada, 1: ben}, gold=ada), LABELS, confusion)
    matrices = confusion.matrices()
    found = figures_of([[ada, ben]])["f1_exact", "pair:ada/ben"]

    assert matrices[0, 1] == {("X", "X"): 1, ("Y", "X"): 1}
    assert matrices[1, 0] == {("X", "X"): 1, ("X", "Y"): 1, ("Y", NOTHING): 1}
    assert matrices[0, GOLD] == {("X", "X"): 1, ("Y", "Y"): 1}
    assert found.matrix == [[NOTHING, "Y", 1], ["X", "X", 1], ["Y", "X", 1]]


def corpus(n_articles: int, seed: int):
    chance = random.Random(seed)
    for _article in range(n_articles):
        truth = [("XY"[chance.randrange(2)], at, at + 4) for at in range(0, 36, 6)]
        yield [[span for span in truth if chance.random() < 0.75] for _person in range(3)]


def test_intervals_are_those_of_drawing_articles_one_by_one():
    articles = list(corpus(25, seed=3))
    found, again, other = figures_of(articles), figures_of(articles), figures_of(articles, seed=2)

    nominal, _continua, matches = by_definition(articles, LABELS)
    plain = {"alpha_nominal": nominal.alpha(seed=9), "f1_exact": matches["exact"].f1(seed=9)}
    for name, expected in plain.items():
        ours = found[name, "all"].figure
        width = expected.high - expected.low
        assert ours.low == pytest.approx(expected.low, abs=0.12 * width), name
        assert ours.high == pytest.approx(expected.high, abs=0.12 * width), name
    assert {key: each.figure for key, each in found.items()} == {key: each.figure for key, each in again.items()}
    assert found["alpha_u", "all"].figure.low != other["alpha_u", "all"].figure.low


def test_every_resample_draws_as_many_articles_as_there_are_and_each_as_often_as_chance_has_it():
    resamples = Resamples(12, [1] * 12, [True] * 12, seed=5, times=4_000)
    for n in range(12):
        resamples.add([n == m for m in range(12)])
    drawn = list(resamples.sums())

    assert all(sum(row) == 12 for row in drawn)
    for column in zip(*drawn, strict=True):
        mean = sum(column) / len(drawn)
        variance = sum((value - mean) ** 2 for value in column) / len(drawn)
        assert mean == pytest.approx(1, abs=0.06)
        assert variance == pytest.approx(11 / 12, abs=0.1)


def test_one_text_has_no_interval_and_nothing_to_compare_says_so():
    assert figures_of(list(corpus(1, seed=1)))["f1_exact", "all"].figure.low is None

    nobody = figures_of([[[], []]])

    assert (nobody["alpha_nominal", "all"].figure.value, nobody["alpha_nominal", "all"].figure.why) == (
        None,
        "no_variation",
    )
    assert nobody["f1_exact", "all"].figure.why == "no_pairs"
