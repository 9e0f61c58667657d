"""Count anew what is kept as a number: places of articles, differences of texts, work by person, state and round."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotations.models import Project
from annotations.workflow.counting import count_all_places, rebuild_work_counts
from annotations.workflow.differing import count_all_differences


class Command(BaseCommand):
    """`workbench rebuild_counters`."""

    help = (
        "Count anew the places of articles, the differences of texts that were handed in, and the work by person, "
        "state and round. Harmless at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", metavar="SLUG", help="the places and differences of one project only")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, and say how many counters were wrong."""
        projects = Project.objects.order_by("pk")
        if options["project"]:
            projects = projects.filter(slug=options["project"])
            if not projects.exists():
                raise CommandError(f"There is no project “{options['project']}”.")
        places = differences = 0
        for project in projects:
            with transaction.atomic():
                places += count_all_places(project)
            differences += count_all_differences(project)
        with transaction.atomic():
            work = rebuild_work_counts()
        if options["json"]:
            counts = {"articles_corrected": places, "differences_corrected": differences}
            self.stdout.write(json.dumps({**counts, "work_counts_corrected": work}))
        else:
            self.stdout.write(
                f"{places} articles, {differences} counts of differences and {work} counters of work "
                "were wrong and are right now."
            )
