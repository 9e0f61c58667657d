"""AC-2: what belongs to another project is not there: in paths, bodies, lists, filters, cursors and downloads."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from annotations.api.pagination import Cursor
from annotations.jobs.running import run_job
from annotations.removing.own_data import start_own_data
from annotations.removing.projects import delete_project
from annotations.tasks import KINDS
from tests.api.conftest import document

from .test_access_matrix import rows
from .world import DEMAND, World, body_of, build_world, content_of, dump, path_of, send

CANARY = "CANARY"
OURS = "/api/v1/projects/river"


@pytest.fixture
def world(db) -> World:
    return build_world(CANARY)


def fault(world: World, method: str, path: str, body: Any) -> str:
    """Return what is wrong with the answer: another status than 404, or a canary."""
    response = send(world.clients["manager"], method, path, body)
    content = content_of(response).decode(errors="replace")
    faults = [f"status {response.status_code}"] if response.status_code != 404 else []
    faults += ["canary"] if CANARY in content or CANARY in str(response.headers) else []
    return f"{method} {path} {body}: {', '.join(faults)}" if faults else ""


def test_objects_of_another_project_are_not_found_under_either_name(world):
    before, wrong = dump(), []
    for row in rows():
        if "<slug:" not in row["route"] or row["route"].startswith("events/"):
            continue
        body = body_of(row["method"], row["route"], world.theirs)
        wrong.append(fault(world, row["method"], path_of(row["route"], world.theirs), body))
        if "<uuid:" in row["route"]:
            path = path_of(row["route"], world.theirs, slug="river")
            wrong.append(fault(world, row["method"], path, body))

    assert [one for one in wrong if one] == []
    assert dump() == before


def bodies(world: World) -> list[tuple[str, str, dict[str, Any], set[str]]]:
    """Requests to our project whose bodies name an object of theirs, and the fields that do so."""
    ours, theirs = world.ours.values, world.theirs.values
    new = str(uuid.uuid4())
    span = {"key": new, "version_uuid": str(theirs["version"]), "text_sha256": theirs["sha256"]}
    span |= {"start": 0, "end": 1, "quote": "C", "label": "claim"}
    evidence = {"key": new, "url": "https://amt.example/", "claim_key": str(uuid.uuid4())}
    evidence |= {"mention_key": str(uuid.uuid4())}
    cited = {"key": new, "claim": str(ours["claim"])}
    captured = {**cited, "passage": {"capture": str(theirs["capture"]), "start": 0, "end": 1}}
    cited["passage"] = {"article": str(theirs["article"]), "start": 0, "end": 1}
    claim = {"key": new, "text": "T", "mention_key": str(uuid.uuid4())}
    mention = {"key": new, "annotation": str(theirs["annotation"])}
    our_article, their_article = [str(ours["article"])], [str(theirs["article"])]
    give = {"articles": our_article, "annotators": [str(theirs["member"])]}
    opens = {"name": "R", "annotators_per_article": 2}
    decide = {"decisions": [{"suggestion": str(theirs["suggestion"]), "state": "dismissed", "base_version": 0}]}
    passage = {"key": new, "from_version": str(ours["version"]), "from_start": 0, "from_end": 1, "from_quote": " "}
    passage |= {"to_version": str(theirs["version"]), "to_start": 0, "to_end": 1, "to_quote": "C"}
    shown = {"key": new, "version": str(theirs["version"]), "start": 0, "end": 1, "quote": "C"}
    shown_capture = {**shown, "version": None, "capture": str(theirs["capture"])}
    in_capture = {name: value for name, value in passage.items() if name != "to_version"}
    in_capture |= {"to_capture": str(theirs["capture"])}
    turned = passage | {"from_version": str(theirs["version"]), "to_version": str(ours["version"])}
    said = {
        "base_version": 1,
        "state": "agrees",
        "statements": [{"text": "T", "annotation": str(theirs["annotation"])}],
    }
    of_version = {**said, "statements": [{"text": "T", "quote": "C", "version": str(theirs["version"])}]}
    take = {"base_version": 1, "state": "confirmed", "name": "T"}
    link = {"key": new, "label": "answers", "from": str(ours["second"]), "to": str(ours["annotation"])}
    thread = {"key": new, "comment": str(uuid.uuid4()), "text": "T", "annotation": str(theirs["annotation"])}
    on_article = {"key": new, "version_uuid": str(theirs["version"])}
    ruling = {"key": new, "unit": "0" * 32, "outcome": "chosen"}
    overruled = {**ruling, "outcome": "rejected", "replaces": str(theirs["ruling"])}
    zone = {**span, "kind": "caption"}
    del zone["label"]
    verdict = {"key": new, "value": "supported", "rationale": "T"}
    verdict["merged_sets"] = [{"claim": str(theirs["claim"]), "n": 1}]
    lines = {"version_uuid": str(theirs["version"]), "start": 0, "end": len(theirs["text"]), "quote": theirs["text"]}
    return [
        ("POST", f"/articles/{ours['article']}/annotations/", span, {"version_uuid"}),
        ("POST", f"/articles/{ours['article']}/zones/", zone, {"version_uuid"}),
        ("POST", f"/articles/{ours['article']}/zones/everywhere/", lines, {"version_uuid"}),
        ("POST", "/evidence/", {**evidence, "annotation": str(theirs["annotation"])}, {"annotation"}),
        ("POST", "/evidence/", {**evidence, "claim": str(theirs["claim"])}, {"claim"}),
        ("POST", "/evidence/", cited, {"article"}),
        ("POST", "/evidence/", captured, {"capture"}),
        ("POST", "/evidence/", {"key": new, "claim": str(ours["claim"]), "source": str(theirs["source"])}, {"source"}),
        ("POST", f"/claims/{ours['claim']}/merge/", {"base_version": 0, "into": str(theirs["claim"])}, {"into"}),
        ("POST", f"/claims/{ours['claim']}/verdicts/", verdict, {"claim"}),
        ("PATCH", f"/claims/{ours['claim']}/desk/", {"base_version": 0, "assignee": str(theirs["member"])}, set()),
        ("POST", "/claims/", {**claim, "annotation": str(theirs["annotation"])}, {"annotation"}),
        ("POST", f"/claims/{ours['claim']}/mentions/", mention, {"annotation"}),
        ("POST", "/articles/assign/", give, {"annotators"}),
        ("POST", "/articles/give/", {**give, "each": 1}, {"annotators"}),
        ("POST", "/articles/give/", {**give, "each": 1, "articles": our_article + their_article}, {"articles"}),
        ("POST", f"/assignments/{ours['assignment']}/reassign/", {"to": str(theirs["member"])}, {"to"}),
        ("POST", "/rounds/", {**opens, "articles": our_article + their_article}, {"articles"}),
        ("POST", "/rounds/", {**opens, "repeats": str(theirs["round"])}, {"repeats"}),
        ("POST", "/agreement/run/", {"round": str(theirs["round"])}, {"round"}),
        ("POST", "/articles/assign/", {"articles": their_article, "annotators": [str(ours["member"])]}, {"articles"}),
        ("POST", "/articles/assign/", {**give, "articles": our_article + their_article}, {"articles"}),
        ("POST", f"/articles/{ours['article']}/merge/", {"into": their_article[0]}, {"into"}),
        ("POST", "/exports/", {"saved_filter": str(theirs["filter"])}, {"saved_filter"}),
        ("POST", "/suggestions/decide/", decide, {"suggestion"}),
        ("POST", "/agreement/run/", {"people": [str(theirs["member"])]}, {"people"}),
        (
            "POST",
            f"/articles/{ours['article']}/review/rulings/",
            ruling | {"person": str(theirs["member"])},
            {"person"},
        ),
        ("POST", f"/articles/{ours['article']}/review/rulings/", overruled, {"replaces"}),
        ("POST", "/passages/", passage, {"to_version"}),
        ("POST", "/passages/", in_capture, {"to_capture"}),
        ("POST", "/passages/", turned, {"from_version"}),
        ("POST", "/stories/", {"key": new, "name": "T", "articles": their_article}, {"articles"}),
        ("POST", f"/stories/{ours['story']}/articles/", {"add": their_article}, {"add"}),
        ("POST", f"/stories/{ours['story']}/articles/", {"relate": their_article}, {"relate"}),
        ("POST", f"/stories/{ours['story']}/articles/", {"remove": their_article}, {"remove"}),
        ("POST", f"/stories/{ours['story']}/merge/", {"base_version": 1, "into": str(theirs["story"])}, {"into"}),
        ("PUT", f"/story-rows/{ours['row']}/answers/{ours['article']}/", said, {"annotation"}),
        ("PUT", f"/story-rows/{ours['row']}/answers/{ours['article']}/", of_version, {"version"}),
        (
            "POST",
            f"/story-suggestions/{ours['story_suggestion']}/decide/",
            {**take, "articles": their_article},
            {"articles"},
        ),
        (
            "POST",
            f"/story-suggestions/{ours['story_suggestion']}/decide/",
            {**take, "articles": [], "related": their_article},
            {"related"},
        ),
        ("POST", "/attributions/", {"key": new, "annotation": str(theirs["annotation"])}, {"annotation"}),
        ("POST", f"/quotations/{ours['quotation']}/places/", shown, {"version"}),
        ("POST", f"/quotations/{ours['quotation']}/places/", shown_capture, {"capture"}),
        ("POST", f"/speakers/{ours['speaker']}/merge/", {"base_version": 1, "into": str(theirs["speaker"])}, {"into"}),
        ("POST", "/relations/", {**link, "to": str(theirs["annotation"])}, {"to"}),
        ("POST", "/relations/", {**link, "from": str(theirs["annotation"])}, {"from"}),
        ("POST", f"/articles/{ours['article']}/threads/", thread, {"annotation"}),
        ("POST", f"/articles/{ours['article']}/labels/", {**on_article, "label": "mood"}, {"version_uuid"}),
        ("POST", "/skipped/give-back/", {"assignment": str(theirs["assignment"])}, {"assignment"}),
        ("POST", "/articles/metadata/", {"articles": their_article, "changes": {"language": "de"}}, {"articles"}),
    ]


def test_bodies_that_name_objects_of_another_project_change_nothing(world):
    before = dump()

    wrong = [fault(world, method, OURS + path, body) for method, path, body, _fields in bodies(world)]

    assert [one for one in wrong if one] == []
    assert dump() == before


def test_every_field_of_a_body_that_names_an_object_is_tried(world):
    #: keys that a client makes for what does not exist yet
    #: looked for among what calls oneself, in all one's projects
    own = {"comments", "items"}
    made_by_clients = {"key", "claim_key", "mention_key", "comment", "tab", "visit"}
    #: only held against the present text: one of another project is as unknown as one that never was
    compared = {"base_version", "supersedes"}
    named = {
        name
        for shape, schema in document()["components"]["schemas"].items()
        if shape.endswith("Input") or shape in ("Based", "Chosen", "Nothing")
        for name, field in schema.get("properties", {}).items()
        if "uuid" in (field.get("format"), field.get("items", {}).get("format"))
    }

    tried = set().union(*(fields for _method, _path, _body, fields in bodies(world)))

    assert named - made_by_clients - compared - own == tried


def test_keys_of_another_project_can_be_used_here_and_tell_nothing(world):
    """A key is unique in its project only: taking one that exists elsewhere looks like taking a new one."""
    before_theirs = [row for row in dump()["Annotation"] if str(row["key"]) == str(world.theirs.values["annotation"])]
    body = body_of("POST", "api/v1/projects/<slug:slug>/articles/<uuid:uuid>/annotations/", world.ours)
    body["key"] = str(world.theirs.values["annotation"])

    path = f"{OURS}/articles/{world.ours.values['article']}/annotations/"
    response = send(world.clients["manager"], "POST", path, body)

    assert response.status_code == 201
    after_theirs = [row for row in dump()["Annotation"] if row["id"] == before_theirs[0]["id"]]
    assert after_theirs == before_theirs


@pytest.mark.parametrize("path", ["articles", "jobs", "audit", "assignments", "publishers", "members"])
def test_a_cursor_from_another_project_is_unknown(world, path):
    kind = {"articles": "article", "jobs": "job", "publishers": "publisher", "members": "member"}.get(path, "article")
    cursor = Cursor(world.theirs.values[kind])

    response = send(world.clients["manager"], "GET", f"{OURS}/{path}/?cursor={cursor}", {})

    assert response.status_code == 400
    assert CANARY not in response.content.decode()


def test_what_is_taken_away_or_given_out_of_another_project_is_not_found(world):
    """Withholding, restoring, one's own data and finding a name, as the other project has the object."""
    ours, theirs = world.ours.values, world.theirs.values
    own = start_own_data(world.theirs.manager.user)
    run_job(own.pk, KINDS, owner="this test")
    gone = delete_project(world.theirs.manager.project.name, by=world.theirs.manager).project
    before = dump()
    captures = f"/p/river/sources/{ours['source']}/captures"
    requests = [
        ("GET", f"/account/data/{own.uuid}/", {}),
        ("GET", f"/api/v1/me/data/{own.uuid}/file/", {}),
        ("GET", f"/account/data/{theirs['job']}/", {}),
        ("GET", f"/account/data/{ours['job']}/", {}),
        ("GET", f"/api/v1/me/data/{ours['job']}/file/", {}),
        ("POST", f"/api/v1/deleted-projects/{gone.uuid}/restore/", {}),
        ("POST", "/projects/deleted/", {"project": str(gone.uuid)}),
        ("GET", f"{captures}/{theirs['capture']}/withhold/", {}),
        ("POST", f"{captures}/{theirs['capture']}/withhold/", DEMAND),
        ("POST", f"/p/river/sources/{theirs['source']}/captures/{ours['capture']}/withhold/", DEMAND),
    ]

    wrong = [fault(world, *request) for request in requests]

    assert [one for one in wrong if one] == []
    erase = f"/api/v1/accounts/{theirs['account']}/erase/"
    assert [send(world.clients["manager"], method, erase, {}).status_code for method in ("GET", "POST")] == [403, 403]
    for path in ("/projects/deleted/", "/account/", f"/p/river/named/?name={CANARY[:-1]}"):
        page = send(world.clients["manager"], "GET", path, {})
        assert (page.status_code, CANARY in page.content.decode()) == (200, False), path
    assert send(world.clients["manager"], "GET", "/api/v1/deleted-projects/", {}).json() == {"results": []}
    assert send(world.clients["manager"], "GET", f"{OURS}/named/?name={CANARY}", {}).json() == {"results": []}
    assert dump() == before
    assert send(world.clients["stranger"], "GET", f"/account/data/{own.uuid}/", {}).status_code == 200


