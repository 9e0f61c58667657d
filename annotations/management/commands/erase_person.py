"""Erase a person on request, in the foreground, and print the receipt."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Job, User
from annotations.removing.persons import ERASING, erase_person


class Command(BaseCommand):
    """`workbench erase_person USERNAME --confirm USERNAME`."""

    help = "Replace a person by a pseudonym everywhere. What they judged stays. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username")
        parser.add_argument("--confirm", required=True, metavar="USERNAME", help="the log-in name once more")
        parser.add_argument("--json", action="store_true", help="print the receipt as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase as the operator of this machine; exit with 1 where it is refused, or failed."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody with the log-in name “{options['username']}”.")
        try:
            made = erase_person(user, options["confirm"], by=None)
        except WorkbenchError as refusal:
            raise CommandError(refusal.message) from None
        run_to_the_end(made.job_id, {Job.Kind.ERASING: ERASING}, owner=owner_name())
        made.refresh_from_db()
        job = Job.objects.get(pk=made.job_id)
        if job.state != Job.State.DONE:
            raise CommandError(f"The job ended as “{job.get_state_display()}”. {job.message}")
        told = made.receipt | {"sha256": bytes(made.sha256 or b"").hex()}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"Erased. What they judged stays under “{made.pseudonym}”.")
        for name, count in made.receipt["erased"].items():
            self.stdout.write(f"  {name.replace('_', ' ')}: {count}")
        self.stdout.write(f"  SHA-256 of the receipt: {told['sha256']}")
