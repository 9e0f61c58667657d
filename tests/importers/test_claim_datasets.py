"""FEVER, AVeriTeC and SciFact read, and written to be read again."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedRecord, Record
from annotations.text.urls import name_of_its_own
from tests.exporters.made_corpus import SCALE, TEXTS, Row, article, as_exported, judgement, written
from tests.importers import inputs
from tests.importers.inputs import articles, only_problem, problems, records

FEVER = inputs.SHARED / "data" / "fever" / "paper_dev.first300.jsonl"
needs_fever = pytest.mark.skipif(not FEVER.is_file(), reason="the shared data (fever) are not on this machine")


def claims(found: list[Record]) -> list[Row]:
    return [each.data for each in found if isinstance(each, ImportedRecord)]


def items(claim: Row) -> list[Row]:
    return [row for each in claim["evidence_sets"] for row in each["items"]]


def line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"


def members(data: bytes) -> dict[str, list[Row]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: list(map(json.loads, archive.read(name).splitlines())) for name in archive.namelist()}


# FEVER

CLAIM = {
    "id": 7,
    "verifiable": "VERIFIABLE",
    "label": "SUPPORTS",
    "claim": "The Oska rose.",
    "evidence": [[[1, 2, "Oska_-LRB-river-RRB-", 3], [1, 3, "Rain", 0]], [[4, 5, "Flood", 1]]],
}


def test_evidence_sets_of_fever_stay_sets_of_pages_on_wikipedia() -> None:
    [claim] = claims(records("a.jsonl", line(**CLAIM)))

    assert [len(each["items"]) for each in claim["evidence_sets"]] == [2, 1]
    first = items(claim)[0]
    assert (first["url"], first["title"]) == ("https://en.wikipedia.org/wiki/Oska_(river)", "Oska (river)")
    assert first["stance"] == "supports"
    assert first["metadata"]["fever"] == {
        "annotation_id": 1,
        "evidence_id": 2,
        "page": "Oska_-LRB-river-RRB-",
        "sentence": 3,
    }
    assert (claim["verdicts"][0]["value"], claim["verdicts"][0]["scheme"]) == ("SUPPORTS", "fever")
    assert claim["metadata"]["fever"] == {"id": 7, "verifiable": "VERIFIABLE"}


def test_not_enough_info_has_a_verdict_and_no_evidence() -> None:
    [claim] = claims(
        records("a.jsonl", line(**CLAIM | {"label": "NOT ENOUGH INFO", "evidence": [[[1, None, None, None]]]}))
    )

    assert items(claim) == []
    assert claim["verdicts"][0]["value"] == "NOT ENOUGH INFO"
    assert claim["metadata"]["fever"]["without_page"] == [[1, 1, None]]


def test_the_same_file_gives_the_same_keys() -> None:
    assert claims(records("a.jsonl", line(**CLAIM))) == claims(records("b.jsonl", line(**CLAIM)))


def test_a_label_that_fever_does_not_have_is_named_and_the_claim_kept() -> None:
    found = records("a.jsonl", line(**CLAIM | {"label": "MAYBE"}))

    assert claims(found)[0]["verdicts"] == []
    assert problems(found)[0].value == "MAYBE"


def test_a_claim_without_words_is_named() -> None:
    assert only_problem("a.jsonl", line(**CLAIM | {"claim": " "})).field == "claim"


def test_pages_beside_the_claims_are_articles_and_their_sentences_passages() -> None:
    page = {"id": "Flood", "text": "It rained 📈. It rose.", "lines": "0\tIt rained 📈.\tRain\n1\tIt rose.\n2\t"}

    found = records(
        "a.zip", inputs.zipped([("c.jsonl", line(**CLAIM).encode()), ("pages.jsonl", line(**page).encode())])
    )

    [made] = articles(found)
    assert [made.text[start:end] for start, end in made.sentences] == ["It rained 📈.", "It rose."]
    [claim] = claims(found)
    assert items(claim)[2]["passage"] == {"article": "Flood", "start": 13, "end": 21}


def test_what_the_scorer_of_fever_takes_lies_beside_the_claims_and_imports_pass_over_it() -> None:
    again = {**CLAIM, "id": 8, "evidence": [*CLAIM["evidence"], [[6, 7, "Rain", 0]]]}
    made = map(as_exported, claims(records("c.jsonl", line(**CLAIM) + line(**again))))
    data, _lost = written("fever", article("It rose."), claims=tuple(made), scale=SCALE)

    cited = [["Oska_-LRB-river-RRB-", 3], ["Rain", 0], ["Flood", 1]]
    assert members(data)["predictions.jsonl"] == [
        {"id": n, "predicted_label": "SUPPORTS", "predicted_evidence": cited} for n in (7, 8)
    ]
    found = records("a.zip", data)
    assert (len(claims(found)), problems(found)) == (2, [])


@needs_fever
def test_the_fever_sample_gives_the_counts_of_its_note() -> None:
    found = list(read_inputs([FEVER]))

    made = claims(found)
    assert problems(found) == []
    without_page = sum(len(each["metadata"]["fever"].get("without_page", [])) for each in made)
    n_items = sum(len(items(each)) for each in made)
    assert (len(made), n_items, n_items + without_page) == (300, 421, 538)
    assert sum(len(each["evidence_sets"]) for each in made) == 455
    assert Counter(each["verdicts"][0]["value"] for each in made) == {
        "NOT ENOUGH INFO": 86,
        "SUPPORTS": 99,
        "REFUTES": 115,
    }


@needs_fever
def test_the_fever_sample_comes_out_as_it_came_in() -> None:
    made = tuple(as_exported(each) for each in claims(list(read_inputs([FEVER]))))

    data, lost = written("fever", claims=made, scale=SCALE)

    back = {row["id"]: row for row in members(data)["claims.jsonl"]}
    for given_line in FEVER.read_text().splitlines():
        row = json.loads(given_line)
        again = back[row["id"]]
        assert {name: again[name] for name in ("claim", "label", "verifiable")} == {
            name: row[name] for name in ("claim", "label", "verifiable")
        }
        assert [sorted(map(str, each)) for each in again["evidence"]] == [
            sorted(map(str, each)) for each in row["evidence"]
        ]
    assert lost == {}


# AVeriTeC

ASKED = {
    "claim": "The Oska rose.",
    "required_reannotation": False,
    "label": "Conflicting Evidence/Cherrypicking",
    "justification": "Two gauges differ.",
    "claim_date": "5-10-2020",
    "speaker": "Anela Krivan",
    "original_claim_url": None,
    "claim_types": ["Numerical Claim"],
    "questions": [
        {
            "question": "What did the gauge say?",
            "answers": [
                {
                    "answer": "4.2 m",
                    "answer_type": "Extractive",
                    "source_url": "https://gauge.example/oska",
                    "source_medium": "Web text",
                    "cached_source_url": "",
                }
            ],
        },
        {
            "question": "Who saw it?",
            "answers": [{"answer": "No answer could be found.", "answer_type": "Unanswerable"}],
        },
    ],
    "weather": "wet",
}


def test_questions_and_answers_are_evidence_that_was_asked_for() -> None:
    [claim] = claims(records("a.json", json.dumps([ASKED])))

    assert (claim["claimant"], claim["claim_date"]) == ("Anela Krivan", "2020-10-05")
    assert claim["claim_type"] == "numerical"
    assert claim["metadata"]["averitec"] == {
        "required_reannotation": False,
        "weather": "wet",
    }
    answered, open_question = items(claim)
    assert (answered["question"], answered["quote"], answered["url"]) == (
        "What did the gauge say?",
        "4.2 m",
        "https://gauge.example/oska",
    )
    assert answered["metadata"]["averitec"] == {
        "question": 1,
        "answer": 1,
        "answer_type": "Extractive",
        "source_medium": "Web text",
    }
    assert open_question["url"] == ""
    assert claim["verdicts"][0]["rationale"] == "Two gauges differ."
    assert claim["verdicts"][0]["value"] == "Conflicting Evidence/Cherrypicking"


def test_a_date_that_is_none_is_named_and_kept() -> None:
    found = records("a.json", json.dumps([ASKED | {"claim_date": "31-2-2020"}]))

    assert problems(found)[0].field == "claim_date"
    [claim] = claims(found)
    assert (claim["claim_date"], claim["metadata"]["averitec"]["claim_date"]) == (None, "31-2-2020")


def test_an_answer_whose_address_is_none_becomes_an_enquiry_that_keeps_it() -> None:
    asked = {"question": "Where?", "answers": [{"answer": "Here", "source_url": "Metadata"}]}

    [claim] = claims(records("a.json", json.dumps([ASKED | {"questions": [asked]}])))

    [item] = items(claim)
    assert (item["url"], item["metadata"]["averitec"]["source_url"]) == ("", "Metadata")


def test_a_claim_of_averitec_comes_out_as_it_came_in() -> None:
    made = as_exported(claims(records("a.json", json.dumps([ASKED])))[0])

    data, lost = written("averitec", claims=(made,), scale=SCALE)

    [back] = json.loads(data)
    assert {
        name: back[name] for name in ("claim", "label", "justification", "claim_date", "speaker", "claim_types")
    } == {name: ASKED[name] for name in ("claim", "label", "justification", "claim_date", "speaker", "claim_types")}
    assert [each["question"] for each in back["questions"]] == ["What did the gauge say?", "Who saw it?"]
    assert back["questions"][0]["answers"][0]["source_url"] == "https://gauge.example/oska"
    assert (
        claims(records("b.json", data))[0]["evidence_sets"]
        == claims(records("a.json", json.dumps([ASKED])))[0]["evidence_sets"]
    )
    assert lost == {}


@pytest.mark.parametrize(
    ("listed", "kind", "kept"),
    [
        (["Quote Verification"], "quotation", None),
        (["Weather Claim", "Causal Claim", "Numerical Claim"], "causal", True),
        (["Weather Claim"], "", True),
        ("Causal Claim", "", True),
    ],
)
def test_types_of_averitec_are_the_type_of_the_claim(listed: Any, kind: str, kept: bool | None) -> None:
    """One that is known is the claim's; several stay as they were listed, as long as the claim's is among them."""
    [claim] = claims(records("a.json", json.dumps([ASKED | {"claim_types": listed}])))

    assert (claim["claim_type"], claim["metadata"]["averitec"].get("claim_types")) == (kind, listed if kept else None)
    for ours, expected in ((kind, listed), ("prediction", [])):
        data, lost = written("averitec", claims=(as_exported(claim | {"claim_type": ours}),), scale=SCALE)
        assert (json.loads(data)[0]["claim_types"], lost.get("details")) == (expected, None if ours == kind else 1)


def test_evidence_that_answers_nothing_and_articles_are_counted_as_lost() -> None:
    item = judgement(1, url="https://gauge.example/", stance="supports", title="", quote="")
    made = as_exported({"text": "It rose.", "evidence_sets": [{"n": 1, "items": [item]}], "verdicts": []})

    _data, lost = written("averitec", article("It rose."), claims=(made,), scale=SCALE)

    assert lost == {"articles": 1, "evidence": 1}


def test_words_of_an_article_are_an_extract_at_its_address() -> None:
    where = {"article": "a-1", "start": 0, "end": 8}
    item = judgement(1, url="", stance="supports", title="", quote="It rose.", question="Did it?", passage=where)
    made = as_exported({"text": "It rose.", "evidence_sets": [{"n": 1, "items": [item]}], "verdicts": []})

    data, lost = written("averitec", article("It rose.", url="https://oska.example/1"), claims=(made,), scale=SCALE)

    [answer] = json.loads(data)[0]["questions"][0]["answers"]
    assert answer == {"answer": "It rose.", "source_url": "https://oska.example/1", "answer_type": "Extractive"}
    assert lost == {"articles": 1, "details": 1}


def test_a_source_without_an_address_has_none_in_averitec() -> None:
    item = judgement(1, url=name_of_its_own(UUID(int=7)), stance="supports", title="A book", question="Did it?")
    made = as_exported({"text": "It rose.", "evidence_sets": [{"n": 1, "items": [item]}], "verdicts": []})

    data, lost = written("averitec", article("It rose."), claims=(made,), scale=SCALE)

    [answer] = json.loads(data)[0]["questions"][0]["answers"]
    assert (answer["source_url"], lost["details"]) == (None, 1)


@pytest.mark.parametrize("name", ["fever", "scifact", "averitec"])
@pytest.mark.parametrize("where", [{"capture": {"fetched_at": "2024-03-18", "sha256": "00"}}, {"version": 1}])
def test_a_passage_that_no_article_of_the_file_holds_is_counted_as_lost(name: str, where: Row) -> None:
    """Of a capture, or of an earlier text."""
    place = where | ({"article": "a-1"} if "version" in where else {}) | {"start": 0, "end": 8}
    item = judgement(1, url="", stance="supports", title="", quote="", passage=place)
    made = as_exported({"text": "It rose.", "evidence_sets": [{"n": 1, "items": [item]}], "verdicts": []})

    _data, lost = written(name, article("It rose."), claims=(made,), scale=SCALE)

    assert lost["evidence"] == 1


# SciFact

ABSTRACT = {"doc_id": 4983, "title": "Rain", "abstract": ["It rained 📈.", "It rose."], "structured": False}
TESTED = {
    "id": 3,
    "claim": "The Oska rose.",
    "evidence": {"4983": [{"sentences": [1], "label": "SUPPORT"}]},
    "cited_doc_ids": [4983],
}


def scifact(*rows: Row) -> bytes:
    return inputs.zipped(
        [("claims.jsonl", "".join(line(**row) for row in rows).encode()), ("corpus.jsonl", line(**ABSTRACT).encode())]
    )


def test_abstracts_are_articles_and_evidence_their_sentences() -> None:
    found = records("a.zip", scifact(TESTED))

    [made] = articles(found)
    assert (made.external_id, made.text) == ("scifact/4983", "It rained 📈. It rose.")
    assert made.sentences == ((0, 12), (13, 21))
    [claim] = claims(found)
    assert items(claim)[0]["passage"] == {"article": "scifact/4983", "start": 13, "end": 21}
    assert (claim["verdicts"][0]["value"], claim["metadata"]["scifact"]["cited_doc_ids"]) == ("SUPPORT", [4983])


def test_a_claim_without_evidence_has_no_verdict() -> None:
    [claim] = claims(records("a.zip", scifact(TESTED | {"evidence": {}})))

    assert (claim["evidence_sets"], claim["verdicts"]) == ([], [])


def test_evidence_in_an_abstract_that_is_not_beside_is_kept_as_metadata_and_named() -> None:
    found = records("claims.jsonl", line(**TESTED))

    [problem] = problems(found)
    assert (problem.line, problem.is_rejection) == (1, False)
    assert claims(found)[0]["metadata"]["scifact"]["evidence"] == TESTED["evidence"]


def test_a_prediction_with_one_entry_for_an_abstract_is_read_too() -> None:
    evidence = {"4983": {"sentences": [0, 1], "label": "CONTRADICT"}}

    [claim] = claims(records("a.zip", scifact(TESTED | {"evidence": evidence})))

    assert [row["stance"] for row in items(claim)] == ["refutes", "refutes"]


def test_a_claim_of_scifact_comes_out_as_it_came_in() -> None:
    found = records("a.zip", scifact(TESTED))
    [made] = articles(found)
    row = article(made.text, made.external_id, title=made.title, metadata=made.metadata, sentences=list(made.sentences))

    data, lost = written("scifact", row, claims=(as_exported(claims(found)[0]),), scale=SCALE)

    assert members(data)["claims.jsonl"] == [TESTED]
    [document] = members(data)["corpus.jsonl"]
    assert {name: document[name] for name in ABSTRACT} == ABSTRACT
    assert lost == {"metadata": 1}


def passage(text: str, start: int, end: int) -> Row:
    where = {"article": "a-1", "start": start, "end": end}
    item = judgement(1, stance="supports", passage=where, title="", quote="", url="")
    verdict = judgement(2, value="supported", supersedes=None, rationale="")
    return as_exported(
        {"text": text, "evidence_sets": [{"n": 1, "items": [item]}], "verdicts": [verdict], "key": judgement(3)["key"]}
    )


@pytest.mark.parametrize("name", ["fever", "scifact"])
def test_a_passage_is_widened_to_its_sentences_and_that_is_counted(name: str) -> None:
    text = "It rained. The Oska rose. They left."

    data, lost = written(name, article(text), claims=(passage("It rose.", 15, 19),), scale=SCALE)

    found = records("a.zip", data)
    [made] = articles(found)
    [claim] = claims(found)
    where = items(claim)[0]["passage"]
    assert made.text == text
    assert made.text[where["start"] : where["end"]] == "The Oska rose."
    assert lost == {"widened": 1}


@pytest.mark.parametrize("name", ["fever", "scifact"])
@given(text=TEXTS, places=st.tuples(st.integers(0, 59), st.integers(1, 60)))
def test_any_text_and_passage_come_back_within_what_was_counted(name: str, text: str, places: tuple[int, int]) -> None:
    start = min(places[0], len(text) - 1)
    end = min(max(places[1], start + 1), len(text))

    data, lost = written(name, article(text), claims=(passage("It rose.", start, end),), scale=SCALE)

    found = records("a.zip", data)
    [made] = articles(found)
    assert (made.external_id, made.text) == ("a-1", text)
    rows = items(claims(found)[0])
    assert len(rows) >= 1 or lost.get("evidence") == 1
    if rows and "widened" not in lost:
        assert (rows[0]["passage"]["start"], rows[-1]["passage"]["end"]) == (start, end)
