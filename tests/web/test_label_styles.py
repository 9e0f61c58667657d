"""The stylesheet of labels: seen on light and dark pages, and safe whatever stands in the rows."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as some

from annotations.colours import (
    DARK_PAGE,
    LEAST_ON_DARK,
    LEAST_ON_LIGHT,
    LIGHT_PAGE,
    NEAR,
    OFFERED,
    contrast,
    distance,
    on_dark,
    on_light,
)
from annotations.models import Label
from annotations.web.label_styles import stylesheet

COLOURS = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_colour_is_moved_until_it_can_be_seen(color):
    assert contrast(on_light(color), LIGHT_PAGE) >= LEAST_ON_LIGHT
    assert contrast(on_dark(color), DARK_PAGE) >= LEAST_ON_DARK


def test_the_colours_that_are_offered_can_be_told_apart_on_light_and_on_dark_pages():
    assert min(distance(one, other) for one, other in combinations(OFFERED, 2)) > NEAR
    assert [color for color in OFFERED if on_light(color) != color] == []
    assert min(contrast(on_dark(color), DARK_PAGE) for color in OFFERED) >= LEAST_ON_DARK


def test_a_colour_that_can_be_seen_stays_as_it_is():
    assert on_light("#1565c0") == "#1565c0"


def test_each_label_gets_a_tint_four_lanes_and_a_colour():
    sheet = stylesheet([Label(key="claim", color="#b26a00")])

    assert ".label-claim{--label-color:light-dark(#b26a00," in sheet
    assert "::highlight(cw-bg-claim){" in sheet
    assert [f"::highlight(cw-ln-claim-{lane})" in sheet for lane in range(5)] == [True] * 4 + [False]


def test_xs2_what_is_no_key_or_no_colour_never_reaches_the_stylesheet():
    rows = [Label(key="a}body{x", color="#b26a00"), Label(key="claim", color="red}body{display:none")]

    assert stylesheet(rows).strip() == ""
