"""CF-1 and XS-3: every reply has the security headers, and an error tells nothing but the request's identifier."""

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from workbench.headers import HEADERS, enforce_trusted_types

CANARY = "canary-7c1f"


def raise_it(error: Exception):
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def too_many(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=429, headers={"Retry-After": "1"})


def strict(request: HttpRequest) -> HttpResponse:
    return HttpResponse("strict")


def stored_file(request: HttpRequest) -> HttpResponse:
    return HttpResponse("file", headers={"Content-Security-Policy": "sandbox"})


urlpatterns = [
    path("t/400", raise_it(SuspiciousOperation(CANARY))),
    path("t/403", raise_it(PermissionDenied(CANARY))),
    path("t/429", too_many),
    path("t/500", raise_it(RuntimeError(CANARY))),
    path("api/500", raise_it(RuntimeError(CANARY))),
    path("t/strict", enforce_trusted_types(strict)),
    path("t/file", stored_file),
    path("", include("workbench.urls")),
]
handler400 = "workbench.errors.bad_request"
handler403 = "workbench.errors.forbidden"
handler404 = "workbench.errors.not_found"
handler500 = "workbench.errors.server_error"

ERRORS = {400, 403, 404, 500}
REPLIES = {
    "/healthz": 200,
    "/static/admin/css/base.css": 200,
    "/static/nothing.css": 404,
    "/admin/": 302,
    "/login/": 200,
    f"/{CANARY}?q={CANARY}": 404,
    f"/api/{CANARY}": 404,
    "/t/400": 400,
    "/t/403": 403,
    "/t/429": 429,
    "/t/500": 500,
    "/api/500": 500,
}


@pytest.fixture
def stranger() -> Client:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), REPLIES.items(), ids=REPLIES)
def test_cf1_every_reply_has_the_security_headers(stranger, address, status):
    reply = stranger.get(address)

    assert reply.status_code == status
    policy = set(reply["Content-Security-Policy"].split("; "))
    if reply.get("Content-Type", "text/html").startswith("text/html"):
        assert {"script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= policy
    else:  # nothing that a browser is to show by itself
        assert policy == {"sandbox", "default-src 'none'"}
    assert "unsafe" not in reply["Content-Security-Policy"]
    assert "Content-Security-Policy-Report-Only" not in reply
    assert all(name in reply for name in HEADERS)
    assert len(reply["X-Request-ID"]) == 32


@pytest.mark.django_db
def test_cf1_a_form_from_elsewhere_is_refused_with_the_same_headers():
    reply = Client(enforce_csrf_checks=True).post("/login/", {"username": "ada"})

    assert reply.status_code == 403
    assert "script-src 'self'" in reply["Content-Security-Policy"]
    assert "expired" in reply.text


def test_cf1_a_host_we_do_not_serve_is_refused_with_the_same_headers():
    reply = Client(headers={"host": "elsewhere.test"}).get("/login/")

    assert reply.status_code == 400
    assert "script-src 'self'" in reply["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", [address for address, status in REPLIES.items() if status in ERRORS])
def test_cf1_an_error_shows_the_identifier_and_neither_path_query_nor_stack(stranger, address):
    reply = stranger.get(address)

    assert reply["X-Request-ID"] in reply.text
    assert CANARY not in reply.text
    assert "Traceback" not in reply.text
    assert "/t/" not in reply.text


def test_cf1_errors_below_the_api_are_problems_in_json(stranger):
    reply = stranger.get("/api/500")

    assert reply.json()["problems"][0]["code"] == "server_error"


def test_cf1_errors_read_well_without_a_style_sheet_and_hold_no_inline_code(stranger):
    body = stranger.get("/t/500").text

    assert "<h1>" in body
    assert "<style" not in body
    assert "<script" not in body


def test_xs3_a_marked_page_enforces_trusted_types(stranger):
    policy = stranger.get("/t/strict")["Content-Security-Policy"]

    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert policy.startswith("default-src 'self'")


def test_xs4_a_stored_file_keeps_its_stricter_policy(stranger):
    assert stranger.get("/t/file")["Content-Security-Policy"] == "sandbox"


@override_settings(SECURE_HSTS_SECONDS=31_536_000, SECURE_SSL_REDIRECT=True)
def test_cf1_production_sends_people_to_https_and_keeps_them_there():
    plain, secure = Client().get("/login/"), Client().get("/static/admin/css/base.css", secure=True)

    assert plain.status_code == 301
    assert plain["Location"].startswith("https://")
    assert "max-age=31536000" in secure["Strict-Transport-Security"]
    assert "script-src 'self'" in plain["Content-Security-Policy"]


def test_cf1_each_request_has_an_identifier_of_its_own_and_takes_none_from_outside(stranger):
    first = stranger.get("/t/strict", headers={"X-Request-ID": "forged\r\nline"})["X-Request-ID"]
    second = stranger.get("/t/strict")["X-Request-ID"]

    assert first != second
    assert "forged" not in first


def test_cf1_the_headers_stand_outside_everything_that_can_answer():
    assert settings.MIDDLEWARE[:2] == [
        "workbench.request_id.RequestIdMiddleware",
        "workbench.headers.HeadersMiddleware",
    ]
