"""Claims, mentions and evidence over HTTP: make, change, withdraw, restore, by the right person, once."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Claim, EvidenceItem, Source
from tests import factories


def new() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def annotation(ada, story) -> str:
    """Ada's annotation, by its key."""
    return str(factories.annotation(ada, story, 2, 11).key)


@pytest.fixture
def evidence_of(annotation):
    """Build the body that attaches a source to Ada's annotation."""

    def build(**values):
        keys = {"key": new(), "annotation": annotation, "claim_key": new(), "mention_key": new()}
        return {**keys, "url": "https://statistik.example/preise?utm_source=x", "stance": "refutes", **values}

    return build


def test_a_source_attached_to_an_annotation_makes_its_claim(api_of, ada, story, evidence_of):
    body = evidence_of(title="Amtliche Preise", quote="plus 3 %", note="andere Zahl")

    response = api_of(ada).post("projects/river/evidence/", body)

    assert response.status_code == 201
    evidence, claim = response.json()["evidence"], response.json()["claim"]
    assert (evidence["stance"], evidence["title"], evidence["quote"]) == ("refutes", "Amtliche Preise", "plus 3 %")
    assert (claim["key"], claim["text"]) == (body["claim_key"], "Der Preis")
    assert claim["evidence"] == [evidence]
    assert [mention["annotation"] for mention in claim["mentions"]] == [body["annotation"]]
    listed = api_of(ada).get(f"projects/river/articles/{story.uuid}/annotations/").json()
    assert listed["claims"] == [claim]


def test_a_second_source_goes_to_the_same_claim_and_a_repeat_makes_none(api_of, ada, evidence_of):
    api, key, second = api_of(ada), uuid.uuid4(), evidence_of(url="https://amt.example/2")
    first = api.post("projects/river/evidence/", evidence_of()).json()

    replies = [api.post("projects/river/evidence/", second, key=key) for _try in range(2)]

    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()
    assert replies[0].json()["claim"]["key"] == first["claim"]["key"]
    assert (Claim.objects.count(), EvidenceItem.objects.count(), Source.objects.count()) == (1, 2, 2)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"url": "javascript:alert(1)"}, 422, "url"),
        ({"url": "https://"}, 422, "url"),
        ({"stance": "maybe"}, 422, "stance"),
        ({"annotation": str(uuid.UUID(int=7))}, 404, None),
        ({"source": "7"}, 400, "source"),
        ({"title": "x" * 1_001}, 422, "title"),
    ],
)
def test_evidence_of_the_wrong_shape_is_refused_by_name(api_of, ada, evidence_of, changes, status, field):
    response = api_of(ada).post("projects/river/evidence/", evidence_of(**changes))

    assert (response.status_code, response.json()["problems"][0]["field"]) == (status, field)
    assert not EvidenceItem.objects.exists()
    assert not Claim.objects.exists()


def test_evidence_changes_on_its_version_and_comes_back_after_withdrawal(api_of, ada, evidence_of):
    api = api_of(ada)
    address = (
        f"projects/river/evidence/{api.post('projects/river/evidence/', evidence_of()).json()['evidence']['key']}/"
    )

    changed = api.patch(address, {"base_version": 1, "url": "https://amt.example/neu", "stance": "supports"})
    late = api.patch(address, {"base_version": 1, "note": "zu spät"})
    gone = api.post(f"{address}withdraw/", {"base_version": 2})
    back = api.post(f"{address}restore/", {"base_version": 3})

    assert (changed.json()["url"], changed.json()["stance"]) == ("https://amt.example/neu", "supports")
    assert (late.status_code, late.json()["current"]["url"]) == (409, "https://amt.example/neu")
    assert gone.json()["withdrawn_at"] is not None
    assert (back.json()["withdrawn_at"], back.json()["version"]) == (None, 4)


