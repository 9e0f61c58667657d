"""Python's search for cycles, kept away from work that makes very many objects, and memory given back after it."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

_lock = threading.Lock()
_were_enabled: list[bool] = []


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep Python from looking for cycles inside the block, in all threads; a fifth of an export's time is that."""
    with _lock:
        _were_enabled.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            was_enabled = _were_enabled.pop()
            if was_enabled and not _were_enabled:
                gc.enable()


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
