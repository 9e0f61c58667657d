"""A date is the article's own only where a date line says so; every date keeps its place."""

from datetime import date, datetime

import pytest

from annotations.text.dates import find_dates


def test_a_posting_line_states_the_date_and_an_update_does_not() -> None:
    text = "Dam leaks\n\nPosted at 7:40 AM, Mar 14, 2024\nand last updated 2024-03-14 11:26:31+01\n\nRain."

    posted, updated = find_dates(text)

    assert (posted.value, posted.is_stated, posted.role) == (date(2024, 3, 14), True, "posted")
    assert (updated.value, updated.is_stated) == (datetime.fromisoformat("2024-03-14T11:26:31+01:00"), False)
    assert text[posted.start : posted.end] == "Mar 14, 2024"


def test_the_date_of_a_caption_is_not_the_articles() -> None:
    text = "Dam leaks\n\nPeople at the dam, on November 6, 2018 in Toveln. - The leak grew …\n\nThe water rose."

    [found] = find_dates(text)

    assert (found.value, found.zone_kind, found.is_stated) == (date(2018, 11, 6), "caption", False)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("15 November 2018", date(2018, 11, 15)),
        ("15. März 2024", date(2024, 3, 15)),
        ("le 1er février 2024", date(2024, 2, 1)),
        ("13 de marzo de 2024", date(2024, 3, 13)),
        ("15 آذار/مارس 2024", date(2024, 3, 15)),
        ("14.3.2024", date(2024, 3, 14)),
        ("2024-03-14", date(2024, 3, 14)),
    ],
)
def test_dates_are_read_in_the_ways_newspapers_write_them(written: str, value: date) -> None:
    assert [found.value for found in find_dates(f"Es geschah am {written} in Ulm.")] == [value]


@pytest.mark.parametrize(
    "written",
    [
        "31.02.2024",
        "February 30, 2024",
        "13/11/2018",
        "in May",
        "1.2.3.2024",
        "2024-13-01",
        "0001-01-01T00:00:00+05:00",
    ],
)
def test_what_is_no_date_or_could_be_two_is_left_alone(written: str) -> None:
    assert find_dates(f"Written: {written}.") == []
