"""Walk the chain of seals over the record of acts."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.models import AuditWaiting
from annotations.workflow.sealing import checkpoint, flaws

MOST_SHOWN = 1_000


class Command(BaseCommand):
    """`workbench verify_audit`."""

    help = "Check that no act was changed, removed, moved or put in since it was sealed. Exits with 1 on any flaw."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--checkpoint", default="", metavar="HASH", help="an earlier checkpoint, still to be found")
        parser.add_argument("--json", action="store_true", help="end with one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the first bad record first, then the others."""
        shown, count = [], 0
        for flaw in flaws(_hash(options["checkpoint"])):
            count += 1
            if count <= MOST_SHOWN:
                shown.append(asdict(flaw))
                self.stderr.write(f"{flaw.row}: {flaw.message}")
        end, waiting = checkpoint(), AuditWaiting.objects.count()
        said = f"Acts sealed: {end.n}, waiting: {waiting}. Checkpoint: {end.hex}"
        self.stdout.write(f"The record is whole. {said}" if not count else f"{count} flaws. {said}")
        if options["json"]:
            facts = {"count": count, "flaws": shown, "sealed": end.n, "waiting": waiting, "hash": end.hex}
            self.stdout.write(json.dumps(facts))
        if count:
            sys.exit(1)


def _hash(given: str) -> bytes | None:
    if not given:
        return None
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != 32:
        message = f"“{given}” is no checkpoint. Give its 64 hexadecimal digits."
        raise CommandError(message)
    return found
