"""RL-2: zones, dates and blocks of 1 MiB that nearly match every pattern are found within a second."""

import time

import pytest

from annotations.text.blocks import blocks
from annotations.text.dates import DateCandidate, find_dates
from annotations.text.zones import find_zones

MIB = 1024 * 1024
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
def test_a_mebibyte_of_near_matches_takes_less_than_a_second(near_match: str) -> None:
    body = (near_match * (MIB // len(near_match) + 1))[:MIB]
    for text in (body, f"Title\n\nPhoto: {body}\n\nend [Source]"):
        for find in (find_zones, dates_without_zones, blocks):
            start = time.process_time()

            find(text)

            assert time.process_time() - start < 1, find.__name__


def dates_without_zones(text: str) -> list[DateCandidate]:
    return find_dates(text, [])
