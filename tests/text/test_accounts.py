"""What articles say as values: read from words, compared, and put side by side."""

from __future__ import annotations

import pytest

from annotations.text.accounts import Relation, Said, compare, items_missing, read_row, value_of

M = 1_000_000


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("14", 14, 14),
        ("fifteen ambassadors", 15, 15),
        ("twenty-one", 21, 21),
        ("up to a million", None, M),
        ("a million or more", M, None),
        ("more than 1.5 million", 1_500_000, None),
        ("800,000 to two million", 800_000, 2 * M),
        ("1.234.567", 1_234_567, 1_234_567),
        ("mindestens 2 Millionen", 2 * M, None),
        ("a dozen", 12, 12),
    ],
)
def test_a_number_is_read_with_what_bounds_it(words, low, high):
    value = value_of("number", words)
    assert (value["low"], value["high"]) == (low, high)


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
