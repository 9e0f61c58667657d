"""The periods over which agreement is followed: weeks, or months or years where there would be too many. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

WEEKS_SHOWN = 26
MONTHS_SHOWN = 60


def periods_of(days: Iterable[str]) -> dict[str, str]:
    """Name the week of each day, or its month or year where there would be too many weeks or months.

    >>> periods_of(["2026-03-02", "2026-03-09"])
    {'2026-03-02': '2026-W10', '2026-03-09': '2026-W11'}
    """
    found = {day: date.fromisoformat(day) for day in days}
    span = (max(found.values()) - min(found.values())).days if found else 0
    if span <= 7 * WEEKS_SHOWN:
        return {day: "{0[0]}-W{0[1]:02}".format(at.isocalendar()) for day, at in found.items()}
    return {day: day[:7] if span <= 31 * MONTHS_SHOWN else day[:4] for day in found}


def bounds_of(period: str) -> tuple[date, date]:
    """Return the first day of a period, and the first one after it.

    >>> [str(day) for day in bounds_of("2026-W53")], [str(day) for day in bounds_of("2026-12")]
    (['2026-12-28', '2027-01-04'], ['2026-12-01', '2027-01-01'])
    """
    year, _dash, rest = period.partition("-")
    if rest.startswith("W"):
        first = date.fromisocalendar(int(year), int(rest[1:]), 1)
        return first, first + timedelta(days=7)
    if rest:
        first = date(int(year), int(rest), 1)
        return first, (first + timedelta(days=31)).replace(day=1)
    return date(int(year), 1, 1), date(int(year) + 1, 1, 1)
