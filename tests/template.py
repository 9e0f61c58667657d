"""A database that is migrated once in a run of `make test` and copied wherever a test needs a migrated one.

Migrating takes some eight seconds of the processor; pytest's workers and the workbenches that tests start need
twenty migrated databases.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

BASE_DIR = Path(__file__).resolve().parent.parent
VARIABLE = "WORKBENCH_TEST_TEMPLATE"
"""Names the migrated database: the address of an SQLite file, or of a PostgreSQL database."""


@contextlib.contextmanager
def template(server: str = "") -> Iterator[str]:
    """Migrate a throw-away database, on SQLite or on the given PostgreSQL server; give its address."""
    with tempfile.TemporaryDirectory(prefix="workbench-template-") as folder, contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder}/template.sqlite3"
        if server:
            url = stack.enter_context(database(server, f"test_workbench_template_{uuid.uuid4().hex[:8]}"))
        environment = os.environ | {"DATABASE_URL": url, "WORKBENCH_VAR_DIR": folder}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE_DIR, env=environment, check=True)
        yield url


@contextlib.contextmanager
def database(server: str, name: str, origin: str = "") -> Iterator[str]:
    """Make a database on a server, perhaps as a copy of another, and drop it at the end; give its address."""
    copied = f' TEMPLATE "{origin}"' if origin else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}')
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def given_template() -> str:
    """Return the address of this run's migrated database; "" where pytest was started by itself."""
    return os.environ.get(VARIABLE, "")


def copy_to_file(goal: Path) -> bool:
    """Copy the migrated SQLite file, where there is one; tell whether there is."""
    given = given_template()
    if not given.startswith("sqlite:///"):
        return False
    shutil.copy(given.removeprefix("sqlite:///"), goal)
    return True


def name_on_server() -> str:
    """Return the name of the migrated PostgreSQL database; "" where there is none."""
    given = given_template()
    return given.rpartition("/")[2] if given.startswith("postgres") else ""
