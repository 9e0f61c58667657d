"""What is shown of a text that was found: short, whatever was looked for."""

from __future__ import annotations

from annotations.search.query import Term
from annotations.search.snippets import AROUND, LONGEST, snippets


def test_a_frequent_word_shows_no_whole_passage():
    text = "der Preis der Ware, " * 100

    found = snippets(text, [Term(("der",))])

    assert max(len(one.text) for one in found) <= LONGEST + 2 * AROUND
    assert sum(len(one.hits) for one in found) == 200
    assert all(text[start:end] == "der" for one in found for start, end in one.hits)
