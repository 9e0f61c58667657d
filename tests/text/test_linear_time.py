"""RL-2: the time for zones, dates and blocks grows with the length of a text that nearly matches every pattern.

Eight times the text may take up to forty times as long, for caches and busy machines; quadratic work would take
sixty-four times.
"""

import os
import time
from collections.abc import Callable

import pytest

from annotations.text.blocks import blocks
from annotations.text.dates import DateCandidate, find_dates
from annotations.text.zones import find_zones

LONGEST = 1024 * 1024 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 256 * 1024
NEAR_MATCHES = [
    "[",
    "[a",
    "[…",
    "[. . . ",
    "A ",
    "Aa Bb ",
    "A’s ",
    "PORT IVEL ",
    "PORT (",
    "November ",
    "November 6, ",
    "on November 6, 2018 in ",
    "2018-11-",
    "12. ",
    "1.1.",
    "Posted at ",
    "By A",
    "\n",
    "\n\n",
    "a\n",
    "a\n\n",
    "a:\n\n",
    "a\n\n\n",
    "[…] a\n\n",
    "[Source]\n\n",
    "[Source]",
    "Subscribe\n\n\n",
    "Posted at 7, Nov 15, 2018\n",
    "Posted 1\n\n",
    "photo: ",
    "/AFP",
    "(photo ",
    "\u00a0",
    "\t\n ",
    "سلام ",
    "👩‍👩‍👧",
]


@pytest.mark.parametrize("near_match", NEAR_MATCHES)
def test_time_grows_with_the_length_of_near_matches(near_match: str) -> None:
    for find in (find_zones, dates_without_zones, blocks):
        assert any(grows_with_the_length(find, near_match) for _try in range(3)), find.__name__


def grows_with_the_length(find: Callable[[str], object], near_match: str) -> bool:
    """Tell whether eight times the text takes at most forty times as long; asked again where others use the machine."""
    short, long = (seconds_for(find, near_match, size) for size in (LONGEST // 8, LONGEST))
    return long < max(40 * short, 0.5)


def seconds_for(find: Callable[[str], object], near_match: str, size: int) -> float:
    """Return the processor time for a body and the same body inside an article."""
    body = (near_match * (size // len(near_match) + 1))[:size]
    texts = (body, f"Title\n\nPhoto: {body}\n\nend [Source]")
    start = time.process_time()
    for text in texts:
        find(text)
    return time.process_time() - start


def dates_without_zones(text: str) -> list[DateCandidate]:
    return find_dates(text, [])
