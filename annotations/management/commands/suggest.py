"""Propose labels for the texts of a project by the built-in rules, in the foreground."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Job, Project
from annotations.suggesters.proposing import SUGGEST, start_suggesting


class Command(BaseCommand):
    """`workbench suggest --project SLUG`."""

    help = "Suggest labels for quotations, speakers, numbers, dates and places, by the rules in docs/suggester.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--label",
            action="append",
            default=[],
            metavar="KIND=LABEL",
            help="the label of a kind; left out altogether, labels of the same key or name are taken",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Suggest, and say what was suggested; exit with 1 where the job failed."""
        pairs = [each.partition("=") for each in options["label"]]
        labels = {kind: key for kind, _equals, key in pairs} or None
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        try:
            job = start_suggesting(None, labels, project=project)
        except WorkbenchError as error:
            raise CommandError(str(error)) from error
        run_to_the_end(job.pk, {Job.Kind.SUGGEST: SUGGEST}, owner=owner_name())
        job.refresh_from_db()
        self.stdout.write(job.message)
        if job.state != Job.State.DONE:
            raise CommandError(f"The job ended as “{job.get_state_display()}”.")
