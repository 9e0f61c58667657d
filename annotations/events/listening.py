"""One LISTEN connection per event process, shared out to the streams that wait for a job or an article."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from annotations.models.announcing import WORK_CHANNEL
from annotations.models.guards import JOB_CHANNEL

logger = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
_OF_DJANGO = frozenset({"cursor_factory", "context", "prepare_threshold"})


def address_of(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """Return how to reach the database, with what its address says of TLS and timeouts; not how Django reads rows."""
    values = database.get_connection_params()
    return {name: value for name, value in values.items() if name not in _OF_DJANGO}


class Waiting:
    """What one stream waits for: some names, and which of them were called since it last looked."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self._changed = asyncio.Event()

    def call(self, name: str) -> None:
        """Wake the stream."""
        self.called.add(name)
        self._changed.set()

    def look(self) -> set[str]:
        """Return what was called, and forget it."""
        called, self.called = self.called, set()
        self._changed.clear()
        return called

    async def wait(self, seconds: float) -> None:
        """Wait for a call, at most so long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return


class Listener:
    """Wake whoever waits for a name when it is called; a wake-up says nothing but "look again"."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Waiting]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiting_for(self, *names: str) -> AsyncIterator[Waiting]:
        """Give what is woken whenever one of the names is called."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        waiting = Waiting()
        for name in names:
            self._waiting[name].add(waiting)
        try:
            yield waiting
        finally:
            for name in names:
                self._waiting[name].discard(waiting)
                if not self._waiting[name]:
                    del self._waiting[name]

    async def _listen(self) -> None:
        while True:
            try:
                await self._pass_on()
            except psycopg.Error:
                logger.warning("the notification connection broke; trying again")
            self._wake(*self._waiting)  # whatever was missed meanwhile
            await asyncio.sleep(RETRY_SECONDS)

    async def _pass_on(self) -> None:
        known = address_of(connections["default"])
        async with await psycopg.AsyncConnection.connect(**known, autocommit=True) as connection:
            await connection.execute(f"LISTEN {JOB_CHANNEL}")
            await connection.execute(f"LISTEN {WORK_CHANNEL}")
            self._wake(*self._waiting)
            async for notification in connection.notifies():
                self._wake(notification.payload)

    def _wake(self, *names: str) -> None:
        for name in names:
            for waiting in self._waiting.get(name, ()):
                waiting.call(name)


listener = Listener()
