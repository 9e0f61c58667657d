"""Labels over HTTP: attributes, how much is used, merging with a look before, defaults of new judgements."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Annotation, Job
from tests import factories
from tests.workflow.test_labels import COUNT, SURE, done

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


def test_attributes_are_set_and_begin_as_they_say_and_a_wrong_one_is_named(api_of, mia, ada):
    factories.label_for(mia.project, "mood", "article")
    made = factories.article(mia)
    labels = [{"key": "claim", "name": "Claim", "attributes": [SURE, COUNT]}]
    labels += [{"key": "mood", "name": "Mood", "applies_to": "article", "attributes": [COUNT]}]

    wrong = api_of(mia).put(
        "projects/river/labels/", {"base_version": 1, "labels": [labels[0] | {"attributes": [SURE | {"values": []}]}]}
    )
    api_of(mia).put("projects/river/labels/", {"base_version": 1, "labels": labels})
    version = made.current_version
    span = {
        "key": str(uuid.uuid4()),
        "version_uuid": str(version.uuid),
        "text_sha256": bytes(version.text_sha256).hex(),
    }
    span |= {"start": 12, "end": 17, "quote": version.text[12:17], "label": "claim"}
    on_text = {"key": str(uuid.uuid4()), "version_uuid": str(version.uuid), "label": "mood"}
    ours = api_of(ada)
    begun = [
        ours.post(f"projects/river/articles/{made.uuid}/annotations/", span, key=uuid.uuid4()),
        ours.post(f"projects/river/articles/{made.uuid}/labels/", on_text, key=uuid.uuid4()),
    ]

    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "labels.0.attributes.0")
    assert [reply.json()["attributes"] for reply in begun] == [{"count": 1}, {"count": 1}]


def test_a_merge_is_looked_at_started_once_and_a_late_one_is_told(api_of, mia, ada):
    factories.annotation(ada, factories.article(mia), 12, 17)
    asked, key = {"base_version": 1, "from": "claim", "into": "number"}, uuid.uuid4()
    api = api_of(mia)

    seen = api.post("projects/river/labels/merge/", asked | {"preview": True}).json()
    first, again = (api.post("projects/river/labels/merge/", asked, key=key) for _time in range(2))
    late = api.post("projects/river/labels/merge/", asked | {"from": "date"})
    done(Job.objects.get())

    assert (seen["annotations"], seen["articles"], seen["retires"]) == (1, 1, True)
    assert (first.status_code, first.json()["uuid"]) == (202, again.json()["uuid"])
    assert (late.status_code, late.json()["problems"][0]["code"]) == (409, "stale_version")
    assert Annotation.objects.get().label.key == "number"
    used = api.get("projects/river/labels/use/").json()
    row = next(each for each in used["labels"] if each["key"] == "claim")
    assert (row["is_retired"], row["used"], used["version"], used["free_shortcuts"][0]) == (True, 0, 2, "1")
    assert (used["near_colors"], len(used["offered_colors"])) == ([], 12)


def test_a_merge_is_undone_over_http_once_and_by_managers_alone(api_of, mia, ada):
    noted = factories.annotation(ada, factories.article(mia), 12, 17)
    asked = {"from": "claim", "into": "number", "base_version": 1}
    job = api_of(mia).post("projects/river/labels/merge/", asked, key=uuid.uuid4()).json()
    here = f"projects/river/jobs/{job['uuid']}/undo/"
    early = api_of(mia).post(here, {}, key=uuid.uuid4())
    done(Job.objects.get())

    others = api_of(ada).post(here, {}, key=uuid.uuid4())
    key = uuid.uuid4()
    first, again = (api_of(mia).post(here, {}, key=key) for _time in range(2))
    late = api_of(mia).post(here, {}, key=uuid.uuid4())
    done(Job.objects.latest("pk"))

    assert [reply.status_code for reply in (early, others, first, again, late)] == [422, 403, 202, 202, 422]
    assert (first.json()["uuid"], first.json()["kind"]) == (again.json()["uuid"], "labels")
    noted.refresh_from_db()
    assert (noted.label.key, noted.version_number) == ("claim", 3)
