"""XS-4: what people stored comes back as a file to keep, never as a page of ours; no address leads to the folder."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.jobs.running import run_job
from annotations.jobs.starting import start_import
from annotations.models import Job, RawFile, User
from annotations.tasks import KINDS
from tests import factories

from .test_access_matrix import rows
from .world import build_world, content_of, path_of, routes

ACTIVE = {
    "page.html": b"<script>alert(document.domain)</script>",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "feed.xml": b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    "paper.pdf": b"%PDF-1.7 /OpenAction /JavaScript",
    "code.js": b"alert(1)",
    "style.css": b"body{background:url(//elsewhere.test)}",
    "unknown": b"<html><script>alert(1)</script>",
    "mail.mhtml": b"From: x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
}
NAMES = [
    'a"b.jsonl',
    "a\r\nSet-Cookie: planted=1\r\n\r\n<script>.jsonl",
    "../../etc/passwd",
    "річка – „Fluss“ \u202egnp.exe",
    "x; filename=evil.html",
    "a\\b\\c.html",
    "%0d%0aX: y.jsonl",
    " .html ",
]


def result_of(name: str, content: bytes) -> tuple[Client, list[str], Job]:
    """Make a job with this result; return its owner's browser and the addresses of the file."""
    mia = factories.project("river")
    user = factories.user("mia")
    user.is_staff = user.is_superuser = True
    user.save()
    job = Job.objects.create(project=mia.project, kind=Job.Kind.EXPORT, state=Job.State.DONE, requested_by=mia)
    job.result_name = name
    job.result.save("result", ContentFile(content))
    client = Client()
    client.force_login(user)
    addresses = [
        reverse("annotations:job_result", args=["river", job.uuid]),
        reverse("api:job_result", args=["river", job.uuid]),
        reverse("admin:annotations_job_result", args=[job.uuid]),
    ]
    return client, [*addresses, *own_data_of(user, name, content)], job


def own_data_of(user: User, name: str, content: bytes) -> list[str]:
    """Make a download of a person's own data; return its addresses."""
    job = Job.objects.create(project=None, kind=Job.Kind.OWN_DATA, state=Job.State.DONE)
    job.parameters, job.expires_at = {"user": str(user.uuid)}, timezone.now() + timedelta(days=1)
    job.result_name = name
    job.result.save("result", ContentFile(content))
    return [reverse("annotations:own_data_file", args=[job.uuid]), reverse("api:own_data_file", args=[job.uuid])]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "content"), ACTIVE.items(), ids=ACTIVE)
def test_xs4_a_result_of_any_kind_is_sent_as_a_file_in_a_sandbox(name, content):
    client, addresses, _job = result_of(name, content)

    for address in addresses:
        response = client.get(address, headers={"Accept": "text/html,image/svg+xml"})
        assert content_of(response) == content
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", ")), address


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_xs2_the_name_of_a_file_stays_inside_its_header(name):
    client, addresses, _job = result_of(name, b"x")

    for address in addresses:
        response = client.get(address)
        content_of(response)
        disposition = response["Content-Disposition"]
        assert "\r" not in disposition
        assert "\n" not in disposition
        assert set(response.cookies) <= {settings.SESSION_COOKIE_NAME}
        assert disposition.startswith("attachment")
        head, _sign, value = disposition.partition("=")
        assert head in ("attachment; filename", "attachment; filename*")
        if head.endswith("*"):
            assert value.isascii()
            assert not set(value) & set(' ";,\\')
        else:
            assert value.startswith('"')
            assert value.endswith('"')
            assert '"' not in value[1:-1].replace('\\"', "")


@pytest.mark.django_db
def test_xs4_uploads_are_never_sent_by_any_address(media_root):
    """Uploads are read by the importer only; the folder is not below any address."""
    mia = factories.project("river")
    job = start_import(mia, [(name, io.BytesIO(content)) for name, content in ACTIVE.items()])
    run_job(job.pk, KINDS, owner="this test")
    stored = RawFile.objects.get(name="picture.svg").file.name
    client = Client()
    client.force_login(mia.user)

    assert settings.MEDIA_URL in ("", "/")
    assert (Path(media_root) / stored).exists()
    tried = [
        stored,
        f"media/{stored}",
        f"static/{stored}",
        f"static/../media/{stored}",
        f"static/%2e%2e/media/{stored}",
    ]
    tried += [f"var/media/{stored}", f"p/river/{stored}", f"p/river/jobs/{job.uuid}/{stored}"]
    assert {client.get(f"/{path}").status_code for path in tried} == {404}
    assert client.get(f"/p/river/jobs/{job.uuid}/result/").status_code == 404


@pytest.mark.long
@pytest.mark.django_db
def test_xs4_no_route_but_the_results_sends_a_file():
    """Every reply with a stream or an attachment is one of those looked at above, or a table made at once.

    One's own data has its own job, so that the routes are not found here with an export's: they are looked at above.
    """
    world = build_world()
    sending = set()
    for row in rows():
        if row["method"] == "GET":
            response = world.clients["manager"].get(path_of(row["route"], world.ours))
            content_of(response)
            if response.streaming or "Content-Disposition" in response:
                sending.add(row["route"])

    assert sending == {
        "p/<slug:slug>/jobs/<uuid:job>/result/",
        "p/<slug:slug>/jobs/<uuid:job>/problems.csv",
        "p/<slug:slug>/agreement/<uuid:run>/figures.csv",
        "p/<slug:slug>/agreement/<uuid:run>/run.json",
        "p/<slug:slug>/dashboard/hours.csv",
        "p/<slug:slug>/acts/acts.csv",
        "p/<slug:slug>/acts/checkpoint.json",
        "p/<slug:slug>/stories/<uuid:key>/matrix.csv",
        "api/v1/projects/<slug:slug>/stories/<uuid:key>/matrix.csv",
        "p/<slug:slug>/dashboard/<slug:name>.csv",
        "p/<slug:slug>/dashboard/<slug:name>.svg",
        # a captured page goes out as an attachment without a type of its own: tests/web/test_source_pages.py
        "p/<slug:slug>/sources/<uuid:source>/captures/<uuid:capture>/file/",
        "api/v1/projects/<slug:slug>/captures/<uuid:uuid>/file/",
        "api/v1/projects/<slug:slug>/jobs/<uuid:uuid>/result/",
    }
    assert [route for route, view in routes() if getattr(view, "__module__", "") == "django.views.static"] == []


@pytest.mark.django_db
def test_xs4_a_result_is_sent_to_nobody_else():
    client, addresses, job = result_of("x.jsonl", b"secret")
    factories.member(job.requested_by, "ada", "manager")
    other = Client()
    other.force_login(factories.user("ada"))

    assert [client.get(address).status_code for address in addresses] == [200] * 5
    for person in (other, Client()):
        for address in addresses:
            response = person.get(address)
            assert response.status_code in (302, 401, 403, 404)
            assert b"secret" not in content_of(response)
