"""Search across a project by API: snippets with offsets in the text, pages, and what is wrong with a query."""

from __future__ import annotations

import pytest

from annotations.search.indexing import index_waiting
from annotations.search.snippets import AROUND
from tests import factories
from tests.search.test_everywhere import claim, everything_of

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


def test_the_api_finds_rows_of_another_kind_page_by_page(api_of, mia, corpus):
    keys = [str(claim(mia, f"Der Préis {n}").key) for n in range(3)][::-1]

    body = api_of(mia).get("projects/river/search/?text=preis&what=claims&limit=2").json()
    more = api_of(mia).get(f"projects/river/search/?text=preis&what=claims&limit=2&cursor={body['next']}").json()

    assert [row["key"] for row in body["results"] + more["results"]] == keys
    assert body["results"][0]["heading_hits"] == [{"start": 4, "end": 9}]
    assert (more["next"], body["is_cut"]) == (None, False)


def test_the_api_tells_blind_annotators_of_their_own_work_alone(api_of, ada, mia, corpus):
    everything_of(mia, "quartz")

    for kind in ("claims", "evidence", "verdicts", "sources", "notes"):
        assert api_of(ada).get(f"projects/river/search/?text=quartz&what={kind}").json()["results"] == []
        assert len(api_of(mia).get(f"projects/river/search/?text=quartz&what={kind}").json()["results"]) == 1
    response = api_of(ada).get("projects/river/search/?text=quartz&what=claims&person=mia")
    assert (response.status_code, response.json()["problems"][0]["field"]) == (400, "person")


def test_a_search_is_kept_by_api_as_a_filter_is(api_of, ada, corpus):
    sent = {"name": "Preise", "filters": {"text": "preis", "what": "notes"}}

    made = api_of(ada).post("projects/river/filters/", sent)

    assert (made.status_code, made.json()["filters"]) == (201, sent["filters"])
    assert [row["name"] for row in api_of(ada).get("projects/river/filters/").json()["results"]] == ["Preise"]
