"""Cells of tables that spreadsheet programs open: nothing in them may be taken for a formula.

An apostrophe is put before what could begin one: at the start of a cell, and behind a semicolon, comma, tab or line
end in it, where a program that expects another separator would begin a new cell. Spaces, quotation marks and invisible
signs before a formula sign do not hide it. `restore` takes exactly these apostrophes away again.
"""

from __future__ import annotations

import re

APOSTROPHE = "'"
COLUMN = "neutralised"
"""The last column of our tables: the names of the row's columns whose cells were changed, parted by spaces."""
_SIGNS = "[=+\\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
"""Signs that begin a formula, with their small and full-width forms and the minus sign."""
_UNSEEN = (
    " \x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\"'“”„‘’‚«»`´"
)
"""What may stand before a sign and is not seen as a beginning: spaces, invisible signs, quotation marks."""
_SEPARATORS = ",;"
_BREAKS = "\t\r\n"
_SIGN = re.compile(_SIGNS)
_AT_START = re.compile(f"[{re.escape(_UNSEEN)}]*[\t\r\n]")
_INSIDE = re.compile(f"(?<=[;,\t\r\n])(?=[{re.escape(_UNSEEN)}]*[\t\r])")
_RISKY = re.compile(f"(?:^|[;,\t\r\n])[{re.escape(_UNSEEN)}]*(?:{_SIGNS}|[\t\r])|^[{re.escape(_UNSEEN)}]*\n")
"""Finds a cell in which there is any place for an apostrophe, without saying where."""


def is_risky(value: str) -> bool:
    """Tell whether a cell needs an apostrophe somewhere.

    >>> is_risky("=1+1"), is_risky("1+1"), is_risky(' "@a'), is_risky("a;-b")
    (True, False, True, True)
    """
    return _RISKY.search(value) is not None


def neutralise(value: str) -> str:
    """Return the cell with an apostrophe before all that could begin a formula.

    >>> neutralise("=1+1"), neutralise("rain; -3 degrees")
    ("'=1+1", "rain;' -3 degrees")
    """
    parts, last = [], 0
    for place in _places(value):
        parts += [value[last:place], APOSTROPHE]
        last = place
    return "".join([*parts, value[last:]])


def restore(cell: str) -> str:
    """Return the value of a neutralised cell.

    >>> restore("'=1+1"), restore("''=1"), restore("a'b")
    ('=1+1', "'=1", "a'b")
    """
    parts, last = [], 0
    for place in _places(cell):
        if cell[place] == APOSTROPHE:
            parts.append(cell[last:place])
            last = place + 1
    return "".join([*parts, cell[last:]])


def _places(value: str) -> list[int]:
    """Return where an apostrophe belongs, ascending. One that stands there already does not change the places."""
    found: set[int] = {0} if _AT_START.match(value) else set()
    found.update(each.start() for each in _INSIDE.finditer(value))
    last = 0
    for sign in _SIGN.finditer(value):
        behind_break = last + len(value[last : sign.start()].rstrip(_UNSEEN))
        if behind_break and value[behind_break - 1] in _BREAKS:
            found.add(behind_break)
        start = last + len(value[last:behind_break].rstrip(_UNSEEN + _BREAKS))
        if start == 0 or value[start - 1] in _SEPARATORS:
            found.add(start)
        last = sign.end()
    return sorted(found)
