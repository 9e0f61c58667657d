"""What articles say as values: read from words, compared, and put side by side."""

from __future__ import annotations

import pytest

from annotations.text.accounts import Relation, Said, compare, items_missing, read_row, value_of

M, BN = 1_000_000, 1_000_000_000


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("14", 14, 14),
        ("fifteen ambassadors", 15, 15),
        ("twenty-one", 21, 21),
        ("one hundred and twenty people", 120, 120),
        ("two thousand three hundred", 2_300, 2_300),
        ("a dozen", 12, 12),
        ("two dozen", 24, 24),
        ("1.234.567", 1_234_567, 1_234_567),
        ("1.234,5 Tonnen", 1_234.5, 1_234.5),
        ("1,234.5 tonnes", 1_234.5, 1_234.5),
        ("1'234'567", 1_234_567, 1_234_567),
        ("12 000", 12_000, 12_000),
        ("nearly 1.2m", 1_200_000, 1_200_000),
        ("3k", 3_000, 3_000),
        ("$2bn", 2 * BN, 2 * BN),
        ("1.234 million", 1_234_000, 1_234_000),
        ("1,234 Millionen", 1_234_000, 1_234_000),
        ("rund 1,2 Mio. Euro", 1_200_000, 1_200_000),
        ("3,5 Mrd. Euro", 3_500_000_000, 3_500_000_000),
        ("250 Tsd.", 250_000, 250_000),
        ("2m deep", 2, 2),
        ("2 m", 2, 2),
        ("half a million", 500_000, 500_000),
        ("a quarter of a million", 250_000, 250_000),
        ("two and a half million", 2_500_000, 2_500_000),
        ("eine halbe Million", 500_000, 500_000),
        ("anderthalb Millionen", 1_500_000, 1_500_000),
        ("zweieinhalb Milliarden", 2_500_000_000, 2_500_000_000),
        ("vierzehn Bürgermeister", 14, 14),
        ("einundzwanzig", 21, 21),
        ("zweihundertvierzehn", 214, 214),
        ("dreitausendfünfhundert", 3_500, 3_500),
        ("hundertzwanzigtausend", 120_000, 120_000),
        ("eine Million", M, M),
        ("vier Millionen Menschen", 4 * M, 4 * M),
        ("ein Dutzend", 12, 12),
        # bounds
        ("at least 40", 40, None),
        ("at least some 40", 40, None),
        ("40 people or more", 40, None),
        ("40+", 40, None),
        ("a million or more", M, None),
        ("more than 1.5 million", 1_500_000, None),
        ("no fewer than 40", 40, None),
        ("≥ 40", 40, None),
        ("mindestens 2 Millionen", 2 * M, None),
        ("mehr als vierzehn", 14, None),
        ("über 40 Menschen", 40, None),
        ("40 oder mehr", 40, None),
        ("up to a million", None, M),
        ("as many as 40", None, 40),
        ("no more than 40", None, 40),
        ("fewer than 40", None, 40),
        ("40 at most", None, 40),
        ("bis zu 40", None, 40),
        ("höchstens vierzig", None, 40),
        ("weniger als 40", None, 40),
        ("nicht mehr als 40", None, 40),
        ("14 under a new law", 14, 14),
        ("14 over two days", 14, 14),
        # ranges
        ("800,000 to two million", 800_000, 2 * M),
        ("800,000 to more than 1,000,000", 800_000, None),
        ("800.000 bis mehr als 1.000.000", 800_000, None),
        ("800,000 to up to 1,000,000", 800_000, M),
        ("800,000, possibly two million", 800_000, 2 * M),
        ("10–12", 10, 12),
        ("10-12 people", 10, 12),
        ("10 or 12", 10, 12),
        ("between 10 and 12", 10, 12),
        ("between about 10 and 12", 10, 12),
        ("at least 10 and at most 12", 10, 12),
        ("two to three million", 2 * M, 3 * M),
        ("2–3 Millionen", 2 * M, 3 * M),
        ("zwischen 10 und 12", 10, 12),
        ("zehn bis zwölf", 10, 12),
        ("zwei- bis dreitausend", 2_000, 3_000),
        ("10 oder 12", 10, 12),
        ("14 mayors and 20 councillors", 14, 14),
        ("14 Bürgermeister und 20 Räte", 14, 14),
        ("20 to 14", 20, 20),
        # as good as no figure
        ("dozens", 24, None),
        ("hundreds of people", 200, None),
        ("tens of thousands", 20_000, None),
        ("several hundred", 200, None),
        ("a few hundred thousand", 200_000, None),
        ("Hunderte Menschen", 200, None),
        ("mehrere tausend", 2_000, None),
        ("Zehntausende", 20_000, None),
        ("Millionen", 2 * M, None),
        ("nobody", 0, 0),
        ("no one", 0, 0),
        ("keine Verletzten", 0, 0),
        ("niemand", 0, 0),
        ("unclear, but at least 14", 14, None),
        ("unklar, mindestens 14", 14, None),
    ],
)
def test_a_number_is_read_with_what_bounds_it(words, low, high):
    value = value_of("number", words)
    assert (value["low"], value["high"]) == (low, high)


