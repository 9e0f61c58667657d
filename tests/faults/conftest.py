"""A running workbench on a throw-away database of the kind under test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests import template

from .kit import Workbench, free_port


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Serve a workbench; whatever of it still runs at the end is killed."""
    tmp_path = tmp_path_factory.mktemp("workbench")
    if settings.DATABASE_IS_SQLITE:
        file = tmp_path / "workbench.sqlite3"
        template.copy_to_file(file)
        made = Workbench(tmp_path, f"sqlite:///{file}", free_port())
        yield from _running(made)
        return
    values = connections["default"].settings_dict
    server = {"host": values["HOST"], "port": values["PORT"], "user": values["USER"], "password": values["PASSWORD"]}
    known = {name: value for name, value in server.items() if value}
    name = f"test_workbench_faults_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(**known, dbname="postgres", autocommit=True) as administration:
        origin = template.name_on_server()
        administration.execute(f"CREATE DATABASE {name}" + (f' TEMPLATE "{origin}"' if origin else ""))
        try:
            yield from _running(Workbench(tmp_path, _url(values, name), free_port()))
        finally:
            administration.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _running(workbench: Workbench) -> Iterator[Workbench]:
    workbench.set_up()
    workbench.start()
    try:
        yield workbench
    finally:
        workbench.stop()


def database_address() -> str:
    """Give the address of the database this test runs on, for a process of its own."""
    values = connections["default"].settings_dict
    return _url(values, str(values["NAME"]))


def _url(values: dict, name: str) -> str:
    host = values["HOST"]
    if host.startswith("/") or not host:
        return f"postgres:///{name}?host={host}&user={values['USER']}" if host else f"postgres:///{name}"
    password = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    user = f"{values['USER']}{password}@" if values["USER"] else ""
    return f"postgres://{user}{host}:{values['PORT'] or 5432}/{name}"
