"""Stories by API: made, changed, merged; questions asked, filled and answered; suggestions decided; all of it once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from annotations.models import AccountCell, Job, Project, Story, StorySuggestion
from annotations.reuse.finding import start_finding
from annotations.stories.finding import start_finding_stories
from annotations.workflow.sources import add_source
from tests.api.test_quotations import captured
from tests.reuse.test_finding import done
from tests.stories.made_up import TEXTS, WIRE, tell

LIST = "projects/river/stories/"
ROWS = "projects/river/story-rows/"


@pytest.fixture
def told(mia):
    return tell(mia)


def test_a_story_with_its_matrix_is_made_read_and_changed(api_of, mia, rosa, told):
    api, key, once = api_of(rosa), str(uuid.uuid4()), uuid.uuid4()
    body = {"key": key, "name": "The letter", "articles": [str(told["wire"].uuid), str(told["copy"].uuid)]}
    made = [api.post(LIST, body, key=once) for _time in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert Story.objects.count() == 1
    row = str(uuid.uuid4())
    asked = api.post(f"{LIST}{key}/rows/", {"key": row, "text": "How many moved out?", "kind": "number"})
    assert (asked.status_code, asked.json()["version"]) == (201, 1)
    filled = api.post(f"{ROWS}{row}/fill/").json()
    assert [each["statements"][0]["value"] for each in filled["cells"]] == [
        {"low": None, "high": 900},
        {"low": 400, "high": None},
    ]

    place = TEXTS["copy"].index("400")
    said = {"text": "500", "voice": "source", "said_by": "the mayors", "quote": "400", "start": place}
    path = f"{ROWS}{row}/answers/{told['copy'].uuid}/"
    answered = api.put(path, {"base_version": 1, "state": "differs", "statements": [said]}).json()
    assert (answered["state"], answered["is_checked"], answered["version"]) == ("differs", True, 2)
    assert (answered["statements"][0]["start"], answered["statements"][0]["end"]) == (place, place + 3)
    stale = api.put(path, {"base_version": 1, "state": "agrees"})
    assert (stale.status_code, stale.json()["problems"][0]["code"]) == (409, "stale_version")
    wrong = api.put(path, {"base_version": 2, "state": "agrees", "statements": [{"text": "9", "quote": "never said"}]})
    assert (wrong.status_code, wrong.json()["problems"][0]["code"]) == (422, "quote_mismatch")

    api.post(f"{LIST}{key}/articles/", {"relate": [str(told["other"].uuid)], "add": [str(told["third"].uuid)]})
    changed = api.patch(f"{LIST}{key}/", {"base_version": 1, "name": "The mayors’ letter"}).json()
    assert (changed["name"], changed["version"]) == ("The mayors’ letter", 2)
    whole = api.get(f"{LIST}{key}/").json()
    assert [each["title"] for each in whole["articles"]] == [
        "The wire article",
        "The third article",
        "The copy article",
    ]
    assert [each["title"] for each in whole["related"]] == ["The other article"]
    assert {each["version"] for each in whole["rows"][0]["cells"]} == {0, 1, 2}
    assert all(each["n_words"] >= 30 for each in whole["takings"])
    assert {each["giver_page"] for each in whole["takings"]} == {None}
    page = captured(add_source("https://town.example/letter", by=mia), mia, f"{WIRE} And so on.")
    done(start_finding(mia))
    takings = api.get(f"{LIST}{key}/").json()["takings"]
    ends = [each[end] for each in takings for end in ("giver_page", "taker_page") if each[end]]
    assert {(each["capture"], each["name"]) for each in ends} == {(str(page.uuid), "https://town.example/letter")}
    assert len(ends) == 3
    assert api.get(LIST).json()["results"][0]["key"] == key
    assert api.get(LIST, limit=1).json()["next"] is None
    table = api.client.get(f"/api/v1/{LIST}{key}/matrix.csv", headers=api.headers)
    assert table.content.decode().count("How many moved out?") == 3

    other = str(uuid.uuid4())
    api.post(LIST, {"key": other, "name": "Again"})
    assert api.post(f"{LIST}{other}/merge/", {"base_version": 1, "into": key}).json()["merged_into"] == key
    assert [each["key"] for each in api.get(f"{LIST}{key}/").json()["merged"]] == [other]
    assert api.post(f"{LIST}{other}/part/", {"base_version": 2}).json()["merged_into"] is None
    gone = api.patch(f"{ROWS}{row}/", {"base_version": 1, "withdrawn": True}).json()
    assert gone["withdrawn_at"] is not None
    assert AccountCell.objects.count() == 2


def test_a_suggested_story_is_listed_with_its_ground_and_decided_once(api_of, mia, ada, rosa, told):
    run = api_of(rosa).post("projects/river/story-suggestions/run/")
    assert run.status_code == 202
    done(Job.objects.get(kind="stories"))
    (listed,) = api_of(rosa).get("projects/river/story-suggestions/").json()["results"]
    by_title = {each["title"]: each for each in listed["articles"]}
    assert by_title["The other article"]["is_related"]
    assert by_title["The wire article"]["ground"][0]["words"] >= 30
    assert api_of(ada).get("projects/river/story-suggestions/").json()["results"] == []  # it is blind

    path = f"projects/river/story-suggestions/{listed['key']}/decide/"
    body = {"state": "confirmed", "base_version": 1, "key": str(uuid.uuid4()), "name": "The letter"}
    once = uuid.uuid4()
    decided = [api_of(rosa).post(path, body, key=once).json() for _time in range(2)]
    assert decided[0] == decided[1]
    assert (decided[0]["state"], decided[0]["story"], decided[0]["decided_by"]) == (
        "confirmed",
        body["key"],
        rosa.pseudonym,
    )
    assert Story.objects.get().articles.filter(is_related=True).count() == 1
    assert api_of(rosa).post(path, body).status_code == 409
    assert api_of(rosa).get("projects/river/story-suggestions/", state="confirmed").json()["results"][0]["story"]
    assert api_of(rosa).get("projects/river/story-suggestions/", state="other").status_code == 422


def test_what_was_refused_is_opened_again_and_an_archived_project_takes_nothing(api_of, mia, told):
    done(start_finding_stories(mia))
    key = StorySuggestion.objects.get().key
    path = f"projects/river/story-suggestions/{key}/decide/"
    assert api_of(mia).post(path, {"state": "refused", "base_version": 1}).json()["state"] == "refused"
    assert api_of(mia).post(path, {"state": "open", "base_version": 2}).json()["state"] == "open"
    Project.objects.update(archived_at=datetime(2024, 5, 1, tzinfo=UTC))
    assert api_of(mia).post(path, {"state": "refused", "base_version": 3}).status_code == 403
    assert api_of(mia).post(LIST, {"key": str(uuid.uuid4()), "name": "No"}).status_code == 403
