"""RL-1: starts of imports and exports are counted for each person, atomically, and saving work is never refused."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from annotations.access.starts import count_start
from annotations.errors import TooMany
from annotations.jobs.starting import start_export, start_import
from annotations.models import Annotation, Job, Membership, StartCounter
from tests import factories
from workbench.environment import BASE_DIR

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(settings) -> Membership:
    settings.WORKBENCH_IMPORTS_PER_HOUR = settings.WORKBENCH_EXPORTS_PER_HOUR = 3
    return factories.project()


def start(by: Membership) -> Job:
    return start_import(by, [("a.txt", io.BytesIO(b"Rain."))])


def test_more_imports_than_an_hour_allows_are_refused_with_the_time_to_wait(mia):
    for _time in range(3):
        start(mia)

    with pytest.raises(TooMany, match="3 in the last hour") as refusal:
        start(mia)

    assert 1190 <= refusal.value.seconds <= 1201
    assert Job.objects.count() == 3


def test_exports_and_other_people_and_the_operator_are_counted_apart(mia):
    for _time in range(3):
        start(mia)

    start_export(mia)
    start(factories.member(mia, "rosa", Membership.Role.MANAGER))
    start_import(None, [("a.txt", io.BytesIO(b"Rain."))], project=mia.project)


def test_projects_of_one_person_are_counted_together(mia):
    hill = factories.project("hill")
    for by in (mia, hill, mia):
        start(by)

    with pytest.raises(TooMany):
        start(hill)


def test_one_more_is_free_after_its_share_of_the_hour(mia):
    for _time in range(3):
        start(mia)
    counter = StartCounter.objects.get()
    StartCounter.objects.update(spent_until=counter.spent_until - timedelta(minutes=20, seconds=1))

    start(mia)

    with pytest.raises(TooMany):
        start(mia)


def test_a_limit_of_nought_is_none(mia, settings):
    settings.WORKBENCH_IMPORTS_PER_HOUR = 0

    for _time in range(5):
        start(mia)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/p/river/import/", {"uploads": "file", "on_conflict": "skip"}),
        ("/p/river/export/", {"format": "native", "texts": "with"}),
        ("/api/v1/projects/river/imports/", {"files": "file"}),
        ("/api/v1/projects/river/exports/", {}),
    ],
)
def test_every_door_answers_429_with_the_time_to_wait_and_a_sentence(mia, client, settings, path, body):
    kind = "import" if "import" in path else "export"
    StartCounter.objects.create(user=mia.user, kind=kind, spent_until=timezone.now() + timedelta(hours=1))
    client.force_login(mia.user)
    sent = {name: SimpleUploadedFile("a.txt", b"Rain.") if value == "file" else value for name, value in body.items()}

    response = (
        client.post(path, sent)
        if kind == "import" or "/p/" in path
        else client.post(path, sent, content_type="application/json")
    )

    assert response.status_code == 429, response.content
    assert 1 <= int(response["Retry-After"]) <= 1201
    assert "in the last hour" in response.content.decode()
    assert not Job.objects.exists()


def test_the_admin_answers_429_too(mia, client):
    StartCounter.objects.create(user=mia.user, kind="import", spent_until=timezone.now() + timedelta(hours=1))
    mia.user.is_staff = True
    mia.user.save()
    client.force_login(mia.user)
    body = {"project": mia.project_id, "uploads": SimpleUploadedFile("a.txt", b"Rain."), "on_conflict": "skip"}

    response = client.post("/admin/annotations/project/import/", body)

    assert response.status_code == 429
    assert response["Retry-After"]


def test_fifty_annotations_in_a_row_are_all_saved(mia, client):
    ada, story = factories.member(mia, "ada"), factories.article(mia)
    client.force_login(ada.user)
    version = story.current_version
    for _n in range(50):
        body = {
            "key": str(uuid.uuid4()),
            "version_uuid": str(version.uuid),
            "text_sha256": bytes(version.text_sha256).hex(),
            "start": 2,
            "end": 5,
            "quote": version.text[2:5],
            "label": "claim",
        }
        response = client.post(
            f"/api/v1/projects/river/articles/{story.uuid}/annotations/",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert response.status_code == 201, response.content

    assert Annotation.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_starts_at_once_exactly_as_many_as_allowed_are_let_through(settings):
    mia = factories.project()
    settings.WORKBENCH_IMPORTS_PER_HOUR = 20
    results: list[Any] = []

    def run() -> None:
        try:
            for _time in range(20):
                try:
                    count_start(mia, "import")
                    results.append("let through")
                except TooMany:
                    results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 100
    assert results.count("let through") == 20


# RL-2


@pytest.mark.parametrize("limit", ["0", "-1", "100000", "99999999999999999999", "1e3", "١٠", ""])
@pytest.mark.parametrize("path", ["articles/", "jobs/", "members/", "assignments/", "audit/", "publishers/", "claims/"])
def test_a_page_size_beyond_the_cap_is_refused(mia, client, path, limit):
    client.force_login(mia.user)

    response = client.get(f"/api/v1/projects/river/{path}", {"limit": limit})

    assert response.status_code in (400, 405)


@pytest.mark.skipif(django_settings.DATABASE_IS_SQLITE, reason="only PostgreSQL can stop a statement")
def test_a_statement_behind_a_page_is_stopped_and_one_of_a_command_is_not():
    program = (
        "import os, django, time\n"
        "{start}\n"
        "from django.db import connection\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.execute('SELECT pg_sleep(1.5)')\n"
        "print('waited')\n"
    )
    environment = os.environ | {"WORKBENCH_STATEMENT_SECONDS": "1", "DJANGO_SETTINGS_MODULE": "workbench.settings"}

    def run(start: str) -> subprocess.CompletedProcess[str]:
        code = program.format(start=start)
        return subprocess.run(
            [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )

    page = run("from workbench.statement_limit import limit_statements\ndjango.setup(); limit_statements()")
    command = run("django.setup()")

    assert "statement timeout" in page.stderr
    assert "waited" in command.stdout