def test_a_text_and_an_external_id_of_another_project_are_not_found(world):
    theirs, manager = world.theirs.values, world.clients["manager"]

    text = send(manager, "GET", f"{OURS}/texts/{theirs['sha256']}/", {})
    article = send(manager, "GET", f"{OURS}/articles/by-external-id/?external_id={theirs['external_id']}", {})

    assert [text.status_code, article.status_code] == [404, 404]


def test_the_same_external_id_in_two_projects_names_two_articles(world):
    theirs = world.theirs.values
    before = [row for row in dump()["Article"] if row["external_id"] == theirs["external_id"]]
    path = f"{OURS}/articles/by-external-id/?external_id={theirs['external_id']}"

    response = send(world.clients["manager"], "PUT", path, {"title": "T", "text": "Ein Text."})

    assert response.status_code == 201
    rows = [row for row in dump()["Article"] if row["external_id"] == theirs["external_id"]]
    assert len(rows) == 2
    assert [row for row in rows if row["project_id"] == before[0]["project_id"]] == before


@pytest.mark.parametrize(
    "path", ["annotations", "relations", "article-labels", "suggestions", "threads", "articles/changes", "zones"]
)
def test_a_cursor_of_another_reader_is_unknown(world, path):
    theirs = send(world.clients["stranger"], "GET", f"/api/v1/projects/lake/{path}/", {}).json()["changed_since"]
    peers = send(world.clients["peer"], "GET", f"{OURS}/{path}/", {}).json()["changed_since"]

    for cursor in (theirs, peers, theirs[:-2] + "xx"):
        response = send(world.clients["manager"], "GET", f"{OURS}/{path}/?changed_since={cursor}", {})
        assert response.status_code == 400


def test_filters_that_name_objects_of_another_project_find_nothing(world):
    theirs = world.theirs.values

    for query in (f"publisher={theirs['publisher']}", f"articles_named={theirs['article']}", f"q={CANARY}"):
        response = send(world.clients["manager"], "GET", f"{OURS}/articles/?{query}", {})
        assert response.json()["results"] == []
    assign = {"filters": {"q": CANARY}, "annotators": [str(world.ours.values["member"])]}
    assert send(world.clients["manager"], "POST", f"{OURS}/articles/assign/", assign).json() == {"created": 0}
