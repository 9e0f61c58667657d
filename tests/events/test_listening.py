"""The one connection that listens goes on, whatever the database says."""

from __future__ import annotations

import asyncio

import psycopg

from annotations.events import listening


def test_listening_begins_again_after_any_error_of_the_database(monkeypatch):
    monkeypatch.setattr(listening, "RETRY_SECONDS", 0)
    errors = [psycopg.OperationalError(), psycopg.errors.InsufficientPrivilege(), psycopg.InterfaceError()]
    listener, again = listening.Listener(), asyncio.Event()

    async def pass_on():
        if errors:
            raise errors.pop(0)
        again.set()
        await asyncio.sleep(60)

    async def listen():
        monkeypatch.setattr(listener, "_pass_on", pass_on)
        async with listener.waiting_for("job"):
            await asyncio.wait_for(again.wait(), 5)
            listener._task.cancel()

    asyncio.run(listen())
