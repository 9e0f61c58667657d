"""Seal the acts that wait for it, and print where the chain ends."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from annotations.workflow.sealing import checkpoint, let_missed_wait, seal_waiting


class Command(BaseCommand):
    """`workbench seal_audit`."""

    help = (
        "Seal the acts that wait, and print the checkpoint: note it somewhere else, and give it to verify_audit later."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="print the checkpoint as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, and say where the chain ends."""
        let_missed_wait()
        seal_waiting()
        found = checkpoint()
        if options["json"]:
            at = found.sealed_at.isoformat() if found.sealed_at else None
            self.stdout.write(json.dumps({"sealed": found.n, "hash": found.hex, "sealed_at": at}))
        else:
            self.stdout.write(f"Acts sealed: {found.n}. Checkpoint: {found.hex}")
