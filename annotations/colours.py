"""Colours of labels: what a light and a dark page make of one, and which two are hard to tell apart.

Every label gets a pair of colours, one for light and one for dark pages, moved until it can be seen there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

LIGHT_PAGE, DARK_PAGE = "#fbfaf7", "#16181c"
LEAST_ON_LIGHT, LEAST_ON_DARK = 4.0, 7.2
ON_DARK = {
    "#b26a00": "#ffb74d",
    "#1565c0": "#64b5f6",
    "#2e7d32": "#7ccf80",
    "#00838f": "#4dd0e1",
    "#c62828": "#ff8a75",
    "#7b1fa2": "#ce93d8",
    "#5d4037": "#c8a898",
    "#ad1457": "#f48fb1",
    "#6d6a00": "#cbc64a",
    "#455a64": "#90b4c8",
}
"""The colours of the starters with the partners that were chosen by eye; for any other one is computed."""
OFFERED = (*ON_DARK, "#304ffe", "#c700e8")
"""Colours that can be told apart, on light pages and on dark ones; more would be too near one another."""
NEAR = 0.065
"""Two colours nearer than this, in OKLab, are mistaken for each other in a thin underline."""


def on_light(color: str) -> str:
    """Return the colour, darkened as little as a light page needs.

    >>> on_light("#b26a00"), on_light("#ffff00")
    ('#b26a00', '#808000')
    """
    return _moved(color, "#000000", LIGHT_PAGE, LEAST_ON_LIGHT)


def on_dark(color: str) -> str:
    """Return the colour's partner, or the colour lightened as little as a dark page needs.

    >>> on_dark("#1565c0"), on_dark("#ffff00")
    ('#64b5f6', '#ffff00')
    """
    return ON_DARK.get(color) or _moved(color, "#ffffff", DARK_PAGE, LEAST_ON_DARK)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def distance(one: str, other: str) -> float:
    """Return how far apart two colours of labels look where they are nearest: on light pages or on dark ones.

    >>> distance("#1565c0", "#1565c1") < NEAR < distance("#1565c0", "#2e7d32")
    True
    """
    pairs = ((on_light(one), on_light(other)), (on_dark(one), on_dark(other)))
    return min(_apart(a, b) for a, b in pairs)


def near_pairs(colors: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of every two colours that are hard to tell apart.

    >>> list(near_pairs(["#1565c0", "#2e7d32", "#1565c1"]))
    [(0, 2)]
    """
    seen = [(_oklab(on_light(color)), _oklab(on_dark(color))) for color in colors]
    for (n, one), (m, other) in combinations(enumerate(seen), 2):
        if min(_between(a, b) for a, b in zip(one, other, strict=True)) < NEAR:
            yield n, m


def _moved(color: str, towards: str, page: str, least: float) -> str:
    for percent in range(0, 101, 2):
        candidate = _mix(color, towards, percent / 100)
        if contrast(candidate, page) >= least:
            return candidate
    return towards


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _apart(one: str, other: str) -> float:
    return _between(_oklab(one), _oklab(other))


def _between(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5


def _oklab(color: str) -> tuple[float, float, float]:
    """Return lightness, green to red, blue to yellow (Björn Ottosson, 2020)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
