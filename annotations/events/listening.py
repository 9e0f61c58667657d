"""One LISTEN connection per event process, shared out to the streams that wait for a job."""

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

from annotations.models.guards import JOB_CHANNEL

logger = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
_OF_DJANGO = frozenset({"cursor_factory", "context", "prepare_threshold"})


def address_of(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """Return how to reach the database, with what its address says of TLS and timeouts; not how Django reads rows."""
    values = database.get_connection_params()
    return {name: value for name, value in values.items() if name not in _OF_DJANGO}


class Listener:
    """Wake whoever waits for a job when its row changes; a wake-up says nothing but "look again"."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiting_for(self, name: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the named job changes."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        changed = asyncio.Event()
        self._waiting[name].add(changed)
        try:
            yield changed
        finally:
            self._waiting[name].discard(changed)
            if not self._waiting[name]:
                del self._waiting[name]

    async def _listen(self) -> None:
        while True:
            try:
                await self._pass_on()
            except psycopg.OperationalError:
                logger.warning("the notification connection broke; trying again")
            self._wake(*self._waiting)  # whatever was missed meanwhile
            await asyncio.sleep(RETRY_SECONDS)

    async def _pass_on(self) -> None:
        known = address_of(connections["default"])
        async with await psycopg.AsyncConnection.connect(**known, autocommit=True) as connection:
            await connection.execute(f"LISTEN {JOB_CHANNEL}")
            self._wake(*self._waiting)
            async for notification in connection.notifies():
                self._wake(notification.payload)

    def _wake(self, *names: str) -> None:
        for name in names:
            for changed in self._waiting.get(name, ()):
                changed.set()


listener = Listener()