@pytest.mark.parametrize(
    ("words", "is_about"),
    [
        ("about 100", True),
        ("about 100 people", True),
        ("100 or so", True),
        ("some 100", True),
        ("ca. 100", True),
        ("knapp 100 Menschen", True),
        ("100, some of them women", False),
        ("100 near the dam", False),
        ("at least about 100", False),
    ],
)
def test_a_number_is_about_so_many_where_the_word_stands_beside_it(words, is_about):
    assert value_of("number", words).get("about", False) is is_about


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("2018-11-14", "2018-11-14"),
        ("14 November 2018", "2018-11-14"),
        ("on Wednesday, November 14th, 2018", "2018-11-14"),
        ("am 14. November 2018", "2018-11-14"),
        ("14.11.2018", "2018-11-14"),
        ("14.11.18", "2018-11-14"),
        ("11/14/2018", "2018-11-14"),
        ("14/11/2018", "2018-11-14"),
        ("5/11/2018", "2018"),
        ("November 2018", "2018-11"),
        ("in early November 2018", "2018-11"),
        ("im März 2024", "2024-03"),
        ("Mitte Nov. 2018", "2018-11"),
        ("2018-11", "2018-11"),
        ("summer 2018", "2018"),
        ("2018-13", None),
        ("31.02.2024", "2024"),
        ("14–16 November 2018", "2018-11"),
        ("14. bis 16. November 2018", "2018-11"),
        ("around 14 November 2018", "2018-11"),
        ("etwa 1900", None),
        ("before 14 November 2018", None),
        ("nach dem 14. November 2018", None),
        ("since 14 November 2018", "2018-11-14"),
        ("14 November", None),
        ("the 1990s", None),
        ("not known", None),
    ],
)
def test_a_date_is_as_exact_as_its_words(words, value):
    assert value_of("date", words) == ({"date": value} if value else {})


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("yes", True),
        ("Yes, in May", True),
        ("ja, im Mai", True),
        ("stimmt", True),
        ("1", True),
        ("no", False),
        ("no, not yet", False),
        ("not yet", False),
        ("not sent", False),
        ("never", False),
        ("nein", False),
        ("noch nicht", False),
        ("nicht abgeschickt", False),
        ("keiner hat es getan", False),
        ("0", False),
        ("no, and it is unclear why", False),
        ("not clear", None),
        ("not clear yet, the minister said", None),
        ("not yet known", None),
        ("It is still unclear", None),
        ("it is not known", None),
        ("unclear", None),
        ("unknown", None),
        ("not stated", None),
        ("not publicly confirmed", None),
        ("no answer", None),
        ("no information", None),
        ("no doubt", None),
        ("not only sent", None),
        ("yes and no", None),
        ("n/a", None),
        ("?", None),
        ("perhaps", None),
        ("1,000 people say so", None),
        ("10 did", None),
        ("unklar", None),
        ("nicht bekannt", None),
        ("noch nicht bekannt", None),
        ("nicht angegeben", None),
        ("Das ist nicht geklärt", None),
        ("keine Angabe", None),
        ("keine Antwort", None),
        ("jein", None),
    ],
)
def test_what_is_not_clear_is_neither_yes_nor_no(words, value):
    assert value_of("yes_no", words) == ({} if value is None else {"yes": value})


