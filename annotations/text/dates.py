"""Dates that a text mentions, with their place, and whether one is stated as the article's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from annotations.text.zones import Zone, find_zones

MOST_CANDIDATES = 50

_MONTH_NAMES = (
    "يناير january jan januar januari janvier enero gennaio januari jänner",
    "فبراير february feb februar februari février febrero febbraio",
    "مارس march mar märz maart mars marzo mrz",
    "أبريل april apr avril abril aprile",
    "مايو may mai mei maj mayo maggio",
    "يونيو june jun juni juin junio giugno",
    "يوليو july jul juli juillet julio luglio",
    "أغسطس august aug augustus août agosto augusti",
    "سبتمبر september sept sep septembre septiembre settembre",
    "أكتوبر october oct oktober okt octobre octubre ottobre",
    "نوفمبر november nov novembre noviembre",
    "ديسمبر december dec dezember dez décembre diciembre dicembre",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\w.-])(?=\w)"
    rf"(?:(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?:[T ](?P<time>\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,6}})?)?)"
    rf"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{{2}}(?::?\d{{2}})?)(?!\d))?)?"
    rf"|(?P<month1>{MONTH})\.? (?P<day1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year1>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th|\.|er)? (?:de )?"
    rf"(?:[^\W\d_]{{3,12}}/)?(?P<month2>{MONTH})\.?,? (?:de )?(?P<year2>\d{{4}})"
    rf"|(?P<day3>\d{{1,2}})\.(?P<month3>\d{{1,2}})\.(?P<year3>\d{{4}}))(?![\w-])",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d\d\d\d")  # twice as fast as {4}
_LONGEST_DATE = 48
_UPDATED = re.compile(
    r"(?:updated|modified|aktualisiert|mis à jour|actualizado|aggiornato|обновлено|stand)\b", re.IGNORECASE
)
_POSTED = re.compile(r"posted\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A date in a text: its value, its place in code points, the zone it stands in.

    `is_stated` is true only where a date line gives it as the article's own; `role` is then "published" or "posted",
    for a line such as "last updated" it is "updated", elsewhere "".
    """

    value: date | datetime
    start: int
    end: int
    zone_kind: str
    is_stated: bool
    role: str = ""


def find_dates(text: str, zones: Sequence[Zone] | None = None) -> list[DateCandidate]:
    """Return the dates in a text, at most MOST_CANDIDATES, in order.

    A time without its zone is given as its date alone.

    >>> [(c.value.isoformat(), c.is_stated) for c in find_dates("Rain\\n\\nPosted at 7:25 AM, Nov 15, 2018\\n\\nRain.")]
    [('2018-11-15', True)]
    """
    places = _ZoneReader(find_zones(text) if zones is None else zones)
    found: list[DateCandidate] = []
    for match, value in _dates(text):
        found.append(_candidate(text, match, value, places.kind_at(match.start())))
        if len(found) == MOST_CANDIDATES:
            break
    return found


class _ZoneReader:
    """Answer what zone an offset lies in, for ascending offsets, in one pass over the zones."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = sorted(zones, key=lambda zone: zone.start)
        self._next = 0
        self._open: list[Zone] = []

    def kind_at(self, offset: int) -> str:
        while self._next < len(self._zones) and self._zones[self._next].start <= offset:
            self._open.append(self._zones[self._next])
            self._next += 1
        self._open = [zone for zone in self._open if zone.end > offset]
        return min(self._open, key=lambda zone: zone.end - zone.start).kind if self._open else "body"


def _dates(text: str) -> Iterator[tuple[re.Match[str], date | datetime]]:
    for start, end in _near_years(text):
        for match in _DATE.finditer(text, start, end):
            value = _value(match)
            if value is not None:
                yield match, value


def _near_years(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text that hold four digits in a row, joined where they meet: only there can a date stand."""
    if not _may_hold_a_year(text):
        return
    start = end = -1
    for year in _YEAR.finditer(text):
        if year.start() - _LONGEST_DATE > end:
            if end > 0:
                yield start, end
            start = max(0, year.start() - _LONGEST_DATE)
        end = min(len(text), year.end() + _LONGEST_DATE)
    if end > 0:
        yield start, end


def _may_hold_a_year(text: str) -> bool:
    """Tell at a glance, in bytes, whether four digits may stand in a row: most texts need no closer look.

    The UTF-8 of digits outside ASCII begins with one of seven bytes, but for those of mathematics and of rare scripts
    from U+10000 on, in which nobody writes a date.

    >>> _may_hold_a_year("Rain 📈 in 2018"), _may_hold_a_year("في ٢٠١٨"), _may_hold_a_year("240 „Häuser“ 📈")
    (True, True, False)
    """
    marked = text.encode("utf-8", "replace").translate(_DIGIT_BYTES)
    return b"0000" in marked or b"1" in marked


_DIGIT_BYTES = bytes(
    ord("0") if chr(byte).isdecimal() else ord("1") if byte in b"\xd9\xdb\xdf\xe0\xe1\xea\xef" else ord(" ")
    for byte in range(256)
)


def _value(match: re.Match[str]) -> date | datetime | None:
    try:
        if match["iso"]:
            return _iso_value(match)
        if match["year1"]:
            return date(int(match["year1"]), MONTHS[match["month1"].lower()], int(match["day1"]))
        if match["year2"]:
            return date(int(match["year2"]), MONTHS[match["month2"].lower()], int(match["day2"]))
        return date(int(match["year3"]), int(match["month3"]), int(match["day3"]))
    except (ValueError, OverflowError):
        return None  # 31 February and its like are not dates, nor is a time outside the years 1 to 9999 in UTC


def _iso_value(match: re.Match[str]) -> date | datetime:
    day = date.fromisoformat(match["iso"])
    if not (match["time"] and match["zone"]):
        return day
    clock = datetime.fromisoformat(f"{match['iso']}T{match['time']}")
    moment = clock.replace(tzinfo=_zone(match["zone"].strip()))
    moment.astimezone(UTC)
    return moment


def _zone(written: str) -> timezone:
    if written[0] not in "+-":
        return UTC
    sign = -1 if written[0] == "-" else 1
    digits = written[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)))


def _candidate(text: str, match: re.Match[str], value: date | datetime, kind: str) -> DateCandidate:
    role = _role(text, match.start()) if kind == "date_line" else ""
    return DateCandidate(value, match.start(), match.end(), kind, role in ("published", "posted"), role)


def _role(text: str, offset: int) -> str:
    line_start = text.rfind("\n", max(0, offset - 200), offset) + 1 or max(0, offset - 200)
    before = text[line_start:offset]
    if _UPDATED.search(before):
        return "updated"
    return "posted" if _POSTED.search(before) else "published"
