"""What streams ask the database: all that ask in one moment together, on one connection of the process.

A stream is open for hours. With a connection of its own, a hundred open pages would leave none for anybody's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from django.db import Error, connection

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
MOST_AT_ONCE = 500
_thread = ThreadPoolExecutor(1, "events")


class Together(Generic[Asked, Answer]):
    """Answers what was asked since the last answer in one go; `answer` returns as many answers as it is asked for."""

    def __init__(self, answer: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer, or raise what answering raised: `Error` where the database does not answer."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            asked = [each for each, _future in batch]
            try:
                answers = await asyncio.get_running_loop().run_in_executor(_thread, self._answered, asked)
            except Exception as error:
                for _asked, future in batch:
                    _settle(future, error)
            else:
                for (_asked, future), answer in zip(batch, answers, strict=True):
                    _settle(future, answer)

    def _answered(self, asked: Sequence[Asked]) -> Sequence[Answer]:
        """Answer on the thread's own connection; where it broke since, with a new one."""
        try:
            return self._answer(asked)
        except Error:
            connection.close()
            return self._answer(asked)


def _settle(future: asyncio.Future[Answer], outcome: Answer | Exception) -> None:
    if future.done():  # its stream was closed meanwhile
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
