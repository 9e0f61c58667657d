"""Reading ahead: the database reads the next batch in a second connection while the present one is written.

Both connections see one snapshot. Without this each side waits for the other, and an export takes the sum of their
times.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeVar

from django.db import connection

from .scope import snapshot

T = TypeVar("T")
LOOK_SECONDS = 0.5
"""How often the reader looks whether anybody still waits for what it has read."""


def read_ahead(read: Callable[[], Iterator[T]], snapshot_name: str | None) -> Iterator[T]:
    """Yield what `read()` yields, an item ahead where the snapshot has a name that another connection can take over."""
    if snapshot_name is None:
        yield from read()
        return
    ready: queue.Queue[T | BaseException | None] = queue.Queue(maxsize=1)
    is_over = threading.Event()
    reader = threading.Thread(target=_fill, args=(ready, is_over, read, snapshot_name), daemon=True)
    reader.start()
    try:
        while (found := ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        is_over.set()
        reader.join()


def _fill(
    ready: queue.Queue[T | BaseException | None],
    is_over: threading.Event,
    read: Callable[[], Iterator[T]],
    snapshot_name: str,
) -> None:
    """Put what is read into the queue, and None after it, or the error that ended it."""
    last: BaseException | None = None
    try:
        with closing(connection), snapshot(snapshot_name):
            for each in read():
                _put(ready, is_over, each)
                if is_over.is_set():
                    break
    except BaseException as error:
        last = error
    _put(ready, is_over, last)


def _put(ready: queue.Queue[T], is_over: threading.Event, item: T) -> None:
    while not is_over.is_set():
        try:
            ready.put(item, timeout=LOOK_SECONDS)
            return
        except queue.Full:
            continue
