"""Claims by API: the list with its filters, verdicts, the desk, merging and the verdict scale."""

from __future__ import annotations

import uuid

import pytest

from annotations.workflow.claiming import make_claim
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

pytestmark = pytest.mark.django_db
HOME = "/api/v1/projects/river/"


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def ask(client, mia):
    client.force_login(mia.user)

    def send(method: str, path: str, body=None, key: str = ""):
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        call = getattr(client, method)
        if method == "get":
            return call(HOME + path, body)
        return call(HOME + path, body, content_type="application/json", headers=headers)

    return send


def test_a_claim_is_judged_and_published_by_api(mia, ask):
    rosa = factories.member(mia, "rosa", "reviewer")
    story = factories.article(mia)
    claim, other = (make_claim(uuid.uuid4(), words, by=rosa, claimant="Amt") for words in ("Teurer.", "Um 4 %."))
    at = f"claims/{claim.key}/"
    evidence = {"key": str(uuid.uuid4()), "claim": str(claim.key), "evidence_set": 0}
    evidence["passage"] = {"article": str(story.uuid), "start": 0, "end": 5}
    made = ask("post", "evidence/", evidence).json()["evidence"]
    assert (made["evidence_set"], made["url"], made["passage"]["end"]) == (2, "", 5)

    new, key = {"key": str(uuid.uuid4()), "value": "supported", "rationale": "Ja.", "evidence_sets": [2]}, uuid.uuid4()
    replies = [ask("post", f"{at}verdicts/", new, key=str(key)) for _n in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    late = ask("post", f"{at}verdicts/", {**new, "key": str(uuid.uuid4())})
    assert (late.status_code, late.json()["current"]["key"]) == (409, new["key"])
    desk = ask("patch", f"{at}desk/", {"base_version": 1, "state": "in_second_review", "due_on": "2026-12-24"}).json()
    assert (desk["state"], desk["due_on"], desk["version"]) == ("in_second_review", "2026-12-24", 2)
    stale = ask("patch", f"{at}desk/", {"base_version": 1, "state": "dropped"})
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 2)
    assert ask("patch", f"{at}desk/", {"base_version": 2, "state": "published"}).status_code == 403
    merged = ask("post", f"claims/{other.key}/merge/", {"base_version": 0, "into": str(claim.key)}).json()

    assert merged["merged_into"] == str(claim.key)
    found = ask("get", "claims/", {"verdict": "supported", "q": "teurer", "claimant": "Amt"}).json()["results"]
    assert [each["key"] for each in found] == [str(claim.key)]
    assert found[0]["verdicts"][0]["evidence_sets"] == [2]
    assert ask("get", at).json()["desk"]["state"] == "in_second_review"
    attach_source(NewEvidence(uuid.uuid4(), SourceLink("https://amt.example/"), claim=other.key), by=rosa)
    cited = [{"claim": str(other.key), "n": 1}]
    second = {**new, "key": str(uuid.uuid4()), "supersedes": new["key"], "merged_sets": cited}
    assert ask("post", f"{at}verdicts/", second).json()["merged_sets"] == cited
    assert ask("post", f"claims/{other.key}/part/", {"base_version": 1}).json()["merged_into"] is None
    assert [each["merged_sets"] for each in ask("get", at).json()["verdicts"]] == [cited, []]
    third = {**second, "key": str(uuid.uuid4()), "supersedes": second["key"]}
    assert ask("post", f"{at}verdicts/", third).json()["problems"][0]["field"] == "merged_sets"
    page = ask("get", "claims/", {"limit": "1"}).json()
    assert page["results"][0]["key"] == str(other.key)
    assert ask("get", "claims/", {"limit": "1", "cursor": page["next"]}).json()["results"][0]["key"] == str(claim.key)
    assert ask("get", "claims/", {"state": "nowhere"}).status_code == 422
    changed = ask("patch", at, {"base_version": 1, "claim_date": "2024-05-31"}).json()
    assert (changed["claim_date"], changed["text"]) == ("2024-05-31", "Teurer.")
    details = {"claim_type": "numerical", "check_worthiness": "worth_checking", "evidence_cutoff": "2024-06-01"}
    changed = ask("patch", at, {"base_version": 2, **details}).json()
    made = ask("post", "claims/", {"key": str(uuid.uuid4()), "text": "Morgen.", **details}).json()
    assert details.items() <= changed.items()
    assert details.items() <= made.items()
    assert ask("patch", at, {"base_version": 3, "claim_type": "rumour"}).json()["problems"][0]["field"] == "claim_type"
    for asked, n in (
        ({"claim_type": "numerical", "check_worthiness": "worth_checking"}, 2),
        ({"claim_type": "none"}, 1),
    ):
        assert len(ask("get", "claims/", asked).json()["results"]) == n
    assert ask("get", "claims/", {"claim_type": "rumour"}).status_code == 422


def test_the_scale_is_read_and_replaced_by_api(mia, ask):
    scale = ask("get", "verdict-scale/").json()
    assert scale["version"] == 1
    body = {"base_version": 1, "name": scale["name"], "values": [*scale["values"], {"key": "satire", "name": "Satire"}]}

    assert ask("put", "verdict-scale/", body).json()["values"][-1]["key"] == "satire"
    assert ask("put", "verdict-scale/", body).status_code == 409
    assert ask("put", "verdict-scale/", {**body, "base_version": 2, "values": []}).status_code == 422
