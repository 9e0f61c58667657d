"""What all tests share: a throw-away database of this run, fast passwords, Hypothesis profiles, a count of skips."""

import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.color import Style
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from annotations.models.audit_guards import KEEP_AUDIT_SQLITE
from tests import template

BASE_DIR = Path(__file__).resolve().parent.parent
SHARED = BASE_DIR.parent / "shared"
RUN = (os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex)[:8]
KEPT_TABLES = ("annotations_auditevent", "annotations_auditseal", "annotations_audittext")
"""What the database lets nobody delete of: see `annotations.models.audit_guards`."""
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}

hypothesis_settings.register_profile("quick", max_examples=30, **PATIENT)
hypothesis_settings.register_profile("long", max_examples=1000, **PATIENT)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the word that the database is another one than in the run before."""
    parser.addoption("--database-only", action="store_true", help="of formats, run only what touches the database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what says nothing new of another database: tests of readers and writers that touch none."""
    if not config.getoption("--database-only"):
        return
    folders = tuple(str(BASE_DIR / "tests" / name) for name in ("importers", "exporters", "access"))
    left_out = [
        item for item in items if str(item.path).startswith(folders) and not item.get_closest_marker("django_db")
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Use a password hash that costs nothing; how passwords are hashed in earnest is tested by itself."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Name the test database after this run, so that runs beside each other do not meet.

    SQLite gets a file: live servers and threads open connections of their own, which a database in memory has not.
    """
    from django.db import connections

    test_settings = connections["default"].settings_dict["TEST"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if settings.DATABASE_IS_SQLITE:
        options = connections["default"].settings_dict["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        test_settings["NAME"] = str(file)
        template.copy_to_file(file)
    else:
        test_settings["NAME"] = f"test_workbench_{RUN}_{worker}".rstrip("_")
        test_settings["TEMPLATE"] = template.name_on_server() or None


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Use the migrated file that was copied, where one was."""
    return django_db_keepdb or (settings.DATABASE_IS_SQLITE and bool(template.given_template()))


@pytest.fixture(scope="session", autouse=True)
def empty_tables_by_deleting() -> Iterator[None]:
    """After a test that commits, delete what it left: `TRUNCATE` makes new files for every table and index.

    On PostgreSQL that takes a second and more for our seventy tables, deleting their few rows some milliseconds. Only a
    superuser may leave out the guards, which refuse to delete some rows; others go on with `TRUNCATE`. What keeps the
    record of acts is taken off for the moment.
    """
    usual, usual_of_sqlite = DatabaseOperations.sql_flush, SQLite.ops_class.sql_flush

    def sql_flush(self: DatabaseOperations, style: Style, tables: Sequence[str], **how: bool) -> list[str]:
        may_pass_guards = self.connection.connection.info.parameter_status("is_superuser") == "on"
        if not tables or not may_pass_guards or how.get("reset_sequences"):
            kept = [table for table in tables if table in KEPT_TABLES]
            off, on = ([f"ALTER TABLE {table} {what} TRIGGER USER" for table in kept] for what in ("DISABLE", "ENABLE"))
            return [*off, *usual(self, style, tables, **how), *on]
        deletes = (f"DELETE FROM {self.quote_name(table)}" for table in tables)
        return ["SET LOCAL session_replication_role = replica", *deletes]

    def sql_flush_of_sqlite(self: Any, style: Style, tables: Sequence[str], **how: bool) -> list[str]:
        names = [trigger.split()[2] for trigger in KEEP_AUDIT_SQLITE]
        off = [f"DROP TRIGGER IF EXISTS {name}" for name in names]
        return [*off, *usual_of_sqlite(self, style, tables, **how), *KEEP_AUDIT_SQLITE]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(SQLite.ops_class, "sql_flush", sql_flush_of_sqlite)
        yield


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path: Path) -> Path:
    """Keep files that a test stores in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def unlimited_starts(settings) -> None:
    """Let one person start as many imports and exports as a test needs; the limit has tests of its own."""
    settings.WORKBENCH_IMPORTS_PER_HOUR = settings.WORKBENCH_EXPORTS_PER_HOUR = 0


@pytest.fixture(autouse=True)
def no_jobs_of_their_own(settings) -> None:
    """Let workers start no job that a test did not ask for; that they do has tests of its own."""
    settings.WORKBENCH_FIND_REUSE = False


@pytest.fixture(scope="session")
def shared_samples() -> Path:
    """Give the folder of large outside samples that is not part of the project; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of outside samples is not beside this checkout")
    return SHARED


def pytest_terminal_summary(terminalreporter) -> None:
    """Say how many tests were skipped, even when it is none; `-ra` lists the reasons."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line(f"Skipped: {skipped}{', each with its reason in the summary' if skipped else ''}")
