"""Charts as SVG, made on the server: bars that lie, with their names and numbers, and bars that stand, one a day.

The picture has a title and a description; the same rows stand in a table beside it. Colours are attributes, so that a
saved file has them too; the page's stylesheet sets those of its theme over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotations.agreement.dashboard import MOST_ROWS, Chart

WIDTH, ROW, NAMES, NUMBERS = 560, 26, 190, 80
HEIGHT_OF_DAYS = 180
LONGEST_NAME = 24
BETWEEN = " · "
INK, FAINT, FILL = "#1c1d20", "#dcd9d0", "#0b57d0"


def as_svg(chart: Chart, *, is_file: bool = False) -> SafeString:
    """Draw a chart; as a file it names its namespace and has a ground of its own."""
    body, height = _days(chart) if chart.kind == "days" else _bars(chart)
    ids = (f"chart-{chart.name}-title", f"chart-{chart.name}-about")
    ground = format_html('<rect width="{}" height="{}" fill="#ffffff"/>', WIDTH, height) if is_file else ""
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="{} {}" '
        'viewBox="0 0 {} {}" width="{}" height="{}" font-family="system-ui, sans-serif" font-size="13">'
        '<title id="{}">{}</title><desc id="{}">{}</desc>{}{}</svg>',
        *(*ids, WIDTH, height, WIDTH, height, ids[0], chart.title, ids[1], _described(chart), ground, body),
    )


def _described(chart: Chart) -> str:
    """Say in words what the picture shows: what it is of, and its first rows."""
    first = "; ".join(f"{_written(row[0])}: {_written(row[1])}" for row in chart.rows[:5])
    return " ".join(filter(None, (chart.about, *chart.notes, first)))


def _bars(chart: Chart) -> tuple[SafeString, int]:
    rows = chart.rows[:MOST_ROWS]
    most = max((row[2] if chart.is_part else row[1] for row in rows), default=0) or 1
    return format_html_join("", "{}", ((part,) for part in _bar_rows(chart, rows, most))), ROW * max(1, len(rows)) + 8


def _bar_rows(chart: Chart, rows: list[tuple[Any, ...]], most: float) -> Iterator[SafeString]:
    room = WIDTH - NAMES - NUMBERS
    for n, row in enumerate(rows):
        top, length = n * ROW + 4, room * row[1] / most
        yield format_html(
            '<text class="chart-ink" x="{}" y="{}" text-anchor="end" fill="{}">{}<title>{}</title></text>',
            *(NAMES - 8, top + 15, INK, _short(str(row[0])), row[0]),
        )
        if chart.is_part:
            yield _rect("chart-whole", NAMES, top, room * row[2] / most, ROW - 8, FAINT)
        yield _rect("chart-bar", NAMES, top, length, ROW - 8, FILL)
        end = room * row[2] / most if chart.is_part else length
        number = f"{_written(row[1])} / {_written(row[2])}" if chart.is_part else _written(row[1])
        yield format_html(
            '<text class="chart-ink" x="{}" y="{}" fill="{}">{}</text>', *(_at(NAMES + end + 6), top + 15, INK, number)
        )


def _days(chart: Chart) -> tuple[SafeString, int]:
    return format_html_join("", "{}", ((part,) for part in _day_parts(chart))), HEIGHT_OF_DAYS + 30


def _day_parts(chart: Chart) -> Iterator[SafeString]:
    most = max((row[1] for row in chart.rows), default=0) or 1
    step = (WIDTH - 50) / max(1, len(chart.rows))
    yield format_html('<text class="chart-ink" x="36" y="16" text-anchor="end" fill="{}">{}</text>', INK, most)
    yield format_html('<text class="chart-ink" x="36" y="{}" text-anchor="end" fill="{}">0</text>', HEIGHT_OF_DAYS, INK)
    yield _rect("chart-whole", 42, HEIGHT_OF_DAYS, WIDTH - 50, 1, FAINT)
    for n, (_day, count) in enumerate(chart.rows):
        height = (HEIGHT_OF_DAYS - 10) * count / most
        if count:
            yield _rect("chart-bar", 42 + n * step + 1, HEIGHT_OF_DAYS - height, max(1.0, step - 2), height, FILL)
    ends = [(0, "start"), (len(chart.rows) - 1, "end")] if len(chart.rows) > 1 else [(0, "start")]
    for n, anchor in ends if chart.rows else ():
        x = 42 + (n * step if anchor == "start" else WIDTH - 50)
        yield format_html(
            '<text class="chart-ink" x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>',
            *(_at(x), HEIGHT_OF_DAYS + 20, anchor, INK, _written(chart.rows[n][0])),
        )


def _rect(name: str, x: float, y: float, width: float, height: float, fill: str) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill="{}"/>',
        *(name, _at(x), _at(y), _at(width), _at(height), fill),
    )


def _at(value: float) -> str:
    """Write a place without its last zeros, whatever the language.

    >>> _at(12.0), _at(1 / 3)
    ('12', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return number_format(value, use_l10n=True) if isinstance(value, int | float) else str(value)


def _short(name: str) -> str:
    """Cut a long name, of two people each one's, so that pairs stay apart.

    >>> _short("quiet-heron-104 · ready-rowan-429")
    'quiet-her… · ready-row…'
    """
    if len(name) <= LONGEST_NAME:
        return name
    parts = name.split(BETWEEN)
    room = (LONGEST_NAME - len(BETWEEN) * (len(parts) - 1)) // len(parts)
    if len(parts) != 2:
        return f"{name[: LONGEST_NAME - 1]}…"
    return BETWEEN.join(part if len(part) <= room else f"{part[: room - 1]}…" for part in parts)
