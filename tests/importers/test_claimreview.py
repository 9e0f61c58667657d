"""schema.org's ClaimReview read, and written to be read again."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from annotations.exporters.exporting import counts_of
from annotations.importers.formats import format_of
from annotations.importers.opening import open_inputs
from annotations.importers.records import ImportedRecord
from annotations.models import Claim, EvidenceItem, Job, Verdict
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.desk import DeskChange, change_desk, desk_of
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories
from tests.claim_review_rules import faults
from tests.conftest import BASE_DIR
from tests.corpora import counts, exported, imported
from tests.importers.inputs import problems, records

SAMPLE = BASE_DIR / "fixtures" / "samples" / "claimreview.jsonld"
REVIEW: dict[str, Any] = {
    "@type": "ClaimReview",
    "claimReviewed": "The Oska rose.",
    "url": "https://a.example/1",
    "reviewRating": {"alternateName": "Supported"},
}


def claims(name: str, data: Any) -> list[dict[str, Any]]:
    found = records(name, data if isinstance(data, str) else json.dumps(data), format_name="claimreview")
    assert problems(found) == []
    return [each.data for each in found if isinstance(each, ImportedRecord)]


def test_a_feed_gives_claims_with_verdict_and_evidence_and_keeps_what_has_no_column():
    first, second = claims("feed.jsonld", SAMPLE.read_text())

    assert first["text"] == "The reservoir holds 310 million cubic metres & more. 📈"
    assert (first["claimant"], first["claim_date"]) == ("Ministry of Water", "2024-03-06")
    items = first["evidence_sets"][0]["items"]
    assert [(item["url"], item["title"], item["quote"]) for item in items] == [
        ("https://water.example/yearbook", "Yearbook 2023", "310 million"),
        ("https://gauge.example/oska", "", ""),
    ]
    assert first["verdicts"][0]["value"] == "Supported"
    assert first["verdicts"][0]["evidence_sets"] == [1]
    kept = first["metadata"]["claimreview"]
    assert kept["author"] == {"@type": "Organization", "sameAs": "https://water.example/"}
    assert kept["rating"]["ratingValue"] == "4"
    assert len(kept["claim"]["appearance"]) == 2
    assert (second["claimant"], second["metadata"]["claimreview"]["review"]["author"]) == (
        "Anela Krivan",
        "Oska Gazette",
    )


@pytest.mark.parametrize(
    "data",
    [
        REVIEW,
        [REVIEW],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, REVIEW]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": REVIEW}]},
        json.dumps(REVIEW) + "\n" + json.dumps(REVIEW | {"url": "https://a.example/1"}) + "\n",
    ],
)
def test_a_review_is_found_alone_in_lists_graphs_feeds_and_lines(data):
    found = claims("r.jsonl" if isinstance(data, str) else "r.json", data)

    assert {row["key"] for row in found} == {claims("r.json", REVIEW)[0]["key"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"claimReviewed": " "}, "claim"), ({"reviewRating": {"ratingValue": 1}}, "reviewRating")],
)
def test_what_is_missing_is_named(change, field):
    [problem] = problems(records("r.json", json.dumps(REVIEW | change), format_name="claimreview"))

    assert problem.field == field


def test_the_format_is_guessed_and_linked_annotations_are_not_taken_for_it():
    [source] = open_inputs([SAMPLE])
    [other] = open_inputs([BASE_DIR / "fixtures" / "samples" / "w3c" / "tide.jsonld"])

    assert (format_of(source), format_of(other)) == ("claimreview", "w3c")


@pytest.fixture
def desk(db):
    """Return a project with a corrected claim that has a page, and one that nobody published."""
    mia = factories.project(visibility="open", language="en")
    factories.set_project(mia, publishes=True, published_as="Flussblatt", published_from="https://fluss.example/")
    rosa = factories.member(mia, "rosa", "reviewer")
    article = factories.article(mia, url="https://bote.example/1", publisher="Bote")
    noted = factories.annotation(rosa, article, 2, 26)
    for text in ("Der Preis stieg um 4 %. 📈", "Niemand weiß es."):
        mention = NewMention(uuid.uuid4(), noted.key)
        claim = make_claim(uuid.uuid4(), text, by=rosa, claimant="Amt", mention=mention)
        link = SourceLink("https://amt.example/a?b=1", "Preise", "supports", "um 4 %", "intern", strength="strong")
        attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=rosa)
        new = NewVerdict(uuid.uuid4(), claim.key, "supported", "So ist es.", (1,))
        reach_verdict(new, by=rosa)
    published = Claim.objects.order_by("pk")[0]
    _publish(published, rosa, mia)
    again = NewVerdict(uuid.uuid4(), published.key, "refuted", "Nein.", (1,), Verdict.objects.first().key, "Falsch.")
    reach_verdict(again, by=rosa)
    _publish(published, rosa, mia)
    make_claim(uuid.uuid4(), "Ohne Urteil.", by=rosa)
    return mia


def _publish(claim, rosa, mia):
    for state, by in (("in_second_review", rosa), ("published", mia)):
        change_desk(claim.key, DeskChange(state), by=by, base_version=desk_of(claim).version_number)


def test_an_export_holds_valid_reviews_and_is_the_same_after_an_import(desk, settings):
    settings.PUBLIC_URL = "https://checks.example"
    first = exported(desk, format="claimreview")
    lost = counts_of(Job.objects.order_by("-pk")[0])["left_out"]
    feed = json.loads(first)
    reviews = {each["item"]["claimReviewed"]: each["item"] for each in feed["dataFeedElement"]}

    public, draft = reviews["Der Preis stieg um 4 %. 📈"], reviews["Niemand weiß es."]
    assert faults({"@context": "https://schema.org", **public}) == []
    assert public["url"].startswith("https://checks.example/published/")
    assert public["itemReviewed"]["appearance"][0]["url"] == "https://bote.example/1"
    assert (public["reviewRating"]["alternateName"], public["correction"][0]["text"]) == ("Refuted", "Falsch.")
    assert "creativeWorkStatus" not in public
    assert (draft["creativeWorkStatus"], draft["url"][:9]) == ("Draft", "urn:uuid:")
    assert "intern" not in first.decode()
    assert lost == {
        "annotations": 1,
        "articles": 1,
        "assignments": 1,
        "claims": 1,
        "desks": 2,
        "details": 2,
        "evidence_details": 2,
        "publications": 1,
        "verdicts": 1,
    }

    other = factories.project("copy", visibility="open", language="de")
    job = imported(other, {"reviews.jsonld": first})
    assert counts(job)[4] == 0
    assert exported(other, format="claimreview").replace(b'"Copy"', b'"River"', 1) == first
    assert Verdict.objects.filter(project=other.project, published_at__isnull=False).count() == 0
    assert EvidenceItem.objects.filter(project=other.project).count() == 2
