"""The measures give the values of published examples, each with its source; and what is undefined is said to be so."""

from __future__ import annotations

import pytest

from annotations.agreement.alpha import Coincidences, alpha
from annotations.agreement.chance import cohen_kappa, fleiss_kappa, gwet_ac1, scott_pi
from annotations.agreement.figures import NO_PAIRS, NO_VARIATION
from annotations.agreement.spans import f1
from annotations.agreement.unitising import Continua, alpha_u, distance, observed_disagreement

ARTSTEIN_POESIO = [[46, 0, 0], [6, 32, 6], [0, 0, 10]]
FLEISS_1971 = (
    "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 "
    "333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
)
TEN_BY_FOURTEEN = "0,0,0,0,14 0,2,6,4,2 0,0,3,5,6 0,3,9,2,0 2,2,8,1,1 7,7,0,0,0 3,2,6,3,0 2,5,3,2,2 6,5,2,1,0 0,2,2,3,7"
KRIPPENDORFF_2004 = "11.1 2232 3333 3333 2222 1234 4444 1121 2222 .555 ..11 ..3."
THREE_CODERS = ["*****34121133*3", "1*213343*******", "**21344*21133*4"]
HAYES_KRIPPENDORFF_2007 = (
    "112.2 1101. 2333. .00.0 000.0 000.0 102.1 1.20. 222.2 2111. .100. 0000. 1222. 33223 111.1 111.1 212.2 1233. "
    "1101. 000.0 0011. 00.00 2333. 0000. 12.22 0111. 00010 1212. 1122. 112.2 110.0 2121. 22.22 3222. 222.2 223.2 "
    "222.2 22.12 2222. 111.1"
)
FIRST = {"c": [(75, 145), (220, 250)], "k": [(30, 90), (150, 200)]}
SECOND = {"c": [(70, 150), (205, 225), (250, 270)], "k": [(30, 90), (150, 200)]}
"""Krippendorff 2004, p. 254: a continuum of 300 that begins at 150; here it begins at 0."""
LIMITS = {
    "A": ([(2, 8), (14, 6)], [(4, 4), (15, 2)], 0.03125, 0.553),
    "B": ([(0, 18)], [(0, 2), (2, 1), (3, 1), (4, 1), (5, 1), (6, 3), (9, 1)], 2.26736, -0.926),
    "C": ([(2, 6), (10, 2), (14, 4), (20, 2)], [(0, 2), (4, 4), (10, 4), (16, 2), (20, 2)], 0.02777, 0.679),
    "D": ([(0, 2), (2, 8), (10, 4), (14, 6), (20, 4)], [(0, 4), (4, 4), (8, 7), (15, 2), (17, 7)], 0.38715, 0.066),
}
"""Krippendorff 1995, p. 57: units as (begin, length) on a continuum of 24."""


def digits(items: str, *, first: int = 0) -> list[list[int]]:
    """Read items that are separated by space, a digit for each annotator."""
    return [[int(value) - first for value in item if value not in ".*"] for item in items.split()]


def of_matrix(matrix: list[list[int]]) -> list[list[int]]:
    cells = ((one, other, n) for one, row in enumerate(matrix) for other, n in enumerate(row))
    return [[one, other] for one, other, n in cells for _time in range(n)]


def half_to_the_third(one: int, other: int) -> float:
    return 0.0 if one == other else 0.5 if 2 in (one, other) else 1.0


@pytest.mark.parametrize(
    ("matrix", "observed", "expected", "kappa"),
    [
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.70, 0.41, 0.49153),  # Cohen 1960, p. 45
        ([[25, 12, 3], [13, 2, 15], [12, 16, 2]], 0.29, 0.35, -0.09231),  # Cohen 1960, p. 37
        ([[20, 10], [20, 50]], 0.70, 0.54, 0.34783),  # Artstein and Poesio 2008, p. 558
        (ARTSTEIN_POESIO, 0.88, 0.396, 0.80132),  # the same, p. 568
    ],
)
def test_cohen(matrix, observed, expected, kappa):
    found = cohen_kappa(matrix)

    assert found.value == pytest.approx(kappa, abs=1e-5)
    assert (found.observed, found.expected) == (pytest.approx(observed), pytest.approx(expected))
    assert (found.n_items, found.n_annotators) == (sum(map(sum, matrix)), 2)


def test_artstein_and_poesio_2008():
    assert scott_pi([[20, 10], [20, 50]]).value == pytest.approx(0.341, abs=5e-4)
    assert scott_pi(ARTSTEIN_POESIO).value == pytest.approx(0.7995, abs=5e-5)
    assert alpha(of_matrix(ARTSTEIN_POESIO), 3).value == pytest.approx(0.800, abs=6e-4)
    assert cohen_kappa(ARTSTEIN_POESIO, distance=half_to_the_third).value == pytest.approx(0.8163, abs=5e-5)


def test_fleiss_1971():
    found = fleiss_kappa([[item.count(value) for value in "12345"] for item in FLEISS_1971.split()])

    assert found.value == pytest.approx(0.43024, abs=1e-5)
    assert (found.observed, found.expected) == (pytest.approx(0.55556, abs=1e-5), pytest.approx(0.21994, abs=1e-5))
    assert alpha(digits(FLEISS_1971, first=1), 5).value == pytest.approx(0.43341, abs=1e-5)


@pytest.mark.parametrize(("value", "kappa"), [("1", 0.248), ("2", 0.248), ("3", 0.517), ("4", 0.470), ("5", 0.565)])
def test_fleiss_1971_by_class(value, kappa):
    counts = [[item.count(value), len(item) - item.count(value)] for item in FLEISS_1971.split()]

    assert fleiss_kappa(counts).value == pytest.approx(kappa, abs=5e-3)  # the published ones are from rounded shares


