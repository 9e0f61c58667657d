"""Serve the demonstration: one command that keeps a web process and a worker process running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from annotations.demonstration import is_loaded, load_demonstration, log_ins, make_accounts
from workbench.environment import BASE_DIR
from workbench.supervisor import AlreadyRunning, Child, only_one, supervise

SECONDS_TO_ANSWER = 60


class Command(BaseCommand):
    """`workbench demo`."""

    help = "Serve a filled demonstration on this machine. PORT says where, DEMO=0 or --empty starts without articles."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--empty", action="store_true", help="make the log-ins, but load no articles")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, serve, and end both processes on Ctrl-C or SIGTERM."""
        if settings.WORKBENCH_MODE != "demo":
            raise CommandError("The demonstration has public passwords. Unset WORKBENCH_MODE to see it.")
        port = _port()
        try:
            with only_one(settings.VAR_DIR / "demo.lock"):
                _refuse_used(port)
                with _collecting_static_files():
                    self._prepare(is_empty=options["empty"] or os.environ.get("DEMO") == "0")
                supervise(_children(port), when_started=lambda is_stopped: self._welcome(port, is_stopped))
        except AlreadyRunning as running:
            raise CommandError(f"A demonstration runs here already (process {running}). Stop it first.") from None
        self.stdout.write("Stopped.")

    def _prepare(self, *, is_empty: bool) -> None:
        executor = MigrationExecutor(connections["default"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)
        if is_empty:
            make_accounts()
        else:
            if not is_loaded():
                self.stdout.write("Loading the demonstration …")
            load_demonstration()
        connections.close_all()

    def _welcome(self, port: int, is_stopped: Callable[[], bool]) -> None:
        """Print address and log-ins last, once the pages answer."""
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while not _answers(port):
            if is_stopped():
                return
            if time.monotonic() > deadline:
                raise CommandError(f"The web process did not answer within {SECONDS_TO_ANSWER} s.")
            time.sleep(0.1)
        lines = ["", f"Claim Workbench is at http://127.0.0.1:{port}/   (Ctrl-C stops it)", "", "Log in as"]
        self.stdout.write("\n".join([*lines, *(f"  {line}" for line in log_ins()), ""]))
        self.stdout.flush()


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CommandError(f'PORT is "{given}". Give a number from 1 to 65535.')
    return int(given)


def _refuse_used(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(f"Port {port} is in use. Choose another: PORT={port + 1} make demo") from None


def _children(port: int) -> list[Child]:
    python = sys.executable
    web = [python, "-m", "gunicorn", "--config", "python:workbench.demo_server", "workbench.wsgi:application"]
    worker = [python, str(BASE_DIR / "manage.py"), "run_worker", "--watch-stdin"]
    finds_reuse = {"WORKBENCH_FIND_REUSE": "yes"}
    return [Child("web process", web, {"PORT": str(port)} | _static()), Child("worker", worker, finds_reuse)]


def _static() -> dict[str, str]:
    """Say where this demonstration has its static files, small and under hashed names as in production."""
    return {"WORKBENCH_STATIC_COLLECTED": "1", "WORKBENCH_STATIC_ROOT": str(settings.VAR_DIR / "static")}


@contextmanager
def _collecting_static_files() -> Iterator[None]:
    """Collect the static files beside what is done meanwhile, in a process that has the settings for it."""
    command = [sys.executable, str(BASE_DIR / "manage.py"), "collectstatic", "--clear", "--no-input", "--verbosity=0"]
    with subprocess.Popen(command, env=os.environ | _static()) as collecting:  # noqa: S603 -- no word of it is a person's
        try:
            yield
        except BaseException:
            collecting.terminate()
            raise
    if collecting.returncode:
        raise CommandError("The static files could not be collected; the lines above say why.")


def _answers(port: int) -> bool:
    server = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        server.request("GET", "/healthz")
        return server.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        server.close()
