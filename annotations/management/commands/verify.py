"""Check every invariant of the stored work."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from annotations.workflow.verifying import findings, said

MOST_SHOWN = 1_000


class Command(BaseCommand):
    """`workbench verify`."""

    help = "Check quotes, hashes, lengths, versions, history and stored files. Exits with 1 on any finding."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="end with one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is broken."""
        shown, count = [], 0
        for finding in findings():
            count += 1
            if count <= MOST_SHOWN:
                shown.append(asdict(finding))
                self.stderr.write(said(finding))
        self.stdout.write("All invariants hold." if not count else f"{count} findings.")
        if options["json"]:
            self.stdout.write(json.dumps({"count": count, "findings": shown}))
        if count:
            sys.exit(1)
