"""Zones are found by the shape of real articles, and never cut anything."""

import pytest
from hypothesis import given

from annotations.text.normalise import normalise
from annotations.text.zones import KINDS, find_zones
from tests.text.strategies import raw_texts


def words_of(text: str, kind: str, **known: str) -> list[str]:
    return [text[zone.start : zone.end] for zone in find_zones(text, **known) if zone.kind == kind]


def test_a_headline_that_stands_twice_is_found_twice() -> None:
    text = "Towns Fear the Dam\n\nTowns Fear the Dam\n\nThe water rose on Friday."

    assert words_of(text, "headline", title="Towns Fear the Dam") == ["Towns Fear the Dam"] * 2


def test_a_first_paragraph_that_is_a_sentence_is_no_headline() -> None:
    assert words_of("The water rose on Friday.\n\nIt fell again.", "headline") == []


@pytest.mark.parametrize(
    "line", ["By Marta Quill and Deren Asko", "Von Henrike Uhlmann", "BY MARTA QUILL", "بقلم: ليلى الحوراني"]
)
def test_a_byline_below_the_headline_is_found(line: str) -> None:
    assert words_of(f"Dam leaks\n\n{line}\n\nThe water rose on Friday, they said.", "byline") == [line]


@pytest.mark.parametrize("line", ["By the time they came it was over.", "By Friday the water had risen again."])
def test_a_sentence_that_begins_with_by_is_no_byline(line: str) -> None:
    assert words_of(f"Dam leaks\n\n{line}\n\nMore rain is to come.", "byline") == []


def test_lines_that_say_when_it_was_posted_are_one_date_line() -> None:
    lines = "Posted at 7:40 AM, Mar 14, 2024\nand last updated 2024-03-14 11:26:31+01"

    assert words_of(f"Dam leaks\n\n{lines}\n\nThe minister said no.", "date_line") == [lines]


def test_the_dateline_of_a_wire_report_is_a_date_line() -> None:
    text = "Dam leaks\n\nPORT IVEL, March 12, 2024 (Tern Wire) - Fourteen mayors asked for help."

    assert words_of(text, "date_line") == ["PORT IVEL, March 12, 2024 (Tern Wire)"]


@pytest.mark.parametrize(
    "caption",
    [
        "People stand at the dam during an inspection, on March 6, 2024 in Toveln. - The leak has grown since …",
        "The crest of the dam. Photo: River Commons / M. Teller",
        "Mayors at the dam in Toveln (AFP/Getty Images)",
    ],
)
def test_a_picture_credit_below_the_headline_is_a_caption(caption: str) -> None:
    assert words_of(f"Dam leaks\n\n{caption}\n\nThe water rose on Friday.", "caption") == [caption]


def test_a_paragraph_with_a_date_and_a_place_is_no_caption_further_down() -> None:
    body = "The water rose on Friday, and nobody knew for how long it would, or where it would end. " * 3
    text = f"Dam leaks\n\n{body.strip()}\n\nHe was born on March 6, 1964 in Toveln."

    assert words_of(text, "caption") == []


def test_an_excerpt_runs_from_its_introduction_to_its_source() -> None:
    text = (
        "Round-up\n\nMany papers wrote of it. At Tern Wire, Marta Quill reports:\n\nThe dam leaks.\n\n"
        "[…] Nobody knows why. [Source]\n\nWe shall see."
    )

    [excerpt] = [zone for zone in find_zones(text, title="Round-up") if zone.kind == "excerpt"]

    assert text[excerpt.start : excerpt.end] == "The dam leaks.\n\n[…] Nobody knows why."
    assert excerpt.publisher == "Tern Wire"
    assert words_of(text, "citation_marker") == ["[Source]"]


@pytest.mark.parametrize(
    ("introduction", "publisher"),
    [
        ("ORN24’s Vela Marsh reports on the letter:", "ORN24"),
        ("The Oska Herald describes what happened:", None),
        ("Eva, who got away, describes her story to The Observer:", "The Observer"),
        ("An envoy asked for access to Toveln:", None),
    ],
)
def test_an_excerpt_names_its_publisher_only_where_the_introduction_does(
    introduction: str, publisher: str | None
) -> None:
    text = f"Round-up\n\n{introduction}\n\nThe dam leaks. [Source]"

    assert [zone.publisher for zone in find_zones(text) if zone.kind == "excerpt"] == [publisher]


def test_words_in_brackets_are_an_editors_insertion_but_cuts_are_not() -> None:
    text = "“Four warnings [to stop my work],” said [Mayor] Tomm […] and [...] left [. . .] [edit] [Source] [12]."

    assert words_of(text, "editors_insertion") == ["[to stop my work]", "[Mayor]"]
    assert words_of(text, "citation_marker") == ["[Source]", "[12]"]


def test_the_footer_after_two_blank_lines_is_boilerplate_as_a_whole() -> None:
    footer = "Subscribe to the Digest\n\n\nTide tables\n\nWe need your support. Give what you can.\n\nGoogle Ads 1"
    text = "Dam leaks\n\n" + "The water rose on Friday. " * 40 + f"\n\n\n{footer}"

    assert words_of(text, "boilerplate") == [footer]


def test_a_last_line_about_comments_is_boilerplate() -> None:
    line = "Please let us know if you're having issues with commenting."

    assert words_of(f"Dam leaks\n\nThe water rose.\n\n\n{line}", "boilerplate") == [line]


def test_a_plain_last_paragraph_is_not_boilerplate() -> None:
    assert words_of("Dam leaks\n\nThe water rose.\n\n\nIt fell again on Sunday.", "boilerplate") == []


@given(raw_texts)
def test_every_zone_lies_within_its_text_and_is_of_a_known_kind(raw: str) -> None:
    text = normalise(raw).text

    for zone in find_zones(text):
        assert 0 <= zone.start < zone.end <= len(text)
        assert zone.kind in KINDS
