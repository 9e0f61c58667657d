"""A job that writes much lets SQLite's log be written back beside it, so that the log does not grow with the job."""

from __future__ import annotations

import contextlib
import sqlite3
import time

import pytest
from django.conf import settings
from django.db import connection

from annotations.jobs.room_on_sqlite import room_on_sqlite
from annotations.models import Project
from tests.factories import project

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not settings.DATABASE_IS_SQLITE, reason="PostgreSQL writes its log back itself"),
]


def names_without_the_log() -> list[str]:
    """Read what stands in the database's file itself."""
    with connection.cursor() as cursor:
        (_n, _name, file) = cursor.execute("PRAGMA database_list").fetchone()
    with contextlib.closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as other:
        return [name for (name,) in other.execute("SELECT name FROM annotations_project ORDER BY id")]


def rename(name: str) -> None:
    Project.objects.update(name=name)


def test_every_second_part_the_log_is_written_back_while_the_job_goes_on():
    project()
    with room_on_sqlite() as part_is_done:
        for name in ("one", "two"):
            rename(name)
            part_is_done()
        waited_until = time.monotonic() + 10
        while names_without_the_log() != ["two"]:
            assert time.monotonic() < waited_until
            time.sleep(0.01)


def test_what_was_written_last_is_written_back_at_the_end():
    project()
    with room_on_sqlite() as part_is_done:
        rename("last")
        part_is_done()

    assert names_without_the_log() == ["last"]


def test_a_log_that_somebody_reads_is_left_to_the_next_time():
    project()
    rename("before")
    with connection.cursor() as cursor:
        (_n, _name, file) = cursor.execute("PRAGMA database_list").fetchone()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT name FROM annotations_project").fetchall()
        with room_on_sqlite() as part_is_done:
            rename("while it was read")
            part_is_done()
        assert "while it was read" not in names_without_the_log()
        assert reader.execute("SELECT name FROM annotations_project").fetchone() == ("before",)
        reader.execute("COMMIT")
    with room_on_sqlite():
        pass

    assert names_without_the_log() == ["while it was read"]
