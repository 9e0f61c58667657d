"""The stylesheet of a project's labels. Inline styles are forbidden, and colours are data, so it is made per label set.

Every label gets a pair of colours, one for light and one for dark pages, moved until it can be seen there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from annotations.models import Label

LANES = (3, 7, 11, 15)
"""Offsets of the underlines that lie under one another, in pixels; the fourth is dotted."""
TINT = 17
LIGHT_PAGE, DARK_PAGE = "#fbfaf7", "#16181c"
LEAST_ON_LIGHT, LEAST_ON_DARK = 4.0, 7.2
ON_DARK = {
    "#b26a00": "#ffb74d",
    "#1565c0": "#64b5f6",
    "#2e7d32": "#81c784",
    "#00838f": "#4dd0e1",
    "#c62828": "#ef8a80",
    "#7b1fa2": "#ce93d8",
    "#5d4037": "#bcaaa4",
    "#ad1457": "#f48fb1",
}
"""The colours of the starters with the partners that were chosen by eye; for any other one is computed."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")


def stylesheet(labels: Iterable[Label]) -> str:
    """Return the rules of all labels; what is no key or no colour is left out, whatever the database holds."""
    return "\n".join(_rules(label.key, label.color) for label in labels if _is_plain(label.key, label.color)) + "\n"


def _is_plain(key: str, color: str) -> bool:
    return bool(_KEY.fullmatch(key) and _COLOUR.fullmatch(color))


def _rules(key: str, color: str) -> str:
    pair = f"light-dark({on_light(color)},{on_dark(color)})"
    rules = [
        f".label-{key}{{--label-color:{pair}}}",
        f"::highlight(cw-bg-{key}){{background-color:color-mix(in srgb,{pair} {TINT}%,transparent)}}",
        *(_lane(key, pair, lane) for lane in range(len(LANES))),
        f"@media (forced-colors:active){{::highlight(cw-bg-{key}){{background-color:transparent}}}}",
    ]
    return "\n".join(rules)


def _lane(key: str, pair: str, lane: int) -> str:
    line = "dotted" if lane == len(LANES) - 1 else "solid"
    return (
        f"::highlight(cw-ln-{key}-{lane}){{text-decoration:underline {line} 2.5px {pair};"
        f"text-underline-offset:{LANES[lane]}px;text-decoration-skip-ink:none}}"
    )


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
