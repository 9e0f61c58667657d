"""The bare limits: the rows that an import wrote, written again and read by nothing but the database's own fastest way.

The tables are ours, with all their constraints, indexes, foreign keys and guards: they are emptied and filled again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.conf import settings

from annotations.jobs.room_on_sqlite import ROOM_ON_SQLITE
from annotations.models.audit_guards import KEEP_AUDIT_SQLITE
from tests.benchmarks.process import processor_seconds, seconds_of

WRITTEN = ("article", "articleversion", "region", "textlink", "annotation", "fragment", "assignment", "auditevent")
"""What an import of articles writes, the audit of its chunks last; publishers, labels and people are there already."""
EMPTIED = (*WRITTEN, "auditwaiting")
"""The acts that wait to be sealed are written by the database, as the acts are."""
BLOCK = 1024 * 1024
Figures = dict[str, Any]


# PostgreSQL


class PostgresLimit:
    """Raw COPY in binary form, of files that were written before the clock runs."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def keep_rows(self) -> None:
        """Write the rows of every table that an import writes into files."""
        with psycopg.connect(self.url) as connection:
            for table in WRITTEN:
                with (self.folder / table).open("wb") as file, _copy_to(connection, table, "BINARY") as copy:
                    for block in copy:
                        file.write(block)

    def empty(self) -> None:
        """Empty the tables, and give the disk time to settle."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")  # the record of acts is only added to
            connection.execute(f"TRUNCATE {', '.join(map(_quoted, EMPTIED))} CASCADE")
        self.settle()

    def settle(self) -> None:
        """Bring to the disk what waits for it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def write(self) -> Figures:
        """COPY the rows into the empty tables, in one transaction."""
        self.empty()
        with psycopg.connect(self.url) as connection, _timed(connection) as figures:
            for table in WRITTEN:
                sql = f"COPY {_quoted(table)} FROM STDIN (FORMAT BINARY)"
                with (self.folder / table).open("rb") as file, connection.cursor().copy(sql) as copy:
                    while block := file.read(BLOCK):
                        copy.write(block)
            connection.commit()
        return figures

    def read(self) -> Figures:
        """COPY the tables of an export out, to nowhere."""
        with psycopg.connect(self.url) as connection, _timed(connection) as figures:
            for table in WRITTEN[:-1]:
                with _copy_to(connection, table, "TEXT") as copy:
                    for _block in copy:
                        pass
        return figures


def _copy_to(connection: psycopg.Connection, table: str, form: str) -> Any:
    return connection.cursor().copy(f"COPY {_quoted(table)} TO STDOUT (FORMAT {form})")


def _quoted(table: str) -> str:
    return f'"annotations_{table}"'


@contextlib.contextmanager
def _timed(connection: psycopg.Connection | None) -> Iterator[Figures]:
    figures: Figures = {}
    pid = connection.info.backend_pid if connection else None
    started, processor, server = time.perf_counter(), processor_seconds(), seconds_of(pid)
    yield figures
    figures["seconds"] = time.perf_counter() - started
    figures["processor"] = processor_seconds() - processor
    figures["server"] = seconds_of(pid) - server


# SQLite


class SqliteLimit:
    """One transaction of `executemany`, with the room that imports have; the tuples are ready before the clock runs."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.kept = folder / "kept.sqlite3"

    def keep_rows(self) -> None:
        """Copy the rows of every table that an import writes."""
        self.kept.unlink(missing_ok=True)
        with contextlib.closing(self._connect()) as connection:
            connection.execute("ATTACH ? AS kept", (str(self.kept),))
            for table in WRITTEN:
                connection.execute(f"CREATE TABLE kept.{_quoted(table)} AS SELECT * FROM main.{_quoted(table)}")

    def empty(self) -> None:
        """Empty the tables; of the guards, only those of the record of acts mind deletion."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            for trigger in KEEP_AUDIT_SQLITE:
                connection.execute(f"DROP TRIGGER {trigger.split()[2]}")
            for table in EMPTIED:
                connection.execute(f"DELETE FROM {_quoted(table)}")
            for trigger in KEEP_AUDIT_SQLITE:
                connection.execute(trigger)
        self.settle()

    def settle(self) -> None:
        """Bring to the database's file what waits for it."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write(self) -> Figures:
        """Insert the rows into the empty tables, in one transaction."""
        self.empty()
        figures: Figures = {"seconds": 0.0, "processor": 0.0, "server": 0.0}
        with contextlib.closing(self._connect()) as connection, contextlib.closing(sqlite3.connect(self.kept)) as kept:
            connection.execute("BEGIN IMMEDIATE")
            for table in WRITTEN:
                found = kept.execute(f"SELECT * FROM {_quoted(table)}")
                names = ", ".join(f'"{column[0]}"' for column in found.description)
                marks = ", ".join("?" * len(found.description))
                while ready := found.fetchmany(2_000):
                    with _timed(None) as spent:
                        connection.executemany(f"INSERT INTO {_quoted(table)} ({names}) VALUES ({marks})", ready)
                    _add(figures, spent)
            with _timed(None) as spent:
                connection.execute("COMMIT")
            _add(figures, spent)
        return figures

    def read(self) -> Figures:
        """Fetch every row of the tables of an export, to nowhere."""
        with contextlib.closing(self._connect()) as connection, _timed(None) as figures:
            for table in WRITTEN[:-1]:
                rows = connection.execute(f"SELECT * FROM {_quoted(table)}")
                while rows.fetchmany(2_000):
                    pass
        return figures

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        connection.executescript(f"{settings.SQLITE_AT_FIRST} PRAGMA cache_size = -{ROOM_ON_SQLITE};")
        return connection


def _add(figures: Figures, spent: Figures) -> None:
    for name, value in spent.items():
        figures[name] += value


def serialise(path: Path) -> Figures:
    """Write the records of an export as JSON again, and do nothing else: each is read before its clock runs."""
    figures: Figures = {"seconds": 0.0, "processor": 0.0, "server": 0.0}
    with path.open("rb") as file:
        while lines := file.readlines(4 * BLOCK):
            records = [orjson.loads(line) for line in lines]
            with _timed(None) as spent:
                for record in records:
                    orjson.dumps(record)
            _add(figures, spent)
    return figures
