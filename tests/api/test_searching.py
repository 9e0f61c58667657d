"""Search across a project by API: snippets with offsets in the text, pages, and what is wrong with a query."""

from __future__ import annotations

import pytest

from annotations.search.indexing import index_waiting
from annotations.search.snippets import AROUND
from tests import factories

TEXT = "Emoji 📈 zuerst.\n\n" + "Wort " * 60 + "Der Préis stieg. " + "Ende " * 60


@pytest.fixture
def corpus(mia):
    """Give texts that are found and one that is not."""
    for n in range(22):
        factories.article(mia, TEXT, title=f"Preise {n}", external_id=f"p{n}")
    factories.article(mia, "Nichts davon.", title="Anderes")
    index_waiting()


def test_the_api_gives_snippets_that_stand_in_the_text(api_of, ada, corpus):
    body = api_of(ada).get("projects/river/search/?text=prei*&limit=20").json()

    assert (len(body["results"]), body["is_behind"]) == (20, False)
    assert body["results"][0]["title_hits"] == [{"start": 0, "end": 6}]
    for snippet in body["results"][0]["snippets"]:
        assert TEXT[snippet["start"] : snippet["end"]] == snippet["text"]
        assert [TEXT[hit["start"] : hit["end"]] for hit in snippet["hits"]] == ["Préis"]
        assert len(snippet["text"]) <= 2 * AROUND + 5
    more = api_of(ada).get(f"projects/river/search/?text=prei*&limit=20&cursor={body['next']}").json()
    assert (len(more["results"]), more["next"]) == (2, None)


@pytest.mark.parametrize(
    ("asked", "field"), [("", "text"), ("?text=%28a", "text"), ("?text=x&project=lake", "project")]
)
def test_the_api_says_what_is_wrong_with_a_query(api_of, ada, corpus, asked, field):
    response = api_of(ada).get(f"projects/river/search/{asked}")

    assert (response.status_code, response.json()["problems"][0]["field"]) == (400, field)
