"""Answers read from German and English texts: of each kind, by the rules of the article's language."""

from __future__ import annotations

import pytest

from annotations.stories.german import GERMAN
from annotations.stories.proposing import cues_of, read_text, rules_for

BRIEF = (
    "Die Bürgermeister fordern den Minister zum Handeln auf.\n\n"
    "Unterzeichnet haben den Brief 14 Bürgermeister aus dem Oskatal. Darunter sind Toveln, Marsk und Ivel "
    "sowie Niederau. "
    "Der Brief trägt das Datum vom 6. März 2024 und ging nach Angaben des Ministeriums erst am Dienstag ein.\n\n"
    "Rund 38.000 Menschen leben unterhalb des Damms, mit den Gemeinden im Kreis Unterosk wären es zwischen "
    "45.000 und 47.000. "
    "Durch den Drän flossen 4,2 Liter Wasser pro Sekunde. Der Schaden beträgt 1,2 bis 1,5 Mio. Euro.\n\n"
    "Wasserminister Olen Hradek wies die Forderung zurück. Landrätin Wiebke Thoma reagierte verärgert. "
    "„Niemand hat uns gefragt, ob wir den Brief mitzeichnen wollen“, sagte Thoma dem Boten.\n\n"
    "Der Brief wurde bislang nicht veröffentlicht. Ob der Stausee abgesenkt wird, ist offen. "
    "Die Messwerte liegen dem Ministerium vor. Der Krisenstab tagte in Niederau am Brenik-Stausee."
)


def read(kind: str, question: str, text: str = BRIEF) -> list[str]:
    found = read_text(kind, cues_of(question, GERMAN), text, by_rules=GERMAN)
    return [each.span.text_of(text) for each in found]


@pytest.mark.parametrize(
    ("kind", "question", "words"),
    [
        ("number", "Wie viele haben unterzeichnet?", ["14 Bürgermeister"]),
        ("number", "Wie viele leben dort?", ["Rund 38.000 Menschen", "zwischen 45.000 und 47.000"]),
        ("number", "Wie viel Wasser? Liter, Drän", ["4,2 Liter"]),
        ("number", "Schaden", ["1,2 bis 1,5 Mio. Euro"]),
        ("date", "Von wann ist der Brief? Datum", ["6. März 2024", "Dienstag"]),
        ("name", "Wer wies die Forderung zurück?", ["Olen Hradek"]),
        ("name", "Wer war verärgert?", ["Wiebke Thoma"]),
        ("place", "Wo tagte der Krisenstab?", ["Niederau", "Brenik-Stausee"]),
        ("set", "Wer ist darunter?", ["Toveln, Marsk und Ivel sowie Niederau"]),
        (
            "quote",
            "Was wurde gefragt, mitzeichnen?",
            ["„Niemand hat uns gefragt, ob wir den Brief mitzeichnen wollen“"],
        ),
        ("yes_no", "Wurde er veröffentlicht?", ["Der Brief wurde bislang nicht veröffentlicht."]),
    ],
)
def test_what_answers_a_question_is_found_in_german(kind, question, words):
    assert read(kind, question) == words


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Wurde der Brief veröffentlicht?", {"yes": False}),
        ("Wird der Stausee abgesenkt?", {}),
        ("Liegen die Messwerte vor?", {"yes": True}),
    ],
)
def test_german_sentences_say_yes_no_or_leave_it_open(question, value):
    [found] = read_text("yes_no", cues_of(question, GERMAN), BRIEF, by_rules=GERMAN)
    assert found.value == value


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("Es kamen mehr als 200 Gäste.", ["mehr als 200 Gäste"]),
        ("Es kamen zweihundertvierzehn Gäste.", ["zweihundertvierzehn Gäste"]),
        ("Es kamen eine Million Gäste.", ["eine Million Gäste"]),
        ("Es kamen Hunderte Gäste.", ["Hunderte Gäste"]),
        ("Es kamen 14 verletzte Gäste.", ["14 verletzte Gäste"]),
        ("Es kamen 14\u00a0Gäste.", ["14\u00a0Gäste"]),
        ("Gäste kamen am 14. März um 19 Uhr.", []),
        ("Gäste kamen im Jahr 2016.", []),
        ("Gäste kamen nach § 14 und Nr. 15.", []),
        ("Ein Gast und eine Rede: die Gäste.", []),
        ("Der 14. Gast der Gäste.", []),
    ],
)
def test_german_numbers_are_told_from_dates_hours_and_articles(sentence, numbers):
    assert read("number", "gäste, gast", sentence) == numbers


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("Laut Landrätin Wiebke Thoma sind es 14.", "Landrätin Wiebke Thoma"),
        ("Nach Angaben des Kreises sind es 14.", "des Kreises"),
        ("Dem Ministerium zufolge sind es 14.", "Dem Ministerium"),
        ("„Es sind mehr als 14“, sagte Thoma.", "Thoma"),
        ("Es seien 14, erklärte die Polizei.", "die Polizei"),
        ("Der Betreiber teilte mit, es seien 14.", "Der Betreiber"),
        ("Demnach sind es 14.", ""),
        ("Es sind 14.", None),
    ],
)
def test_german_sentences_name_whose_word_it_is(sentence, speaker):
    assert GERMAN.speaker(sentence) == speaker


def test_a_cue_word_is_found_inside_of_compounds_and_in_other_forms():
    text = "Sechs Protestbriefe gingen ein. Neun Menschen starben."
    assert read("number", "Wie viele Briefe?", text) == ["Sechs Protestbriefe"]
    assert read("number", "Wie viele wurden unterzeichnet?", "Das unterzeichneten 9 Städte.") == ["9 Städte"]


def test_a_language_without_rules_has_none():
    assert rules_for("de-CH") is GERMAN
    assert rules_for("ar") is None
    assert rules_for("") is rules_for("en-GB")
