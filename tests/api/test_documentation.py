"""The OpenAPI document is valid and complete, and its page needs nothing that the policy forbids."""

from __future__ import annotations

import re

from django.core.management import call_command
from django.test import Client

from tests.api.conftest import document

#: addresses, beside those of judgements, whose writes may carry a key
TAKES_KEY = (
    "/withhold/",
    "/articles/bulk/",
    "/suggestions/run/",
    "/labels/merge/",
    "/acts/{uuid}/restore/",
    "/articles/{uuid}/zones/",
    "/articles/{uuid}/zones/everywhere/",
    "/zones/{key}/",
    "/zones/{key}/withdraw/",
    "/zones/{key}/restore/",
    "/agreement/run/",
    "/review/rulings/",
    "/review/take-over/",
    "/review/undo-take-over/",
    "/review/finish/",
    "/review/reopen/",
    "/rulings/{key}/withdraw/",
    "/assignments/{uuid}/return/",
    "/passages/run/",
    "/story-suggestions/run/",
    "/attributions/",
    "/attributions/{key}/",
    "/attributions/{key}/withdraw/",
    "/attributions/{key}/restore/",
    "/quotations/{key}/places/",
    "/quotations/{key}/places/{place}/decide/",
    "/speakers/{key}/",
    "/speakers/{key}/merge/",
    "/speakers/{key}/part/",
    "/spellings/",
    "/spellings/{key}/",
    "/boilerplate/",
    "/articles/by-external-id/",
    "/articles/by-address/",
    "/sources/",
    "/sources/{uuid}/",
    "/sources/{uuid}/fetch/",
    "/sources/{uuid}/not-held/",
    "/sources/{uuid}/captures/",
    "/sources/{uuid}/files/",
    "/captures/{uuid}/",
    "/correct/",
    "/articles/metadata/",
    "/articles/assign/",
    "/articles/{uuid}/threads/",
    "/claims/{key}/threads/",
    "/threads/{key}/comments/",
    "/threads/{key}/resolve/",
    "/threads/{key}/announce/",
    "/threads/{key}/reopen/",
    "/comments/{key}/",
    "/comments/{key}/remove/",
    "/skipped/give-back/",
    "/articles/give/",
    "/rounds/",
    "/rounds/{uuid}/close/",
    "/rounds/{uuid}/reopen/",
    "/assignments/{uuid}/confirm/",
    "/assignments/{uuid}/reassign/",
    "/imports/",
    "/exports/",
    "/jobs/{uuid}/undo/",
    "/jobs/{uuid}/import/",
)


def test_the_document_is_valid_and_leaves_nothing_unresolved(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))

    assert "openapi: 3.1.0" in (tmp_path / "schema.yml").read_text("utf-8")


def test_the_document_is_open_and_the_same_for_everybody(db):
    response = Client().get("/api/v1/schema/")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["paths"].keys() == document()["paths"].keys()


def test_every_operation_is_described_and_every_write_of_a_judgement_names_its_key():
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], f"{method} {path}"
            is_judgement = operation["tags"] == ["judgements"] and method != "get"
            headers = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"]
            takes_key = is_judgement or path.endswith(TAKES_KEY)
            assert headers == (["Idempotency-Key"] if takes_key and method != "get" else []), f"{method} {path}"


def test_the_page_shows_every_operation_without_inline_script_or_style(db):
    response = Client().get("/api/v1/docs/")

    page = response.content.decode()
    assert response.status_code == 200
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page)


def test_every_reference_of_the_page_leads_to_a_place_on_it(db):
    page = Client().get("/api/v1/docs/").content.decode()

    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