@pytest.mark.parametrize("kind", ["number", "date", "name", "place", "set", "yes_no"])
@pytest.mark.parametrize(
    "words", ["not stated", "unclear", "unknown", "no information", "nicht bekannt", "keine Angaben"]
)
def test_who_says_that_it_is_not_known_contradicts_nobody(kind, words):
    known = {"number": "14", "date": "2018-11-14", "yes_no": "yes"}.get(kind, "Ilse Brandt")
    assert value_of(kind, words) == {}
    assert compare(kind, value_of(kind, words), value_of(kind, known), texts=(words, known)) is Relation.NEAR


def test_what_is_no_number_date_or_answer_has_no_value_and_is_compared_by_its_words():
    assert (value_of("number", "many"), value_of("date", "soon"), value_of("yes_no", "perhaps")) == ({}, {}, {})
    assert compare("number", {}, {}, texts=("Many!", "many")) is Relation.SAME
    assert compare("number", {}, {"low": 1, "high": 1}, texts=("many", "1")) is Relation.NEAR


@pytest.mark.parametrize(
    ("kind", "one", "other", "relation"),
    [
        ("number", "14", "15", Relation.APART),
        ("number", "up to a million", "at least one million", Relation.NEAR),
        ("number", "at most 5", "at least 6", Relation.APART),
        ("number", "about 100", "105", Relation.NEAR),
        ("date", "2018-11-14", "November 14, 2018", Relation.SAME),
        ("date", "2018-11", "14 November 2018", Relation.NEAR),
        ("date", "2018-11-14", "2018-11-15", Relation.APART),
        ("name", "Ilse Brandt", "ILSE BRANDT", Relation.SAME),
        ("name", "Brandt", "Ilse Brandt", Relation.NEAR),
        ("name", "Otto Fenn", "Ilse Brandt", Relation.APART),
        ("place", "Zürich", "Zurich", Relation.SAME),
        ("yes_no", "yes", "no, not yet", Relation.APART),
        ("set", "France, Germany", "Germany and France", Relation.SAME),
        ("set", "France, Germany, the EU", "Germany and France", Relation.MORE),
        ("set", "France", "Germany and France", Relation.LESS),
        ("set", "France, Spain", "Germany and France", Relation.NEAR),
        ("quote", "“We are alarmed”", "we are alarmed", Relation.SAME),
        ("quote", "we were alarmed", "we are alarmed", Relation.NEAR),
    ],
)
def test_two_values_are_compared_by_their_kind(kind, one, other, relation):
    assert compare(kind, value_of(kind, one), value_of(kind, other), texts=(one, other)) is relation


def said(kind, text, source=""):
    return Said(value_of(kind, text), text, source)


def test_a_set_shows_who_is_missing_and_who_stands_alone():
    answers = {
        "a": [said("set", "Arlo, Benna, Corvo")],
        "b": [said("set", "Corvo, Arlo and Benna")],
        "c": [said("set", "Arlo, Benna")],
        "d": [said("set", "Arlo, Benna, Corvo, the EU")],
        "e": [],
    }
    found = read_row("set", answers)
    assert (found.n_answers, found.n_common, found.common.text) == (4, 2, "Arlo, Benna, Corvo")
    assert found.states == {"a": "agrees", "b": "agrees", "c": "omits", "d": "adds", "e": "omits"}
    assert (found.missing, found.added) == ({"c": ["Corvo"]}, {"d": ["EU"]})
    assert found.everything == ["Arlo", "Benna", "Corvo", "EU"]
    assert items_missing({}, {"items": ["x"]}) == ["x"]


def test_what_is_apart_is_a_contradiction_only_from_the_same_source():
    answers = {
        "a": [said("number", "14", "the wire")],
        "b": [said("number", "14", "The Wire")],
        "c": [said("number", "20", "the minister")],
        "d": [said("number", "20", "the wire")],
        "e": [said("number", "21"), said("number", "14")],
        "f": [said("number", "22")],
    }
    assert read_row("number", answers).states == {
        "a": "agrees",
        "b": "agrees",
        "c": "other_source",
        "d": "contradicts",
        "e": "agrees",
        "f": "other_source",
    }


def test_nothing_prevails_where_each_says_something_else_or_only_one_speaks():
    one = {"a": [said("number", "14")], "b": []}
    tie = {n: [said("number", each)] for n, each in enumerate(("14", "14", "15", "15"))}
    for answers in (one, tie):
        found = read_row("number", answers)
        assert (found.common, found.n_common) == (None, 0)
        assert set(found.states.values()) == {"unchecked"}
