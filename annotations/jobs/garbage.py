"""Python's search for cycles, made rare for work that makes very many objects, and memory given back after it."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

RARE = (200_000, 20, 50)
"""Thresholds of the search for cycles while very many objects are made that have none."""

_lock = threading.Lock()
_usual: list[tuple[int, int, int]] = []


@contextmanager
def rare_collections() -> Iterator[None]:
    """Have Python look for cycles rarely inside the block, in all threads; a fifth of an export's time is that else.

    It is not kept from it: a block may last for minutes in a process that serves pages as well.
    """
    with _lock:
        _usual.append(gc.get_threshold())
        gc.set_threshold(*RARE)
    try:
        yield
    finally:
        with _lock:
            usual = _usual.pop()
            if not _usual:
                gc.set_threshold(*usual)


def give_memory_back() -> None:
    """Give the system what a large job needed and nobody uses any more: an allocator keeps it for the next one.

    Only glibc can be asked to, in some milliseconds; elsewhere nothing happens but a search for cycles.
    """
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # a system whose libraries are not found like this
        return None
    return found
