"""Projects over HTTP: make, change, people, labels, guidelines, publishers, the record of acts."""

from __future__ import annotations

import pytest

from annotations.models import AuditEvent, Label, Membership, Project, User
from tests import factories


def test_who_makes_a_project_manages_it(api_of, sam):
    response = api_of(sam).post("projects/", {"name": "Hochwasser im Tal", "language": "de"})

    assert response.status_code == 201
    made = response.json()
    assert (made["slug"], made["visibility"], made["me"]["role"]) == ("hochwasser-im-tal", "blind", "manager")
    assert [project["slug"] for project in api_of(sam).get("projects/").json()["results"]] == ["hochwasser-im-tal"]
    labels = api_of(sam).get("projects/hochwasser-im-tal/labels/").json()
    assert (labels["version"], labels["labels"][0]["key"]) == (1, "claim")


def test_a_project_with_an_unknown_starter_or_visibility_is_not_made(api_of, sam):
    api = api_of(sam)

    wrong_ones = ({"starter": "x"}, {"visibility": "x"}, {"slug": "a b"})
    answers = [api.post("projects/", {"name": "Tal"} | wrong) for wrong in wrong_ones]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert [answer.json()["problems"][0]["field"] for answer in answers] == ["starter", "visibility", "slug"]
    assert not Project.objects.exists()


def test_the_list_of_starters_names_their_labels(api_of, sam):
    found = {one["key"]: one for one in api_of(sam).get("starters/").json()["results"]}

    assert {"news_claims", "named_entities", "blank"} <= set(found)
    assert found["news_claims"]["labels"][0] == {"key": "claim", "name": "Claim"}


def test_only_a_manager_changes_a_project(api_of, mia, rosa):
    change = {"base_revision": 1, "name": "Der Fluss", "visibility": "open"}

    assert api_of(rosa).patch("projects/river/", change).status_code == 403
    response = api_of(mia).patch("projects/river/", change)

    assert (response.json()["name"], response.json()["visibility"]) == ("Der Fluss", "open")
    assert api_of(mia).patch("projects/river/", {"base_revision": 2, "slug": "lake"}).status_code == 400
    assert api_of(mia).patch("projects/river/", change).status_code == 409


def test_people_come_change_their_part_and_go(api_of, mia, sam):
    api = api_of(mia)

    added = api.post("projects/river/members/", {"username": "sam", "role": "annotator"})
    address = f"projects/river/members/{added.json()['uuid']}/"
    twice = api.post("projects/river/members/", {"username": "sam", "role": "annotator"})
    promoted = api.patch(address, {"role": "reviewer"})
    entered = api_of(sam).get("projects/river/").status_code
    ended = api.post(f"{address}end/")

    assert (added.status_code, added.json()["username"], added.json()["password"]) == (201, "sam", None)
    assert (twice.status_code, promoted.json()["role"], entered) == (422, "reviewer", 200)
    assert ended.json()["ended_at"] is not None
    assert api_of(sam).get("projects/river/").status_code == 404
    assert {one["username"] for one in api.get("projects/river/members/").json()["results"]} == {"mia", "sam"}


def test_an_account_made_for_a_member_shows_its_password_once(api_of, mia):
    body = {"username": "nina", "role": "annotator", "creates_account": True}

    response = api_of(mia).post("projects/river/members/", body)

    assert response.status_code == 201
    assert User.objects.get(username="nina").check_password(response.json()["password"])
    listed = api_of(mia).get("projects/river/members/").content.decode()
    assert response.json()["password"] not in listed


def test_members_are_shown_and_changed_by_managers_only(api_of, mia, ada, rosa):
    for member in (ada, rosa):
        assert api_of(member).get("projects/river/members/").status_code == 403
        assert api_of(member).patch(f"projects/river/members/{member.uuid}/", {"role": "manager"}).status_code == 403
    assert Membership.objects.get(pk=ada.pk).role == "annotator"


def test_a_project_keeps_its_last_manager(api_of, mia):
    response = api_of(mia).post(f"projects/river/members/{mia.uuid}/end/")

    assert (response.status_code, response.json()["problems"][0]["code"]) == (422, "last_manager")


