"""Run the embedded worker: it looks for jobs in the database and does them, until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from annotations.jobs.workers import serve
from annotations.tasks import KINDS, do_chores, do_daily


class Command(BaseCommand):
    """`workbench run_worker`."""

    help = "Do imports and exports as they are asked for. Stops after the present chunk on SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--watch-stdin", action="store_true", help="stop when standard input is closed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until asked to stop."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["watch_stdin"]:
            threading.Thread(target=_wait_for_the_end, args=(stop,), daemon=True).start()
        serve(KINDS, stop.is_set, do_chores, do_daily)


def _wait_for_the_end(stop: threading.Event) -> None:
    """Stop when the supervisor is gone, however it went: its end of the pipe is then closed."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    stop.set()
