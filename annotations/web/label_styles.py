"""The stylesheet of a project's labels, one for each label set: inline styles are forbidden, and colours are data."""

from __future__ import annotations

import re
from collections.abc import Iterable

from annotations.colours import on_dark, on_light
from annotations.models import Label

LANES = (3, 7, 11, 15)
"""Offsets of the underlines that lie under one another, in pixels; the fourth is dotted."""
TINT = 17
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