def test_a_label_set_is_revised_on_the_version_that_was_seen(api_of, mia, ada):
    labels = [
        {"key": "claim", "name": "Claim", "color": "#aa3300", "shortcut": "1"},
        {"key": "number", "name": "Number", "parent": "claim"},
    ]
    api = api_of(mia)

    revised = api.put("projects/river/labels/", {"base_version": 1, "labels": labels})
    late = api.put("projects/river/labels/", {"base_version": 1, "labels": labels[:1]})

    assert (revised.json()["version"], revised.json()["labels"][1]["parent"]) == (2, "claim")
    assert (late.status_code, late.json()["current"]["version"]) == (409, 2)
    assert api_of(ada).get("projects/river/labels/").json() == revised.json()
    assert api_of(ada).put("projects/river/labels/", {"base_version": 2, "labels": labels}).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"color": "red; } body { display: none"}, "labels.1.color"),
        ({"color": "RED"}, "labels.1.color"),
        ({"key": "Zwei Worte"}, "labels.1.key"),
        ({"key": "claim"}, "labels.1"),
        ({"parent": "nobody"}, "labels.1.parent"),
        ({"project": 7}, "labels.1.project"),
        ({"shortcut": "?"}, "labels.1.shortcut"),
        ({"shortcut": "ä"}, "labels.1.shortcut"),
        ({"shortcut": "1"}, "labels.1.shortcut"),
    ],
)
def test_a_label_that_cannot_stand_is_named_by_its_place(api_of, mia, wrong, field):
    labels = [{"key": "claim", "name": "Claim", "shortcut": "1"}, {"key": "number", "name": "Number"} | wrong]

    response = api_of(mia).put("projects/river/labels/", {"base_version": 1, "labels": labels})

    assert response.status_code in (400, 422)
    assert response.json()["problems"][0]["field"] == field
    assert set(Label.objects.values_list("label_set__version", flat=True)) == {1}


def test_guidelines_are_versioned(api_of, mia, ada):
    api = api_of(mia)

    published = api.put("projects/river/guidelines/", {"base_version": 1, "text": "# Was zählt\n"})
    same = api.put("projects/river/guidelines/", {"base_version": 1, "text": "# Was zählt\n"})
    late = api.put("projects/river/guidelines/", {"base_version": 1, "text": "anders"})

    assert (published.json()["version"], published.json()["versions"]) == (2, [1, 2])
    assert (same.json()["version"], late.status_code) == (2, 409)
    assert late.json()["current"]["text"] == "# Was zählt\n"
    assert api_of(ada).get("projects/river/guidelines/1/").json()["text"] != "# Was zählt\n"
    assert api_of(ada).get("projects/river/guidelines/99999999999/").status_code == 404


def test_publishers_are_listed_by_name(api_of, mia, ada):
    for name in ("Die Post", "Der Bote"):
        factories.article(mia, publisher=name)

    page = api_of(ada).get("projects/river/publishers/", limit=1).json()
    rest = api_of(ada).get("projects/river/publishers/", limit=1, cursor=page["next"]).json()

    assert [one["name"] for one in [*page["results"], *rest["results"]]] == ["Der Bote", "Die Post"]
    assert rest["next"] is None


def test_the_record_of_acts_is_for_managers(api_of, mia, ada, story):
    factories.annotation(ada, story, 2, 11)

    verbs = [event["verb"] for event in api_of(mia).get("projects/river/audit/").json()["results"]]

    assert verbs[0] == "annotation.created"
    assert len(verbs) == AuditEvent.objects.filter(project=mia.project).count()
    assert api_of(ada).get("projects/river/audit/").status_code == 403


def test_an_archived_project_tells_so_and_refuses_work_by_a_code(api_of, mia, ada, story):
    api = api_of(mia)

    archived = api.post("projects/river/archive/").json()

    annotation = {"version": str(story.current_version.uuid), "start": 0, "end": 3, "quote": "x", "label": "claim"}
    answer = api_of(ada).post(f"projects/river/articles/{story.uuid}/annotations/", annotation)
    assert archived["archived_at"] is not None
    assert "add_articles" not in archived["me"]["acts"]
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (403, "project_archived")
    assert api.post("projects/river/restore/").json()["archived_at"] is None
