"""How people are named where numbers are kept in text: in addresses, and in what a text of a run says of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .counting import GOLD


def person_mark(number: int) -> str:
    """Return a person as addresses have them: a number, `g` for gold."""
    return "g" if number == GOLD else str(number)


def pair_address(pair: Sequence[int]) -> str:
    """Return a pair as addresses have it.

    >>> pair_address((0, -1))
    '0-g'
    """
    return "-".join(map(person_mark, pair))


@lru_cache(maxsize=4096)
def pair_mark(pair: tuple[int, ...]) -> str:
    """Return what stands before the number of a pair, in a text of many pairs.

    >>> pair_mark((0, 3))
    ',0-3:'
    """
    return f",{pair_address(pair)}:"


def answer_key(number: int) -> str:
    """Return the name under which a person's answer is kept; none of digits alone, which a database takes for a place.

    >>> answer_key(3), answer_key(-1)
    ('p3', 'g')
    """
    return "g" if number == GOLD else f"p{number}"


def person_of(key: str) -> int:
    """Return the number of the person whose answer is kept under a name."""
    return GOLD if key == "g" else int(key[1:])
