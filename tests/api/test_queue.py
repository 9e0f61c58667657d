"""The queue, the check before submitting, skipping and time by API: shapes, refusals, repeats."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from annotations.models import Assignment
from tests import factories

pytestmark = pytest.mark.django_db
HERE = "projects/river/"


def test_an_incomplete_submission_lists_each_missing_thing_as_a_problem(mia, ada, ben, api_of):
    made = factories.article(mia)
    span = factories.annotation(ada, made, 12, 17)
    rules = [{"rule": "spans_have_note", "label": "claim"}, {"rule": "has_annotation", "level": "warning"}]
    path = f"articles/{made.uuid}/submit/"
    settings = {"base_revision": 1, "submit_rules": rules, "queue_order": "oldest"}

    assert api_of(mia).patch(HERE, settings).status_code == 200
    refused = api_of(ada).post(f"{HERE}{path}", {}, key=uuid.uuid4())
    checked = api_of(ada).get(f"{HERE}articles/{made.uuid}/check/")

    assert refused.status_code == 422
    message = "“stieg” (Claim) has no note."
    assert refused.json()["problems"] == [
        {"code": "spans_have_note", "message": message, "field": f"annotation.{span.key}"}
    ]
    assert refused.json()["missing"] == checked.json()["missing"]
    assert refused.json()["missing"][0]["key"] == str(span.key)
    assert Assignment.objects.get().state == "open"


def test_the_same_key_gets_the_same_next_article_and_an_empty_queue_null(mia, ada, ben, api_of):
    factories.article(mia)
    key = uuid.uuid4()

    first, again = (api_of(ada).post(f"{HERE}next/", {}, key=key).json() for _time in range(2))
    skipped = api_of(ada).post(f"{HERE}articles/{first['article']}/skip/", {"note": "kein Text"}, key=uuid.uuid4())
    empty = api_of(ada).post(f"{HERE}next/", {}, key=uuid.uuid4())

    assert first == again
    assert skipped.json()["assignment"]["state"] == "skipped"
    assert empty.json() == {"article": None, "assignment": None}
    listed = api_of(mia).get(f"{HERE}skipped/").json()
    assert (listed["counts"], listed["results"][0]["note"]) == ([{"reason": "", "count": 1}], "kein Text")


def test_time_is_told_to_its_owner_and_to_managers_only(mia, ada, ben, api_of):
    made = factories.article(mia)
    factories.assigned(mia, ada, made)
    body = {"visit": str(uuid.uuid4()), "days": [{"day": timezone.now().date().isoformat(), "seconds": 90}]}

    for _time in range(2):
        api_of(ada).post(f"{HERE}articles/{made.uuid}/time/", body)

    told = [api_of(person).get(f"{HERE}time/").json()["results"] for person in (ada, ben, mia)]
    assert [[row["seconds"] for row in rows] for rows in told] == [[90], [], [90]]
    assert api_of(ada).get(f"{HERE}time/", **{"from": "2024-01-01", "to": "2024-12-31"}).status_code == 400