def test_a_claim_is_reworded_mentioned_again_and_withdrawn(api_of, ada, story, annotation):
    api = api_of(ada)
    other = str(factories.annotation(ada, story, 23, 26, "number").key)
    body = {"key": new(), "text": "Der Preis stieg.", "annotation": annotation, "mention_key": new()}

    made = api.post("projects/river/claims/", body)
    address = f"projects/river/claims/{body['key']}/"
    reworded = api.patch(address, {"base_version": 1, "text": "Der Preis stieg um 4 %."})
    mentioned = api.post(f"{address}mentions/", {"key": new(), "annotation": other, "stance": "reports"})
    twice = api.post(f"{address}mentions/", {"key": new(), "annotation": other})
    gone = api.post(f"{address}withdraw/", {"base_version": 2})
    back = api.post(f"{address}restore/", {"base_version": 3})

    assert (made.status_code, made.json()["mentions"][0]["stance"]) == (201, "asserts")
    assert (reworded.json()["text"], reworded.json()["version"]) == ("Der Preis stieg um 4 %.", 2)
    assert mentioned.json()["mention"]["claim"] == body["key"]
    assert [one["stance"] for one in mentioned.json()["claim"]["mentions"]] == ["asserts", "reports"]
    assert (twice.status_code, twice.json()["problems"][0]["code"]) == (422, "mentioned_already")
    assert gone.json()["withdrawn_at"] is not None
    assert back.json()["withdrawn_at"] is None


def test_a_mention_changes_its_stance_and_is_taken_back(api_of, ada, annotation):
    api, mention = api_of(ada), new()
    api.post("projects/river/claims/", {"key": new(), "text": "T", "annotation": annotation, "mention_key": mention})
    address = f"projects/river/mentions/{mention}/"

    changed = api.patch(address, {"base_version": 1, "stance": "denies"})
    late = api.patch(address, {"base_version": 1, "stance": "reports"})
    gone = api.post(f"{address}withdraw/", {"base_version": 2})
    back = api.post(f"{address}restore/", {"base_version": 3})

    assert changed.json()["stance"] == "denies"
    assert (late.status_code, late.json()["current"]["stance"]) == (409, "denies")
    assert gone.json()["withdrawn_at"] is not None
    assert back.json()["withdrawn_at"] is None


def test_a_claim_with_half_a_mention_is_refused(api_of, ada, annotation):
    body = {"key": new(), "text": "T", "annotation": annotation}

    response = api_of(ada).post("projects/river/claims/", body)

    assert (response.status_code, response.json()["problems"][0]["field"]) == (400, "mention_key")


def test_others_may_not_touch_a_claim_or_evidence(api_of, ada, ben, rosa, sam, evidence_of):
    made = api_of(ada).post("projects/river/evidence/", evidence_of()).json()
    claim, evidence = (
        f"projects/river/claims/{made['claim']['key']}/",
        f"projects/river/evidence/{made['evidence']['key']}/",
    )

    for path, change in ((claim, {"text": "anders"}), (evidence, {"note": "anders"})):
        answers = [api_of(person).patch(path, {"base_version": 1, **change}).status_code for person in (ben, rosa, sam)]
        assert answers == [404, 403, 404]
    assert Claim.objects.get().text == "Der Preis"


def test_the_history_of_an_annotation_names_every_state(api_of, ada, ben, rosa, annotation):
    api, address = api_of(ada), f"projects/river/annotations/{annotation}/"
    api.patch(address, {"base_version": 1, "note": "eins"})
    api.patch(address, {"base_version": 2, "label": "number"})

    history = api_of(rosa).get(f"{address}history/").json()

    assert [(one["version"], one["note"], one["label"]) for one in history["results"]] == [
        (1, "", "claim"),
        (2, "eins", "claim"),
    ]
    assert (history["annotation"]["version"], history["annotation"]["label"]) == (3, "number")
    assert api_of(ben).get(f"{address}history/").status_code == 404
