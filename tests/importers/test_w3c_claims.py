"""Evidence, verdicts and shared passages as Web Annotations: written with their motivations, and read again."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.exporters.exporting import counts_of
from annotations.importers.spooling import to_line
from annotations.models import Claim, EvidenceItem, Job, QuoteLink, Verdict
from tests.corpora import exported, imported
from tests.factories import project
from tests.importers.inputs import records
from tests.importers.test_odd_values import ODD, places_in
from tests.importers.test_passim import ARTICLES, PASSAGES

CLAIM = {
    "type": "claim",
    "key": "0b0f3f5e-63c8-4a43-a5b5-3a2c2f6f0a01",
    "text": "The Oska rose by two metres.",
    "claimant": "Lumen gauge",
    "evidence_sets": [
        {
            "n": 1,
            "items": [
                {
                    "key": "0b0f3f5e-63c8-4a43-a5b5-3a2c2f6f0a02",
                    "stance": "supports",
                    "quote": "The Oska rose",
                    "note": "as measured",
                    "passage": {"article": "passim-1", "start": 0, "end": 13},
                },
                {
                    "key": "0b0f3f5e-63c8-4a43-a5b5-3a2c2f6f0a03",
                    "stance": "refutes",
                    "url": "https://gauge.example/oska",
                },
            ],
        }
    ],
    "verdicts": [
        {"key": "0b0f3f5e-63c8-4a43-a5b5-3a2c2f6f0a04", "value": "supported", "rationale": "The gauge says so."}
    ],
}


PLACE = {
    "source": "urn:claim-workbench:article:a-1",
    "selector": [{"type": "TextQuoteSelector", "exact": "It"}, {"type": "TextPositionSelector", "start": 0, "end": 2}],
}
ABOUT = {"key": CLAIM["key"], "text": "It rose."}
WRITTEN: list[dict[str, Any]] = [
    {"motivation": "linking", "target": PLACE, "body": [PLACE | {"purpose": "linking"}]},
    {"motivation": "linking", "target": PLACE, "body": [], "workbench:claim": ABOUT, "workbench:set": 1},
    {"motivation": "assessing", "target": "urn:x:1", "workbench:claim": ABOUT, "workbench:value": "supported"},
]


@given(data=st.data())
def test_an_odd_value_anywhere_is_no_failure(data: st.DataObject) -> None:
    common = {"@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "id": f"urn:uuid:{CLAIM['key']}"}
    rows = [common | deepcopy(row) for row in WRITTEN]
    for _n in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places_in(rows)))
        holder[key] = deepcopy(data.draw(ODD))

    found = records("a.jsonl", "\n".join(map(json.dumps, rows)), format_name="w3c")

    for each in found:
        assert to_line(each)  # type: ignore[arg-type]
        if getattr(each, "kind", "") == "passage":
            assert all(isinstance(each.data[end]["article"], str) for end in ("one", "other"))


def test_a_purpose_that_is_no_word_is_passed_over():
    row = {"@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "id": f"urn:uuid:{CLAIM['key']}"}
    row |= {"motivation": "linking", "target": PLACE | {"selector": None}, "body": [PLACE | {"purpose": {}}]}

    (found,) = records("a.jsonl", json.dumps(row), format_name="w3c")

    assert found.data["article_labels"][0]["attributes"] == {"bodies": row["body"]}


@pytest.mark.django_db
def test_motivations_are_linking_and_assessing_and_all_comes_back():
    mia = project()
    imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": PASSAGES})
    imported(mia, {"claims.jsonl": json.dumps(CLAIM).encode() + b"\n"}, format="native")

    data = exported(mia, format="w3c")

    items = json.loads(data)["items"]
    assert sorted(each["motivation"] for each in items) == ["assessing", *["linking"] * 4]
    [verdict] = [each for each in items if each["motivation"] == "assessing"]
    assert verdict["target"] == f"urn:uuid:{CLAIM['key']}"
    assert [(body["purpose"], body["value"]) for body in verdict["body"]] == [
        ("assessing", "Supported"),
        ("describing", "The gauge says so."),
    ]
    assert counts_of(Job.objects.latest("pk"))["left_out"] == {"texts": 3}

    copy = project("copy")
    imported(copy, {"articles.jsonl": ARTICLES})
    imported(copy, {"a.jsonld": data})
    made = Claim.objects.get(project=copy.project)
    assert (str(made.key), made.text, made.claimant) == (CLAIM["key"], CLAIM["text"], CLAIM["claimant"])
    told = EvidenceItem.objects.filter(project=copy.project).order_by("key")
    assert [(row.stance, row.quote, row.note, row.url, row.start, row.end) for row in told] == [
        ("supports", "The Oska rose", "as measured", "", 0, 13),
        ("refutes", "", "", "https://gauge.example/oska", None, None),
    ]
    assert Verdict.objects.get(project=copy.project).value.key == "supported"
    assert QuoteLink.objects.filter(project=copy.project, found_by="w3c").count() == 2
    again = json.loads(exported(copy, format="w3c"))["items"]
    assert {each["id"] for each in again} == {each["id"] for each in items}
