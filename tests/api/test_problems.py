"""Every refusal has one shape, whatever refuses."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from annotations.api.problems import MOST_PROBLEMS
from annotations.api.views.account import Me


def problems(response) -> list[dict[str, object]]:
    body = response.json()
    assert set(body) <= {"problems", "request_id", "current"}
    assert all(set(problem) == {"code", "message", "field"} for problem in body["problems"])
    assert all(problem["message"] for problem in body["problems"])
    return body["problems"]


@pytest.mark.parametrize("path", ["nothing/", "projects", "projects/river/nothing/", "projects/river/articles/7/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_problem(api_of, mia, path, method):
    response = getattr(api_of(mia).client, method)(f"/api/v1/{path}")

    assert response.status_code == 404
    assert problems(response)[0]["code"] == "not_found"


def test_a_method_that_is_not_there_names_those_that_are(api_of, mia):
    response = api_of(mia).delete("projects/river/")

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, PATCH")
    assert problems(response)[0]["code"] == "method_not_allowed"


@pytest.mark.parametrize("raw", ["{", "", "[1]", '"x"', "\xff", '{"name": NaN}', '{"name": "\\ud800"}', "[" * 5_000])
def test_a_body_that_is_no_object_is_a_problem(api_of, mia, raw):
    raw_bytes = raw.encode("latin-1")

    response = api_of(mia).client.post("/api/v1/projects/", raw_bytes, content_type="application/json")

    assert response.status_code == 400
    assert problems(response)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_body_of_another_kind_is_refused(api_of, mia, kind):
    response = api_of(mia).client.post("/api/v1/projects/", b"name=x", content_type=kind)

    assert response.status_code in (400, 415)
    assert problems(response)


def test_a_reply_in_another_form_than_json_is_refused(api_of, mia):
    response = api_of(mia).client.get("/api/v1/me/", headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert problems(response)[0]["code"] == "not_acceptable"


def test_a_body_larger_than_allowed_is_refused_before_it_is_read(api_of, mia, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    response = api_of(mia).post("projects/", {"name": "x" * 2_000})

    assert response.status_code == 413
    assert problems(response)[0]["code"] == "too_large"


def test_a_long_list_of_problems_is_cut_and_says_so(api_of, mia):
    labels = [{"key": ""}] * 200

    response = api_of(mia).put("projects/river/labels/", {"base_version": 1, "labels": labels})

    found = problems(response)
    assert len(found) == MOST_PROBLEMS + 1
    assert found[0]["field"] == "labels.0.key"
    assert found[-1]["code"] == "more_problems"


def test_a_failure_of_ours_tells_a_request_id_and_nothing_else(api_of, mia, monkeypatch, caplog):
    monkeypatch.setattr(Me, "parts", lambda view: 1 / 0)
    client = api_of(mia).client
    client.raise_request_exception = False

    response = client.get("/api/v1/me/?", headers={})

    assert response.status_code == 500
    assert problems(response)[0]["code"] == "server_error"
    assert response.json()["request_id"] == response["X-Request-ID"]
    assert "division" not in response.content.decode()


def test_a_lost_database_is_answered_with_a_time_to_try_again(api_of, mia, monkeypatch):
    def fail(view):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Me, "parts", fail)

    response = api_of(mia).get("me/")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert problems(response)[0]["code"] == "busy"


def test_every_reply_carries_the_strict_headers(api_of, mia):
    for response in (api_of(mia).get("me/"), Client().get("/api/v1/me/"), Client().get("/api/v1/nothing/")):
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "private" in response["Cache-Control"]
