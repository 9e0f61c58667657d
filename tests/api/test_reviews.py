"""Reviews by API: claims and evidence are settled like spans, repeated without harm, refused where they do not fit."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Claim, EvidenceItem
from annotations.workflow.adjudicating import take_over
from annotations.workflow.assigning import submit
from tests import factories
from tests.workflow.test_settling_claims import OTHER, claim, evidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(mia, ada, ben):
    """Both marked one span, say of it what it claims, and cite one page, for and against."""
    made = factories.article(mia)
    for by, text, stance in ((ada, "Brot wird teurer.", "supports"), (ben, "Brot ist teuer.", "refutes")):
        draft = claim(by, factories.annotation(by, made, 12, 17), text)
        evidence(by, draft, OTHER, stance)
        submit(made, by=by)
    return made


def open_unit(api, review):
    units = api.get(review).json()["units"]
    return next(unit for unit in units if not unit["is_agreed"] and not unit["is_settled"])


def test_claims_and_evidence_are_settled_by_api(api_of, story, ada, ben, rosa):
    api, review = api_of(rosa), f"projects/river/articles/{story.uuid}/review/"
    (waiting,) = api.get("projects/river/reviews/").json()["results"]
    assert (waiting["people"], waiting["given"], waiting["missing"]) == (2, 6, 4)
    take_over(story, by=rosa)

    unit = open_unit(api, review)
    assert unit["kind"] == "claim"
    said = {version["person"]: version["annotations"][0]["claim"]["text"] for version in unit["versions"]}
    assert said == {str(ada.uuid): "Brot wird teurer.", str(ben.uuid): "Brot ist teuer."}
    wording = {"text": "Brot wird um 4 % teurer.", "claim_date": "2026-03-01", "stance": "reports"}
    body = {"key": str(uuid.uuid4()), "unit": unit["unit"], "outcome": "edited", "claim": wording}
    once = uuid.uuid4()
    made = [api.post(f"{review}rulings/", body, key=once) for _again in range(2)]
    assert [reply.status_code for reply in made] == [201, 201]
    (shared,) = Claim.objects.filter(created_by=rosa)
    assert (shared.text, str(shared.claim_date)) == ("Brot wird um 4 % teurer.", "2026-03-01")

    unit = open_unit(api, review)
    assert (unit["kind"], unit["versions"][0]["annotations"][0]["evidence"]["url"]) == ("evidence", OTHER)
    body = {"key": str(uuid.uuid4()), "unit": unit["unit"], "outcome": "edited"}
    refused = api.post(f"{review}rulings/", body | {"stance": "perhaps"})
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, "stance_unknown")
    assert api.post(f"{review}rulings/", body | {"stance": "neutral"}).status_code == 201
    assert EvidenceItem.objects.get(created_by=rosa).stance == "neutral"
    assert api.post(f"{review}finish/").json()["state"] == "finished"


def test_a_stranger_and_an_annotator_settle_nothing_and_what_changed_is_a_conflict(api_of, story, ada, rosa):
    take_over(story, by=rosa)
    path = f"projects/river/articles/{story.uuid}/review/rulings/"
    unit = open_unit(api_of(rosa), f"projects/river/articles/{story.uuid}/review/")
    body = {"key": str(uuid.uuid4()), "unit": unit["unit"], "outcome": "apart"}

    assert api_of(ada).post(path, body).status_code == 403
    assert api_of(factories.user("sam")).post(path, body).status_code == 404
    Claim.objects.filter(created_by=ada).update(text="Brot bleibt teuer.", version_number=2)
    reply = api_of(rosa).post(path, body)

    assert (reply.status_code, Claim.objects.filter(created_by=rosa).exists()) == (409, False)
