"""What is shown of a text that was found: short, whatever was looked for."""

from __future__ import annotations

from annotations.search import snippets as found_in
from annotations.search.query import Term
from annotations.search.snippets import AROUND, LONGEST, snippets


def test_a_frequent_word_shows_no_whole_passage():
    text = "der Preis der Ware, " * 100

    found = snippets(text, [Term(("der",))])

    assert max(len(one.text) for one in found) <= LONGEST + 2 * AROUND
    assert sum(len(one.hits) for one in found) == 200
    assert all(text[start:end] == "der" for one in found for start, end in one.hits)


def test_words_are_not_compared_with_every_term(monkeypatch):
    looked = []
    stands_at = found_in._stands_at
    monkeypatch.setattr(found_in, "_stands_at", lambda *where: looked.append(where) or stands_at(*where))
    text = "Preise preisen den Preis, der Ware und dem Wert, " * 50 + "der"
    terms = [Term(("prei",), True), Term(("der", "ware")), *(Term((f"wort{n}",)) for n in range(18))]

    found = snippets(text, terms)

    words = [text[start:end] for one in found for start, end in one.hits]
    assert words[:4] == ["Preise", "preisen", "Preis", "der Ware"]
    assert len(words) == len(looked) == 200