def test_fleiss_on_ten_items_by_fourteen():
    counts = [[int(n) for n in row.split(",")] for row in TEN_BY_FOURTEEN.split()]

    assert fleiss_kappa(counts).value == pytest.approx(0.20993, abs=1e-5)


def test_fleiss_refuses_items_with_unlike_numbers_of_annotators():
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[2, 0], [1, 0]])


def test_krippendorff_1980():
    found = alpha(digits("00 11 01 00 00 01 00 01 10 00"), 2)

    assert (found.observed, found.expected) == (pytest.approx(0.4), pytest.approx(0.44211, abs=1e-5))
    assert found.value == pytest.approx(0.09524, abs=1e-5)


def test_krippendorff_2004_with_missing_values():
    items = digits(KRIPPENDORFF_2004, first=1)
    found = alpha(items, 5)

    assert found.value == pytest.approx(0.743421052632, abs=1e-12)
    assert (found.observed, found.expected) == (pytest.approx(0.2), pytest.approx(0.77949, abs=1e-5))
    assert (found.n_items, found.n_annotators) == (11, 4)
    assert alpha(items, 5, "interval").value == pytest.approx(0.84911, abs=1e-5)
    assert alpha(items, 5, "interval", numbers=[10, 20, 30, 40, 50]).value == pytest.approx(0.84911, abs=1e-5)


def test_three_coders_with_missing_values():
    items = digits(" ".join("".join(item) for item in zip(*THREE_CODERS, strict=True)), first=1)

    assert alpha(items, 4).value == pytest.approx(0.691358, abs=1e-6)
    assert alpha(items, 4, "interval").value == pytest.approx(0.810845, abs=1e-6)


def test_hayes_and_krippendorff_2007_ordinal():
    assert alpha(digits(HAYES_KRIPPENDORFF_2007), 4, "ordinal").value == pytest.approx(0.7598, abs=1e-4)


def test_krippendorff_2004_unitising():
    classes = {label: Continua() for label in FIRST}
    for label, continua in classes.items():
        continua.add_article(300, [FIRST[label], SECOND[label]])
    c, k, both = classes["c"].alpha(), classes["k"].alpha(), alpha_u(list(classes.values()))

    assert (c.observed, c.expected) == (pytest.approx(0.014444, abs=1e-6), pytest.approx(0.053222, abs=1e-6))
    assert (k.observed, k.expected) == (0, pytest.approx(0.048979, abs=1e-6))
    assert (c.value, k.value) == (pytest.approx(0.72860, abs=1e-5), 1.0)
    assert both.value == pytest.approx(0.8591, abs=5e-4)
    assert both.value == pytest.approx(0.85867, abs=1e-5)


def test_krippendorff_2004_distances():
    assert distance([(225, 295)], [(220, 300)]) == 50
    assert distance([(370, 400)], [(355, 375)]) == 850
    assert distance([], [(400, 420)]) == distance([(400, 420)], []) == 400


@pytest.mark.parametrize("name", LIMITS)
def test_krippendorff_1995_the_finer_the_continuum_the_nearer_the_limit(name):
    one, other, observed, limit = LIMITS[name]
    finer = 400
    units = [[(begin * finer, (begin + length) * finer) for begin, length in each] for each in (one, other)]
    continua = Continua()
    continua.add_article(24 * finer, units)

    assert observed_disagreement(24 * finer, units) == pytest.approx(observed, abs=1e-5)
    assert continua.alpha().value == pytest.approx(limit, abs=0.02)


def test_gwet_does_not_fall_where_kappa_does():
    counts = [[2, 0]] * 80 + [[1, 1]] * 15 + [[0, 2]] * 5
    found = gwet_ac1(counts)

    assert (found.observed, found.expected) == (pytest.approx(0.85), pytest.approx(0.21875))
    assert found.value == pytest.approx(0.808, abs=5e-4)
    assert cohen_kappa([[80, 7], [8, 5]]).value == pytest.approx(0.314, abs=5e-3)


def test_span_f1():
    one = [("X", 0, 10), ("Y", 20, 30), ("X", 40, 55)]
    other = [("X", 0, 10), ("Y", 20, 32), ("X", 60, 70)]

    assert f1(one, other) == pytest.approx(0.33333, abs=1e-5)
    assert f1(one, other, "character") == pytest.approx(0.59701, abs=1e-5)
    assert f1(one, other, "overlap") == pytest.approx(2 / 3)
    assert f1([], []) is None


def test_where_all_chose_the_same_there_is_no_figure_and_the_reason_is_given():
    same = [[0, 0], [0, 0], [0, 0]]
    continua = Continua()
    continua.add_article(50, [[], []])
    found = [
        cohen_kappa([[9, 0], [0, 0]]),
        scott_pi([[9, 0], [0, 0]]),
        fleiss_kappa([[3, 0], [3, 0]]),
        gwet_ac1([[3, 0], [3, 0]]),
        alpha(same, 2),
        alpha(same, 2, "ordinal"),
        alpha(same, 2, "interval"),
        continua.alpha(),
    ]

    assert {(each.value, each.why) for each in found} == {(None, NO_VARIATION)}


def test_where_nobody_decided_on_what_another_did_the_reason_is_given():
    found = [
        alpha([[0], [1]], 2),
        Coincidences(2).alpha(),
        Continua().alpha(),
        gwet_ac1([[1, 0], [0, 1]]),
        fleiss_kappa([[1, 0], [0, 1]]),
        cohen_kappa([[0, 0], [0, 0]]),
    ]

    assert {(each.value, each.why) for each in found} == {(None, NO_PAIRS)}
