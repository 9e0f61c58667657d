"""A bar in the terminal while a job runs in the foreground; drawn only where a person looks."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from annotations.models import Job

REDRAW_SECONDS = 0.5
WIDEST = 30
CLEAR_LINE = "\r\x1b[K"


class Terminal(Protocol):
    """Where the bar is drawn."""

    def isatty(self) -> bool:
        """Tell whether a person looks."""

    def write(self, text: str) -> object:
        """Write text."""

    def flush(self) -> object:
        """Bring it to the screen."""


@contextmanager
def progress_bar(terminal: Terminal, job_id: int) -> Iterator[None]:
    """Draw how far the job is, from its row, in a thread with a connection of its own; remove the bar at the end."""
    if not terminal.isatty():
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_draw_until, args=(terminal, job_id, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        terminal.write(CLEAR_LINE)
        terminal.flush()


def bar(done: int, total: int | None, seconds: float, *, width: int = 80) -> str:
    """Return the line of a bar.

    >>> bar(50, 200, 10.0)
    '[#######-----------------------]  25 %  50 of 200  5/s  0:30 left'
    """
    if not total:
        return _("reading …  %(time)s") % {"time": _clock(seconds)}
    share = min(1.0, done / total)
    rate = done / seconds if seconds > 0 else 0.0
    left = _("%(time)s left") % {"time": _clock((total - done) / rate)} if rate else ""
    said = _("%(done)s of %(total)s") % {"done": f"{done:,}", "total": f"{total:,}"}
    numbers = f"{share:4.0%}".replace("%", " %") + f"  {said}  {rate:,.0f}/s  {left}".rstrip()
    room = min(WIDEST, width - len(numbers) - 5)
    if room < 5:
        return numbers.strip()[: width - 1]
    filled = int(room * share)
    return f"[{'#' * filled}{'-' * (room - filled)}] {numbers}"


def _draw_until(terminal: Terminal, job_id: int, ended: threading.Event) -> None:
    began = writing_since = time.monotonic()
    was_reading = True
    try:
        while not ended.wait(REDRAW_SECONDS):
            done, total = _where(job_id)
            if was_reading and total:
                was_reading, writing_since = False, time.monotonic() - REDRAW_SECONDS
            seconds = time.monotonic() - (writing_since if total else began)
            width = shutil.get_terminal_size().columns
            terminal.write(CLEAR_LINE + bar(done, total, seconds, width=width))
            terminal.flush()
    finally:
        connection.close()


def _where(job_id: int) -> tuple[int, int | None]:
    try:
        return Job.objects.values_list("done", "total").filter(pk=job_id).first() or (0, None)
    except DatabaseError:
        return 0, None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
