"""How soon those who have an article open hear of a change: 200 streams on a real event server, on PostgreSQL.

Once two people an article, as when work is shared out, and once all of them at one. From when the change is stored
to when its event has come.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client

from annotations.models import Article, Membership
from annotations.workflow.discussing import NewThread, begin_thread
from tests import factories
from tests.events.test_streams import event_server, logged_in  # noqa: F401 - a fixture among them

from .bench_article_page import median_and_p95, show

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CLIENTS = 200
ACTS = 40
EVERY = 0.25
"""Seconds from act to act."""


class Stream:
    """One open page: when each of its events came, by the monotonic clock."""

    def __init__(self, article: Article, client: Client) -> None:
        self.article, self.client = article, client
        self.came: list[float] = []

    async def open(self, port: int) -> None:
        """Open it and go on listening; return when the first event has come."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        path = f"/events/projects/river/articles/{self.article.uuid}/?tab={uuid.uuid4()}"
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        self._reading = asyncio.create_task(self._read(reader))
        while not self.came:
            assert not self._reading.done(), "the stream ended"
            await asyncio.sleep(0.02)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b'data: {"changed":true'):
                self.came.append(time.monotonic())

    async def close(self) -> None:
        self._writer.close()
        await asyncio.wait([self._reading])


@pytest.mark.parametrize("people", [2, CLIENTS], ids=["two-an-article", "all-at-one"])
def test_how_soon_a_change_is_told(event_server, people: int):  # noqa: F811
    mia = factories.project(visibility="open")
    articles = [factories.article(mia) for _article in range(CLIENTS // people)]
    members = [factories.member(mia, f"person{n}") for n in range(CLIENTS)]
    streams = [Stream(articles[n // people], logged_in(member.user)) for n, member in enumerate(members)]

    found = asyncio.run(_watch(event_server, streams, mia))

    print(f"\n{CLIENTS} streams, {people} at an article, {1 / EVERY:.0f} changes a second")
    show("stored to told, median / p95", [1000 * each for each in median_and_p95(found)], [100, 100], "ms")
    assert len(found) == ACTS * people
    assert statistics.median(found) > 0


async def _watch(port: int, streams: Sequence[Stream], mia: Membership) -> list[float]:
    for stream in streams:
        await stream.open(port)
    await asyncio.sleep(3)  # until everybody has heard who else is here
    found: list[float] = []
    articles = list({stream.article.pk: stream.article for stream in streams}.values())
    for n in range(ACTS):
        article = articles[n % len(articles)]
        there = [stream for stream in streams if stream.article == article]
        before = [len(stream.came) for stream in there]
        stored = await asyncio.to_thread(_act, article, mia)
        await asyncio.sleep(EVERY)
        while any(len(stream.came) == n for stream, n in zip(there, before, strict=True)):
            await asyncio.sleep(0.01)
        found += [stream.came[n] - stored for stream, n in zip(there, before, strict=True)]
    for stream in streams:
        await stream.close()
    return found


def _act(article: Article, mia: Membership) -> float:
    begin_thread(NewThread(uuid.uuid4(), uuid.uuid4(), "Hm", article.uuid), by=mia)
    stored = time.monotonic()
    connection.close()
    return stored
