"""Reading ahead: the database reads the next batches in connections of their own while the present one is written.

All connections see one snapshot. Without this each side waits for the other, and an export takes the sum of their
times.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from typing import NoReturn, TypeVar

from django.db import connection

from .scope import snapshot

T = TypeVar("T")
Part = TypeVar("Part")
READERS = 2
"""So many connections read at once: writing a batch takes half as long as the database needs to read it."""


def read_ahead(
    parts: Iterable[Part], read: Callable[[Part], T], snapshot_name: str | None, *, readers: int = READERS
) -> Iterator[T]:
    """Yield what is read of each part, in order.

    Parts are read ahead, by threads, where the snapshot has a name that other connections can take over.
    """
    if snapshot_name is None:
        yield from map(read, parts)
        return
    asked: queue.SimpleQueue[tuple[Part, Future[T]] | None] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_answer, args=(asked, read, snapshot_name), daemon=True) for _reader in range(readers)
    ]
    ahead: deque[Future[T]] = deque()
    try:
        for thread in threads:
            thread.start()
        for part in parts:
            ahead.append(Future())
            asked.put((part, ahead[-1]))
            if len(ahead) > readers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()
        for _thread in threads:
            asked.put(None)
        for thread in threads:
            thread.join()


def _answer(
    asked: queue.SimpleQueue[tuple[Part, Future[T]] | None], read: Callable[[Part], T], snapshot_name: str
) -> None:
    """Read what is asked for until None is. Where there is no connection, whoever waits hears of it."""
    has_begun = False
    try:
        with closing(connection), snapshot(snapshot_name):
            has_begun = True
            _answer_all(asked, read)
    except BaseException as error:
        if has_begun:
            raise
        _answer_all(asked, partial(_refuse, error))


def _answer_all(asked: queue.SimpleQueue[tuple[Part, Future[T]] | None], read: Callable[[Part], T]) -> None:
    while question := asked.get():
        _answer_one(*question, read)
        del question  # what was read is in memory for as long as anybody has its future


def _answer_one(part: Part, future: Future[T], read: Callable[[Part], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(read(part))
    except BaseException as error:
        future.set_exception(error)


def _refuse(error: BaseException, _part: object) -> NoReturn:
    raise error
