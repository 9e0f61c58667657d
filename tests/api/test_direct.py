"""Articles sent by programs: one by its external id, many in one request, each repeated without harm."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from annotations.importers import direct
from annotations.models import Annotation, Article, ArticleVersion, AuditEvent, Job
from tests import factories
from tests.api.conftest import check_against_document

PUT = "projects/river/articles/by-external-id/"
BULK = "projects/river/articles/bulk/"
ID = "https://bote.example/a?x=1&y=/../2"
PRICE = {"title": "Der Preis", "text": "📈 Der Preis stieg um 4 %.", "publisher": "Der Bote", "language": "de"}


def address(external_id: str = ID, **more: Any) -> str:
    return f"{PUT}?external_id={quote(external_id, safe='')}" + "".join(f"&{name}={more[name]}" for name in more)


def test_an_article_is_added_once_and_found_by_its_id(api_of, mia):
    api = api_of(mia)

    made, again = api.put(address(), PRICE), api.put(address(), PRICE)

    assert (made.status_code, made.json()["status"]) == (201, "created")
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert api.get(PUT, external_id=ID).json()["uuid"] == made.json()["uuid"] == again.json()["uuid"]
    assert Article.objects.get().created_by_job_id is None


def test_another_text_becomes_a_new_version_and_the_first_stays(api_of, mia):
    api = api_of(mia)
    api.put(address(), PRICE)

    reply = api.put(address(), PRICE | {"text": "Der Preis fiel."}).json()

    assert (reply["status"], reply["version"]) == ("updated", 2)
    assert list(ArticleVersion.objects.order_by("n").values_list("text", flat=True)) == [
        "📈 Der Preis stieg um 4 %.",
        "Der Preis fiel.",
    ]


def test_what_is_known_of_an_article_is_replaced_only_on_its_revision(api_of, mia):
    api = api_of(mia)
    revision = api.put(address(), PRICE).json()["revision"]

    told = api.put(address(), PRICE | {"title": "Neu"}).json()
    done = api.put(address(base_revision=revision), PRICE | {"title": "Neu"}).json()
    late = api.put(address(base_revision=revision), PRICE | {"title": "Spät"})

    assert (told["status"], [one["field"] for one in told["problems"]]) == ("unchanged", ["title"])
    assert (done["status"], done["revision"], done["problems"]) == ("updated", revision + 1, [])
    assert (late.status_code, late.json()["current"]["title"]) == (409, "Neu")


def test_annotations_come_with_the_article_as_in_a_file(api_of, mia):
    mark = {"start": 2, "end": 11, "quote": "Der Preis", "label": "claim", "annotator": "gpt"}

    reply = api_of(mia).put(address(), PRICE | {"annotations": [mark, {**mark, "quote": "Die Preise"}]}).json()

    assert Annotation.objects.get().quote == "Der Preis"
    assert len(reply["problems"]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"text": " "}, "text"), ({"text": 7}, "text"), ({"published_at": "31.02.2024"}, "published_at")],
)
def test_an_article_that_a_file_could_not_bring_is_refused_by_name(api_of, mia, changes, field):
    response = api_of(mia).put(address(), PRICE | changes)

    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, field)
    assert not Article.objects.exists()
    assert not AuditEvent.objects.filter(verb="article.put").exists()


def test_an_address_and_a_body_that_disagree_are_refused(api_of, mia):
    response = api_of(mia).put(address(), PRICE | {"external_id": "other"})

    assert response.json()["problems"][0]["code"] == "external_id_differs"
    assert api_of(mia).put(PUT, PRICE).status_code == 400
    assert api_of(mia).put(address(), [PRICE]).status_code == 400
    assert api_of(mia).get(PUT, external_id="none").status_code == 404


def test_a_repeated_key_gets_the_same_reply_and_another_body_is_refused(api_of, mia):
    api, key = api_of(mia), uuid.uuid4()

    first = api.put(address(), PRICE, key=key)
    api.put(address(), PRICE | {"text": "Der Preis fiel."})
    again, other = api.put(address(), PRICE, key=key), api.put(address(), PRICE | {"title": "x"}, key=key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["problems"][0]["code"]) == (409, "key_reused")
    assert ArticleVersion.objects.count() == 2
    assert AuditEvent.objects.filter(request_key=key).count() == 1


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"external_id": f"a-{n}", "title": f"Meldung {n}", "text": f"Meldung {n} 📈.", **changes} for n in range(count)
    ]


def test_each_row_has_its_result(api_of, mia):
    factories.article(mia, "Anders.", external_id="a-1")
    sent = [*rows(3), {"external_id": "a-3", "text": ""}, {"text": "Ohne Namen."}, rows(1)[0], 7, {"type": "claim"}]

    reply = api_of(mia).post(BULK, sent).json()

    assert [one["row"] for one in reply["results"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one["status"] for one in reply["results"]] == ["created", "unchanged", "created", *["rejected"] * 5]
    assert reply["counts"] == {"read": 8, "created": 2, "updated": 0, "unchanged": 1, "rejected": 5}
    assert [one["problems"][0]["field"] for one in reply["results"][3:6]] == ["text", "external_id", "external_id"]
    job = Job.objects.get(uuid=reply["job"])
    assert (job.state, job.n_created, job.n_rejected, job.problems.count()) == ("done_with_problems", 2, 5, 6)
    assert Article.objects.get(external_id="a-0").created_by_job == job


@pytest.mark.parametrize(
    ("on_conflict", "status", "text"),
    [("skip", "unchanged", "Anders."), ("version", "updated", "Meldung 1 📈."), ("reject", "rejected", "Anders.")],
)
def test_the_answer_to_conflicts_is_chosen(api_of, mia, on_conflict, status, text):
    factories.article(mia, "Anders.", external_id="a-1")

    reply = api_of(mia).post(f"{BULK}?on_conflict={on_conflict}", rows(2)).json()

    assert [one["status"] for one in reply["results"]] == ["created", status]
    assert Article.objects.get(external_id="a-1").current_version.text == text


def send_lines(api: Any, body: bytes, content_type: str = "application/x-ndjson", key: Any = None) -> Any:
    headers = {"Idempotency-Key": str(key)} if key else {}
    response = api.client.post(f"/api/v1/{BULK}", body, content_type=content_type, headers=headers)
    check_against_document(response, "post")
    return response


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/jsonl"])
def test_json_lines_are_taken_and_a_broken_line_is_one_row(api_of, mia, content_type):
    one, two = (json.dumps(row).encode() for row in rows(2))

    reply = send_lines(api_of(mia), one + b"\n\n{broken\n" + two, content_type).json()

    assert [row["status"] for row in reply["results"]] == ["created", "rejected", "created"]


def test_a_repeated_request_of_rows_makes_one_import(api_of, mia):
    api, key = api_of(mia), uuid.uuid4()

    first, again, other = (
        api.post(BULK, rows(2), key=key),
        api.post(BULK, rows(2), key=key),
        api.post(BULK, rows(3), key=key),
    )

    assert first.json() == again.json()
    assert other.status_code == 409
    assert Job.objects.count() == 1


def test_more_than_is_done_at_once_becomes_one_job(api_of, mia, monkeypatch):
    monkeypatch.setattr("annotations.api.views.direct.ROWS_AT_ONCE", 2)
    api, key = api_of(mia), uuid.uuid4()

    first, again = api.post(BULK, rows(3), key=key), api.post(BULK, rows(3), key=key)

    assert (first.status_code, first.json()["state"]) == (202, "queued")
    assert again.json()["uuid"] == first.json()["uuid"]
    assert api.post(BULK, rows(4), key=key).status_code == 409
    assert Job.objects.get().files.get().name == "request.json"


def test_a_large_body_is_stored_and_not_held_in_memory(api_of, mia):
    line = json.dumps({"external_id": "a", "text": "x" * 100_000}).encode()
    body = b"\n".join([line] * (direct.BYTES_AT_ONCE // len(line) + 2))

    response = send_lines(api_of(mia), body)

    assert response.status_code == 202
    assert Job.objects.get().files.get().raw_file.size == len(body)


@pytest.mark.parametrize(("body", "content_type"), [(b"", "application/json"), (b"[]", "application/json")])
def test_nothing_is_no_request(api_of, mia, body, content_type):
    assert send_lines(api_of(mia), body, content_type).status_code == 400


def test_only_a_manager_sends_articles(api_of, ada, rosa):
    for member in (ada, rosa):
        assert api_of(member).post(BULK, rows(1)).status_code == 403
        assert api_of(member).put(address(), PRICE).status_code == 403
    assert not Article.objects.exists()


def test_a_text_is_given_plain_by_its_hash_and_kept_for_good(api_of, ada, story):
    sha256 = bytes(story.current_version.text_sha256).hex()
    client, path = api_of(ada).client, f"/api/v1/projects/river/texts/{sha256}/"

    response = client.get(path)
    known = client.get(path, headers={"If-None-Match": response["ETag"]})

    assert response.content.decode() == story.current_version.text
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "immutable"} <= set(response["Cache-Control"].split(", "))
    assert (known.status_code, known.content) == (304, b"")
    assert client.get(f"/api/v1/projects/river/texts/{sha256.upper()}/").status_code == 404
    assert client.get("/api/v1/projects/river/texts/xyz/").status_code == 404


def test_a_withheld_text_is_not_given(api_of, mia, story):
    from django.utils import timezone

    version = story.current_version
    ArticleVersion.objects.filter(pk=version.pk).update(text="", withheld_at=timezone.now())

    path = f"/api/v1/projects/river/texts/{bytes(version.text_sha256).hex()}/"
    assert api_of(mia).client.get(path).status_code == 404
