"""An archived project takes no work through any door: every write that its people could do is tried again."""

from __future__ import annotations

import pytest
from django.db import transaction

from annotations.workflow.projects import archive_project

from .test_access_matrix import outcome, rows
from .world import ADMIN, body_of, build_world, path_of, send

READING = ("GET", "HEAD")
#: what managing and exporting is left: who may read it, how it is called, files of it, and what jobs of it become
STILL_TAKEN = (
    "archive/",
    "restore/",
    "delete/",
    "articles/<uuid:uuid>/withhold/",
    "articles/<uuid:article>/withhold/",
    "captures/<uuid:uuid>/withhold/",
    "sources/<uuid:source>/captures/<uuid:capture>/withhold/",
    "settings/",
    "exports/",
    "export/",
    "members/",
    "invitations/",
    "invitations/<uuid:uuid>/withdraw/",
    "members/<uuid:uuid>/",
    "members/<uuid:uuid>/end/",
    "members/<uuid:uuid>/match/",
    "jobs/<uuid:job>/act/",
    "jobs/<uuid:uuid>/cancel/",
    "jobs/<uuid:uuid>/continue/",
    "",
)


def _place(route: str) -> str | None:
    """Return the part of a route after its project, or None for one outside of projects."""
    for start in ("p/<slug:slug>/", "api/v1/projects/<slug:slug>/"):
        if route.startswith(start):
            return route.removeprefix(start)
    return None


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["manager", "annotator"])
def test_no_door_leads_to_work_on_an_archived_project(person):
    world = build_world()
    archive_project(by=world.ours.manager)
    open_doors = []
    for row in rows():
        place = _place(row["route"])
        is_work = place is not None and place not in STILL_TAKEN and row["method"] not in READING
        if not is_work or row[person] in ("403", "404") or row["route"].startswith(ADMIN):
            continue
        with transaction.atomic():
            body = body_of(row["method"], row["route"], world.ours)
            found = outcome(send(world.clients[person], row["method"], path_of(row["route"], world.ours), body))
            transaction.set_rollback(True)
        if found != "403":
            open_doors.append(f"{row['method']} {row['route']}: {found}")

    assert not open_doors


@pytest.mark.django_db
def test_an_archived_project_is_read_as_before():
    world = build_world()
    archive_project(by=world.ours.manager)
    refused = []
    for row in rows():
        place = _place(row["route"])
        if place is None or row["method"] not in READING or row["annotator"] != "200":
            continue
        found = outcome(send(world.clients["annotator"], row["method"], path_of(row["route"], world.ours), {}))
        if found != "200":
            refused.append(f"{row['method']} {row['route']}: {found}")

    assert not refused
