"""How a job that writes much gets through SQLite: more pages at hand, and few waits for the disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)
ROOM_ON_SQLITE = 64 * 1024
"""KiB of pages that such a job keeps at hand: those of its indexes, which it comes back to."""
PARTS_IN_THE_LOG = 2
"""After so many parts the log is written back; each changes 20 to 30 MiB of pages, mostly the same ones again."""
LONGEST_LOG = 32 * 1024
"""Pages in the log at which the job writes it back itself, should the thread that does so not come to it."""


@contextmanager
def room_on_sqlite() -> Iterator[Callable[[], None]]:
    """Let this connection write much; yield what is to be called after each part that was committed.

    With `synchronous=NORMAL` a power cut may take the last parts back, whole and with their done marks: they are then
    done again. What is committed afterwards, the job's end first, takes all that came before along to the disk.
    """
    wanted = {"cache_size": -ROOM_ON_SQLITE, "synchronous": 1, "wal_autocheckpoint": LONGEST_LOG}
    usual = {name: _get(name) for name in wanted}
    _set(wanted | {"synchronous": min(usual["synchronous"], 1)})
    try:
        with _written_back_beside() as part_is_done:
            yield part_is_done
    finally:
        _set(usual)


def _get(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])


def _set(values: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute(f"PRAGMA {name} = {value}")


@contextmanager
def _written_back_beside() -> Iterator[Callable[[], None]]:
    """Write the log back to the database's file in a thread, which waits for the disk while the job reads on.

    It never waits for anybody: what others still read, or write meanwhile, is left to the next time.
    """
    parts, is_over = threading.Semaphore(0), threading.Event()

    def work() -> None:
        try:
            while not is_over.is_set():
                for _part in range(PARTS_IN_THE_LOG):
                    parts.acquire()
                _write_back()
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield parts.release
    finally:
        is_over.set()
        parts.release(PARTS_IN_THE_LOG)
        thread.join()


def _write_back() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except DatabaseError as error:  # the next time, or whoever commits next, does it
        logger.warning("log not written back", extra={"error_class": type(error).__name__})
