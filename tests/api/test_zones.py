"""Zones by API: marked, changed, removed, followed; a conflict names the present row; boilerplate as a job."""

from __future__ import annotations

import uuid

import pytest

from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Job, Region
from annotations.tasks import KINDS
from tests import factories

pytestmark = pytest.mark.django_db


def sent(story, start, end, kind="excerpt", **values):
    version = story.current_version
    text_sha256 = bytes(version.text_sha256).hex()
    place = {"start": start, "end": end, "quote": version.text[start:end]}
    return {"key": str(uuid.uuid4()), "version_uuid": str(version.uuid), "text_sha256": text_sha256, "kind": kind} | (
        place | values
    )


def test_a_zone_is_marked_moved_removed_and_brought_back(api_of, mia, story):
    api, path = api_of(mia), f"projects/river/articles/{story.uuid}/zones/"
    before = len(api.get(path).json()["results"])
    body, once = sent(story, 0, 8, publisher="Tern Wire", url="https://tern.example/"), uuid.uuid4()

    made = api.post(path, body, key=once)
    assert (made.status_code, made.json()) == (201, api.post(path, body, key=once).json())
    assert (made.json()["marked_by"], made.json()["version"]) == (mia.pseudonym, 1)
    one = f"projects/river/zones/{made.json()['key']}/"
    moved = api.patch(one, {"base_version": 1, "start": 2, "end": 8, "quote": body["quote"][2:]})
    stale = api.patch(one, {"base_version": 1, "kind": "caption"})
    half = api.patch(one, {"base_version": 2, "start": 3})
    assert (moved.status_code, stale.status_code, half.status_code) == (200, 409, 400)
    assert stale.json()["current"] == moved.json()
    assert api.post(f"{one}withdraw/", {"base_version": 2}).json()["withdrawn_at"]
    assert len(api.get(path).json()["results"]) == before
    assert api.post(f"{one}restore/", {"base_version": 3}).json()["version"] == 4
    history = api.get(f"{one}history/").json()
    assert history["zone"] == api.get(one).json()
    assert [(state["version"], state["start"], bool(state["withdrawn_at"])) for state in history["results"]] == [
        (1, 0, False),
        (2, 2, False),
        (3, 2, True),
    ]


def test_a_program_keeps_up_with_zones_and_annotators_of_a_blind_project_learn_no_names(api_of, mia, ada, story):
    first = api_of(ada).get("projects/river/zones/").json()
    made = api_of(mia).post(f"projects/river/articles/{story.uuid}/zones/", sent(story, 0, 8)).json()

    seen = api_of(ada).get("projects/river/zones/", changed_since=first["changed_since"]).json()["results"]

    assert [(row["key"], row["marked_by"], row["article"]) for row in seen if row["key"] == made["key"]] == [
        (made["key"], None, str(story.uuid))
    ]
    assert api_of(ada).post(f"projects/river/articles/{story.uuid}/zones/", sent(story, 0, 9)).status_code == 403


def test_boilerplate_of_a_publisher_is_counted_then_marked_by_a_job(api_of, mia, ada):
    footer = "Mehr im Netz"
    story, _other = (factories.article(mia, f"{n}.\n\n{footer}", publisher="Orn 24") for n in ("Eins", "Zwei"))
    text, path = story.current_version.text, f"projects/river/articles/{story.uuid}/zones/everywhere/"
    start = text.index(footer)
    body = {"version_uuid": str(story.current_version.uuid), "start": start, "end": len(text), "quote": footer}
    Region.objects.all().delete()

    seen = api_of(mia).post(path, body | {"preview": True})
    assert (seen.status_code, seen.json()) == (200, {"publisher": "Orn 24", "articles": 2, "found": 2, "marked": 0})
    assert api_of(ada).post(path, body | {"preview": True}).status_code == 403
    once = uuid.uuid4()
    job = api_of(mia).post(path, body, key=once)
    assert (job.status_code, job.json()) == (202, api_of(mia).post(path, body, key=once).json())
    run_to_the_end(Job.objects.get().pk, KINDS, owner=owner_name())
    assert Region.objects.filter(kind="boilerplate", created_by=mia).count() == 2
